"""status: how every system is, and what is queued, owed, parked and in conflict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.flows.parts import Parts
from shared.ports.stores import SystemStatus


@dataclass(frozen=True, slots=True)
class SystemLine:
    """One system: whether it may be called, until when not and why, and the calls made so far."""

    system: str
    status: SystemStatus
    until: datetime | None
    why: str | None
    calls: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Status:
    """All systems, and the counts of the whole installation."""

    items: tuple[SystemLine, ...]
    queued: Mapping[str, int]
    owed: int
    parked: int
    conflicts: int


def status(parts: Parts) -> Status:
    """Return how the installation is; counts may lag by seconds."""
    calls = parts.states.calls()
    return Status(
        tuple(_line(parts, system, calls.get(system, {})) for system in sorted(parts.integration.systems)),
        parts.counts.queued(),
        parts.counts.owed(),
        parts.counts.parked(),
        parts.counts.conflicts(),
    )


def _line(parts: Parts, system: str, calls: Mapping[str, int]) -> SystemLine:
    state = parts.states.state(system)
    return SystemLine(
        system,
        state.status,
        state.until,
        state.why or None,
        {"read": calls.get("read", 0), "write": calls.get("write", 0)},
    )
