"""plan_delivery and the intent: what is owed, whether it may be sent now (the sync rules, sections 4 and 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.core.commands import Archive, Create, Update
from shared.core.deliver import (
    Blocked,
    Look,
    Nothing,
    WaitFor,
    clear_intent,
    hold_back,
    must_look_before,
    note_intent,
    parents_of,
    park,
    park_keeping_intent,
    wait_for,
)
from shared.core.observations import Revision
from shared.core.records import Link, LinkState, Parked, Record, Seen, Sent, Tombstone, Verb
from shared.core.rules import FieldRule
from shared.core.values import Reference, digest
from tests.kit.merging import NOW, agreed, edited, planned, seen_in, sending, shown
from tests.kit.rules import ERP, rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}
ORDER = {"number": "1", "customer": "r-ada", "lines[a]": True, "lines[a].product": "p-tea"}
LATER = NOW + timedelta(seconds=61)


def renamed(**more: Any) -> Record:
    return edited(agreed(**more), "crm", {"name": "Ada L."})


# ── what is sent ──


def test_what_does_not_stand_there_is_created_with_everything_that_it_has() -> None:
    record = agreed({**ADA, "phone": None, "custom": "x"}, systems=("crm",))

    assert planned(record, "erp") == Create(record.id, ADA)


def test_only_what_differs_is_sent_with_the_exact_revision_of_the_link() -> None:
    record = renamed()

    assert planned(record, "erp") == Update(record.id, "e1", {"name": "Ada L."}, Revision("1", 1, exact=True))


@pytest.mark.parametrize("exact", [True, False])
def test_a_revision_that_is_not_exact_guards_nothing(exact: bool) -> None:
    record = renamed()
    cut = record.with_link("erp", replace(record.link("erp"), revision=Revision("1", 1, exact=exact)))
    rules = rules_of(erp={"exact": not exact})

    assert planned(cut, "erp", rules).precondition is None


def test_nothing_differs_nothing_is_sent() -> None:
    assert planned(agreed(), "erp") == Nothing()


def test_a_system_that_takes_no_part_is_sent_nothing() -> None:
    assert planned(renamed(), "shop") == Nothing()


@pytest.mark.parametrize("state", [LinkState.DETACHED, LinkState.ARCHIVED])
def test_a_link_that_ended_is_sent_nothing(state: LinkState) -> None:
    record = renamed()

    assert planned(record.with_link("erp", replace(record.link("erp"), state=state)), "erp") == Nothing()


def test_a_parked_link_is_sent_nothing() -> None:
    record = park(renamed(), "erp", Parked("refused", NOW), rules_of(), NOW)

    assert planned(record, "erp") == Nothing()


def test_any_number_of_changes_collapse_into_one_delivery() -> None:
    record = renamed()
    for name in ("Ada M.", "Ada N."):
        record = edited(record, "crm", {"name": name})

    assert planned(record, "erp").fields == {"name": "Ada N."}


def test_a_change_that_was_taken_back_before_it_was_sent_is_not_sent() -> None:
    assert planned(edited(renamed(), "crm", {"name": "Ada"}), "erp") == Nothing()


def test_elements_go_with_the_partners_ids_and_the_whole_of_the_touched_collection() -> None:
    contacts = {f"contacts[{key}]{part}": value for key in "ab" for part, value in (("", True), (".name", key))}
    record = edited(agreed({**ADA, **contacts}), "crm", {"contacts[a]": True, "contacts[a].name": "Ann"})

    command = planned(record, "erp")

    assert command.fields == {"contacts[a].name": "Ann"}
    assert command.elements == {"a": "erp-a", "b": "erp-b"}
    assert command.whole == {**contacts, "contacts[a].name": "Ann"}


def test_a_record_whose_life_ended_elsewhere_is_archived() -> None:
    record = replace(renamed(), tombstone=Tombstone("crm", NOW))

    assert planned(record, "erp") == Archive(record.id, "e1", Revision("1", 1, exact=True))
    assert planned(record, "crm") == Nothing()


def test_an_only_writer_is_sent_its_field_in_a_create_and_never_again() -> None:
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})

    assert planned(agreed(systems=("crm",)), "erp", rules).fields["name"] == "Ada"
    record = agreed().with_link("erp", replace(agreed().link("erp"), fields={"name": Seen(digest("x"), digest("x"))}))
    assert planned(record, "erp", rules) == Nothing()


# ── parents ──


def order() -> Record:
    return agreed(ORDER, entity="order", systems=("crm",))


def test_references_go_out_as_the_target_calls_them() -> None:
    command = planned(order(), "erp", parents={"r-ada": Link(LinkState.LIVE, "7"), "p-tea": Link(LinkState.LIVE, "8")})

    assert command.fields["customer"] == Reference("erp", "customer", "7")
    assert command.fields["lines[a].product"] == Reference("erp", "product", "8")


def test_a_parent_in_an_untouched_place_that_is_not_there_is_left_as_ours() -> None:
    record = edited(agreed(ORDER, entity="order"), "crm", {"lines[a]": True, "lines[a].quantity": Decimal(2)})
    link = replace(record.link("erp"), fields={**record.link("erp").fields, "lines[a].quantity": Seen("1x", "1x")})

    command = planned(record.with_link("erp", link), "erp")

    assert command.whole["lines[a].product"] == "p-tea"


@pytest.mark.parametrize(
    ("parent", "plan"),
    [
        (Link(), WaitFor("r-ada")),
        (None, Blocked("r-ada", "what it refers to has no record")),
        (Link(parked=Parked("no name", NOW)), Blocked("r-ada", "what it refers to is parked there: no name")),
        (Link(LinkState.DETACHED, "7"), Blocked("r-ada", "what it refers to is detached there")),
        (Link(LinkState.ARCHIVED, "7"), Blocked("r-ada", "what it refers to is archived there")),
    ],
)
def test_a_child_waits_for_its_parent_or_is_blocked_by_it(parent: Link | None, plan: Any) -> None:
    assert planned(order(), "erp", parents={"r-ada": parent}) == plan


def test_a_blocked_parent_goes_before_one_that_is_only_waited_for() -> None:
    assert planned(order(), "erp", parents={"p-tea": Link(), "r-ada": None}) == Blocked(
        "r-ada", "what it refers to has no record"
    )


def test_a_child_that_its_parent_parked_goes_on_once_the_parent_stands_there() -> None:
    parked = park(order(), "erp", Parked("what it refers to is parked", NOW, parent="r-ada"), rules_of("order"), NOW)

    assert planned(parked, "erp", parents={"r-ada": Link(parked=Parked("x", NOW))}) == Nothing()
    assert isinstance(planned(parked, "erp", parents={"r-ada": Link(LinkState.LIVE, "7")}), Create)


def test_the_parents_of_values_are_told_with_their_entities() -> None:
    values = {"customer": "r-ada", "lines[a].product": "p-tea", "number": "r-x", "lines[b].product": None}

    assert parents_of("order", values) == {"r-ada": "customer", "p-tea": "product"}


def test_f14_a_waiting_child_has_a_due_time_of_its_own() -> None:
    waiting = wait_for(order(), "erp", "r-ada", LATER, rules_of("order"), NOW)

    assert (waiting.waits_for, waiting.due_at) == ("r-ada", LATER)
    assert waiting.link("erp").backoffs == 1


def test_a_child_that_one_parent_parked_waits_for_the_other_once_that_one_has_come() -> None:
    """Seed 19254: its product was made again, its customer was still to come. It stayed parked for the product's sake,
    woken with each comparison and parked again, until its attempts were over."""
    rules = rules_of("order")
    parked = park(order(), "erp", Parked("what it refers to is archived there", NOW, parent="p-tea"), rules, NOW)
    parents = {"p-tea": Link(LinkState.LIVE, "7"), "r-ada": Link()}
    plan = planned(parked, "erp", parents=parents)
    assert plan == WaitFor("r-ada")

    waiting = hold_back(parked, "erp", plan, 0.0, rules, NOW)

    assert (waiting.link("erp").parked, waiting.waits_for) == (None, "r-ada")
    assert waiting.due_at is not None


# ── the intent ──


def test_the_intent_says_what_is_about_to_be_sent_its_stored_form_and_what_was_seen_before() -> None:
    rules = rules_of(erp={"stored_forms": {"name": ("upper",)}})

    intent = sending(renamed(), "erp", rules).link("erp").intent

    assert intent is not None
    assert intent.sent == {"name": Sent(digest("Ada L."), digest("ADA L."), digest("Ada"))}
    assert (intent.id, intent.verb, intent.absorbs, intent.until) == ("i1", Verb.UPDATE, 0, NOW + timedelta(seconds=60))


def test_a_stored_form_of_any_role_is_that_of_each_role() -> None:
    rules = rules_of(erp={"stored_forms": {"addresses[].city": ("upper",)}})
    record = agreed({"addresses[billing].city": "Ulm"}, systems=("crm",))

    intent = sending(record, "erp", rules).link("erp").intent

    assert intent is not None
    assert intent.sent["addresses[billing].city"].form == digest("ULM")


def test_a_create_has_a_longer_lease_and_remembers_the_match_keys_as_they_were_sent() -> None:
    rules = rules_of(erp={"look_up_seconds": 30, "lease_seconds": 90})

    intent = sending(agreed(systems=("crm",)), "erp", rules).link("erp").intent

    assert intent is not None
    assert intent.until == NOW + timedelta(seconds=120)
    assert intent.keys == {"key/customer/email/ada@example.org"}


def test_an_archive_sends_no_field() -> None:
    intent = sending(replace(agreed(), tombstone=Tombstone("crm", NOW)), "erp").link("erp").intent

    assert intent is not None
    assert (intent.verb, intent.sent) == (Verb.ARCHIVE, {})


def test_while_the_lease_runs_nothing_is_sent_and_when_it_has_ended_it_is_looked() -> None:
    leased = sending(renamed(), "erp")

    assert planned(leased, "erp") == Nothing()
    plan = planned(leased, "erp", now=LATER)
    assert isinstance(plan, Look)
    assert plan.intent == leased.link("erp").intent


def test_a_cleared_intent_is_due_at_once_and_may_still_land_late() -> None:
    leased = sending(renamed(), "erp")

    cleared = clear_intent(leased, "erp", rules_of(), LATER, may_land=True)

    assert (cleared.link("erp").intent, cleared.due_at) == (None, LATER)
    assert [sent.value for sent in cleared.link("erp").echoes["name"]] == [digest("Ada L.")]
    assert clear_intent(leased, "erp", rules_of(), LATER, may_land=False).link("erp").echoes == {}


def test_what_was_seen_to_have_landed_does_not_land_late() -> None:
    """Else a person who sets that value again, years later, would be taken for our echo."""
    landed = seen_in(sending(renamed(), "erp"), shown("erp", {**ADA, "name": "Ada L."})).record

    assert clear_intent(landed, "erp", rules_of(), LATER, may_land=True).link("erp").echoes == {}


def test_at_most_four_late_echoes_are_remembered() -> None:
    record = renamed()
    for number in range(6):
        record = edited(
            clear_intent(sending(record, "erp"), "erp", rules_of(), NOW, may_land=True), "crm", {"name": str(number)}
        )

    assert len(record.link("erp").echoes["name"]) == 4


def test_there_is_nothing_to_clear_without_an_intent() -> None:
    assert clear_intent(agreed(), "erp", rules_of(), NOW, may_land=True) == agreed()


# ── parking ──


def test_parking_ends_the_intent_or_keeps_it() -> None:
    leased = sending(renamed(), "erp")

    assert park(leased, "erp", Parked("x", NOW), rules_of(), NOW).link("erp").intent is None
    kept = park_keeping_intent(leased, "erp", Parked("x", NOW), rules_of(), NOW)
    assert kept.link("erp").intent is not None
    assert (kept.parked_since, kept.due_at) == (NOW, None)


# ── reads before writes ──

EXACT, CUT = Revision("1", 1, exact=True), None


@pytest.mark.parametrize(
    ("command", "changes", "looks"),
    [
        (Create("r", {}), {}, False),
        (Update("r", "e1", {"name": "x"}, EXACT), {}, False),
        (Update("r", "e1", {"name": "x"}, CUT), {}, True),
        (Update("r", "e1", {"name": "x"}, EXACT), {"uncovered": frozenset({"name"})}, True),
        (Update("r", "e1", {"phone": "x"}, EXACT), {"uncovered": frozenset({"name"})}, False),
        (Archive("r", "e1", EXACT), {"uncovered": frozenset({"name"})}, False),
        (Archive("r", "e1", CUT), {}, True),
        (Update("r", "e1", {"name": "x"}, CUT), {"can_read": False}, False),
    ],
)
def test_what_no_exact_precondition_covers_is_read_before_it_is_written(
    command: Any, changes: dict[str, Any], looks: bool
) -> None:
    assert must_look_before("erp", command, rules_of(erp=changes)) is looks


def test_a_noted_delivery_waits_for_nobody_and_is_not_parked() -> None:
    record = wait_for(order(), "erp", "r-ada", LATER, rules_of("order"), NOW)
    command = planned(record, "erp")

    noted = note_intent(record, "erp", command, "i1", rules_of("order"), NOW)

    assert (noted.waits_for, noted.link("erp").parked) == (None, None)
