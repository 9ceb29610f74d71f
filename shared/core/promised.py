"""Promised: what Tandem itself says of an order or a deal, in fields of the record that no system may write.

They are merged, kept and delivered like all others: one conditional write sets them, whatever a system shows instead is
refused and owed back, and the ordinary delivery brings them to every system that has a place for them. What is said
depends on nothing but the matching, so saying it again changes nothing:

| field           | holds                                                                                       |
|-----------------|---------------------------------------------------------------------------------------------|
| `promise.state` | `now`, `later` or `short`                                                                   |
| `promise.text`  | the same for a reader: available now, available on 2026-12-01, short by 5; York could help; |
|                 | 10 days to get more                                                                         |
| `promise.date`  | the day for all of it, at midnight UTC; nothing if it is there now, or short                |
| `promise.short` | how many units are missing; nothing if none are                                             |

How long it takes to get more is said in days: the day itself would be another one each morning, and every short order
and deal would be written anew. It is no promise, so `promise.date` stays empty (`to_order`).

An order that takes nothing any more, or a deal that is decided, is promised nothing: the fields are emptied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from enum import StrEnum

from shared.core.allocate import Outcome
from shared.core.entities import PROMISE
from shared.core.records import Field, Record
from shared.core.rules import OURS, EntityRules
from shared.core.settle import settle
from shared.core.to_order import in_days
from shared.core.values import Value, digest


class Promised(StrEnum):
    """What a salesperson may say."""

    NOW = "now"
    LATER = "later"
    SHORT = "short"


NOTHING: Mapping[str, Value] = dict.fromkeys(PROMISE)
"""What is said of a record that wants nothing."""


def said_of(
    outcome: Outcome, today: date, could_help: Sequence[str] = (), lead_days: int | None = None
) -> Mapping[str, Value]:
    """Return what is said of an outcome; `could_help` are the other locations that have some, sooner.

    Their names without their counts, so that not every sale there is written here. `lead_days` is how long it takes to
    get what is short, where that is known.
    """
    state = _state(outcome, today)
    day = outcome.day if state is Promised.LATER else None
    helps = f"; {' or '.join(could_help)} could help" if could_help else ""
    more = f"; {in_days(lead_days)} to get more" if lead_days is not None and state is Promised.SHORT else ""
    return {
        "promise.state": state.value,
        "promise.text": f"{outcome.words(today)}{helps}{more}",
        "promise.date": None if day is None else datetime.combine(day, time(), UTC),
        "promise.short": outcome.short if state is Promised.SHORT else None,
    }


def is_said(record: Record, values: Mapping[str, Value]) -> bool:
    """Tell whether a record says that already; one that never said anything need not say nothing."""
    return all(digest(record.value(path)) == digest(value) for path, value in values.items())


def says_something(record: Record) -> bool:
    """Tell whether something is promised to whom the record is about."""
    return record.value("promise.state") is not None


def say(record: Record, values: Mapping[str, Value], rules: EntityRules, now: datetime) -> Record:
    """Return the record with these values where they are others; owed to every system that shows them."""
    news = {path: value for path, value in values.items() if digest(record.value(path)) != digest(value)}
    fields = {path: Field(value, OURS, now, record.version + 1) for path, value in news.items()}
    return settle(replace(record, fields={**record.fields, **fields}), rules, now)


def has_moved(before: Record | None, after: Record) -> bool:
    """Tell whether a write promises something else than before."""
    old = NOTHING if before is None else {path: before.value(path) for path in PROMISE}
    return any(digest(old[path]) != digest(after.value(path)) for path in PROMISE)


def _state(outcome: Outcome, today: date) -> Promised:
    if outcome.day is None:
        return Promised.SHORT
    return Promised.NOW if outcome.day <= today else Promised.LATER
