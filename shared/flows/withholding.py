"""What drifts in a system is not sent there meanwhile; a record that owes nothing else is put aside for a while.

Before anything is left out, the records that owe it are looked at: a field may be back though nobody polled it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.core.deliver import postpone
from shared.core.inputs import Inputs, Step
from shared.core.owed import owed
from shared.core.paths import listed
from shared.core.records import Record
from shared.core.schema_drift import Schema, begun
from shared.flows.asking import fetch
from shared.flows.round import Round

SOONEST, LATEST = timedelta(minutes=1), timedelta(minutes=15)
"""How long a record waits that owes only what drifts: as long as it has drifted, within these bounds. Then it is looked
at again."""


def look_again(round_: Round, ids: Sequence[str]) -> frozenset[str]:
    """Return what is withheld in this system now, after a look at those records that owe some of it."""
    held = _schema(round_).withheld
    if not held or not round_.able.can_read:
        return held
    records = round_.parts.records.get(ids).values()
    owing = [record for record in records if _owes(round_, record, held)]
    if not owing:
        return held
    fetch(round_.parts, round_.system, round_.entity, [str(each.link(round_.system).external_id) for each in owing])
    return _schema(round_).withheld


def put_aside(round_: Round, record: Record) -> None:
    """Let a record wait that owes only what is withheld; one that waits already goes on waiting."""
    now, due = round_.now(), record.link(round_.system).due_at
    if due is not None and due > now:
        return
    drifts = _schema(round_).drifts
    since = max((drifts[each].since for each in round_.withheld & drifts.keys()), default=now)
    until = {round_.system: now + min(max(now - since, SOONEST), LATEST)}
    after = postpone(record, until, round_.rules, now)
    round_.save_record(record, after, round_.cause("postpone", Inputs((Step.POSTPONE,), until=until), now))


def _schema(round_: Round) -> Schema:
    return begun(round_.parts.states.schema(round_.system, round_.entity), round_.rules.version)


def _owes(round_: Round, record: Record, held: frozenset[str]) -> bool:
    link = record.link(round_.system)
    is_free = link.is_live and link.intent is None and link.parked is None
    return is_free and any(listed(held, path) for path in owed(record, round_.system, round_.rules))
