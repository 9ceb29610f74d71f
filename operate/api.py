"""The operators' API from the command's side: every call invokes the function ServeApi by Lambda's own API.

So the command works on a local stack and in AWS alike, without a token, and what answers is the deployed code with the
deployed configuration. The right to invoke that function (`lambda:InvokeFunction`) is the right to do everything.
"""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from operate.failures import FAILED, USAGE, Failed
from operate.target import Target

Answer = dict[str, Any]

_WRONG_INPUT = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}


@dataclass(frozen=True)
class Api:
    """The API of one stack."""

    target: Target

    def get(self, *path: str, **query: object) -> Answer:
        """Look: GET the path, whose parts are quoted; raise `Failed` for a problem."""
        return self.send("GET", *path, **query)

    def send(self, method: str, *path: str, body: object = None, **query: object) -> Answer:
        """Send a request and return its answer; raise `Failed` for a problem, with the API's own remedy."""
        event = event_of(method, path, {name: value for name, value in query.items() if value is not None}, body)
        answer = self.target.invoke("ServeApi", event)
        status, content = int(answer["statusCode"]), json.loads(answer.get("body") or "{}")
        if status < HTTPStatus.BAD_REQUEST:
            found: Answer = content
            return found
        raise Failed(_told(content), content.get("remedy", ""), USAGE if status in _WRONG_INPUT else FAILED)

    def some(self, *path: str, **query: object) -> Answer:
        """Return the first page of a list that is not empty, or the last one."""
        answer = self.get(*path, **query)
        while not answer["items"] and answer["next"]:
            answer = self.get(*path, **{**query, "next": answer["next"]})
        return answer

    def pages(self, *path: str, **query: object) -> Iterator[Answer]:
        """Return all pages of a list, one after the other."""
        answer = self.get(*path, **query)
        yield answer
        while answer.get("next"):
            answer = self.get(*path, **{**query, "next": answer["next"]})
            yield answer


def event_of(method: str, path: tuple[str, ...], query: Mapping[str, object], body: object) -> dict[str, Any]:
    """Return the request as API Gateway would hand it over (payload 2.0)."""
    raw_path = "/" + "/".join(quote(part, safe="") for part in path)
    asked = {name: _text(value) for name, value in query.items()}
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": raw_path,
        "rawQueryString": urlencode(asked),
        "queryStringParameters": asked,
        "headers": {"content-type": "application/json", "user-agent": "tandem"},
        "requestContext": {
            "stage": "$default",
            "http": {"method": method, "path": raw_path, "sourceIp": "", "protocol": "HTTP/1.1", "userAgent": "tandem"},
            "authorizer": {"lambda": {"by": "tandem", "name": getpass.getuser()}},
        },
        "isBase64Encoded": False,
    }
    if body is not None:
        event["body"] = json.dumps(body)
    return event


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _told(problem: Mapping[str, Any]) -> str:
    parts = [f"{mistake['where']}: {mistake['what']}" for mistake in problem.get("mistakes", [])]
    return "; ".join([str(problem.get("detail", "the API could not do it")), *parts])
