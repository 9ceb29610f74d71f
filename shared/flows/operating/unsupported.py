"""unsupported: the differences that stay because a system cannot be told, page by page over all records.

The records are read in the order in which their table keeps them, which no change moves; a page goes on strictly
behind the last line of the one before. So nothing is skipped and nothing comes twice, whatever changes meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.core.cannot import cannot_take
from shared.core.records import Record
from shared.core.values import Value
from shared.flows.parts import Parts

READ = 250
"""How many records are read at once."""

MOST_READ = 5_000
"""How many records one page looks at; one that found nothing in them is empty, and goes on."""


@dataclass(frozen=True, slots=True)
class Stays:
    """One difference: the field (nothing for the record as a whole), what the record holds, and why it stays."""

    record_id: str
    entity: str
    system: str
    external_id: str | None
    field: str
    value: Value
    reason: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: behind a record, or inside the one that follows, behind a line of it."""

    after: str | None = None
    record_id: str = ""
    system: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class StaysPage:
    """Lines, and where the next page begins; nothing at the end."""

    items: tuple[Stays, ...]
    next: Place | None


def unsupported_changes(parts: Parts, place: Place | None, limit: int, most_read: int = MOST_READ) -> StaysPage:
    """Return at most `limit` differences from a place on."""
    place = place or Place()
    items: list[Stays] = []
    after, read = place.after, 0
    while read < most_read:
        records = parts.records.page(after, min(READ, most_read - read))
        for record in records:
            lines = [line for line in _lines(parts, record) if _is_behind(line, place)]
            room = limit - len(items)
            items += lines[:room]
            if len(lines) > room:
                return StaysPage(tuple(items), _inside(after, record, items, place))
            after = record.id
        if len(records) < min(READ, most_read - read):
            return StaysPage(tuple(items), None)
        read += len(records)
    return StaysPage(tuple(items), Place(after))


def _inside(after: str | None, record: Record, items: list[Stays], place: Place) -> Place:
    """Return the place before the next line of a record, of which some stand on this page, or earlier, or none."""
    if items and items[-1].record_id == record.id:
        return Place(after, record.id, items[-1].system, items[-1].field)
    return place if place.record_id == record.id else Place(after)


def _lines(parts: Parts, record: Record) -> list[Stays]:
    rules = parts.integration.entities.get(record.entity)
    if rules is None:
        return []
    return [
        Stays(
            record.id,
            record.entity,
            each.system,
            record.link(each.system).external_id,
            each.path,
            record.value(each.path),
            f"{each.system} {each.lacks.value} of {record.entity}",
        )
        for each in cannot_take(record, rules)
    ]


def _is_behind(line: Stays, place: Place) -> bool:
    return line.record_id != place.record_id or (line.system, line.field) > (place.system, place.field)
