"""confirm: what a system surely did not apply (the sync rules, sections 5 and 7.5)."""

from __future__ import annotations

from shared.core.decisions import Verdict
from shared.core.observations import Next, Refused, Trouble
from shared.core.owed import owed
from shared.core.records import Record
from tests.kit.merging import NOW, agreed, answered, edited, sending, verdicts
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
    assert set(link.held) == {"name"}
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
