"""How a running stack is: its systems, its queues, what is owed and what needs a person."""

from __future__ import annotations

from typing import Any

from operate.answers import listed
from operate.looking import Stack
from shared.ports.stores import SystemStatus


def stopped(stack: Stack) -> list[str]:
    """Return, for each system that may not be called just now, a sentence that says so and why."""
    states = {system: stack.state(system) for system in stack.systems()}
    return [
        f"{system} is {state.status.value}" + (f": {state.why}" if state.why else "")
        for system, state in states.items()
        if state.status is not SystemStatus.RUNNING
    ]


def status_of(stack: Stack) -> dict[str, Any]:
    """Return a line per system that was ever called or stopped, and the counts of the whole stack."""
    items = []
    called = stack.calls()
    for system in stack.systems():
        state = stack.state(system)
        items.append(
            {
                "system": system,
                "status": state.status.value,
                "until": None if state.until is None else state.until.isoformat(),
                "why": state.why or None,
                "calls": dict(called.get(system, {"read": 0, "write": 0})),
            }
        )
    return listed(
        items,
        queued=dict(stack.queued()),
        owed=stack.owed(),
        parked=stack.parked(),
        conflicts=stack.conflicts(),
    )
