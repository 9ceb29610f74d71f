"""Asks the API over flows in memory, as API Gateway would."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shared.aws.api.application import made
from shared.aws.api.serving import Api
from tests.kit.world import World


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, content, headers."""

    status: int
    content: Any
    headers: dict[str, str]


class Context:
    """An invocation with time left."""

    aws_request_id = "r1"
    function_name = "f"

    def get_remaining_time_in_millis(self) -> int:
        """Return a minute."""
        return 60_000


class Asking:
    """The API of a world; `scope` is what the caller's token says."""

    def __init__(self, world: World, scope: str = "tandem/admin") -> None:
        """Make the API."""
        self.world, self.scope = world, scope
        self.api: Api = made(world.parts)

    def get(self, path: str, **query: object) -> Reply:
        """GET."""
        return self.send("GET", path, None, None, **query)

    def send(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **query: object
    ) -> Reply:
        """Send a request."""
        answer = self.api.answer(self.event(method, path, body, headers, **query), Context())
        return Reply(answer["statusCode"], json.loads(answer["body"] or "null"), answer["headers"])

    def event(
        self, method: str, path: str, body: object, headers: dict[str, str] | None = None, **query: object
    ) -> dict[str, Any]:
        """Return the request as API Gateway hands it over."""
        asked = {name: str(value) for name, value in query.items() if value is not None}
        event: dict[str, Any] = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": urlencode(asked),
            "headers": {"content-type": "application/json", **(headers or {})},
            "requestContext": {
                "stage": "$default",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": {"sub": "ann", "scope": self.scope}}},
            },
            "isBase64Encoded": False,
        }
        if asked:
            event["queryStringParameters"] = asked
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        return event
