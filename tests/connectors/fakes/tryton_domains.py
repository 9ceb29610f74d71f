"""Tryton's domains and nested reads, on rows that hold their children as lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.connectors.fakes.base import Row

CHILDREN = {"addresses", "contact_mechanisms", "identifiers"}


def holds(domain: Any, row: Row) -> bool:
    """Tell whether a domain holds for a row."""
    if domain and domain[0] == "OR":
        return any(holds(each, row) for each in domain[1:])
    if domain and isinstance(domain[0], str):
        path, how, value = domain
        return any(_compares(shown, how, value) for shown in _values(row, path.split(".")))
    return all(holds(each, row) for each in domain)


def _compares(shown: Any, how: str, value: Any) -> bool:
    if how == "in":
        return shown in value
    if how == "ilike":
        return str(shown).casefold() == str(value).replace("\\", "").casefold()
    shown, value = _plain(shown), _plain(value)
    return shown is not None and {"=": shown == value, ">": shown > value, ">=": shown >= value}[how]


def _values(row: Any, path: list[str]) -> list[Any]:
    if not path:
        return [row]
    found = row.get(path[0])
    return [
        value for each in (found if isinstance(found, list | tuple) else [found]) for value in _values(each, path[1:])
    ]


def read(party: Row, fields: list[str]) -> Row:
    """Return the fields that were asked for; those of nested records stand under their name with a point."""
    row: Row = {"id": party["id"]}
    for field in fields:
        name, _, inner = field.partition(".")
        if not inner:
            row[name] = party.get(name)
        elif name in CHILDREN:
            nested = row.setdefault(f"{name}.", [{"id": each["id"]} for each in party[name]])
            for each, held in zip(nested, party[name], strict=True):
                each[inner] = held.get(inner)
        else:
            row[f"{name}."] = None
    return row


def tagged(moment: datetime) -> Row:
    """Return a moment as Tryton's JSON shows one."""
    parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
    return {"__class__": "datetime", **{part: getattr(moment.astimezone(UTC), part) for part in parts}}


def _plain(value: Any) -> Any:
    return tuple(value[part] for part in list(value)[1:]) if isinstance(value, dict) else value
