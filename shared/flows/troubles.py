"""What a system's own trouble does: it slows or trips the system, and is nobody's attempt (SYNC §7.4, §7.6)."""

from __future__ import annotations

from datetime import timedelta

from shared.core.observations import Next, Trouble
from shared.flows.parts import Parts
from shared.ports.stores import SystemState, SystemStatus

OUTAGE_SECONDS = 15.0
"""How long a system that did not answer is left alone, unless it said how long."""

TRIPPED_SECONDS = 900.0
"""How long a system that refused our credentials is left alone before one more try."""

_OURS = frozenset({"no-secret", "login-refused"})
"""Troubles that a connector found before or without the system's word; the message says what to put right."""


def heed(parts: Parts, system: str, trouble: Trouble) -> None:
    """Slow the system down for as long as it asked, or trip it where it refused who we are."""
    parts.telemetry.tell(
        "partner trouble", system=system, next=trouble.next.value, code=trouble.code, why=trouble.message
    )
    now = parts.clock.now()
    if trouble.next is Next.AUTH:
        if not may_call(parts, system):
            return
        until = now + timedelta(seconds=trouble.wait_seconds or TRIPPED_SECONDS)
        why = trouble.message if trouble.code in _OURS else "the system refused our credentials"
        tripped = SystemState(SystemStatus.TRIPPED, until, why)
        if parts.states.set_state(system, tripped):
            parts.telemetry.count("SystemTripped")
    elif trouble.whole_system or trouble.next is Next.THROTTLED:
        until = now + timedelta(seconds=trouble.wait_seconds or OUTAGE_SECONDS)
        parts.states.set_state(system, SystemState(SystemStatus.RUNNING, until, trouble.code))


def recovered(parts: Parts, system: str) -> None:
    """End the trip of a system that answers again; a pause is a person's and stays."""
    if parts.states.state(system).status is SystemStatus.TRIPPED:
        parts.states.set_state(system, SystemState())


def may_call(parts: Parts, system: str) -> bool:
    """Tell whether a system may be called now; every function reads this before it calls."""
    return parts.states.state(system).may_call(parts.clock.now())
