"""sweep_overdue: what is owed and due, and every hint that waits, goes back to its queue. Heals any lost message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.records import Link, Record
from shared.core.retry import GRACE_SECONDS
from shared.core.stopping import SystemState, holding, set_aside
from shared.core.turns import turn_of
from shared.flows.draining import Stops, drain, may_go
from shared.flows.gauges import tell_gauges
from shared.flows.leftovers import move_due_times, owes_nothing
from shared.flows.parts import Parts
from shared.flows.putting_off import within_room
from shared.ports.messages import Delivery
from shared.ports.system import Hint

AT_MOST = 2000
"""How many records one sweep takes; what is left is taken by the next."""

SHORT_SECONDS = 120.0
"""A system that is slowed for no longer than this is waited for without a write."""


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
    stops = {system: parts.states.stops(system) for system in parts.integration.systems}
    deliveries: list[Delivery] = []
    for record in records.values():
        deliveries.extend(_due(parts, record, stops, now, early=early))
    deliveries = deliveries if early else within_room(parts, deliveries, records)
    if deliveries:
        parts.messages.deliveries(deliveries)
    notes = parts.identities.due(until if early else now, AT_MOST)
    hints = [Hint(note.system, note.entity, note.external_id) for note in notes]
    if hints:
        parts.messages.changes(hints)
    drained = drain(parts, stops)
    late = _late(records, stops, now)
    oldest = max(late.values(), default=0.0)
    swept = Swept(len(deliveries) + drained.deliveries, len(hints) + drained.hints, _parked(parts), oldest)
    parts.telemetry.count("RecordsParked", swept.parked)
    tell_gauges(parts, stops, late)
    return swept


def _due(parts: Parts, record: Record, stops: Stops, now: datetime, *, early: bool) -> Sequence[Delivery]:
    """Return the links of a record that are due; those of a system that may not be called move on without a call."""
    if record.entity not in parts.integration.entities:
        return ()
    due = [name for name, link in record.links.items() if name in stops and _is_due(link, now, early=early)]
    held = {name: holding(stops[name], record.entity) for name in due}
    closed = {name: state for name, state in held.items() if not may_go(state, record.link(name), now)}
    idle = [name for name in due if owes_nothing(parts, record, name)]
    if (closed and not early) or idle:
        _postpone(parts, record, {} if early else closed, now)
    return [Delivery(name, record.entity, record.id) for name in due if name not in closed and name not in idle]


def _is_due(link: Link, now: datetime, *, early: bool) -> bool:
    if link.due_at is None:
        return False
    is_free = link.intent is None and link.backoffs == 0
    return link.due_at <= now or (early and is_free)


def _postpone(parts: Parts, record: Record, closed: Mapping[str, SystemState], now: datetime) -> None:
    """Move what is due out of the way: until a resume, or as long as the system asked for if that is long."""
    until = {name: moment for name, state in closed.items() if (moment := _until(record, name, state, now))}
    move_due_times(parts, record, until, now)


def _until(record: Record, system: str, state: SystemState, now: datetime) -> datetime | None:
    """Return when what is owed to a system that may not be written to is due; nothing for a short wait."""
    link = record.link(system)
    if state.is_stopped and link.due_at is not None:
        return set_aside(link.due_at, record.id, turn_of(record.entity, is_there=link.is_live))
    is_long = state.until is not None and state.until > now + timedelta(seconds=SHORT_SECONDS)
    return state.until if is_long else None


def _parked(parts: Parts) -> int:
    return len(parts.records.parked(AT_MOST)) + len(parts.identities.parked(AT_MOST))


def _late(records: Mapping[str, Record], stops: Stops, now: datetime) -> Mapping[str, float]:
    """Return per system for how long the oldest thing has been owed, beyond the time that it is given.

    What a stop holds back is not late: somebody decided that it waits.
    """
    late: dict[str, float] = {}
    for record in records.values():
        for name, link in record.links.items():
            if link.due_at is None or link.due_at > now or name not in stops:
                continue
            if not holding(stops[name], record.entity).is_stopped:
                seconds = (now - link.due_at).total_seconds() + GRACE_SECONDS
                late[name] = max(late.get(name, 0.0), seconds)
    return late
