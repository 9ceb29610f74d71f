"""status: how every system is, per entity, and what is queued, owed, parked and in conflict.

The counts of the whole come from indexes and are cheap however much there is. What is owed and parked per system and
entity is read off the records themselves, the oldest first and at most `READ` of each; `counted_all` says whether that
was everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.owed import is_archive_owed, owed
from shared.core.records import Record
from shared.core.stopping import ASIDE_UNTIL, WHOLE, holding
from shared.flows.drifting import drifts
from shared.flows.parts import Parts
from shared.ports.stores import SystemState, SystemStatus

READ = 1000
"""How many records that owe something, and how many that are parked, are looked at."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """One entity in one system.

    `status`, `until` and `why` are its own or the whole system's, whichever is stricter. `last_observation` is when it
    last showed anything, `next_poll` when it is asked next. `lag_seconds` is the age of the oldest change that the
    system does not show yet, by the clock of the system where it was made; nothing is owed where there is none.
    """

    entity: str
    status: SystemStatus
    until: datetime | None
    why: str | None
    last_observation: datetime | None
    next_poll: datetime | None
    owed: int
    lag_seconds: float | None
    parked: int


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One system: whether it may be called, until when not and why, the calls in all, today and allowed
    in a day, and its entities."""

    system: str
    side: str
    status: SystemStatus
    until: datetime | None
    why: str | None
    calls: Mapping[str, int]
    calls_today: Mapping[str, int]
    calls_per_day: int | None
    entities: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class Drifting:
    """One field that drifts in a system: vanished, renamed, appeared, or of another type; all but one that appeared
    are held back meanwhile."""

    system: str
    entity: str
    field: str
    what: str
    seen: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Status:
    """All systems, the counts of the whole installation, and the fields that drift."""

    items: tuple[SystemLine, ...]
    queued: Mapping[str, int]
    owed: int
    parked: int
    conflicts: int
    counted_all: bool
    drifting: tuple[Drifting, ...] = ()


@dataclass(slots=True)
class _Found:
    """What the records say per system and entity."""

    at_most: int
    owed: Counter[Pair] = field(default_factory=Counter)
    parked: Counter[Pair] = field(default_factory=Counter)
    oldest: dict[Pair, datetime] = field(default_factory=dict)
    is_all: bool = True


def status(parts: Parts, at_most: int = READ) -> Status:
    """Return how the installation is; counts may lag by seconds."""
    found, now = _Found(at_most), parts.clock.now()
    _look_at_owed(parts, found)
    _look_at_parked(parts, found)
    observed = parts.activity.observed()
    calls, today = parts.states.calls(), parts.activity.calls_on(now.date())
    lines = []
    for system in sorted(parts.integration.systems):
        entities = [entity for name, entity in parts.integration.pairs() if name == system]
        stops = parts.states.stops(system)
        standings = [_standing(parts, found, (system, entity), observed, stops, now) for entity in entities]
        lines.append(_line(parts, stops.get(WHOLE, SystemState()), system, (calls, today), standings))
    return Status(
        tuple(lines),
        parts.counts.queued(),
        parts.counts.owed(),
        parts.counts.parked(),
        parts.counts.conflicts(),
        found.is_all,
        tuple(_drifting(parts)),
    )


def _drifting(parts: Parts) -> Iterable[Drifting]:
    for system, entity in sorted(parts.integration.pairs()):
        for each in drifts(parts, system, entity):
            yield Drifting(system, entity, each.field, each.kind.value, each.seen, each.since)


def _line(
    parts: Parts,
    state: SystemState,
    system: str,
    counted: tuple[Mapping[str, Mapping[str, int]], Mapping[str, Mapping[str, int]]],
    standings: Iterable[Standing],
) -> SystemLine:
    calls, today = counted
    return SystemLine(
        system=system,
        side=parts.integration.sides[system],
        status=state.status,
        until=state.until,
        why=state.why or None,
        calls=_both(calls.get(system, {})),
        calls_today=_both(today.get(system, {})),
        calls_per_day=parts.integration.quotas.get(system),
        entities=tuple(standings),
    )


def _both(calls: Mapping[str, int]) -> Mapping[str, int]:
    return {verb: calls.get(verb, 0) for verb in ("read", "write")}


def _standing(
    parts: Parts,
    found: _Found,
    pair: Pair,
    observed: Mapping[Pair, datetime],
    stops: Mapping[str, SystemState],
    now: datetime,
) -> Standing:
    oldest = found.oldest.get(pair)
    state = holding(stops, pair[1])
    return Standing(
        entity=pair[1],
        status=state.status,
        until=state.until,
        why=state.why or None,
        last_observation=observed.get(pair),
        next_poll=parts.states.cursor(*pair)[1],
        owed=found.owed[pair],
        lag_seconds=None if oldest is None else max(0.0, (now - oldest).total_seconds()),
        parked=found.parked[pair],
    )


def _look_at_owed(parts: Parts, found: _Found) -> None:
    ids = parts.records.due(ASIDE_UNTIL, found.at_most)
    notes = parts.identities.due(ASIDE_UNTIL, found.at_most)
    found.is_all = found.is_all and max(len(ids), len(notes)) < found.at_most
    for record in parts.records.get(ids).values():
        for system, link in record.links.items():
            if link.due_at is not None:
                _note_owed(parts, found, record, system)
    for note in notes:
        found.owed[note.system, note.entity] += 1


def _note_owed(parts: Parts, found: _Found, record: Record, system: str) -> None:
    pair = (system, record.entity)
    found.owed[pair] += 1
    since = _changed_at(parts, record, system)
    if since is not None:
        found.oldest[pair] = min(since, found.oldest.get(pair, since))


def _changed_at(parts: Parts, record: Record, system: str) -> datetime | None:
    """Return when the oldest change was made that the system does not show; nothing where only an answer is open."""
    rules = parts.integration.entities.get(record.entity)
    if rules is None:
        return None
    if record.tombstone is not None and is_archive_owed(record, system, rules):
        return record.tombstone.at
    return min((record.fields[path].at for path in owed(record, system, rules)), default=None)


def _look_at_parked(parts: Parts, found: _Found) -> None:
    ids, notes = parts.records.parked(found.at_most), parts.identities.parked(found.at_most)
    found.is_all = found.is_all and max(len(ids), len(notes)) < found.at_most
    for record in parts.records.get(ids).values():
        for system, link in record.links.items():
            if link.parked is not None or link.held:
                found.parked[system, record.entity] += 1
    for note in notes:
        found.parked[note.system, note.entity] += 1
