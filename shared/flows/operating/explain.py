"""explain: why a record is, or was, as it is: where values came from, what systems show, what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.account import Account, Standing, account, known_values, standings
from shared.core.records import Record
from shared.core.rules import EntityRules
from shared.core.story import Happening, is_under, tell
from shared.flows.parts import Parts
from shared.ports.stores import LedgerEntry

PAGE = 200
"""How many versions are read at a time."""

MOST = 5_000
"""How many versions of one record are looked through; of a longer history the latest count."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field's account, and the happening that gave it its value (nothing if history does not reach back)."""

    account: Account
    origin: Happening | None


@dataclass(frozen=True, slots=True)
class Explained:
    """A record as it stands or stood, in every system, field by field, with its story, the oldest first."""

    record: Record
    as_of: datetime | None
    standings: tuple[Standing, ...]
    fields: tuple[Field, ...]
    story: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class NotYet:
    """The record, or what is kept of its history, is younger than the moment that was asked for."""

    begins: datetime | None


def explain(parts: Parts, record: Record, path: str | None = None, as_of: datetime | None = None) -> Explained | NotYet:
    """Explain a record, or one field of it, as it is now or as it was at a moment."""
    entries = _until(_history(parts, record.id), as_of)
    then = record if as_of is None else _last_record(entries)
    if then is None:
        return NotYet(_begins(parts, record.id))
    story = _story(entries)
    rules = parts.integration.rules(record.entity)
    accounts = _accounts(then, path, rules, entries, as_of or parts.clock.now())
    return Explained(
        record=then,
        as_of=as_of,
        standings=standings(then, rules, as_of or parts.clock.now()),
        fields=tuple(Field(each, _origin(each, story)) for each in accounts),
        story=story if path is None else tuple(each.only(path) for each in story if each.is_about(path)),
    )


def timeline(parts: Parts, record_id: str, after: int, limit: int) -> tuple[Happening, ...]:
    """Return a part of a record's story: the versions greater than `after`, at most `limit`, the oldest first."""
    start = max(0, after - 1)
    told = _story(parts.history.versions(record_id, start, limit + after - start))
    return tuple(each for each in told if each.version > after)[:limit]


def _history(parts: Parts, record_id: str) -> list[LedgerEntry]:
    found: list[LedgerEntry] = []
    after = 0
    while page := parts.history.versions(record_id, after, PAGE):
        found = [*found, *page][-MOST:]
        after = page[-1].version
    return found


def _until(entries: list[LedgerEntry], as_of: datetime | None) -> list[LedgerEntry]:
    """Return the entries up to the last that was written by then; clocks of two writers may differ a little."""
    if as_of is None:
        return entries
    last = max((number for number, each in enumerate(entries, 1) if each.at <= as_of), default=0)
    return entries[:last]


def _last_record(entries: Sequence[LedgerEntry]) -> Record | None:
    return entries[-1].record if entries else None


def _begins(parts: Parts, record_id: str) -> datetime | None:
    first = parts.history.versions(record_id, 0, 1)
    return first[0].at if first else None


def _story(entries: Sequence[LedgerEntry]) -> tuple[Happening, ...]:
    before: dict[int, Record | None] = {each.version: each.record for each in entries}
    return tuple(tell(before.get(each.version - 1), each.record, each.version, each.cause) for each in entries)


def _accounts(
    record: Record, path: str | None, rules: EntityRules, entries: Sequence[LedgerEntry], now: datetime
) -> list[Account]:
    known = known_values([each.record for each in entries if each.record], [each.cause for each in entries])
    asked = [each for each in sorted(record.fields) if path is None or is_under(each, path)]
    return [account(record, each, record.fields[each], rules, known, now) for each in asked]


def _origin(told: Account, story: Sequence[Happening]) -> Happening | None:
    """Return the happening at which the field got its value: the one of the version that is noted with it."""
    return next((each for each in story if each.version == told.version), None)
