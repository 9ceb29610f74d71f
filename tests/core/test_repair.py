"""Repair: what an operator may do to a record, and what the text of a value means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from shared.core.absorb import Absorbed
from shared.core.decisions import Verdict
from shared.core.records import Held, Intent, Link, Parked, Verb
from shared.core.repair import Impossible, create_again, edit, link_to, retry, unlink, value_of
from shared.core.rules import FieldRule
from shared.core.stopping import set_aside
from shared.core.turns import Turn
from shared.core.values import Value, digest
from tests.kit.merging import FAR, NOW, agreed, edited, sending, shown, verdicts
from tests.kit.rules import ERP, rules_of


@pytest.mark.parametrize(
    ("entity", "path", "text", "value"),
    [
        ("customer", "name", "Ann", "Ann"),
        ("customer", "name", "", ""),
        ("customer", "name", None, None),
        ("customer", "nickname", "10", "10"),
        ("customer", "credit_limit", "10.50", Decimal("10.50")),
        ("customer", "contacts[ab]", "false", False),
        ("product", "discontinued", "true", True),
        ("order", "placed_at", "2026-03-02T09:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("order", "placed_at", "2026-03-02T09:00+02:00", datetime(2026, 3, 2, 7, tzinfo=UTC)),
        ("order", "status", "placed", "placed"),
    ],
)
def test_a_text_means_a_value_of_the_fields_kind(entity: str, path: str, text: str | None, value: Value) -> None:
    assert value_of(entity, path, text) == value


@pytest.mark.parametrize(
    ("entity", "path", "text"),
    [
        ("product", "discontinued", "perhaps"),
        ("order", "placed_at", "tomorrow"),
        ("order", "lines[ab].quantity", "many"),
        ("order", "lines[ab].quantity", "Infinity"),
        ("order", "lines[ab].quantity", "1e40"),
        ("order", "placed_at", "0001-01-01T00:00+05:00"),
    ],
)
def test_a_text_that_means_no_such_value_is_told_with_what_is_wanted(entity: str, path: str, text: str) -> None:
    outcome = value_of(entity, path, text)

    assert isinstance(outcome, Impossible)
    assert text in outcome.do


def test_a_field_that_the_record_may_have_is_given_a_first_value() -> None:
    outcome = edit(agreed(), "phone", "1", "edit by ann", rules_of(), NOW)

    assert not isinstance(outcome, Impossible)
    assert outcome.record.value("phone") == "1"


def test_the_only_system_that_takes_part_may_be_told_by_an_operator() -> None:
    record = agreed(systems=("crm",))

    assert not isinstance(edit(record, "name", "B", "edit by ann", rules_of(systems=("crm",)), NOW), Impossible)


def test_what_is_linked_to_nothing_is_not_parted() -> None:
    assert isinstance(unlink(agreed(systems=("crm",)), "erp", rules_of(), NOW), Impossible)


def test_only_a_create_in_doubt_is_made_again() -> None:
    refused = agreed(systems=("crm",)).with_link("erp", replace(Link(), parked=Parked("no", NOW, code="422")))

    assert isinstance(create_again(refused, "erp", rules_of(), NOW), Impossible)
    assert isinstance(create_again(agreed(), "erp", rules_of(), NOW), Impossible)


def test_a_held_field_that_is_tried_again_while_a_write_waits_for_a_resume_goes_on_waiting_with_it() -> None:
    record, aside = agreed(), set_aside(NOW, "r", Turn.CUSTOMERS)
    held = {"name": Held(digest("Ada"), digest("Ann"), "the change had no effect there", NOW)}
    intent = Intent("i1", Verb.UPDATE, NOW + timedelta(minutes=1), NOW)
    waiting = replace(record.link("erp"), held=held, intent=intent, due_at=aside)

    outcome = retry(record.with_link("erp", waiting), "erp", "name", rules_of(), NOW)

    assert not isinstance(outcome, Impossible)
    link = outcome.record.link("erp")
    assert (link.held, link.intent, link.due_at) == ({}, intent, aside)


def test_what_a_chosen_row_has_the_say_about_is_not_said_to_have_lost_as_well() -> None:
    """Simulation, seed 34209: a create in doubt had sent a name that was newer by now, and the ERP became the only
    writer of names; the record took the old one, and the ledger said both that it passed and that it was lost."""
    ada = edited(sending(agreed(systems=("crm",)), "erp"), "crm", {"name": "Ada L."})
    rules = rules_of(fields={"name": FieldRule(writers=ERP)})
    row = shown("erp", {"name": "Ada", "email": "new@example.org"})

    after = link_to(ada, row, rules, FAR)

    assert isinstance(after, Absorbed)
    assert after.record.value("name") == "Ada"
    assert (Verdict.PASSED, "name") in verdicts(after.decisions)
    assert (Verdict.LOST, "name") not in verdicts(after.decisions)
