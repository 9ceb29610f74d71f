"""What the CRM answers when it does not do what was asked: a problem by RFC 9457, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal: the HTTP status, one sentence, and whatever else a program may want to know."""

    status: int
    detail: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """Return the problem as JSON."""
        title = HTTPStatus(self.status).phrase
        return {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, **self.extra}

    def response(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """Return the problem as an HTTP answer."""
        return JSONResponse(self.body(), self.status, headers, media_type="application/problem+json")


def wrong_field(name: str, reason: str) -> Problem:
    """Return the refusal of one field."""
    return _wrong_fields([{"field": name, "reason": reason}])


def wrong_fields(error: ValidationError) -> Problem:
    """Return the refusal of a body, with every field and reason that its model names."""
    return _wrong_fields([{"field": _path(each["loc"]), "reason": each["msg"]} for each in error.errors()])


def _wrong_fields(errors: list[dict[str, str]]) -> Problem:
    first = errors[0]
    return Problem(422, f"{first['field']}: {first['reason']}", {**first, "errors": errors})


def _path(location: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).removeprefix(".")
