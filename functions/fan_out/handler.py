"""Stream of the records table: images in; history, deliveries and events out."""

from __future__ import annotations

import os

from shared.aws.batches import Event, Reported
from shared.aws.invocation import Context
from shared.aws.stream import carry, read_stream
from shared.aws.wiring import wired
from shared.flows.fan_out import fan_out


def handler(event: Event, context: Context) -> Reported:
    """Carry all images on; report the first that failed."""
    app = wired("fan_out", os.environ)
    batch = read_stream(event)
    with app.invocation(context, batch.trace):
        return carry(batch, lambda images: fan_out(app.parts, images), app.telemetry, app.note)
