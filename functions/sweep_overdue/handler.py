"""Each minute: queue again what is owed and due."""

from __future__ import annotations

import os
from dataclasses import asdict

from shared.aws.batches import Event
from shared.aws.invocation import Context
from shared.aws.trace import new_trace
from shared.aws.wiring import wired
from shared.flows.sweep_overdue import sweep_overdue


def handler(event: Event, context: Context) -> dict[str, float]:
    """Sweep once and say what was found; with `early` also what is not due yet."""
    app = wired("sweep_overdue", os.environ)
    with app.invocation(context, new_trace()):
        return asdict(sweep_overdue(app.parts, early=bool(event.get("early"))))
