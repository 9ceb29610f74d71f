"""deliver_changes: bring systems up to date with the records, in their bulk calls (SYNC §4 to §6).

Per system and entity: plan, note the intents, look (before a create; before a write without an exact precondition),
write, confirm. The lease in the intent, not the queue, makes one writer: whoever loses the conditional write that notes
it leaves the record alone. Whatever goes wrong stays with its record; what is owed stands in the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.core.commands import Command
from shared.core.deliver import (
    Blocked,
    Look,
    Nothing,
    Plan,
    WaitFor,
    hold_back,
    note_intent,
    plan_delivery,
)
from shared.core.entities import PARENT_FIRST
from shared.core.inputs import Inputs, Step, seen_parent
from shared.core.records import Link, Record
from shared.core.schema_drift import narrowed
from shared.core.stopping import is_set_aside
from shared.flows.parts import Parts
from shared.flows.putting_off import with_room
from shared.flows.round import Round, Sending
from shared.flows.sending import send
from shared.flows.settling import look_after
from shared.flows.troubles import may_call, may_write
from shared.flows.withholding import look_again, put_aside
from shared.ports.messages import Delivery

LOOKED_FOR_TOGETHER = 20
"""So many creates share one look at a system that is written to one by one: each look may read its whole list. More
would leave too long between the look and the last write."""

ROUNDS = 2
"""How often one run takes up a record again that somebody else wrote between the reading and the intent."""


def deliver_changes(parts: Parts, deliveries: Sequence[Delivery]) -> int:
    """Deliver what these records owe; return how many deliveries were confirmed. Raises nothing for partners."""
    confirmed = 0
    for (system, entity), ids in _grouped(parts, deliveries).items():
        if may_write(parts, system, entity):
            confirmed += _deliver_group(parts, system, entity, ids)
        elif may_call(parts, system, entity):
            _look_only(parts, system, entity, ids)
    if confirmed:
        parts.telemetry.count("DeliveriesConfirmed", confirmed)
    return confirmed


def _grouped(parts: Parts, deliveries: Iterable[Delivery]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for each in deliveries:
        if parts.integration.takes_part(each.system, each.entity):
            groups.setdefault((each.system, each.entity), {})[each.record_id] = None
    ordered = sorted(groups, key=lambda pair: (PARENT_FIRST.index(pair[1]), pair[0]))
    return {pair: list(groups[pair]) for pair in ordered}


def _deliver_group(parts: Parts, system: str, entity: str, ids: Sequence[str]) -> int:
    size = max(1, parts.integration.strand(system, entity).batch_size)
    round_ = Round(parts, system, entity, parts.integration.rules(entity))
    round_ = replace(round_, withheld=look_again(round_, ids))
    confirmed = 0
    together = max(size, LOOKED_FOR_TOGETHER)
    for start in range(0, len(ids), together):
        confirmed += _deliver_batch(round_, ids[start : start + together], size)
    return confirmed


def _look_only(parts: Parts, system: str, entity: str, ids: Sequence[str]) -> None:
    """Find out what became of what was sent to an entity that waits for an approval: it is read, but not written."""
    round_ = Round(parts, system, entity, parts.integration.rules(entity))
    records = parts.records.get(ids).values()
    plans = _plans(round_, [each for each in records if each.link(system).intent is not None], {})
    look_after(round_, with_room(round_, [record for record, plan in plans if isinstance(plan, Look)]))


def _deliver_batch(round_: Round, ids: Sequence[str], size: int) -> int:
    sendings: list[Sending] = []
    looks: list[Record] = []
    waiting = list(ids)
    for _ in range(ROUNDS):
        waiting = _plan_all(round_, waiting, sendings, looks)
        if not waiting:
            break
    look_after(round_, looks)
    return send(round_, sendings, size)


def _plan_all(round_: Round, ids: Sequence[str], sendings: list[Sending], looks: list[Record]) -> list[str]:
    """Plan each record and note what is planned; return the ids that somebody else wrote meanwhile."""
    records = round_.parts.records.get(ids)
    parents = round_.parents(records.values())
    late: list[str] = []
    for record, plan in _with_room(round_, _plans(round_, records.values(), parents)):
        if isinstance(plan, Look):
            looks.append(record)
        elif isinstance(plan, WaitFor | Blocked):
            if not _waits_already(round_, record, plan):
                _hold_back(round_, record, plan, parents)
        elif not isinstance(plan, Nothing):
            sent = narrowed(plan, round_.withheld)
            if sent is None:
                put_aside(round_, record)
            elif not _begin(round_, record, sent, sendings):
                late.append(record.id)
    return late


def _plans(round_: Round, records: Iterable[Record], parents: Mapping[str, Link | None]) -> list[tuple[Record, Plan]]:
    return [
        (each, plan_delivery(each, round_.system, parents, round_.rules, round_.now()))
        for each in records
        if not _is_backing_off(round_, each)
    ]


def _with_room(round_: Round, plans: Sequence[tuple[Record, Plan]]) -> list[tuple[Record, Plan]]:
    """Return the plans without those that need the partner and for whose calls there is no room: they are put off."""
    calling = [record for record, plan in plans if not isinstance(plan, Nothing | WaitFor | Blocked)]
    late = {each.id for each in calling} - {each.id for each in with_room(round_, calling)}
    return [(record, plan) for record, plan in plans if record.id not in late]


def _is_backing_off(round_: Round, record: Record) -> bool:
    """Tell whether a failure's back-off still runs; the due time of what is newly owed is the sweep's alone.

    A child that waits for a parent is no failure: its wake-up may come at any time.
    """
    link = record.link(round_.system)
    return link.backoffs > 0 and link.intent is None and link.waits_for is None and _is_later(round_, link.due_at)


def _waits_already(round_: Round, record: Record, plan: WaitFor | Blocked) -> bool:
    link = record.link(round_.system)
    return isinstance(plan, WaitFor) and link.waits_for == plan.record_id and _is_later(round_, link.due_at)


def _is_later(round_: Round, due_at: datetime | None) -> bool:
    """Tell whether a due time is still to come; what was set aside waits for a resume only, and that has come."""
    return due_at is not None and due_at > round_.now() and not is_set_aside(due_at)


def _begin(round_: Round, record: Record, plan: Command, sendings: list[Sending]) -> bool:
    """Note the intent; tell whether this worker is the one writer."""
    intent_id, now = round_.parts.clock.new_id(), round_.now()
    noted = note_intent(record, round_.system, plan, intent_id, round_.rules, now)
    cause = round_.cause("intent", Inputs((Step.INTEND,), withheld=round_.withheld), now, intent_id)
    kept = round_.save_record(record, noted, cause)
    if not isinstance(kept, Record):
        return False
    sendings.append(Sending(kept, plan, intent_id))
    return True


def _hold_back(round_: Round, record: Record, plan: WaitFor | Blocked, parents: Mapping[str, Link | None]) -> None:
    """Wait for the parent, or park with it; what the parent looked like is noted with the decision."""
    now = round_.now()
    jitter = round_.parts.clock.jitter() if isinstance(plan, WaitFor) else 0.0
    held = hold_back(record, round_.system, plan, jitter, round_.rules, now)
    parent = seen_parent(plan.record_id, parents.get(plan.record_id))
    inputs = Inputs((Step.HOLD_BACK,), jitter=jitter, parent=parent)
    round_.save_record(record, held, round_.cause("wait", inputs, now))
