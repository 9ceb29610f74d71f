"""A webhook as API Gateway hands it over (payload format 2.0), and the answer as it takes it back.

What goes wrong is answered as a problem (RFC 9457), in words that give nothing away.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from shared.ports.system import WebhookRequest

LARGEST_BODY = 1_000_000
RETRY_SECONDS = 30


def system_in(event: Mapping[str, Any]) -> str:
    """Return the system that the path names."""
    return str(event.get("pathParameters", {}).get("system", ""))


def request_of(event: Mapping[str, Any]) -> WebhookRequest:
    """Return the request with the body's exact bytes; header names are in lower case already."""
    body = event.get("body") or ""
    query = event.get("rawQueryString") or ""
    host = event.get("requestContext", {}).get("domainName", "")
    return WebhookRequest(
        headers={name.lower(): value for name, value in event.get("headers", {}).items()},
        body=b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        url=f"https://{host}{event.get('rawPath', '')}" + (f"?{query}" if query else ""),
    )


def is_too_large(request: WebhookRequest) -> bool:
    """Tell whether a body is larger than any webhook that we know."""
    return len(request.body) > LARGEST_BODY


def answer(status: int, reason: str, **more: int) -> dict[str, Any]:
    """Return the answer: a small JSON object, or a problem for everything from 400 up."""
    if status < HTTPStatus.BAD_REQUEST:
        return _json(status, "application/json", {"status": reason, **more})
    problem = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": reason}
    return _json(status, "application/problem+json", problem)


def _json(status: int, content_type: str, content: Mapping[str, object]) -> dict[str, Any]:
    headers = {"content-type": content_type}
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_SECONDS)
    return {"statusCode": status, "headers": headers, "body": json.dumps(content)}
