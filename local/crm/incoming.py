"""Read a request's body: JSON, of bounded size."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from starlette.requests import Request

from local.crm.problems import Problem

LARGEST_BODY = 1_000_000
MOST_TAKEN_IN = 10 * LARGEST_BODY


async def read_json(request: Request) -> Any | Problem:
    """Return the JSON of the body; 413 beyond a million bytes, 400 where it is not JSON.

    A body that is too large is still taken in, up to ten times that, so that the sender gets to read the answer.
    """
    taken, parts = 0, []
    async for part in request.stream():
        taken += len(part)
        if taken <= LARGEST_BODY:
            parts.append(part)
        elif taken > MOST_TAKEN_IN:
            break
    if taken > LARGEST_BODY:
        return Problem(413, f"a body may have {LARGEST_BODY} bytes")
    try:
        return json.loads(b"".join(parts), parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return Problem(400, "the body is not JSON")


def _refuse(name: str) -> None:
    raise ValueError(name)
