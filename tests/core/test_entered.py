"""A row that people entered is never taken for what was sent there, though it shows the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.decisions import Verdict, rulings
from shared.core.entered import absorb_entered, disown_sends, is_entered
from shared.core.inputs import Step
from shared.core.records import Record
from shared.core.replay import Replayed, replay
from tests.kit.merging import NOW, agreed, edited, sending, shown, verdicts
from tests.kit.rules import rules_of

TYPED = {"name": "Ada", "email": "ada@example.org"}


def creating() -> Record:
    """A create that sent the name Ada is open in the ERP; meanwhile the CRM says Ada L."""
    return edited(sending(agreed(systems=("crm",)), "erp"), "crm", {"name": "Ada L."})


@pytest.mark.parametrize("is_open", [True, False])
def test_a_value_that_a_person_typed_is_no_echo_of_ours(is_open: bool) -> None:
    """Simulation, seed 441595: a create went lost; a person entered the customer with a value that it had sent."""
    record = creating()
    if not is_open:  # a look found nothing: what was sent is a late echo
        link = record.link("erp")
        assert link.intent is not None
        late = {path: (sent,) for path, sent in link.intent.sent.items()}
        record = record.with_link("erp", replace(link, intent=None, echoes=late))

    made = absorb_entered(record, shown("erp", TYPED), rules_of(), NOW)

    assert verdicts(made.decisions) == [(Verdict.LOST, "name")]
    assert made.record.value("name") == "Ada L."
    assert made.record.link("erp").intent is None
    assert made.record.due_at is not None
    after = replace(made.record, version=record.version + 1)
    again = replay(record, after, replace(made.cause, decided=rulings(made.decisions)), rules_of())
    assert isinstance(again, Replayed)
    assert again.is_same


def test_where_nothing_was_sent_it_is_a_first_link_as_any() -> None:
    record = agreed(systems=("crm",))

    made = absorb_entered(record, shown("erp", TYPED), rules_of(), NOW)

    assert made.cause.inputs is not None
    assert made.cause.inputs.steps == (Step.ABSORB,)
    assert disown_sends(record, "erp", NOW).link("erp").due_at == NOW


@pytest.mark.parametrize(
    ("carries", "reference", "expected"), [(True, None, True), (True, "its own", False), (False, None, False)]
)
def test_only_a_row_that_could_show_our_reference_and_does_not_is_surely_entered(
    carries: bool, reference: str | None, expected: bool
) -> None:
    record = agreed(systems=("crm",))
    observation = shown("erp", TYPED, reference=record.id if reference else None)

    assert is_entered(record, observation, rules_of(erp={"carries_reference": carries})) is expected
