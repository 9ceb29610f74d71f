"""sweep_overdue: what is owed and due, and every hint that waits, goes back to its queue. Heals any lost message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.decisions import Cause
from shared.core.deliver import postpone
from shared.core.inputs import Inputs, Step
from shared.core.records import Link, Record
from shared.core.retry import GRACE_SECONDS
from shared.flows.parts import Parts
from shared.flows.saving import save_record
from shared.ports.messages import Delivery
from shared.ports.stores import SystemState
from shared.ports.system import Hint

AT_MOST = 2000
"""How many records one sweep takes; what is left is taken by the next."""

PAUSED_SECONDS = 86_400.0
"""How far a paused system's due times are moved, so that a pause costs next to nothing; resume sweeps early."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep sent back to the queues."""

    deliveries: int
    hints: int
    parked: int
    oldest_seconds: float


def sweep_overdue(parts: Parts, *, early: bool = False) -> Swept:
    """Queue what is due. `early` takes also what is not due yet but neither leased nor backing off."""
    now = parts.clock.now()
    until = now + timedelta(days=3650) if early else now
    records = parts.records.get(parts.records.due(until, AT_MOST))
    states = {system: parts.states.state(system) for system in parts.integration.systems}
    deliveries: list[Delivery] = []
    for record in records.values():
        deliveries.extend(_due(parts, record, states, now, early=early))
    if deliveries:
        parts.messages.deliveries(deliveries)
    notes = parts.identities.due(until if early else now, AT_MOST)
    hints = [Hint(note.system, note.entity, note.external_id) for note in notes]
    if hints:
        parts.messages.changes(hints)
    swept = Swept(len(deliveries), len(hints), _parked(parts), _oldest(records.values(), now))
    parts.telemetry.count("RecordsParked", swept.parked)
    parts.telemetry.count("OldestOwedSeconds", swept.oldest_seconds)
    return swept


def _due(
    parts: Parts, record: Record, states: dict[str, SystemState], now: datetime, *, early: bool
) -> Sequence[Delivery]:
    """Return the links of a record that are due; those of a system that may not be called move on without a call."""
    if record.entity not in parts.integration.entities:
        return ()
    due = [name for name, link in record.links.items() if name in states and _is_due(link, now, early=early)]
    closed = [name for name in due if not states[name].may_call(now)]
    if closed and not early:
        _postpone(parts, record, {name: states[name] for name in closed}, now)
    return [Delivery(name, record.entity, record.id) for name in due if name not in closed]


def _is_due(link: Link, now: datetime, *, early: bool) -> bool:
    if link.due_at is None:
        return False
    is_free = link.intent is None and link.backoffs == 0
    return link.due_at <= now or (early and is_free)


def _postpone(parts: Parts, record: Record, states: dict[str, SystemState], now: datetime) -> None:
    rules = parts.integration.rules(record.entity)
    until = {name: state.until or now + timedelta(seconds=PAUSED_SECONDS) for name, state in states.items()}
    after = postpone(record, until, rules, now)
    if after.links != record.links:
        inputs = Inputs((Step.POSTPONE,), until=until)
        save_record(parts, record, after, Cause("postpone", at=now, rules=rules.version, inputs=inputs), rules)


def _parked(parts: Parts) -> int:
    return len(parts.records.parked(AT_MOST)) + len(parts.identities.parked(AT_MOST))


def _oldest(records: Iterable[Record], now: datetime) -> float:
    """Return for how long the oldest thing has been owed beyond the time that it is given."""
    late = [(now - record.due_at).total_seconds() for record in records if record.due_at and record.due_at <= now]
    return max(late) + GRACE_SECONDS if late else 0.0
