"""failures: everything that a person may have to look at, listed page by page, one by one, or grouped by cause.

What is parked or held comes first (records, then partners' records without one), then what fails or waits and is tried
again by itself; each in the order in which it began.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.cases import Case, LinkCase, NoteCase, State, case_id, case_named, cases_of
from shared.core.keys import id_key
from shared.core.remedies import Kind, kind_of_note
from shared.flows.parts import Parts
from shared.ports.failing import NotedSpot, Spot
from shared.ports.remarks import Paper
from shared.ports.stores import Note, NoteKind

AT_MOST = 1000
"""How many records and notes one call looks at; a list goes on from there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: in which of its four parts, beyond which spot of it."""

    part: int = 0
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases are asked for; what is empty takes all."""

    system: str = ""
    entity: str = ""
    state: State | None = None
    group: str = ""

    def takes(self, case: Case) -> bool:
        """Tell whether a case is asked for."""
        return (
            self.system in ("", case.system)
            and self.entity in ("", case.entity)
            and self.state in (None, case.state)
            and self.group in ("", case.fingerprint)
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """One case with what people wrote on it."""

    case: Case
    paper: Paper


@dataclass(frozen=True, slots=True)
class Failures:
    """Some cases, and where the list goes on; nothing at its end."""

    items: tuple[Listed, ...]
    next: Place | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """All cases of one cause: how many, since when, the last failure, and one of them as an example."""

    fingerprint: str
    count: int
    first_at: datetime
    last_at: datetime
    example: Case


@dataclass(frozen=True, slots=True)
class Groups:
    """The causes, the commonest first; `is_whole` is false where there was more than one call looks at."""

    items: tuple[Group, ...]
    is_whole: bool


def list_failures(parts: Parts, wanted: Wanted, after: Place | None, limit: int, at_most: int = AT_MOST) -> Failures:
    """Return a page of cases. The cases of one record are never cut apart, so there may be a few more than `limit`."""
    found: list[Case] = []
    place: Place | None = after or Place()
    looked = 0
    while place is not None and len(found) < limit and looked < at_most:
        entries = _entries(parts, place, min(limit - len(found), at_most - looked))
        looked += len(entries)
        found += [case for _, cases in entries for case in cases if wanted.takes(case)]
        place = _beyond(place, entries)
    return Failures(with_papers(parts, found), place)


def one_failure(parts: Parts, case: str) -> Listed | None:
    """Return one case by its id; nothing if there is none (any more)."""
    about = case_named(case)
    if isinstance(about, LinkCase):
        record = parts.records.get([about.record_id]).get(about.record_id)
        rules = parts.integration.entities.get(record.entity) if record else None
        found = [] if record is None else cases_of(record, rules)
    elif isinstance(about, NoteCase):
        found = _noted(parts, about)
    else:
        found = []
    return next(iter(with_papers(parts, [each for each in found if each.id == case])), None)


def group_failures(parts: Parts, wanted: Wanted, at_most: int = AT_MOST) -> Groups:
    """Return the cases grouped by fingerprint."""
    page = list_failures(parts, wanted, None, at_most, at_most)
    by_cause: dict[str, list[Case]] = {}
    for each in page.items:
        by_cause.setdefault(each.case.fingerprint, []).append(each.case)
    groups = [_group(name, cases) for name, cases in by_cause.items()]
    return Groups(tuple(sorted(groups, key=lambda group: (-group.count, group.fingerprint))), page.next is None)


def with_papers(parts: Parts, cases: Sequence[Case]) -> tuple[Listed, ...]:
    """Return cases with what people wrote on them, by one read."""
    papers = parts.remarks.papers([case.id for case in cases]) if cases else {}
    return tuple(Listed(case, papers.get(case.id, Paper())) for case in cases)


def _group(fingerprint: str, cases: Sequence[Case]) -> Group:
    first, last = min(case.first_at for case in cases), max(case.last_at for case in cases)
    return Group(fingerprint, len(cases), first, last, cases[0])


def _entries(parts: Parts, place: Place, limit: int) -> list[tuple[Spot, list[Case]]]:
    """Return the next entries of one part of the list: spots, and the cases that stand there now."""
    failing = parts.failing
    if place.part == 0:
        return _of_records(parts, failing.parked(place.spot, limit))
    if place.part == 1:
        return [(each.spot, [_of_note(each)]) for each in failing.parked_notes(place.spot, limit)]
    if place.part == 2:
        return _of_records(parts, failing.failing(place.spot, limit))
    return [(each.spot, [_of_note(each)]) for each in failing.waiting_notes(place.spot, limit)]


def _beyond(place: Place, entries: Sequence[tuple[Spot, object]]) -> Place | None:
    """Return the place beyond these entries; beyond the end of a part the next one begins."""
    if entries:
        return replace(place, spot=entries[-1][0])
    return Place(place.part + 1) if place.part < 3 else None


def _of_records(parts: Parts, spots: Sequence[Spot]) -> list[tuple[Spot, list[Case]]]:
    records = parts.records.get([spot.id for spot in spots]) if spots else {}
    rules = parts.integration.entities
    return [
        (spot, cases_of(record, rules.get(record.entity)) if (record := records.get(spot.id)) else []) for spot in spots
    ]


def _of_note(noted: NotedSpot) -> Case:
    return case_of_note(noted.note)


def case_of_note(note: Note, record_id: str = "") -> Case:
    """Return the case of a note; `record_id` is the record that holds the very id already."""
    is_parked = note.kind is NoteKind.PARKED
    return Case(
        id=case_id(NoteCase(note.system, note.entity, note.external_id)),
        state=State.PARKED if is_parked else State.WAITING,
        kind=kind_of_note(note.reason) if is_parked else Kind.WAITING,
        system=note.system,
        entity=note.entity,
        record_id=record_id,
        external_id=note.external_id,
        code="",
        message=note.reason,
        first_at=note.since,
        last_at=note.last_at or note.since,
        attempts=note.attempts,
        field=note.field,
        due_at=note.due_at,
        candidates=note.candidates,
    )


def _noted(parts: Parts, about: NoteCase) -> list[Case]:
    key = id_key(about.system, about.entity, about.external_id)
    holder = parts.identities.holders([key]).get(key)
    return [] if holder is None or holder.note is None else [case_of_note(holder.note, holder.record_id)]
