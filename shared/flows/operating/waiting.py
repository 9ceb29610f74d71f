"""waiting: what a stopped system is owed, record by record, in the order in which it will go out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.core.owed import owed_digests
from shared.core.records import LinkState, Record, Verb
from shared.core.stopping import came_due, is_set_aside
from shared.core.values import Digest
from shared.flows.parts import Parts

PAGE = 500
LOOKS = 10
"""How many pages of what is set aside, for whichever system, one answer looks through."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of it: what came due after a due time, at most so many, looking at so many together."""

    after: datetime | None = None
    limit: int = 100
    page: int = PAGE


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """One record that waits: what would be done there, since when that is owed, and which fields (without values)."""

    record_id: str
    entity: str
    verb: Verb
    since: datetime
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Some of what waits, and after which due time the rest begins; nothing at the end."""

    items: tuple[WaitingLine, ...]
    after: datetime | None


def waiting(parts: Parts, system: str, entity: str | None, part: Part = Part()) -> Waiting:
    """Return what is set aside for a system, or for one entity in it. A page may be short and yet not the last."""
    found: list[WaitingLine] = []
    after = part.after
    for _ in range(LOOKS):
        page = parts.records.set_aside(after, part.page)
        records = parts.records.get([id_ for _, id_ in page])
        for due_at, id_ in page:
            after = due_at
            found.extend(_lines(parts, records.get(id_), system, entity))
            if len(found) == part.limit:
                return Waiting(tuple(found), after)
        if len(page) < part.page:
            return Waiting(tuple(found), None)
    return Waiting(tuple(found), after)


def _lines(parts: Parts, record: Record | None, system: str, entity: str | None) -> Iterator[WaitingLine]:
    if record is None or entity not in (None, record.entity) or record.entity not in parts.integration.entities:
        return
    due_at = record.link(system).due_at
    if due_at is not None and is_set_aside(due_at):
        owed = owed_digests(record, system, parts.integration.rules(record.entity))
        fields = tuple(sorted(path for path in owed if path))
        yield WaitingLine(record.id, record.entity, _verb(record, system, owed), came_due(due_at), fields)


def _verb(record: Record, system: str, owed: Mapping[str, Digest]) -> Verb:
    if "" in owed:
        return Verb.ARCHIVE
    return Verb.CREATE if record.link(system).state is LinkState.EMPTY else Verb.UPDATE
