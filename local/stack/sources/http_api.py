"""The HTTP API: turns a request into an event of payload format 2.0 and a function's answer into a response.

A route that AWS would guard by its signature or by a token of an issuer is guarded here by one bearer token, which
stands in the stack's state file: so no web page in a browser of this machine can call it.
"""

import base64
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from local.stack.names import ACCOUNT, REGION
from local.stack.runtime.function import Function
from local.stack.sources.routes import Route, Routes
from local.stack.sources.targets import Targets

LARGEST_BODY = 10 * 1024 * 1024
_LARGEST_EVENT = 6 * 1024 * 1024
_SERVICE = "apigateway.amazonaws.com"
_TEXT = ("text/", "application/json", "application/xml", "application/javascript")

CALLER = "user/local"
"""Who signs, as far as the functions see, behind the token of this stack."""

_VOUCHED: Mapping[str, Mapping[str, Any]] = {
    "iam": {"iam": {"accountId": ACCOUNT, "userArn": f"arn:aws:iam::{ACCOUNT}:{CALLER}", "userId": "local"}},
    "jwt": {"jwt": {"claims": {"sub": "local", "scope": "tandem/admin"}, "scopes": None}},
}
"""What API Gateway tells a function of a caller whom it has recognised."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came in; header names in lower case."""

    method: str
    raw_path: str
    raw_query: str
    headers: Mapping[str, str]
    body: bytes
    source_ip: str


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What goes back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class HttpApi:
    """Answers requests by the routes of the template."""

    def __init__(self, routes: Routes, functions: Mapping[str, Function], targets: Targets, token: str) -> None:
        self._routes, self._functions, self._targets, self._token = routes, functions, targets, token

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The response; what API Gateway itself refuses is refused in its words."""
        if len(request.body) > LARGEST_BODY:
            return _message(413, "Request Entity Too Large")
        found = self._routes.find(request.method, request.raw_path)
        if found is None:
            return _message(404, "Not Found")
        route, parameters = found
        if route.guard and not self._is_known(request):
            return _message(401, "Unauthorized")
        function = self._functions.get(route.function_arn)
        if function is None or not self._targets.may_invoke(_SERVICE, function.arn, route.source_arn()):
            return _message(500, "Internal Server Error")
        event = _event(request, route, parameters)
        if len(json.dumps(event)) > _LARGEST_EVENT:
            return _message(500, "Internal Server Error")
        outcome = function.invoke(event)
        return _message(500, "Internal Server Error") if outcome.failed else _response(outcome.payload)

    def _is_known(self, request: HttpRequest) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode())


def _event(request: HttpRequest, route: Route, parameters: dict[str, str]) -> dict[str, Any]:
    now = time.time()
    domain = f"{route.api_id}.execute-api.{REGION}.amazonaws.com"
    headers = {name: value for name, value in request.headers.items() if name != "cookie"}
    text = _as_text(request)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.raw_path,
        "rawQueryString": request.raw_query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": route.api_id,
            "domainName": domain,
            "domainPrefix": route.api_id,
            "http": {
                "method": request.method,
                "path": request.raw_path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.source_ip,
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": route.key,
            "stage": "$default",
            "time": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "timeEpoch": int(now * 1000),
        },
        "isBase64Encoded": bool(request.body) and text is None,
    }
    if route.guard:
        event["requestContext"]["authorizer"] = _VOUCHED[route.guard]
    if request.body:
        event["body"] = base64.b64encode(request.body).decode() if text is None else text
    if parameters:
        event["pathParameters"] = parameters
    if request.raw_query:
        event["queryStringParameters"] = _joined(request.raw_query)
    if "cookie" in request.headers:
        event["cookies"] = [each.strip() for each in request.headers["cookie"].split(";")]
    return event


def _as_text(request: HttpRequest) -> str | None:
    """The body as text, or None where API Gateway hands it over in base64."""
    if not request.headers.get("content-type", "text/plain").lower().startswith(_TEXT):
        return None
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        return None


def _joined(query: str) -> dict[str, str]:
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _response(payload: Any) -> HttpResponse:
    if not isinstance(payload, dict) or "statusCode" not in payload:
        return HttpResponse(200, (("Content-Type", "application/json"),), json.dumps(payload).encode())
    body = payload.get("body") or ""
    text = body if isinstance(body, str) else json.dumps(body)
    content = base64.b64decode(text) if payload.get("isBase64Encoded") else text.encode()
    headers = [(str(name), str(value)) for name, value in payload.get("headers", {}).items()]
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", "text/plain; charset=utf-8"))
    headers += [("Set-Cookie", each) for each in payload.get("cookies", [])]
    return HttpResponse(int(payload["statusCode"]), tuple(headers), content)


def _message(status: int, text: str) -> HttpResponse:
    return HttpResponse(status, (("Content-Type", "application/json"),), json.dumps({"message": text}).encode())
