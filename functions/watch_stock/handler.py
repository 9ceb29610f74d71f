"""Watch queue: products of which something changed, worked out anew. Ticks: what is overdue, and the digest."""

from __future__ import annotations

import os
from dataclasses import asdict

from shared.aws.batches import Event, is_batch, read_batch
from shared.aws.invocation import Context
from shared.aws.message_format import touches_of
from shared.aws.trace import new_trace
from shared.aws.wiring import wired
from shared.flows.business.watch_stock import digest, end_overdue, watch_stock


def handler(event: Event, context: Context) -> object:
    """Do a batch of events and report those that failed; on a tick end what is overdue, or tell the digest."""
    app = wired("watch_stock", os.environ)
    if not is_batch(event):
        with app.invocation(context, new_trace()):
            return asdict((end_overdue if event.get("overdue") else digest)(app.parts))
    batch = read_batch(event, touches_of)
    with app.invocation(context, batch.trace):
        return batch.through(lambda touches: watch_stock(app.parts, touches), app.telemetry, app.note)
