"""After a stop has ended: what was set aside goes back to the queues, in order of turn and age (SYNC §7.6).

One walk for all systems, a few pages a sweep, so that a long pause never floods a partner or a function. A walk that
came to the end without finding anything ends the drain; until then it begins anew, so that nothing depends on a
message. What still waits for another stop is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.deliver import parents_of
from shared.core.owed import owed
from shared.core.records import Link, Record
from shared.core.stopping import SystemState, holding, is_set_aside
from shared.flows.leftovers import move_due_times, owes_nothing
from shared.flows.parts import Parts
from shared.ports.messages import Delivery
from shared.ports.stopping import Drain
from shared.ports.stores import Note
from shared.ports.system import Hint

Stops = Mapping[str, Mapping[str, SystemState]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How much one sweep does for a drain: records (and notes) looked at together, looks, and messages at most."""

    page: int = 500
    looks: int = 8
    at_most: int = 2000


@dataclass(frozen=True, slots=True)
class Drained:
    """What one sweep sent for a drain."""

    deliveries: int = 0
    hints: int = 0


@dataclass(frozen=True, slots=True)
class _Page:
    """The next records and notes that were set aside, and up to when they came due; nothing at the end."""

    ids: tuple[str, ...]
    notes: tuple[Note, ...]
    until: datetime | None


def drain(parts: Parts, stops: Stops, pace: Pace = Pace()) -> Drained:
    """Queue the next part of what was set aside and may go now; nothing where no stop has ended."""
    walk = parts.stopping.drain()
    if walk is None:
        return Drained()
    deliveries = hints = 0
    after = walk.after
    for _ in range(pace.looks):
        page = _next(parts, after, pace.page)
        deliveries += _send_deliveries(parts, stops, page.ids)
        hints += _send_hints(parts, stops, page.notes)
        after = page.until
        if after is None or deliveries + hints >= pace.at_most:
            break
    _keep(parts, Drain(walk.id, after, walk.found + deliveries + hints))
    return Drained(deliveries, hints)


def may_go(state: SystemState, link: Link, now: datetime) -> bool:
    """Tell whether what is due at a link may go on: be written, or, of what was sent without an answer, be looked for.

    A look only reads, so it waits for nobody's approval of what is to be written.
    """
    return state.may_write(now) or (link.intent is not None and state.may_read(now))


def _keep(parts: Parts, walk: Drain) -> None:
    if walk.after is not None:
        parts.stopping.go_on(walk)
    elif walk.found:
        parts.stopping.go_on(Drain(walk.id))
    else:
        parts.stopping.end_drain(walk.id)


def _next(parts: Parts, after: datetime | None, size: int) -> _Page:
    records = parts.records.set_aside(after, size)
    notes = parts.identities.set_aside(after, size)
    ends = [records[-1][0]] if len(records) == size else []
    ends += [due for note in notes[-1:] if len(notes) == size and (due := note.due_at)]
    until = min(ends, default=None)
    return _Page(
        tuple(id_ for due, id_ in records if until is None or due <= until),
        tuple(note for note in notes if until is None or (note.due_at and note.due_at <= until)),
        until,
    )


def _send_deliveries(parts: Parts, stops: Stops, ids: Sequence[str]) -> int:
    now = parts.clock.now()
    aside = [
        (system, record)
        for record in parts.records.get(ids).values()
        for system, link in record.links.items()
        if is_set_aside(link.due_at) and system in stops and record.entity in parts.integration.entities
    ]
    idle = {(system, record.id): record for system, record in aside if owes_nothing(parts, record, system)}
    for record in {each.id: each for each in idle.values()}.values():
        move_due_times(parts, record, {}, now)
    going = [
        (system, record)
        for system, record in aside
        if (system, record.id) not in idle and may_go(holding(stops[system], record.entity), record.link(system), now)
    ]
    if going:
        deliveries = [Delivery(system, record.entity, record.id) for system, record in going]
        parts.messages.deliveries(list(dict.fromkeys([*_parents(parts, going), *deliveries])))
    return len(going)


def _parents(parts: Parts, going: Sequence[tuple[str, Record]]) -> Iterator[Delivery]:
    """What is to be created may need what is not there yet, and whose own turn comes later: it goes along."""
    needed = {
        (system, parent)
        for system, record in going
        if not record.link(system).is_live
        for parent in parents_of(record.entity, owed(record, system, parts.integration.rules(record.entity)))
    }
    found = parts.records.get({parent for _, parent in needed}) if needed else {}
    for system, parent in sorted(needed):
        if parent in found and is_set_aside(found[parent].link(system).due_at):
            yield Delivery(system, found[parent].entity, parent)


def _send_hints(parts: Parts, stops: Stops, notes: Sequence[Note]) -> int:
    now = parts.clock.now()
    hints = [
        Hint(note.system, note.entity, note.external_id)
        for note in notes
        if note.system in stops and holding(stops[note.system], note.entity).may_read(now)
    ]
    if hints:
        parts.messages.changes(hints)
    return len(hints)
