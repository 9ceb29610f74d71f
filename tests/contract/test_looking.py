"""What people look at: pages of all records, counts, and what went on lately, in memory and in DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.decisions import Decision, Verdict
from shared.core.keys import id_key
from shared.core.records import Record
from shared.ports.stores import Note, NoteKind
from tests.contract.conftest import Stores
from tests.kit.builders import a_change, a_record
from tests.kit.clock import START


def all_pages(stores: Stores, limit: int) -> list[Record]:
    found: list[Record] = []
    while page := stores.records.page(found[-1].id if found else None, limit):
        assert len(page) <= limit
        found += page
    return found


def test_pages_hold_every_record_once_and_a_short_one_is_the_last(stores: Stores) -> None:
    records = [a_record(str(number)) for number in range(7)]
    for record in records:
        stores.records.save(a_change(record))

    found = all_pages(stores, 3)

    assert sorted(record.id for record in found) == sorted(record.id for record in records)
    assert {record.id: record for record in found} == {record.id: record for record in records}
    assert len(stores.records.page(None, 8)) == 7


def test_writing_moves_no_record_to_another_page(stores: Stores) -> None:
    for number in range(6):
        stores.records.save(a_change(a_record(str(number))))
    order = [record.id for record in all_pages(stores, 6)]
    first = stores.records.page(None, 3)
    for record in all_pages(stores, 6):
        stores.records.save(a_change(replace(record, version=2, due_at=START, parked_since=START)))

    second = stores.records.page(first[-1].id, 10)

    assert [record.id for record in [*first, *second]] == order
    assert {record.version for record in second} == {2}


def test_there_is_no_page_of_nothing(stores: Stores) -> None:
    assert list(stores.records.page(None, 5)) == []


def test_what_is_owed_parked_and_open_is_counted(stores: Stores) -> None:
    conflict = Decision(Verdict.PERSON, "crm", "name", "Ada", "Eda")
    stores.records.save(a_change(a_record("1", due_at=START + timedelta(days=9))))
    stores.records.save(a_change(a_record("2", parked_since=START), decisions=(conflict,)))
    for external_id, kind in (("8", NoteKind.PARKED), ("9", NoteKind.WAITING)):
        due_at = START if kind is NoteKind.WAITING else None
        note = Note(kind, "crm", "customer", external_id, "why", START, due_at)
        stores.identities.note(id_key("crm", "customer", external_id), note)

    assert (stores.counts.owed(), stores.counts.parked(), stores.counts.conflicts()) == (2, 2, 1)


def test_the_latest_observation_of_each_system_and_entity_is_kept(stores: Stores) -> None:
    assert stores.activity.observed() == {}

    stores.activity.note_observed("crm", "customer", START)
    stores.activity.note_observed("crm", "customer", START - timedelta(seconds=1))
    stores.activity.note_observed("my-erp", "order", START)

    assert stores.activity.observed() == {("crm", "customer"): START, ("my-erp", "order"): START}


def test_calls_are_counted_by_day(stores: Stores) -> None:
    stores.states.count_calls("crm", 2, 1)
    today = stores.clock.now().date()
    stores.clock.go_on(86_400)
    stores.states.count_calls("crm", 1, 0)

    assert stores.activity.calls_on(today) == {"crm": {"read": 2, "write": 1}}
    assert stores.activity.calls_on(stores.clock.now().date()) == {"crm": {"read": 1, "write": 0}}
    assert stores.activity.calls_on(today - timedelta(days=1)) == {}
