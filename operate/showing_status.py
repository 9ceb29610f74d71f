"""Which systems of a running stack may not be called, for whoever waits for them."""

from __future__ import annotations

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
