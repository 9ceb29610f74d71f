"""pause, resume, trip, approve: stop a system, or one entity in it, and let it go on; free and unlimited (SYNC §7.6).

A stop is one small item. What is owed meanwhile stays owed, each record moved out of the sweep's sight by one write;
the end of a stop begins a drain, which the sweeps carry out in order of turn (`shared.flows.draining`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.stopping import WHOLE, SystemState, SystemStatus
from shared.flows.parts import Parts
from shared.flows.reconcile import MISSING
from shared.flows.troubles import run_again
from shared.ports.system import Hint

AT_MOST = 2000
"""How many deletions beyond the cap one approval lets through; what is left needs another."""


@dataclass(frozen=True, slots=True)
class StopLine:
    """What holds for a system (no entity) or for one entity in it, and how many deletions there wait for approval."""

    system: str
    entity: str | None
    status: SystemStatus
    since: datetime | None
    until: datetime | None
    why: str | None
    deletes_waiting: int = 0


@dataclass(frozen=True, slots=True)
class Approved:
    """What an approval let go on: until when writes are not bounded, and the deletions that go through."""

    line: StopLine
    until: datetime
    deletes: int


def knows(parts: Parts, system: str, entity: str | None) -> bool:
    """Tell whether there is such a system, and whether such an entity takes part in it."""
    if entity is None:
        return system in parts.integration.systems
    return (system, entity) in parts.integration.pairs()


def stops(parts: Parts, only: str | None = None) -> list[StopLine]:
    """Return what holds for every system (or for one), and for the entities in it that are stopped or wait."""
    waiting = _waiting_deletes(parts)
    lines = []
    for system in sorted(parts.integration.systems):
        if only in (None, system):
            states = parts.states.stops(system)
            lines.append(_line(system, WHOLE, states.get(WHOLE, SystemState()), 0))
            for entity in _entities(parts, system):
                state, hints = states.get(entity, SystemState()), waiting.get((system, entity), [])
                if state.is_stopped or hints:
                    lines.append(_line(system, entity, state, len(hints)))
    return lines


def pause(parts: Parts, system: str, entity: str | None, why: str) -> StopLine:
    """Stop a system, or an entity in it, until somebody resumes it; return what holds now."""
    state = SystemState(SystemStatus.PAUSED, None, why, since=parts.clock.now())
    parts.states.set_state(system, state, entity or WHOLE)
    parts.telemetry.tell("paused", system=system, entity=entity)
    return _now(parts, system, entity)


def trip(parts: Parts, system: str, entity: str | None, minutes: int, why: str) -> StopLine:
    """Stop a system, or an entity in it, until a time; then a probe finds out if it is well. A pause stays a pause."""
    now = parts.clock.now()
    state = SystemState(SystemStatus.TRIPPED, now + timedelta(minutes=minutes), why, since=now)
    parts.states.set_state(system, state, entity or WHOLE)
    parts.telemetry.tell("tripped", system=system, entity=entity)
    return _now(parts, system, entity)


def resume(parts: Parts, system: str, entity: str | None) -> StopLine:
    """Let a system, or an entity in it, run again and drain; what waits for an approval goes on waiting for it.

    The end of a whole system's stop does not end that of an entity in it, which somebody stopped for its own reason.
    """
    if parts.states.state(system, entity or WHOLE).status is not SystemStatus.WAITING:
        run_again(parts, lambda: parts.states.set_state(system, SystemState(), entity or WHOLE))
        parts.telemetry.tell("resumed", system=system, entity=entity)
    return _now(parts, system, entity)


def approve(parts: Parts, system: str, entity: str, hours: int) -> Approved:
    """Let what waits in an entity of a system go on: writes without a bound for some hours, and deletions beyond the
    cap, which are asked for once more and then followed."""
    until = parts.clock.now() + timedelta(hours=hours)
    parts.stopping.approve(system, entity, until)
    if parts.states.state(system, entity).status is SystemStatus.WAITING:
        run_again(parts, lambda: parts.states.set_state(system, SystemState(), entity))
    hints = _waiting_deletes(parts).get((system, entity), [])
    if hints:
        parts.messages.changes(hints)
    parts.telemetry.tell("approved", system=system, entity=entity, deletes=len(hints))
    return Approved(_now(parts, system, entity), until, len(hints))


def _entities(parts: Parts, system: str) -> list[str]:
    return [entity for name, entity in parts.integration.pairs() if name == system]


def _now(parts: Parts, system: str, entity: str | None) -> StopLine:
    return _line(system, entity or WHOLE, parts.states.state(system, entity or WHOLE), 0)


def _line(system: str, entity: str, state: SystemState, deletes: int) -> StopLine:
    return StopLine(system, entity or None, state.status, state.since, state.until, state.why or None, deletes)


def _waiting_deletes(parts: Parts) -> dict[tuple[str, str], list[Hint]]:
    """Return per system and entity the records that were missing in a complete listing, beyond the cap."""
    found: dict[tuple[str, str], list[Hint]] = {}
    for note in parts.identities.parked(AT_MOST):
        if note.reason == MISSING:
            pair = (note.system, note.entity)
            found.setdefault(pair, []).append(Hint(note.system, note.entity, note.external_id))
    return found
