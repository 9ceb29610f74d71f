"""How a running stack is: its systems, its queues, what is owed and what needs a person."""

from __future__ import annotations

from typing import Any

from operate.answers import listed
from operate.looking import Stack


def status_of(stack: Stack) -> dict[str, Any]:
    """Return a line per system that was ever called, and the counts of the whole stack."""
    items = []
    for system, calls in sorted(stack.calls().items()):
        state = stack.state(system)
        items.append(
            {
                "system": system,
                "status": state.status.value,
                "until": None if state.until is None else state.until.isoformat(),
                "why": state.why or None,
                "calls": dict(calls),
            }
        )
    return listed(
        items,
        queued=dict(stack.queued()),
        owed=stack.owed(),
        parked=stack.parked(),
        conflicts=stack.conflicts(),
    )
