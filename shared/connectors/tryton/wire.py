"""Tryton's JSON: numbers, days and moments as tagged objects, and values of ours as it wants them.

`{"__class__": "Decimal", "decimal": "10"}`, `{"__class__": "date", "year": …}`, `{"__class__": "datetime", …}` with
microseconds, UTC without saying so, `{"__class__": "timedelta", "seconds": …}`. Quantities are JSON floats: they are
read digit by digit and sent with a point.
Source: trytond 7.8, protocols/jsonrpc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

Row = Mapping[str, Any]
"""A record as Tryton shows it; a nested record stands under its field's name with a point (`party.`)."""

_PARTS = ("year", "month", "day", "hour", "minute", "second", "microsecond")

_READ: Mapping[str, Callable[[Row], Any]] = MappingProxyType(
    {
        "Decimal": lambda tag: Decimal(tag["decimal"]),
        "date": lambda tag: date(tag["year"], tag["month"], tag["day"]),
        "timedelta": lambda tag: timedelta(seconds=float(tag["seconds"])),
        "datetime": lambda tag: datetime(*(tag[part] for part in _PARTS)).replace(tzinfo=UTC),
    }
)


def untagged(value: Any) -> Any:
    """Return a decoded answer with Tryton's tagged values as Python's."""
    if isinstance(value, list):
        return [untagged(each) for each in value]
    if not isinstance(value, dict):
        return value
    read = _READ.get(str(value.get("__class__", "")))
    return read(value) if read else {key: untagged(each) for key, each in value.items()}


def tagged(value: Any) -> Any:
    """Return a value of a call as the JSON that Tryton reads."""
    if isinstance(value, Mapping):
        return {key: tagged(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [tagged(each) for each in value]
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": format(value, "f")}
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        return {"__class__": "datetime", **{part: getattr(moment, part) for part in _PARTS}}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    return value


def day_of(value: object) -> date | None:
    """Return the day of a moment, in UTC, for a field that holds only days."""
    return value.astimezone(UTC).date() if isinstance(value, datetime) else None


def moment_of(day: date | None) -> datetime | None:
    """Return the first moment of a day, in UTC; nothing for nothing."""
    return datetime.combine(day, time(), UTC) if day is not None else None


def number_of(value: object) -> Decimal | None:
    """Return a quantity without trailing zeros; nothing for nothing."""
    return Decimal(str(value)).normalize() + 0 if value is not None else None


def text_of(value: object) -> str | None:
    """Return a text, or nothing for the empty text: Tryton's clients show both alike."""
    return str(value) if value not in (None, "") else None


def inner(row: Row | None, field: str) -> Row:
    """Return the nested record under a field; an empty one where there is none."""
    found = (row or {}).get(f"{field}.")
    return found if isinstance(found, Mapping) else {}


def inner_rows(row: Row, field: str) -> list[Row]:
    """Return the nested records under a field."""
    found = row.get(f"{field}.")
    return found if isinstance(found, list) else []
