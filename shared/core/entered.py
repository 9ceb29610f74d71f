"""A row that people entered: it stands where our reference would be carried, and does not carry it.

A record that has a create under way there, or had one that nobody answered, is linked to such a row by its keys. What
was sent has surely not made it, so nothing that it shows is our own echo: a value that equals what we sent is what a
person typed, and counts as that (seed 441595).
"""

from __future__ import annotations

from datetime import datetime

from shared.core.absorb import Absorbed, absorb
from shared.core.inputs import Step, begun_by
from shared.core.observations import Observation
from shared.core.records import Record
from shared.core.replacing import replace
from shared.core.rules import EntityRules


def is_entered(record: Record, observation: Observation, rules: EntityRules) -> bool:
    """Tell whether no send for this record can have made a row."""
    return rules.systems[observation.system].carries_reference and observation.reference != record.id


def absorb_entered(record: Record, observation: Observation, rules: EntityRules, now: datetime) -> Absorbed:
    """Merge a row that people entered into the record which has its keys."""
    link = record.link(observation.system)
    if link.intent is None and not link.echoes:
        return absorb(record, observation, rules, now)
    absorbed = absorb(disown_sends(record, observation.system, now), observation, rules, now)
    return replace(absorbed, cause=begun_by(absorbed.cause, Step.DISOWN), changed=True)


def disown_sends(record: Record, system: str, now: datetime) -> Record:
    """Return the record without its intent and its late echoes in a system, due at once if it owes something."""
    return record.with_link(system, replace(record.link(system), intent=None, echoes={}, due_at=now))
