"""The part of SOQL that a fake org understands, and the shapes of its rows and errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from tests.connectors.fakes.base import Given, Row

QUERY = re.compile(
    r"SELECT (?P<columns>.+?) FROM (?P<type>\w+)(?: WHERE (?P<where>.+))?"
    r" ORDER BY (?P<order>[\w, ]+) LIMIT (?P<limit>\d+)"
)
_AMONG = re.compile(r"(?P<name>[\w.]+) IN \((?P<values>.+)\)")
_COMPARED = re.compile(r"(?P<name>[\w.]+) (?P<how>>=|>|=) (?P<value>.+)")
_ID = re.compile(r"[a-z0-9]{15}(?:[a-z0-9]{3})?")
_TEXT = re.compile(r"'((?:[^'\\]|\\.)*)'")


class MalformedError(ValueError):
    """A query that no org understands."""


def selected(query: re.Match[str], rows: Iterable[Row]) -> list[Row]:
    """Return the rows that a query shows. MalformedError for a condition that cannot be read."""
    order, limit, holds = query["order"].split(", "), int(query["limit"]), condition(query["where"])
    wanted = sorted((row for row in rows if holds(row)), key=lambda row: [row[name] for name in order])
    kind = {"attributes": {"type": query["type"]}}
    return [{**kind, **{name: row[name] for name in query["columns"].split(", ")}} for row in wanted[:limit]]


def condition(where: str | None) -> Callable[[Row], bool]:
    """Return what tells whether a row holds a condition. MalformedError for one that cannot be read."""
    if not where:
        return bool
    if where.startswith("(") and where.endswith(")") and where.count("(") == 1:
        either = [condition(part) for part in where[1:-1].split(" OR ")]
        return lambda row: any(each(row) for each in either)
    parts = re.split(r" AND (?![^(]*\))", where)
    if len(parts) > 1:
        every = [condition(part) for part in parts]
        return lambda row: all(each(row) for each in every)
    among, compared = _AMONG.fullmatch(where), _COMPARED.fullmatch(where)
    if among is not None:
        values = {_plain(each).casefold() for each in _TEXT.findall(among["values"])}
        is_wrong = among["name"] == "Id" and not all(_ID.fullmatch(each) for each in values)
        if len(values) > 250 or is_wrong:
            raise MalformedError(where)
        name = among["name"]
        return lambda row: str(row.get(name)).casefold() in values
    if compared is None:
        raise MalformedError(where)
    return _comparison(compared["name"], compared["how"], compared["value"])


def _comparison(name: str, how: str, text: str) -> Callable[[Row], bool]:
    quoted = _TEXT.fullmatch(text)
    if text in ("true", "false"):
        return lambda row: row.get(name) is (text == "true")
    wanted: str = _plain(quoted[1]) if quoted else stamp(datetime.fromisoformat(text))
    if how == "=":
        return lambda row: row.get(name) == wanted
    if how == ">=":
        return lambda row: str(row.get(name)) >= wanted
    return lambda row: str(row.get(name)) > wanted


def _plain(text: str) -> str:
    if "\\" in text.replace("\\\\", "").replace("\\'", ""):
        raise MalformedError(text)
    return text.replace("\\'", "'").replace("\\\\", "\\")


def stamp(at: datetime) -> str:
    """Return a moment as an org shows it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def an_error(code: str, message: str = "It did not work", fields: list[str] | None = None, **more: object) -> Row:
    """Return an error of one record of a collection."""
    return {"statusCode": code, "message": message, "fields": fields or [], **more}


def refused(status: int, code: str, message: str = "It did not work") -> Given:
    """Return the answer to a call that is refused whole."""
    return Given(status, [{"message": message, "errorCode": code}])
