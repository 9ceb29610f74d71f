"""What every store promises (`shared.ports.stores`), in memory and in DynamoDB alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.core.decisions import Decision, Verdict
from shared.core.keys import id_key
from shared.core.records import Link, LinkState, Record, Tombstone
from shared.core.schema_drift import Drift, Kind, Schema
from shared.ports.stores import (
    Change,
    Holder,
    KeysHeld,
    Lost,
    Note,
    NoteKind,
    OpenCreate,
    Saved,
    SystemState,
    SystemStatus,
)
from tests.contract.conftest import Stores
from tests.kit.builders import a_change, a_record, an_intent
from tests.kit.clock import START

MAIL = "key/customer/email/ada@example.org"
ID = id_key("crm", "customer", "1")


def a_note(kind: NoteKind = NoteKind.PARKED, external_id: str = "1", **more: Any) -> Note:
    return replace(Note(kind, "crm", "customer", external_id, "several candidates", START), **more)


def next_version(record: Record, **changed: Any) -> Record:
    return replace(record, version=record.version + 1, **changed)


# ── records and versions ──


def test_a_saved_record_reads_back_the_same(stores: Stores) -> None:
    record = a_record(fields={"name": "Ada", "credit_limit": Decimal("10.50"), "email": None}, due_at=START)

    assert stores.records.save(a_change(record)) == Saved()

    assert stores.records.get([record.id]) == {record.id: record}


def test_records_that_do_not_exist_are_left_out(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record))

    assert set(stores.records.get([record.id, a_record("2").id])) == {record.id}
    assert stores.records.get([]) == {}


def test_two_workers_on_one_record_the_second_loses_and_changes_nothing(stores: Stores) -> None:
    first = a_record()
    stores.records.save(a_change(first))
    read_by_both = stores.records.get([first.id])[first.id]

    by_one = stores.records.save(a_change(next_version(read_by_both, waits_for="a")))
    by_other = stores.records.save(a_change(next_version(read_by_both, waits_for="b")))

    assert (by_one, by_other) == (Saved(), Lost())
    assert stores.records.get([first.id])[first.id].waits_for == "a"


def test_a_write_that_skips_a_version_loses(stores: Stores) -> None:
    record = a_record()

    assert stores.records.save(a_change(replace(record, version=2))) == Lost()

    stores.records.save(a_change(record))
    assert stores.records.save(a_change(replace(record, version=3))) == Lost()


def test_a_new_record_that_is_already_there_loses(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record))

    assert stores.records.save(a_change(replace(record, generation=1), keys=frozenset({MAIL}))) == Lost()

    assert stores.identities.holders([MAIL]) == {}


def test_more_records_than_one_call_takes_are_read_whole(stores: Stores) -> None:
    records = [a_record(str(number)) for number in range(230)]
    for record in records:
        stores.records.save(a_change(record))

    assert stores.records.get([record.id for record in records]) == {record.id: record for record in records}


# ── keys ──


def test_keys_taken_are_held_with_the_generation(stores: Stores) -> None:
    record = a_record(generation=2)

    assert stores.records.save(a_change(record, keys=frozenset({ID, MAIL}))) == Saved()

    assert stores.identities.holders([ID, MAIL, "key/customer/email/x"]) == {
        ID: Holder(record.id, 2),
        MAIL: Holder(record.id, 2),
    }


def test_two_workers_that_meet_the_same_new_customer_make_one(stores: Stores) -> None:
    in_crm, in_erp = a_record("1"), a_record("9", system="erp")

    first = stores.records.save(a_change(in_crm, keys=frozenset({ID, MAIL})))
    second = stores.records.save(a_change(in_erp, keys=frozenset({id_key("erp", "customer", "9"), MAIL})))

    assert (first, second) == (Saved(), KeysHeld({MAIL: in_crm.id}))
    assert stores.records.get([in_erp.id]) == {}
    assert stores.identities.holders([id_key("erp", "customer", "9")]) == {}


def test_the_same_new_record_from_two_workers_is_saved_once(stores: Stores) -> None:
    one, other = a_record(), a_record(fields={"name": "Ada L."})

    results = [stores.records.save(a_change(each, keys=frozenset({ID}))) for each in (one, other)]

    assert results == [Saved(), Lost()]
    assert stores.records.get([one.id]) == {one.id: one}


def test_every_held_key_is_named_with_its_holder(stores: Stores) -> None:
    ada, bob, carl = a_record("1"), a_record("2"), a_record("3")
    stores.records.save(a_change(ada, keys=frozenset({"key/customer/email/a"})))
    stores.records.save(a_change(bob, keys=frozenset({"key/customer/tax/b"})))

    result = stores.records.save(
        a_change(carl, keys=frozenset({"key/customer/email/a", "key/customer/tax/b", "key/customer/email/c"}))
    )

    assert result == KeysHeld({"key/customer/email/a": ada.id, "key/customer/tax/b": bob.id})
    assert stores.identities.holders(["key/customer/email/c"]) == {}


def test_a_record_may_take_again_what_it_holds(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record, keys=frozenset({MAIL})))

    assert stores.records.save(a_change(next_version(record, generation=1), keys=frozenset({MAIL}))) == Saved()

    assert stores.identities.holders([MAIL])[MAIL].generation == 1


def test_a_key_given_back_is_free_for_the_next(stores: Stores) -> None:
    ada, bob = a_record("1"), a_record("2")
    stores.records.save(a_change(ada, keys=frozenset({MAIL})))

    stores.records.save(replace(a_change(next_version(ada)), keys_given_back=frozenset({MAIL})))

    assert stores.records.save(a_change(bob, keys=frozenset({MAIL}))) == Saved()


def test_giving_back_a_key_of_somebody_else_changes_nothing_about_it(stores: Stores) -> None:
    ada, bob = a_record("1"), a_record("2")
    stores.records.save(a_change(ada, keys=frozenset({MAIL})))
    stores.records.save(a_change(bob, keys=frozenset({"key/customer/tax/b"})))

    result = stores.records.save(
        replace(
            a_change(next_version(bob)),
            keys_given_back=frozenset({MAIL, "key/customer/tax/b", "key/customer/tax/none"}),
        )
    )

    assert result == Saved()
    assert stores.identities.holders([MAIL, "key/customer/tax/b"]) == {MAIL: Holder(ada.id)}


def test_a_key_both_taken_and_given_back_is_held(stores: Stores) -> None:
    record = a_record()

    change = replace(a_change(record, keys=frozenset({MAIL})), keys_given_back=frozenset({MAIL}))

    assert stores.records.save(change) == Saved()
    assert stores.identities.holders([MAIL]) == {MAIL: Holder(record.id)}


def test_a_lost_write_touches_no_key_no_mark_and_no_note(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record, keys=frozenset({MAIL})))
    stores.identities.note(ID, a_note())
    late = replace(
        a_change(a_record(links={"erp": Link(intent=an_intent())}), keys=frozenset({ID})),
        keys_given_back=frozenset({MAIL}),
        creates_opened=frozenset({"erp"}),
        forgets=frozenset({ID}),
    )

    assert stores.records.save(late) == Lost()

    assert stores.identities.holders([MAIL, ID]) == {MAIL: Holder(record.id), ID: Holder(note=a_note())}
    assert stores.identities.open_creates("erp", "customer") == []


def test_a_very_long_key_is_a_key_like_any_other(stores: Stores) -> None:
    record, other = a_record("1"), a_record("2")
    long, longer = "key/customer/name/" + "é" * 3000, "key/customer/name/" + "é" * 3001
    stores.records.save(a_change(record, keys=frozenset({long})))

    assert stores.records.save(a_change(other, keys=frozenset({longer}))) == Saved()

    assert stores.identities.holders([long, longer]) == {long: Holder(record.id), longer: Holder(other.id)}


def test_many_keys_are_read_in_one_go(stores: Stores) -> None:
    record = a_record()
    keys = [id_key("crm", "customer", str(number)) for number in range(60)]
    stores.records.save(a_change(record, keys=frozenset(keys)))
    asked = [*keys, *(id_key("crm", "customer", f"none {number}") for number in range(100))]

    assert stores.identities.holders(asked) == dict.fromkeys(keys, Holder(record.id))


def test_an_external_id_may_hold_slashes(stores: Stores) -> None:
    record = a_record("a/b/c")

    stores.records.save(a_change(record, keys=frozenset({id_key("crm", "customer", "a/b/c")})))

    assert stores.identities.linked("crm", "customer", None, 10) == {"a/b/c": record.id}


# ── decisions ──


def test_a_conflict_is_written_with_the_record_and_a_plain_decision_is_not_in_the_way(stores: Stores) -> None:
    record = a_record()
    decisions = tuple(Decision(verdict, "crm", "name", "Ada", "Bob", 1, "owner") for verdict in Verdict)

    assert stores.records.save(a_change(record, decisions=decisions)) == Saved()

    assert stores.records.get([record.id]) == {record.id: record}


def test_a_write_may_decide_hundreds_of_conflicts(stores: Stores) -> None:
    record = a_record()
    decisions = tuple(Decision(Verdict.LOST, "crm", f"lines[{number}].quantity") for number in range(300))

    assert stores.records.save(a_change(record, decisions=decisions, keys=frozenset({MAIL}))) == Saved()


# ── indexes ──


def test_records_are_due_oldest_first_once_their_time_has_come(stores: Stores) -> None:
    minutes = {"a": 3, "b": 1, "c": 2, "d": 9}
    ids = {}
    for name, minute in minutes.items():
        record = a_record(name, due_at=START + timedelta(minutes=minute))
        ids[name] = record.id
        stores.records.save(a_change(record))
    stores.records.save(a_change(a_record("never")))

    due = stores.records.due(START + timedelta(minutes=3), 10)

    assert due == [ids["b"], ids["c"], ids["a"]]
    assert stores.records.due(START + timedelta(minutes=3), 2) == [ids["b"], ids["c"]]
    assert stores.records.due(START, 10) == []


def test_a_record_that_is_no_longer_due_leaves_the_index(stores: Stores) -> None:
    record = a_record(due_at=START, parked_since=START, waits_for="parent")
    stores.records.save(a_change(record))

    stores.records.save(a_change(next_version(record, due_at=None, parked_since=None, waits_for=None)))

    assert stores.records.due(START, 10) == []
    assert stores.records.parked(10) == []
    assert stores.records.waiting_for("parent") == []


def test_parked_records_are_found_oldest_first(stores: Stores) -> None:
    older = a_record("1", parked_since=START)
    newer = a_record("2", parked_since=START + timedelta(seconds=1))
    for record in (newer, older, a_record("3")):
        stores.records.save(a_change(record))

    assert stores.records.parked(10) == [older.id, newer.id]
    assert stores.records.parked(1) == [older.id]


def test_who_waits_for_a_record_is_found_and_follows_the_record_waited_for(stores: Stores) -> None:
    one, two = a_record("1", waits_for="parent"), a_record("2", waits_for="parent")
    for record in (one, two, a_record("3", waits_for="another")):
        stores.records.save(a_change(record))

    assert stores.records.waiting_for("parent") == sorted([one.id, two.id])

    stores.records.save(a_change(next_version(one, waits_for="another")))
    assert stores.records.waiting_for("parent") == [two.id]
    assert one.id in stores.records.waiting_for("another")


def test_links_of_a_system_come_in_pages_in_order(stores: Stores) -> None:
    ids = {}
    for number in ("1", "10", "2", "é"):
        record = a_record(number)
        ids[number] = record.id
        stores.records.save(a_change(record, keys=frozenset({id_key("crm", "customer", number)})))
    stores.records.save(a_change(a_record("5", entity="order"), keys=frozenset({id_key("crm", "order", "5"), MAIL})))

    first = stores.identities.linked("crm", "customer", None, 3)
    second = stores.identities.linked("crm", "customer", "2", 3)

    assert list(first.items()) == [(number, ids[number]) for number in ("1", "10", "2")]
    assert second == {"é": ids["é"]}


def test_a_link_given_back_leaves_the_system_s_index(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record, keys=frozenset({ID})))

    stores.records.save(replace(a_change(next_version(record)), keys_given_back=frozenset({ID})))

    assert stores.identities.linked("crm", "customer", None, 10) == {}


# ── intents and leases ──


def test_an_expired_lease_is_taken_over_by_one_worker_only(stores: Stores) -> None:
    lease = START + timedelta(seconds=60)
    record = a_record(links={"erp": Link(LinkState.LIVE, "7", intent=an_intent(until=lease))}, due_at=lease)
    stores.records.save(a_change(record))
    stores.clock.go_on(61)

    assert stores.records.due(stores.clock.now(), 10) == [record.id]
    anew = [an_intent(id_=worker, until=stores.clock.now()) for worker in ("one", "other")]
    results = [
        stores.records.save(a_change(next_version(record).with_link("erp", Link(intent=intent)))) for intent in anew
    ]

    assert results == [Saved(), Lost()]
    held = stores.records.get([record.id])[record.id].link("erp").intent
    assert held == anew[0]


# ── open creates ──


def test_open_creates_are_listed_with_their_lease_until_they_are_closed(stores: Stores) -> None:
    intent = an_intent()
    record = a_record(links={"erp": Link(intent=intent)})
    opened = replace(a_change(record), creates_opened=frozenset({"erp"}))

    stores.records.save(opened)

    assert stores.identities.open_creates("erp", "customer") == [OpenCreate(record.id, intent.until)]
    assert stores.identities.open_creates("erp", "order") == []
    stores.records.save(Change(next_version(record), opened.cause, creates_closed=frozenset({"erp"})))
    assert stores.identities.open_creates("erp", "customer") == []


def test_a_create_opened_again_in_the_same_write_stays_open(stores: Stores) -> None:
    record = a_record(links={"erp": Link(intent=an_intent())})
    both = replace(a_change(record), creates_opened=frozenset({"erp"}), creates_closed=frozenset({"erp"}))

    stores.records.save(both)

    assert [each.record_id for each in stores.identities.open_creates("erp", "customer")] == [record.id]


def test_a_create_is_never_open_without_an_intent(stores: Stores) -> None:
    change = replace(a_change(a_record()), creates_opened=frozenset({"erp"}))

    with pytest.raises(ValueError, match="without an intent"):
        stores.records.save(change)

    assert stores.records.get([change.record.id]) == {}


# ── notes ──


def test_a_note_and_a_record_may_stand_at_one_key(stores: Stores) -> None:
    record = a_record()
    stores.records.save(a_change(record, keys=frozenset({ID})))

    stores.identities.note(ID, a_note())

    assert stores.identities.holders([ID]) == {ID: Holder(record.id, 0, a_note())}
    stores.identities.forget([ID])
    assert stores.identities.holders([ID]) == {ID: Holder(record.id)}


def test_a_noted_key_can_be_taken_and_the_change_forgets_the_note(stores: Stores) -> None:
    record = a_record()
    stores.identities.note(ID, a_note())

    result = stores.records.save(replace(a_change(record, keys=frozenset({ID})), forgets=frozenset({ID})))

    assert result == Saved()
    assert stores.identities.holders([ID]) == {ID: Holder(record.id)}
    assert stores.identities.parked(10) == []


def test_a_newer_note_replaces_the_older(stores: Stores) -> None:
    waiting = a_note(NoteKind.WAITING, due_at=START, attempts=1)
    stores.identities.note(ID, waiting)

    stores.identities.note(ID, a_note(candidates=("x", "y"), field="email"))

    assert stores.identities.holders([ID])[ID].note == a_note(candidates=("x", "y"), field="email")
    assert stores.identities.due(START, 10) == []


def test_waiting_notes_are_due_oldest_first_and_parked_ones_never(stores: Stores) -> None:
    notes = [a_note(NoteKind.WAITING, str(minute), due_at=START + timedelta(minutes=minute)) for minute in (3, 1, 2, 9)]
    for note in [*notes, a_note(external_id="parked", due_at=START)]:
        stores.identities.note(id_key("crm", "customer", note.external_id), note)

    assert stores.identities.due(START + timedelta(minutes=3), 10) == [notes[1], notes[2], notes[0]]
    assert stores.identities.due(START + timedelta(minutes=3), 1) == [notes[1]]


def test_parked_notes_are_listed_oldest_first(stores: Stores) -> None:
    notes = [a_note(external_id=str(minute), since=START + timedelta(minutes=minute)) for minute in (3, 1)]
    for note in [*notes, a_note(NoteKind.WAITING, "waits", due_at=START)]:
        stores.identities.note(id_key("crm", "customer", note.external_id), note)

    assert stores.identities.parked(10) == [notes[1], notes[0]]
    assert stores.identities.parked(1) == [notes[1]]


def test_forgetting_what_is_not_noted_changes_nothing(stores: Stores) -> None:
    stores.identities.forget([ID])

    assert stores.identities.holders([ID]) == {}


# ── tombstones ──


def test_a_tombstone_reads_back(stores: Stores) -> None:
    record = replace(a_record(), tombstone=Tombstone("crm", START), without_keys=frozenset({MAIL}))

    stores.records.save(a_change(record))

    assert stores.records.get([record.id]) == {record.id: record}


# ── states, cursors, listings, counts ──


def test_a_system_runs_until_somebody_says_otherwise(stores: Stores) -> None:
    assert stores.states.state("crm") == SystemState()


def test_exactly_one_caller_learns_that_it_tripped_the_system(stores: Stores) -> None:
    until = START + timedelta(minutes=5)
    tripped = SystemState(SystemStatus.TRIPPED, until, "401")

    told = [stores.states.set_state("crm", each) for each in (tripped, tripped, replace(tripped, why="again"))]

    assert told == [True, False, False]
    assert stores.states.state("crm") == replace(tripped, why="again")


def test_slowing_a_running_system_changes_no_status(stores: Stores) -> None:
    slowed = SystemState(SystemStatus.RUNNING, START, "429")

    assert stores.states.set_state("crm", slowed) is False
    assert stores.states.state("crm") == slowed
    assert stores.states.set_state("crm", SystemState()) is False
    assert stores.states.state("crm") == SystemState()


def test_a_system_that_is_slowed_by_one_worker_is_not_hurried_by_another(stores: Stores) -> None:
    long, short = (SystemState(SystemStatus.RUNNING, START + timedelta(seconds=s), "429") for s in (60, 1))

    for state in (long, short):
        stores.states.set_state("crm", state)

    assert stores.states.state("crm") == long


def test_a_trip_is_not_ended_by_a_worker_that_only_slows(stores: Stores) -> None:
    tripped = SystemState(SystemStatus.TRIPPED, START + timedelta(hours=1), "401")
    stores.states.set_state("crm", tripped)

    stores.states.set_state("crm", SystemState(SystemStatus.RUNNING, START + timedelta(seconds=1), "login under way"))

    assert stores.states.state("crm") == tripped


def test_a_trip_that_is_over_can_be_followed_by_a_slowing_and_by_another_trip(stores: Stores) -> None:
    untils = [START + timedelta(seconds=seconds) for seconds in (1, 2, 3)]
    trip, again = (SystemState(SystemStatus.TRIPPED, until, "401") for until in (untils[0], untils[2]))
    slowed = SystemState(SystemStatus.RUNNING, untils[1], "429")

    assert [stores.states.set_state("crm", each) for each in (trip, slowed, again)] == [True, True, True]


def test_a_pause_is_ended_by_an_operator_only(stores: Stores) -> None:
    later = START + timedelta(minutes=5)
    paused = SystemState(SystemStatus.PAUSED, None, "stocktaking")
    stores.states.set_state("crm", paused)

    slowed = stores.states.set_state("crm", SystemState(SystemStatus.RUNNING, later, "429"))
    tripped = stores.states.set_state("crm", SystemState(SystemStatus.TRIPPED, later, "401"))

    assert (slowed, tripped) == (False, False)
    assert stores.states.state("crm") == paused
    assert stores.states.set_state("crm", SystemState()) is True


def test_a_paused_system_can_be_paused_again_for_another_reason(stores: Stores) -> None:
    stores.states.set_state("crm", SystemState(SystemStatus.PAUSED, None, "stocktaking"))

    assert stores.states.set_state("crm", SystemState(SystemStatus.PAUSED, None, "migration")) is False
    assert stores.states.state("crm").why == "migration"


def test_cursors_stand_apart_by_system_and_entity(stores: Stores) -> None:
    assert stores.states.cursor("crm", "order") == (None, None)

    stores.states.move_cursor("crm", "order", "2026-03-02/17", START)
    stores.states.move_cursor("crm", "customer", None, START)

    assert stores.states.cursor("crm", "order") == ("2026-03-02/17", START)
    assert stores.states.cursor("crm", "customer") == (None, START)
    assert stores.states.cursor("erp", "order") == (None, None)


def test_by_which_rules_a_system_was_read_whole_is_noted_by_entity(stores: Stores) -> None:
    assert stores.states.read_by("crm", "order") == ""

    stores.states.note_read("crm", "order", "r1")
    stores.states.note_read("crm", "order", "r2")

    assert stores.states.read_by("crm", "order") == "r2"
    assert stores.states.read_by("crm", "customer") == ""
    assert stores.states.read_by("erp", "order") == ""


def test_what_is_known_of_fields_is_put_by_whoever_knew_what_was_there(stores: Stores) -> None:
    drift = Drift("phone", Kind.RETYPED, "Account.Phone: phone → int", stores.clock.now(), "Account.Phone")
    first = Schema("r1", frozenset({"name"}), frozenset({"fax"}), {"phone": ("1", "2")}, {"fax": 2})
    second = Schema("r1", drifts={"phone": drift}, fields={f"Account.Field{each}": "string" for each in range(500)})

    assert stores.states.schema("crm", "order") is None
    assert stores.states.keep_schema("crm", "order", None, first)
    assert not stores.states.keep_schema("crm", "order", None, second)
    assert stores.states.schema("crm", "order") == first
    assert stores.states.keep_schema("crm", "order", first, second)
    assert not stores.states.keep_schema("crm", "order", first, first)
    assert stores.states.schema("crm", "order") == second
    assert stores.states.schema("crm", "customer") is None


def test_pages_of_a_listing_add_up_and_a_page_kept_again_counts_once(stores: Stores) -> None:
    stores.states.keep_page("run", 0, ["a", "b"])
    stores.states.keep_page("run", 1, ["c"])
    stores.states.keep_page("run", 1, ["c"])
    stores.states.keep_page("other", 0, ["z"])

    assert stores.states.pages("run") == frozenset("abc")
    assert stores.states.pages("none") == frozenset()


def test_a_page_of_many_ids_is_kept_whole(stores: Stores) -> None:
    ids = [f"{number:060d}" for number in range(12_000)]

    stores.states.keep_page("run", 0, ids)

    assert stores.states.pages("run") == frozenset(ids)


@pytest.mark.parametrize("ids", [[], ["a"]])
def test_a_page_that_is_kept_again_with_fewer_ids_replaces_what_was_kept(stores: Stores, ids: list[str]) -> None:
    """Seed 91 on tables: a listing was begun again, and an id that was gone by then still counted as listed."""
    stores.states.keep_page("run", 0, [f"{number:060d}" for number in range(6_000)])
    stores.states.keep_page("run", 1, ["z"])

    stores.states.keep_page("run", 0, ids)

    assert stores.states.pages("run") == frozenset({*ids, "z"})


def test_calls_are_counted_by_system(stores: Stores) -> None:
    stores.states.count_calls("crm", 2, 0)
    stores.states.count_calls("crm", 1, 3)
    stores.states.count_calls("erp", 0, 1)

    assert stores.states.calls() == {"crm": {"read": 3, "write": 3}, "erp": {"read": 0, "write": 1}}


def test_the_last_change_never_goes_back(stores: Stores) -> None:
    assert stores.states.last_change() is None

    stores.states.note_change(START)
    stores.states.note_change(START - timedelta(seconds=1))

    assert stores.states.last_change() == START


# ── idempotency ──


def test_an_event_is_known_once_it_is_remembered(stores: Stores) -> None:
    assert stores.idempotency.is_known("crm/evt-1") is False

    stores.idempotency.remember("crm/evt-1")
    stores.idempotency.remember("crm/evt-1")

    assert stores.idempotency.is_known("crm/evt-1") is True
    assert stores.idempotency.is_known("crm/evt-2") is False


# ── logins ──


def test_one_of_many_callers_may_log_in_and_all_get_its_token(stores: Stores) -> None:
    assert stores.tokens.token("erp") is None

    may = [stores.tokens.begin_login("erp", 30) for _ in range(3)]
    stores.tokens.keep("erp", "t1", START + timedelta(hours=1))

    assert may == [True, False, False]
    assert stores.tokens.token("erp") == "t1"
    assert stores.tokens.begin_login("erp", 30) is False
    assert stores.tokens.token("crm") is None


def test_a_login_that_never_ended_gives_its_lease_up(stores: Stores) -> None:
    stores.tokens.begin_login("erp", 30)
    stores.clock.go_on(31)

    assert stores.tokens.begin_login("erp", 30) is True


def test_an_expired_token_is_no_token(stores: Stores) -> None:
    stores.tokens.keep("erp", "t1", START + timedelta(seconds=10))
    stores.clock.go_on(10)

    assert stores.tokens.token("erp") is None
    assert stores.tokens.begin_login("erp", 30) is True


def test_a_dropped_token_is_gone_and_a_newer_one_stays(stores: Stores) -> None:
    stores.tokens.keep("erp", "t1", START + timedelta(hours=1))
    stores.tokens.drop("erp", "t1")
    assert stores.tokens.token("erp") is None

    stores.tokens.keep("erp", "t2", START + timedelta(hours=1))
    stores.tokens.drop("erp", "t1")
    assert stores.tokens.token("erp") == "t2"


def test_a_refused_login_trips_the_system_once_and_ends_all_calls(stores: Stores) -> None:
    stores.tokens.keep("erp", "t1", START + timedelta(hours=9))
    stores.tokens.drop("erp", "t1")
    stores.tokens.begin_login("erp", 30)

    told = [stores.tokens.refuse("erp", "wrong password") for _ in range(2)]

    assert told == [True, False]
    assert stores.states.state("erp").status is SystemStatus.TRIPPED
    assert stores.states.state("erp").since == stores.clock.now()
    assert not stores.states.state("erp").may_call(stores.clock.now())
    assert stores.tokens.begin_login("erp", 30) is False


def test_a_system_that_may_not_be_called_gives_no_token_and_no_login(stores: Stores) -> None:
    stores.tokens.keep("erp", "t1", START + timedelta(hours=9))

    stores.states.set_state("erp", SystemState(SystemStatus.PAUSED))

    assert stores.tokens.token("erp") is None
    assert stores.tokens.begin_login("erp", 30) is False


def test_pausing_and_going_on_keeps_the_token(stores: Stores) -> None:
    stores.tokens.keep("erp", "t1", START + timedelta(hours=9))

    stores.states.set_state("erp", SystemState(SystemStatus.PAUSED))
    stores.states.set_state("erp", SystemState())

    assert stores.tokens.token("erp") == "t1"


def test_a_token_longer_than_one_seal_is_kept_whole(stores: Stores) -> None:
    token = "é" * 5000

    stores.tokens.keep("erp", token, START + timedelta(hours=1))

    assert stores.tokens.token("erp") == token
