"""Choosing: what each choice of a conflict does, as things stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.choosing import Ask, Choice, Retry, Set, choice_of, fetched_value
from shared.core.decisions import Decision, Verdict
from shared.core.records import Held
from shared.core.repair import Impossible
from shared.core.values import digest
from tests.kit.merging import NOW, agreed, shown

LOST = Decision(Verdict.LOST, "erp", "name", "E", "Ada", 5, "rule owner")
WON = Decision(Verdict.WON, "erp", "name", "Ada", "C", 5, "rule latest")
HELD = Decision(Verdict.HELD, "erp", "name", "E", "Ada", 5, "no effect")


@pytest.mark.parametrize(
    ("decision", "choice", "does"),
    [
        (LOST, "other", Set("E")),
        (LOST, "ours", Set("Ada")),
        (LOST, "theirs", Set("E")),
        (WON, "other", Set("C")),
    ],
)
def test_of_a_decided_conflict_the_chosen_value_is_set(decision: Decision, choice: str, does: Choice) -> None:
    assert choice_of(agreed(), decision, choice) == does


@pytest.mark.parametrize(
    ("choice", "held", "does"),
    [
        ("ours", Held(digest("Ada"), digest("E"), "no", NOW), Retry()),
        ("theirs", Held(digest("Ada"), digest("E"), "no", NOW), Set("E")),
        ("other", Held(digest("Ada"), digest("E"), "no", NOW), Set("E")),
        ("theirs", Held(digest("Ada"), digest("F"), "no", NOW), Ask()),
        ("theirs", Held(digest("Ada"), digest("E"), "no", NOW, yielded=True), Set("E")),
    ],
)
def test_of_a_held_field_ours_is_sent_again_and_theirs_may_have_to_be_asked(
    choice: str, held: Held, does: Choice
) -> None:
    record = agreed()
    record = record.with_link("erp", replace(record.link("erp"), held={"name": held}))

    assert choice_of(record, HELD, choice) == does


@pytest.mark.parametrize("verdict", [Verdict.PARKED, Verdict.EDIT_KEPT, Verdict.DUPLICATE])
def test_what_has_no_two_values_cannot_be_chosen(verdict: Verdict) -> None:
    assert isinstance(choice_of(agreed(), replace(LOST, verdict=verdict), "ours"), Impossible)


def test_a_value_of_an_element_is_found_under_the_partners_id() -> None:
    fields = {"contacts[ab]": True, "contacts[ab].email": "a@x.org"}
    record = agreed(fields)

    assert fetched_value(record, shown("erp", fields), "contacts[ab].email") == Set("a@x.org")
    assert isinstance(fetched_value(record, shown("erp", fields), "contacts[zz].email"), Impossible)
