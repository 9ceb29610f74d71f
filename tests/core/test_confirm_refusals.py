"""confirm: what a system surely did not apply (the sync rules, sections 5 and 7.5)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.decisions import Verdict
from shared.core.observations import Next, Refused, Trouble
from shared.core.owed import owed
from shared.core.records import Record
from tests.kit.merging import NOW, agreed, answered, edited, seen_in, sending, shown, verdicts
from tests.kit.rules import rules_of

TWO = {"name": "Ada L.", "email": "ada@example.com"}
REFUSED = Refused(Trouble(Next.PERMANENT, "no-such-value", "no word for it there", field="name"))


def moved() -> Record:
    """The crm changed two fields, and the erp is about to be told."""
    return sending(edited(agreed({"name": "Ada", "email": "ada@example.org"}), "crm", TWO), "erp")


def test_a_field_that_is_refused_for_good_is_held_and_the_others_go_at_once() -> None:
    after = answered(moved(), "erp", REFUSED)

    link = after.record.link("erp")
    assert (link.intent, link.parked, link.due_at) == (None, None, NOW)
    assert {path: held.reason for path, held in link.held.items()} == {"name": "no word for it there"}
    assert set(owed(after.record, "erp", rules_of())) == {"email"}
    assert verdicts(after.decisions) == [(Verdict.HELD, "name")]


def test_a_held_field_is_free_again_when_the_record_changes() -> None:
    refused = answered(moved(), "erp", REFUSED).record

    after = edited(refused, "crm", {"name": "Ada Lovelace"})

    assert after.link("erp").held == {}
    assert set(owed(after, "erp", rules_of())) == {"name", "email"}


def test_a_refusal_that_names_a_field_nobody_sent_parks_the_link() -> None:
    trouble = Trouble(Next.PERMANENT, "missing", "a phone number is needed", field="phone")

    parked = answered(moved(), "erp", Refused(trouble)).record.link("erp").parked

    assert parked is not None
    assert (parked.field, parked.reason) == ("phone", "a phone number is needed")


def test_a_second_field_that_is_refused_is_held_beside_the_first() -> None:
    refused = answered(moved(), "erp", REFUSED).record
    email = Refused(Trouble(Next.PERMANENT, "not-an-email", "no such address", field="email"))

    after = answered(sending(refused, "erp", intent_id="i2"), "erp", email, intent_id="i2").record

    assert set(after.link("erp").held) == {"name", "email"}
    assert owed(after, "erp", rules_of()) == {}


def test_what_was_refused_never_lands_so_whoever_types_it_there_later_has_typed_it() -> None:
    refused = answered(moved(), "erp", REFUSED).record
    moved_on = edited(refused, "crm", {"name": "Ada Lovelace"})

    after = seen_in(moved_on, shown("erp", {"name": "Ada L.", "email": "ada@example.org"}))

    assert verdicts(after.decisions) == [(Verdict.LOST, "name")]


@pytest.mark.parametrize("next_", [Next.RETRYABLE, Next.CONFLICT, Next.THROTTLED])
def test_a_refusal_that_may_pass_holds_no_field_even_if_it_names_one(next_: Next) -> None:
    after = answered(moved(), "erp", Refused(Trouble(next_, "busy", field="name"))).record

    assert after.link("erp").held == {}
    assert set(owed(after, "erp", rules_of())) == {"name", "email"}


def test_a_refusal_that_names_a_field_which_was_not_sent_parks_the_link() -> None:
    known = agreed({"name": "Ada", "email": "ada@example.org", "phone": "1"})
    trouble = Trouble(Next.PERMANENT, "missing", "the phone is too short", field="phone")

    after = answered(sending(edited(known, "crm", TWO), "erp"), "erp", Refused(trouble)).record

    assert after.link("erp").held == {}
    assert after.link("erp").parked is not None


def test_a_refusal_that_names_a_field_of_a_new_line_parks_the_link() -> None:
    """Nothing of the line was ever seen there, so there is no value to hold the wish against."""
    line = {"lines[b]": True, "lines[b].quantity": Decimal(2)}
    order = edited(agreed({"number": "1", "status": "draft"}, entity="order"), "crm", line)
    (path,) = [each for each in order.fields if each.endswith("quantity")]
    trouble = Trouble(Next.PERMANENT, "too-many", "not so many", field=path)

    after = answered(sending(order, "erp"), "erp", Refused(trouble)).record

    assert after.link("erp").held == {}
    parked = after.link("erp").parked
    assert parked is not None
    assert parked.field == path
