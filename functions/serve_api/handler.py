"""The operators' API: everything that a person can see, decide and repair."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from shared.aws.api.application import api_of
from shared.aws.api.callers import trust_of
from shared.aws.invocation import Context
from shared.aws.trace import new_trace
from shared.aws.wiring import wired


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Answer one request of API Gateway (payload 2.0), whoever sends it."""
    app = wired("serve_api", os.environ)
    with app.invocation(context, new_trace()):
        return api_of(app.parts, trust_of(app.settings.api_trust)).answer(event, context)
