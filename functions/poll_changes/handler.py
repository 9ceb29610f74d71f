"""Each minute: start the polls that are due. Polls queue: ask one system for one entity."""

from __future__ import annotations

import os

from shared.aws.batches import Event, is_batch, read_batch
from shared.aws.invocation import Context
from shared.aws.message_format import polls_of
from shared.aws.trace import new_trace
from shared.aws.wiring import wired
from shared.flows.poll_changes import poll_changes, start_polls


def handler(event: Event, context: Context) -> object:
    """Do the polls of a batch and report those that failed; for any other event start polls, all with `now`."""
    app = wired("poll_changes", os.environ)
    if not is_batch(event):
        with app.invocation(context, new_trace()):
            return {"started": start_polls(app.parts, now_all=bool(event.get("now")))}
    batch = read_batch(event, polls_of)
    with app.invocation(context, batch.trace):
        return batch.through(lambda polls: [poll_changes(app.parts, poll) for poll in polls], app.telemetry, app.note)
