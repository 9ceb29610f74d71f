"""settle: what follows from a record as it stands, recomputed by every write."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.deliver import park
from shared.core.records import Held, Link, LinkState, Parked, Record
from shared.core.settle import settle
from shared.core.values import digest
from tests.kit.merging import FAR, NOW, agreed, edited, sending
from tests.kit.rules import rules_of

GRACE = timedelta(seconds=60)


def changed(record: Record, **link: Any) -> Record:
    """Return the settled record with parts of its erp link replaced."""
    return settle(record.with_link("erp", replace(record.link("erp"), **link)), rules_of(), NOW)


def test_a_record_that_owes_nothing_is_not_due() -> None:
    settled = settle(agreed(), rules_of(), NOW)

    assert (settled.due_at, settled.parked_since, settled.waits_for) == (None, None, None)
    assert settled == agreed()


def test_what_is_newly_owed_is_due_after_the_grace_that_the_stream_has() -> None:
    assert edited(agreed(), "crm", {"name": "B"}).due_at == NOW + GRACE


def test_a_due_time_that_stands_is_not_moved_by_another_write() -> None:
    record = edited(agreed(), "crm", {"name": "B"})

    assert settle(record, rules_of(), FAR).due_at == NOW + GRACE


def test_an_intent_is_due_at_the_end_of_its_lease() -> None:
    assert sending(edited(agreed(), "crm", {"name": "B"}), "erp").due_at == NOW + timedelta(seconds=60)


def test_what_was_due_and_is_owed_no_more_is_due_no_more() -> None:
    assert changed(agreed(), due_at=NOW, waits_for="r").due_at is None
    assert changed(agreed(), due_at=NOW, waits_for="r").waits_for is None


def test_a_parked_link_is_not_due_and_is_listed_since_its_time() -> None:
    record = park(edited(agreed(), "crm", {"name": "B"}), "erp", Parked("no", NOW), rules_of(), FAR)

    assert (record.due_at, record.parked_since) == (None, NOW)


def test_a_parked_link_stays_parked_while_the_same_is_owed_and_is_free_when_that_changes() -> None:
    record = park(edited(agreed(), "crm", {"name": "B"}), "erp", Parked("no", NOW), rules_of(), NOW)

    assert settle(record, rules_of(), FAR).link("erp").parked is not None
    assert edited(record, "crm", {"name": "C"}).link("erp").parked is None
    assert edited(record, "erp", {"name": "B"}).link("erp").parked is None


def test_a_link_that_a_parent_parked_waits_for_that_parent() -> None:
    record = park(edited(agreed(), "crm", {"name": "B"}), "erp", Parked("no", NOW, parent="r"), rules_of(), NOW)

    assert record.waits_for == "r"


def test_a_held_field_is_listed_with_the_parked() -> None:
    held = {"name": Held(digest("Ada"), digest("Ada"), "x", NOW)}

    assert changed(agreed(), held=held).parked_since == NOW


@pytest.mark.parametrize(
    "held",
    [
        {"name": Held(digest("other"), digest("Ada"), "x", NOW)},
        {"name": Held(digest("Ada"), digest("other"), "x", NOW)},
        {"phone": Held(digest(None), digest(None), "x", NOW)},
        {"name": Held(digest("wish"), digest("other"), "x", NOW, yielded=True)},
    ],
    ids=["the wish changed", "the system shows something else", "the field was never seen", "a yielded one changed"],
)
def test_a_held_field_is_free_once_either_value_changes(held: dict[str, Held]) -> None:
    assert changed(agreed(), held=held).link("erp").held == {}


def test_a_yielded_wish_stays_listed_while_the_record_holds_what_the_system_shows() -> None:
    held = {"name": Held(digest("wish"), digest("Ada"), "x", NOW, yielded=True)}

    assert changed(agreed(), held=held).link("erp").held == held


def test_a_record_has_the_earliest_of_its_links_times() -> None:
    rules = rules_of(systems=("crm", "erp", "shop"))
    record = edited(agreed(systems=("crm", "erp", "shop")), "crm", {"name": "B"}, rules)
    early = settle(record.with_link("shop", replace(record.link("shop"), due_at=NOW)), rules, NOW)

    assert early.due_at == NOW


def test_a_system_that_joined_is_due_and_one_that_cannot_be_given_anything_gets_no_link() -> None:
    record = agreed(systems=("crm",))

    assert settle(record, rules_of(), NOW).link("erp").due_at == NOW + GRACE
    assert settle(record, rules_of(erp={"can_create": False}), NOW).links.keys() == {"crm"}


def test_the_links_of_systems_that_take_no_part_owe_nothing() -> None:
    record = agreed().with_link("gone", Link(LinkState.LIVE, "g1", due_at=NOW))

    assert settle(record, rules_of(), NOW).due_at is None
