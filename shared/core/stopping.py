"""What may be asked of a system, or of one entity in it, just now; and how long what it is owed is set aside.

Four words: *running*; *paused* by a person, until a person resumes; *tripped* by its own trouble (wrong password,
outage after outage), until a probe finds it well; *waiting* for a person's approval because a run would write more than
the bound. Each stands for a whole system or for one entity in it, and the stricter one holds.

What is owed to a paused, tripped or waiting system is *set aside* by one write: its due time moves out of the sweep's
sight, a thousand years per turn (`shared.core.turns`), and keeps the order in which it came due within its turn. So a
stop costs one write per record however long it lasts, and the index of due times, read from its far end, is the order
in which a resume drains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zlib import crc32

from shared.core.turns import Turn

OUTAGES_TO_TRIP = 4
"""Outages in a row after which a system trips instead of being asked again and again."""

OUTAGE_SECONDS = 15.0
"""How long a system that did not answer is left alone, unless it said how long."""

IN_A_ROW_SECONDS = 180.0
"""An outage that comes later than this after the last one ended begins a new row."""

FIRST_TRIP_SECONDS = 60.0
LONGEST_TRIP_SECONDS = 900.0
"""How long a system that trips is left alone before the first probe, and at most before a later one."""

REFUSED_TRIP_SECONDS = 900.0
"""How long a system that refused our credentials is left alone before one more try."""

PROBE_SECONDS = 60.0
"""For how long whoever probes a tripped system is the only one."""


class SystemStatus(StrEnum):
    """What may be asked of a system, or of an entity in it, just now."""

    RUNNING = "running"
    PAUSED = "paused"
    TRIPPED = "tripped"
    WAITING = "waiting"


_STRICTNESS = {
    SystemStatus.RUNNING: 0,
    SystemStatus.WAITING: 1,
    SystemStatus.TRIPPED: 2,
    SystemStatus.PAUSED: 3,
}


@dataclass(frozen=True, slots=True)
class SystemState:
    """Whether a system (or an entity in it) may be called, until when not, why and since when.

    A running one with an `until` is slowed down: it asked for patience. `failures` counts its outages in a row.
    """

    status: SystemStatus = SystemStatus.RUNNING
    until: datetime | None = None
    why: str = ""
    failures: int = 0
    since: datetime | None = None

    def may_call(self, now: datetime) -> bool:
        """Tell whether the system may be tried: not paused, and slowed or tripped until a moment that has passed."""
        if self.status is SystemStatus.PAUSED:
            return False
        return self.until is None or self.until <= now

    def may_read(self, now: datetime) -> bool:
        """Tell whether everybody may read from it: one that is tripped is for a single prober to try."""
        return self.status is not SystemStatus.TRIPPED and self.may_call(now)

    def may_write(self, now: datetime) -> bool:
        """Tell whether it may be written to: it runs, and waits for nobody's approval."""
        return self.status is SystemStatus.RUNNING and self.may_call(now)

    def may_probe(self, now: datetime) -> bool:
        """Tell whether it is time to find out if a tripped system is well again."""
        return self.status is SystemStatus.TRIPPED and self.until is not None and self.until <= now

    @property
    def is_stopped(self) -> bool:
        """Tell whether what is owed is set aside meanwhile, because nobody knows how long it will take."""
        return self.status is not SystemStatus.RUNNING

    @property
    def is_by_partner(self) -> bool:
        """Tell whether the state came of what happened, not of a person's word: it never ends a pause."""
        return self.status in (SystemStatus.TRIPPED, SystemStatus.WAITING) or self.until is not None


WHOLE = ""
"""Stands in place of an entity where a whole system is meant."""


def holding(states: Mapping[str, SystemState], entity: str) -> SystemState:
    """Return the state that holds for an entity: its own or the whole system's, whichever is stricter."""
    whole, own = states.get(WHOLE, _RUNNING), states.get(entity, _RUNNING)
    if whole is own:
        return whole
    return max(whole, own, key=lambda each: (_STRICTNESS[each.status], each.until or _NEVER))


def after_outage(before: SystemState, now: datetime, wait_seconds: float | None, why: str) -> SystemState:
    """Return the state after a call that found the system down: slowed, and tripped after several in a row.

    Whoever finds it down while it is left alone already has met the same outage; that is not counted again.
    """
    if before.until is not None and before.until > now:
        failures = before.failures
    elif before.until is None or (now - before.until).total_seconds() > IN_A_ROW_SECONDS:
        failures = before.failures + 1 if before.status is SystemStatus.TRIPPED else 1
    else:
        failures = before.failures + 1
    if failures < OUTAGES_TO_TRIP and before.status is not SystemStatus.TRIPPED:
        seconds = wait_seconds or OUTAGE_SECONDS
        return SystemState(SystemStatus.RUNNING, now + timedelta(seconds=seconds), why, failures)
    longer = FIRST_TRIP_SECONDS * 2 ** min(max(0, failures - OUTAGES_TO_TRIP), 10)
    seconds = max(wait_seconds or 0.0, min(longer, LONGEST_TRIP_SECONDS))
    return _tripped(before, now, seconds, why, failures)


def after_refusal(before: SystemState, now: datetime, wait_seconds: float | None, why: str) -> SystemState:
    """Return the state of a system that refused who we are."""
    seconds = wait_seconds or REFUSED_TRIP_SECONDS
    return _tripped(before, now, seconds, why, before.failures)


def set_aside(due_at: datetime, record_id: str, turn: Turn) -> datetime:
    """Return the due time of what waits for a resume; the record's id spreads those that came due together."""
    if is_set_aside(due_at):
        return due_at
    return due_at.replace(microsecond=crc32(record_id.encode()) % 1_000_000) + _ASIDE * turn


def is_set_aside(due_at: datetime | None) -> bool:
    """Tell whether a due time stands for what waits for a resume."""
    return due_at is not None and due_at >= ASIDE_FROM


def came_due(due_at: datetime) -> datetime:
    """Return when something came due, whether it is set aside or not."""
    while is_set_aside(due_at):
        due_at -= _ASIDE
    return due_at


ASIDE_FROM = datetime(2900, 1, 1, tzinfo=UTC)
ASIDE_UNTIL = datetime(9990, 1, 1, tzinfo=UTC)
"""Between which moments the due times stand of what is set aside."""

_ASIDE = timedelta(days=365_250)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_RUNNING = SystemState()


def _tripped(before: SystemState, now: datetime, seconds: float, why: str, failures: int) -> SystemState:
    since = before.since if before.status is SystemStatus.TRIPPED and before.since else now
    return SystemState(SystemStatus.TRIPPED, now + timedelta(seconds=seconds), why, failures, since)
