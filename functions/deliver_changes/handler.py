"""Deliveries queue: record ids in, systems brought up to date."""

from __future__ import annotations

import os

from shared.aws.batches import Event, Reported, read_batch
from shared.aws.invocation import Context
from shared.aws.message_format import deliveries_of
from shared.aws.wiring import wired
from shared.flows.deliver_changes import deliver_changes


def handler(event: Event, context: Context) -> Reported:
    """Deliver what the records of all messages owe; report the messages that failed."""
    app = wired("deliver_changes", os.environ)
    batch = read_batch(event, deliveries_of)
    with app.invocation(context, batch.trace):
        return batch.through(lambda deliveries: deliver_changes(app.parts, deliveries), app.telemetry, app.note)
