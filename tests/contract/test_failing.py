"""What the lists of cases and the papers on them promise, in memory and in DynamoDB alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.keys import id_key
from shared.ports.failing import NotedSpot, Spot
from shared.ports.remarks import Paper, Remark
from shared.ports.stores import Note, NoteKind
from tests.contract.conftest import Stores
from tests.kit.builders import a_change, a_record
from tests.kit.clock import START

SECONDS = (3, 1, 2, 2, 2, 2, 9)


def put_records(stores: Stores, attribute: str) -> list[Spot]:
    """Put records that are parked or failing since these seconds; return their spots in order."""
    spots = []
    for number, second in enumerate(SECONDS):
        at = START + timedelta(seconds=second)
        since: Any = {attribute: at}
        record = replace(a_record(f"{attribute}{number}"), **since)
        stores.records.save(a_change(record))
        spots.append(Spot(at, record.id))
    return sorted(spots)


def put_notes(stores: Stores, kind: NoteKind) -> list[str]:
    for number, second in enumerate(SECONDS):
        at, name = START + timedelta(seconds=second), f"{kind.value}{number}"
        due_at = at if kind is NoteKind.WAITING else None
        note = Note(kind, "crm", "customer", name, "a reason", at, due_at, last_at=at)
        stores.identities.note(id_key("crm", "customer", name), note)
    order = sorted((second, f"{kind.value}{number}") for number, second in enumerate(SECONDS))
    return [name for _, name in order]


def paged(page: Callable[[Spot | None, int], Sequence[Spot]], limit: int) -> list[Spot]:
    found: list[Spot] = []
    while some := page(found[-1] if found else None, limit):
        assert len(some) <= limit
        found += some
    return found


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_parked_and_failing_records_are_listed_apart_oldest_first_page_by_page(stores: Stores, limit: int) -> None:
    parked, failing = put_records(stores, "parked_since"), put_records(stores, "failing_since")
    stores.records.save(a_change(a_record("well")))

    assert paged(stores.failing.parked, limit) == parked
    assert paged(stores.failing.failing, limit) == failing
    assert len(stores.records.parked(100)) == len(parked)


def test_a_record_that_is_parked_and_failing_is_listed_with_the_parked_and_reads_back(stores: Stores) -> None:
    both = replace(a_record(), parked_since=START + timedelta(1), failing_since=START)

    stores.records.save(a_change(both))

    assert (stores.failing.parked(None, 9), stores.failing.failing(None, 9)) == (
        [Spot(START + timedelta(1), both.id)],
        [],
    )
    assert stores.records.get([both.id]) == {both.id: both}


def test_a_failing_record_reads_back(stores: Stores) -> None:
    failing = replace(a_record(), failing_since=START)

    stores.records.save(a_change(failing))

    assert stores.records.get([failing.id]) == {failing.id: failing}


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_parked_and_waiting_notes_are_listed_apart_page_by_page(stores: Stores, limit: int) -> None:
    names = {kind: put_notes(stores, kind) for kind in NoteKind}

    def every(page: Callable[[Spot | None, int], Sequence[NotedSpot]]) -> list[str]:
        found: list[NotedSpot] = []
        while some := page(found[-1].spot if found else None, limit):
            found += some
        return [each.note.external_id for each in found]

    assert every(stores.failing.parked_notes) == names[NoteKind.PARKED]
    assert every(stores.failing.waiting_notes) == names[NoteKind.WAITING]


def test_what_is_repaired_meanwhile_hides_nothing(stores: Stores) -> None:
    spots = put_records(stores, "parked_since")
    first = stores.failing.parked(None, 3)
    repaired = stores.records.get([spots[0].id])[spots[0].id]

    stores.records.save(a_change(replace(repaired, version=2, parked_since=None)))

    assert [*first, *stores.failing.parked(first[-1], 100)] == spots


def test_a_case_keeps_who_looks_after_it_and_what_was_found_out(stores: Stores) -> None:
    remarks = [Remark(START + timedelta(hours=hour), "ada", f"found {hour}") for hour in range(2)]

    stores.remarks.add("r:erp", remarks[0])
    stores.remarks.assign("r:erp", "bob")
    stores.remarks.add("r:erp", remarks[1])
    stores.remarks.assign("s:erp", "carl")
    stores.remarks.assign("s:erp", "")

    assert stores.remarks.papers(["r:erp", "s:erp", "t:erp"]) == {
        "r:erp": Paper("bob", tuple(remarks)),
        "s:erp": Paper(""),
    }
    assert stores.remarks.papers([]) == {}
