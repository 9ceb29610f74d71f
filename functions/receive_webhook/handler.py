"""POST /webhooks/{system}: verify, queue, answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from shared.aws.http_event import answer, is_too_large, request_of, system_in
from shared.aws.invocation import Context
from shared.aws.trace import new_trace
from shared.aws.wiring import wired
from shared.core.errors import TryAgain
from shared.flows.receive_webhook import receive_webhook


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Answer 200 once the hints are queued; a sender that gets 5xx sends again."""
    app = wired("receive_webhook", os.environ)
    with app.invocation(context, new_trace()):
        request = request_of(event)
        if is_too_large(request):
            return answer(413, "the body is larger than a webhook may be")
        try:
            reply = receive_webhook(app.parts, system_in(event), request)
        except TryAgain as error:
            app.telemetry.tell("webhook not queued", system=system_in(event), why=str(error))
            return answer(503, "not queued: send it again later")
        return answer(reply.status, reply.reason, queued=reply.queued)
