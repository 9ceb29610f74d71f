"""Changes queue: hints in, records merged."""

from __future__ import annotations

import os

from shared.aws.batches import Event, Reported, read_batch
from shared.aws.invocation import Context
from shared.aws.wiring import wired
from shared.flows.absorb_changes import absorb_changes


def handler(event: Event, context: Context) -> Reported:
    """Absorb the hints of all messages; report the messages that failed."""
    app = wired("absorb_changes", os.environ)
    batch = read_batch(event, app.systems.hints_of)
    with app.invocation(context, batch.trace):
        return batch.through(lambda hints: absorb_changes(app.parts, hints), app.telemetry, app.note)
