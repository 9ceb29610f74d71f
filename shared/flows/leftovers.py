"""Due times that move without a call, and those that are left over: since other settings came nothing is owed there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from shared.core.decisions import Cause
from shared.core.deliver import postpone
from shared.core.inputs import Inputs, Step
from shared.core.owed import owed_digests
from shared.core.records import Record
from shared.flows.parts import Parts
from shared.flows.saving import save_record


def owes_nothing(parts: Parts, record: Record, system: str) -> bool:
    """Tell whether a due time is left over from other settings: since then the system is owed nothing any more."""
    rules = parts.integration.rules(record.entity)
    return record.link(system).intent is None and not owed_digests(record, system, rules)


def move_due_times(parts: Parts, record: Record, until: Mapping[str, datetime], now: datetime) -> None:
    """Keep a record with the due times of systems moved, and with those gone that are left over."""
    rules = parts.integration.rules(record.entity)
    after = postpone(record, until, rules, now)
    if after.links != record.links:
        inputs = Inputs((Step.POSTPONE,), until=until)
        save_record(parts, record, after, Cause("postpone", at=now, rules=rules.version, inputs=inputs), rules)
