"""What a system's own trouble does: it slows or trips the system, and is nobody's attempt (SYNC §7.4, §7.6).

The breaker: a refused login, or several outages in a row, trip a system. Nothing calls it until its time has passed;
then one poll is the probe. If that is answered the system runs again and what was set aside drains; if not, it stays
tripped, longer each time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from shared.core.observations import LOGIN_UNDER_WAY, NO_BUDGET, Next, Trouble
from shared.core.stopping import (
    OUTAGE_SECONDS,
    PROBE_SECONDS,
    WHOLE,
    SystemState,
    SystemStatus,
    after_outage,
    after_refusal,
    holding,
)
from shared.flows.parts import Parts

_OURS = frozenset({"no-secret", "login-refused"})
"""Troubles that a connector found before or without the system's word; the message says what to put right."""


def heed(parts: Parts, system: str, trouble: Trouble) -> None:
    """Slow the system down for as long as it asked, or trip it where it refused who we are or is down for long.

    A call that our own keeping to its quota held back says nothing of it.
    """
    if trouble.code == NO_BUDGET:
        return
    parts.telemetry.tell(
        "partner trouble", system=system, next=trouble.next.value, code=trouble.code, why=trouble.message
    )
    now, before = parts.clock.now(), parts.states.state(system)
    if trouble.next is Next.AUTH:
        if before.may_call(now):
            why = trouble.message if trouble.code in _OURS else "the system refused our credentials"
            _put(parts, system, after_refusal(before, now, trouble.wait_seconds, why))
    elif trouble.next is Next.THROTTLED:
        parts.telemetry.count("PartnerThrottled")
        _slow(parts, system, before, trouble)
    elif trouble.code == LOGIN_UNDER_WAY:
        if before.may_read(now):
            _slow(parts, system, before, trouble)
    elif trouble.whole_system:
        _put(parts, system, after_outage(before, now, trouble.wait_seconds, trouble.code))


def recovered(parts: Parts, system: str, entity: str) -> None:
    """End the trip of what answers again, and let drain what was set aside; a pause is a person's and stays."""
    now, states = parts.clock.now(), parts.states.stops(system)
    for each in (WHOLE, entity):
        state = states.get(each, SystemState())
        is_over = state.failures > 0 and state.may_read(now)
        if state.may_probe(now):
            parts.telemetry.tell("runs again", system=system, entity=each or None)
            run_again(parts, partial(parts.states.recover, system, each))
        elif is_over:
            parts.states.recover(system, each)


def run_again(parts: Parts, change: Callable[[], object]) -> None:
    """End a stop and begin to drain. The drain is begun before and after, so that whoever dies in between has either
    not ended the stop yet, and it will be ended anew, or left a drain behind."""
    parts.stopping.begin_drain(parts.clock.new_id())
    change()
    parts.stopping.begin_drain(parts.clock.new_id())


def state_of(parts: Parts, system: str, entity: str = WHOLE) -> SystemState:
    """Return what holds for an entity in a system; every function reads this before it calls."""
    return holding(parts.states.stops(system), entity)


def may_call(parts: Parts, system: str, entity: str = WHOLE) -> bool:
    """Tell whether an entity of a system may be read now."""
    return state_of(parts, system, entity).may_read(parts.clock.now())


def is_closed(parts: Parts, system: str, entity: str) -> bool:
    """Tell whether an entity of a system is neither read nor written until a resume, or until a probe is answered."""
    state = state_of(parts, system, entity)
    return state.is_stopped and not state.may_read(parts.clock.now())


def may_write(parts: Parts, system: str, entity: str) -> bool:
    """Tell whether an entity of a system may be written to now."""
    return state_of(parts, system, entity).may_write(parts.clock.now())


def may_poll(parts: Parts, system: str, entity: str) -> bool:
    """Tell whether an entity of a system may be polled now: freely, or as the one that probes what is tripped."""
    now, states = parts.clock.now(), parts.states.stops(system)
    state = holding(states, entity)
    if state.may_read(now):
        return True
    tripped = [each for each in (WHOLE, entity) if states.get(each, SystemState()).status is SystemStatus.TRIPPED]
    if state.status is not SystemStatus.TRIPPED or not all(states[each].may_probe(now) for each in tripped):
        return False
    until = now + timedelta(seconds=PROBE_SECONDS)
    return all(parts.states.claim_probe(system, each, now, until) for each in tripped)


def _slow(parts: Parts, system: str, before: SystemState, trouble: Trouble) -> None:
    """A throttled system is well: it only asks for patience. One that is tripped stays so for as long as it says."""
    until = parts.clock.now() + timedelta(seconds=trouble.wait_seconds or OUTAGE_SECONDS)
    if before.status is SystemStatus.TRIPPED:
        _put(parts, system, SystemState(SystemStatus.TRIPPED, until, before.why, before.failures, before.since))
    else:
        parts.states.set_state(system, SystemState(SystemStatus.RUNNING, until, trouble.code, before.failures))


def _put(parts: Parts, system: str, state: SystemState) -> None:
    if parts.states.set_state(system, state) and state.status is SystemStatus.TRIPPED:
        parts.telemetry.count("SystemTripped")
