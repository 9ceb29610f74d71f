"""Nightly or on demand: start comparisons. Reconcile queue: compare one system and entity."""

from __future__ import annotations

import os

from shared.aws.batches import Event, is_batch, read_batch
from shared.aws.invocation import Context
from shared.aws.message_format import polls_of
from shared.aws.trace import new_trace
from shared.aws.wiring import wired
from shared.flows.reconcile import reconcile, start_reconcile


def handler(event: Event, context: Context) -> object:
    """Do the comparisons of a batch and report those that failed; for any other event start all."""
    app = wired("reconcile", os.environ)
    if not is_batch(event):
        with app.invocation(context, new_trace()):
            return {"started": start_reconcile(app.parts)}
    batch = read_batch(event, polls_of)
    with app.invocation(context, batch.trace):
        return batch.through(lambda polls: [reconcile(app.parts, poll) for poll in polls], app.telemetry, app.note)
