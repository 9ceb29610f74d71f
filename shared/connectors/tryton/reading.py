"""How records are asked for: what changed, all of them, some by id, some by key. One call a page, states included.

What changed since T: `write_date` or `create_date` at or after T, of the record and of every relation that is part of
it, because Tryton stamps only what was written itself. `write_date` is null until the first change. Stamps are those
of the transaction's start, so a page reaches back by the settings' overlap; pages go by id, and the next poll's T is
the server's clock at the first page of this one. Deleted records and removed children are invisible here: the nightly
reconcile finds those. A deactivated record is shown as deleted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from shared.connectors.gaps import Gaps
from shared.connectors.tryton.rpc import Done, Failed, Rpc
from shared.connectors.tryton.wire import Row
from shared.core.observations import Gone, Observation, Shown, Source, Trouble
from shared.core.values import Value
from shared.ports.system import Entry, Key, Listing, Page

Domain: TypeAlias = list[Any]
EVERY = {"active_test": False}


@dataclass(frozen=True, slots=True)
class KeyField:
    """A match key: the clause that finds the records of some values, and the values that a record shows."""

    clause: Callable[[Sequence[str]], Domain]
    shows: Callable[[Row], Iterable[object]]


@dataclass(frozen=True, slots=True)
class View:
    """How Tryton shows an entity: model, fields to read, which records, and the relations that are part of a record."""

    entity: str
    model: str
    fields: tuple[str, ...]
    observe: Callable[[Row], Observation]
    scope: Domain = field(default_factory=list)
    parts: tuple[str, ...] = ()
    keys: Mapping[str, KeyField] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a poll stands: since when (or all there is), the server's clock at its first page, the last id seen."""

    since: datetime | None = None
    until: datetime | None = None
    after: int = 0

    def text(self) -> str:
        """Return the cursor as it is kept."""
        return json.dumps({"since": _written(self.since), "until": _written(self.until), "after": self.after})


def cursor_of(text: str | None) -> Cursor:
    """Return a kept cursor; where there is none, one that begins with all there is: that is the first load."""
    if not text:
        return Cursor()
    kept = json.loads(text)
    return Cursor(_moment(kept["since"]), _moment(kept["until"]), kept["after"])


def changed_clause(parts: Sequence[str], since: datetime | None) -> Domain:
    """Return the clause for records that changed themselves or in one of these relations; an empty one for all."""
    if since is None:
        return []
    names = [
        f"{part}{stamp}" for part in ("", *(f"{part}." for part in parts)) for stamp in ("write_date", "create_date")
    ]
    return ["OR", *([name, ">=", since] for name in names)]


class Reader:
    """Reads one entity's records. `custom` are the fields that it can do without."""

    def __init__(self, rpc: Rpc, view: View, page_size: int, overlap: timedelta, custom: Collection[str] = ()) -> None:
        self.view = view
        self.custom = frozenset(custom)
        self._gaps = Gaps()
        self._rpc = rpc
        self._page_size = page_size
        self._overlap = overlap

    def changed_since(self, cursor: Cursor) -> Page | Trouble:
        """Return a page of what changed, with states; inactive records as deleted."""
        since = cursor.since - self._overlap if cursor.since else None
        changed = changed_clause(self.view.parts, since)
        ended = self._page([changed, ["id", ">", cursor.after]])
        if isinstance(ended, Failed):
            return ended.trouble
        rows, until = ended.result, cursor.until or ended.at
        more = len(rows) == self._page_size
        following = replace(cursor, until=until, after=rows[-1]["id"]) if more else Cursor(until)
        told = [row for row in rows if since or is_live(row)]
        shown = tuple(replace(self._observed(row), source=Source.MESSAGE) for row in told)
        return Page(observations=shown, next_cursor=following.text(), more=more)

    def list(self, after: int) -> Listing | Trouble:
        """Return a page of all live records, by id."""
        ended = self._page([["id", ">", after]])
        if isinstance(ended, Failed):
            return ended.trouble
        rows = ended.result
        more = len(rows) == self._page_size
        shown = [self._observed(row) for row in rows if is_live(row)]
        entries = tuple(Entry(each.external_id, each.revision, each) for each in shown)
        return Listing(entries, str(rows[-1]["id"]) if more else None, more)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id; what is inactive, or is not there, is gone."""
        found = self.rows(ids)
        if isinstance(found, Failed):
            return found.trouble
        return {each: self._observed(found[each]) if is_live(found.get(each)) else Gone(each) for each in ids}

    def rows(self, ids: Sequence[str]) -> Mapping[str, Row] | Failed:
        """Return the records of these ids as Tryton shows them, inactive ones too."""
        numbers = [int(each) for each in ids if each.isdigit()]
        ended = self._search([["id", "in", numbers]], None)
        return ended if isinstance(ended, Failed) else {str(row["id"]): row for row in ended.result}

    def find(self, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation, ...]] | Trouble:
        """Return the live records that show each key, in one call."""
        known = [key for key in keys if key.name in self.view.keys]
        if not known:
            return dict.fromkeys(keys, ())
        clauses = [
            self.view.keys[name].clause([_text(key.values[0]) for key in known if key.name == name])
            for name in sorted({key.name for key in known})
        ]
        ended = self._search([self.view.scope, ["OR", *clauses]], None)
        if isinstance(ended, Failed):
            return ended.trouble
        live = [row for row in ended.result if is_live(row)]
        return {key: tuple(self._observed(row) for row in live if self._shows(row, key)) for key in keys}

    def _shows(self, row: Row, key: Key) -> bool:
        field = self.view.keys.get(key.name)
        return field is not None and _folded(key.values[0]) in {_folded(value) for value in field.shows(row)}

    def _observed(self, row: Row) -> Observation:
        observation = self.view.observe(row)
        if self._gaps.missing(self.view.model):
            observation = replace(observation, complete=False)
        return observation if is_live(row) else replace(observation, deleted=True)

    def _page(self, clauses: Domain) -> Done | Failed:
        return self._search([self.view.scope, *clauses], self._page_size)

    def _search(self, domain: Domain, limit: int | None) -> Done | Failed:
        """Ask for the records of a domain; a custom field that is not there any more is left out."""
        order = [["id", "ASC"]]
        return self._gaps.read(
            self.view.model,
            self.view.fields,
            lambda left: self._rpc.call(self.view.model, "search_read", domain, 0, limit, order, left, context=EVERY),
            self._there,
            lambda ended: ended.trouble if isinstance(ended, Failed) else None,
        )

    def _there(self, why: Trouble) -> frozenset[str] | None:
        """Return the fields of the model after it knew no name, with those that the connector cannot do without."""
        ended = self._rpc.call(self.view.model, "fields_get", None) if why.code == "unknown-name" else None
        if not isinstance(ended, Done) or not isinstance(ended.result, Mapping):
            return None
        own = (each.partition(".")[0] for each in self.view.fields if each not in self.custom)
        return frozenset((*map(str, ended.result), *own))


def is_live(row: Row | None) -> bool:
    """Tell whether a record is there and active."""
    return row is not None and bool(row.get("active", True))


def exactly(path: str) -> Callable[[Sequence[str]], Domain]:
    """Return the clause for records whose field has one of some values."""
    return lambda values: [path, "in", list(values)]


def whatever_case(path: str) -> Callable[[Sequence[str]], Domain]:
    """Return the clause for records whose field has one of some values, whatever their case."""
    return lambda values: ["OR", *([path, "ilike", _escaped(value)] for value in values)]


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _text(value: Value) -> str:
    return str(value)


def _folded(value: object) -> str:
    return str(value).strip().casefold() if value is not None else ""
