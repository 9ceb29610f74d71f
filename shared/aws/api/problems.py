"""What went wrong, as RFC 9457 has it: `application/problem+json` with the next step as `remedy`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict, Field

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 5


class Mistake(BaseModel):
    """One part of a request that cannot be taken."""

    model_config = ConfigDict(frozen=True)

    where: str = Field(description="The part: `query.limit`, `body.value`, …")
    what: str = Field(description="What is wrong with it.")


class Problem(BaseModel):
    """Why a request was not done, and what to do next (RFC 9457)."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str = Field(description="The kind of problem, as its status says it.")
    status: int
    detail: str = Field(description="What went wrong this time.")
    remedy: str = Field(description="What to do next.")
    mistakes: list[Mistake] = Field(default_factory=list, description="What is wrong with the request, part by part.")


class Refusal(Exception):
    """A request that is not done: its status, why, and what to do next."""

    def __init__(self, status: HTTPStatus, detail: str, remedy: str, mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(detail)
        self.problem = Problem(
            title=status.phrase, status=status.value, detail=detail, remedy=remedy, mistakes=list(mistakes)
        )


def not_there(what: str, remedy: str) -> Refusal:
    """Return the refusal for something that does not exist."""
    return Refusal(HTTPStatus.NOT_FOUND, what, remedy)


def answer_of(problem: Problem) -> Response[str]:
    """Return the answer that tells a problem."""
    headers: dict[str, str | list[str]] = {}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_SECONDS)
    body = json.dumps(problem.model_dump(), ensure_ascii=False)
    return Response(status_code=problem.status, content_type=PROBLEM_JSON, body=body, headers=headers)


GATEWAY = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
"""What API Gateway itself answers, before anything of ours runs: `{"message": …}`."""


def documented(*statuses: HTTPStatus) -> dict[int, Any]:
    """Return how the description of an operation tells these problems, and what API Gateway refuses by itself."""
    found: dict[int, Any] = {
        status.value: {
            "description": status.phrase,
            "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }
    for status in GATEWAY:
        told = found.setdefault(status.value, {"description": status.phrase, "content": {}})
        told["content"]["application/json"] = {"schema": {"$ref": "#/components/schemas/Refused"}}
    return found
