"""What a write sets going (the sync rules, section 7.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.deliver import clear_intent, park
from shared.core.newly import came_alive, newly_owed
from shared.core.records import Link, Parked
from tests.kit.merging import NOW, agreed, answered, edited, seen_in, sending, shown, stored
from tests.kit.rules import rules_of

LATER = NOW + timedelta(minutes=2)
RENAMED = edited(agreed(), "crm", {"name": "B"})
LEASED = sending(RENAMED, "erp")


def test_a_digest_that_was_not_owed_before_is_a_reason_to_deliver() -> None:
    assert newly_owed(agreed(), RENAMED, rules_of(), NOW) == ("erp",)
    assert newly_owed(None, agreed(systems=("crm",)), rules_of(), NOW) == ("erp",)


def test_what_was_owed_already_is_none() -> None:
    assert newly_owed(RENAMED, replace(RENAMED, version=9), rules_of(), NOW) == ()
    assert newly_owed(agreed(), agreed(), rules_of(), NOW) == ()


def test_nothing_is_delivered_while_the_link_is_parked_or_leased() -> None:
    parked = park(RENAMED, "erp", Parked("no", NOW), rules_of(), NOW)

    assert newly_owed(agreed(), parked, rules_of(), NOW) == ()
    assert newly_owed(agreed(), LEASED, rules_of(), NOW) == ()


def test_an_edit_made_while_the_lease_ran_goes_out_when_the_answer_has_come() -> None:
    edited_meanwhile = edited(LEASED, "crm", {"email": "new"})
    assert newly_owed(LEASED, edited_meanwhile, rules_of(), NOW) == ()

    after = answered(edited_meanwhile, "erp", stored("erp", {"name": "B", "email": "ada@example.org"})).record

    assert newly_owed(edited_meanwhile, after, rules_of(), NOW) == ("erp",)


def test_a_lease_that_ended_is_a_reason_once_its_state_changes_and_not_by_itself() -> None:
    again = clear_intent(LEASED, "erp", rules_of(), LATER, may_land=True)

    assert newly_owed(LEASED, again, rules_of(), LATER) == ("erp",)
    assert newly_owed(LEASED, replace(LEASED, version=9), rules_of(), LATER) == ()


def test_a_failure_that_backs_off_is_left_to_the_sweep() -> None:
    waiting = LEASED.with_link("erp", replace(LEASED.link("erp"), intent=None, due_at=LATER, backoffs=1))

    assert newly_owed(LEASED, waiting, rules_of(), NOW) == ()


def test_a_send_without_effect_is_left_to_the_sweep_though_it_is_owed_again() -> None:
    assumed = LEASED.with_link("erp", replace(LEASED.link("erp"), intent=None, tries={}))
    seen = answered(LEASED, "erp", stored("erp", {"name": "Ada"})).record

    assert newly_owed(seen_in(assumed, shown("erp", {"name": "B"})).record, seen, rules_of(), NOW) == ()


def test_a_send_without_effect_is_left_to_the_sweep_of_a_new_record_too() -> None:
    tried = RENAMED.with_link("erp", replace(RENAMED.link("erp"), tries={"name": 1}))

    assert newly_owed(None, tried, rules_of(), NOW) == ()


def test_a_record_comes_alive_where_it_did_not_stand_before() -> None:
    both, one = agreed(), agreed(systems=("crm",))
    parked = both.with_link("erp", replace(both.link("erp"), parked=Parked("no", NOW)))

    assert came_alive(one, both) == ("erp",)
    assert came_alive(None, one) == ("crm",)
    assert came_alive(parked, both) == ("erp",)
    assert came_alive(both, both) == ()
    assert came_alive(both, parked) == ()
    assert came_alive(None, one.with_link("erp", Link())) == ("crm",)
