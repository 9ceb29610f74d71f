"""JSON as partners speak it: decimals are exact in both directions, and what cannot be read is a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An answer that is not the JSON that it should be; `is_page` where it is a page for people."""

    reason: str
    is_page: bool = False


def decoded(body: bytes) -> Any:
    """Return the JSON of a body with decimals kept exact, nothing for an empty body, or `Unreadable`."""
    if not body.strip():
        return None
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, RecursionError):
        is_page = body.lstrip()[:1] == b"<"
        return Unreadable("a page for people instead of JSON" if is_page else "not JSON", is_page)


def encoded(value: Any) -> bytes:
    """Return a value as JSON; decimals are written as numbers, digit by digit."""
    return _written(value).encode()


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k), ensure_ascii=False)}:{_written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value, ensure_ascii=False)


def _refuse(name: str) -> None:
    raise ValueError(name)
