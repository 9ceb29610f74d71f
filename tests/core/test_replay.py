"""replay: the same record, inputs and rules decide the same; other rules or another code show as a difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.absorb import Absorbed
from shared.core.decisions import Cause, Verdict, rulings
from shared.core.inputs import Inputs, Parent, Step
from shared.core.observations import Accepted, Next, Refused, Trouble
from shared.core.records import LinkState, Parked, Record
from shared.core.replay import CannotReplay, Replay, Replayed, replay
from shared.core.rules import Decider, EntityRules, FieldRule
from tests.kit.merging import NOW, agreed, answered, edited, seen_in, sending, shown, stored
from tests.kit.rules import rules_of

LATER = NOW + timedelta(seconds=5)
ONLY_CRM = rules_of(fields={"name": FieldRule(writers=frozenset({"crm"}))}, version="r2")
FULL = {"name": "B", "email": "ada@example.org"}


def written(made: Absorbed) -> tuple[Record, Cause]:
    """Return what a flow writes of a decision."""
    return replace(made.record, version=made.record.version + 1), replace(made.cause, decided=rulings(made.decisions))


def again(before: Record | None, made: Absorbed, rules: EntityRules | None = None) -> Replayed:
    """Replay a decision."""
    after, cause = written(made)
    found = replay(before, after, cause, rules or rules_of(after.entity))
    assert isinstance(found, Replayed)
    return found


def cause_of(*steps: Step, **inputs: Any) -> Cause:
    """Return the cause of a write that these steps have made."""
    full = replace(Inputs(steps), **inputs)
    return Cause("some", "erp", at=LATER, rules="r1", detail={"intent": "i1"}, inputs=full)


def test_an_absorb_comes_out_the_same() -> None:
    record = agreed()
    made = seen_in(record, shown("erp", {"name": "Ada L.", "email": "ada@example.org"}))

    found = again(record, made)

    assert found.is_same
    assert found.because == ""
    assert [each.verdict for each in found.decided] == [Verdict.TAKEN]


def test_a_first_version_is_replayed_from_nothing() -> None:
    blank = Record(agreed().id, "customer")
    made = seen_in(blank, shown("crm", {"name": "Ada"}))

    assert again(None, made).is_same


@pytest.mark.parametrize(
    "answer",
    [
        stored("erp", FULL),
        stored("erp", {"name": "b ", "email": "ada@example.org"}),
        stored("erp", {"name": "Ada"}, complete=False),
        Accepted("e1"),
        Refused(Trouble(Next.RETRYABLE, "500")),
        Refused(Trouble(Next.PERMANENT, "400", "no such name")),
        Refused(Trouble(Next.THROTTLED, "429", wait_seconds=7.0, whole_system=True)),
    ],
)
def test_a_confirm_comes_out_the_same(answer: Accepted | Refused) -> None:
    record = sending(edited(agreed(), "crm", {"name": "B"}), "erp")

    assert again(record, answered(record, "erp", answer)).is_same


def test_another_rule_shows_as_a_difference_and_is_named() -> None:
    record = agreed()
    made = seen_in(record, shown("erp", {"name": "Ada L.", "email": "ada@example.org"}))

    found = again(record, made, ONLY_CRM)

    assert not found.is_same
    assert (found.rules_then, found.rules_now, found.because) == ("r1", "r2", "the rules have changed")
    told = {each.what: (each.then, each.now) for each in found.differences}
    assert told["decided"] == (
        "name taken (nobody else changed it)",
        "name refused (the system may not write this field)",
    )
    assert "Ada L." in told["field name"][0]
    assert "Ada L." not in told["field name"][1]
    assert "link erp: due_at" in told


def test_another_code_shows_as_a_difference_under_the_same_rules() -> None:
    record = agreed()
    after, cause = written(seen_in(record, shown("erp", {"name": "Ada L.", "email": "ada@example.org"})))
    otherwise = replace(after, waits_for="what older code noted").with_link("crm", replace(after.link("crm"), floor=9))

    found = replay(record, otherwise, cause, rules_of())

    assert isinstance(found, Replayed)
    assert found.because == "the code has changed"
    assert [each.what for each in found.differences] == ["link crm: floor", "waits_for"]


def test_keys_that_were_left_to_another_record_are_left_again() -> None:
    record = agreed()
    made = seen_in(record, shown("erp", {"name": "Ada", "email": "b@example.org"}))
    keys = frozenset({"key/customer/email/b@example.org"})
    inputs = made.cause.inputs
    assert inputs is not None
    made = replace(
        made,
        record=replace(made.record, without_keys=keys),
        cause=replace(made.cause, inputs=replace(inputs, keys_left=keys)),
    )

    assert again(record, made).is_same


@pytest.mark.parametrize("step", [Step.PARK, Step.PARK_OPEN, Step.RENEW, Step.CLEAR, Step.CLEAR_LATE, Step.LIST])
def test_what_is_not_decided_from_an_observation_is_made_again_too(step: Step) -> None:
    record = sending(edited(agreed(), "crm", {"name": "B"}), "erp")
    cause = cause_of(step, parked=Parked("why", NOW))

    found = replay(record, record, cause, rules_of())

    assert isinstance(found, Replayed)
    assert found.is_same == (step is Step.LIST)
    assert found.record.link("erp").is_live


def test_a_delivery_that_would_not_be_sent_any_more_shows_as_a_difference() -> None:
    owing = edited(agreed(), "crm", {"name": "B"})
    sent = replace(sending(owing, "erp", now=LATER), version=owing.version + 1)
    cause = cause_of(Step.INTEND)

    same = replay(owing, sent, cause, rules_of())
    now = replay(owing, sent, cause, rules_of(erp={"can_update": False}))

    assert isinstance(same, Replayed)
    assert same.is_same
    assert isinstance(now, Replayed)
    assert "link erp: intent" in [each.what for each in now.differences]


def test_a_child_waits_again_for_the_parent_that_was_not_there() -> None:
    child = edited(agreed({"number": "1", "customer": "r1"}, entity="order"), "crm", {"customer": "r2"})
    cause = cause_of(Step.HOLD_BACK, parent=Parent("r2"), jitter=0.5)

    found = replay(child, child, cause, rules_of("order"))
    standing = cause_of(Step.HOLD_BACK, parent=Parent("r2", state=LinkState.LIVE))
    freed = replay(child, child, standing, rules_of("order"))

    assert isinstance(found, Replayed)
    assert found.record.link("erp").waits_for == "r2"
    assert isinstance(freed, Replayed)
    assert freed.is_same


def test_a_link_that_a_parent_parked_is_planned_as_if_the_parent_stood_there() -> None:
    child = edited(agreed({"number": "1"}, entity="order"), "crm", {"number": "2"})
    owed = {"number": child.link("erp").fields["number"].seen}
    parked = child.with_link("erp", replace(child.link("erp"), parked=Parked("p", NOW, owed, parent="r9")))

    found = replay(parked, parked, cause_of(Step.INTEND), rules_of("order"))

    assert isinstance(found, Replayed)
    assert found.record.link("erp").intent is not None


def test_what_was_postponed_is_postponed_again() -> None:
    owing = edited(agreed(), "crm", {"name": "B"})

    found = replay(owing, owing, cause_of(Step.POSTPONE, until={"erp": NOW}), rules_of())

    assert isinstance(found, Replayed)
    assert found.record.link("erp").due_at == NOW


def refused(found: Replay) -> str:
    """Return why something cannot be replayed."""
    assert isinstance(found, CannotReplay)
    return found.why


def test_what_was_not_noted_cannot_be_replayed() -> None:
    record = agreed()

    assert "was not noted" in refused(replay(record, record, Cause("absorb", at=NOW), rules_of()))
    assert refused(replay(record, record, Cause("operator retry", at=NOW), rules_of())) == "a person did it"
    assert "was not noted" in refused(replay(record, record, replace(cause_of(Step.LIST), at=None), rules_of()))
    assert "version 4 is not" in refused(replay(None, record, cause_of(Step.LIST), rules_of()))


def test_a_person_left_to_decide_is_left_to_decide_again() -> None:
    rules = rules_of(fields={"name": FieldRule(decider=Decider.PERSON)})
    record = edited(agreed(), "crm", {"name": "B"})
    made = seen_in(record, shown("erp", {"name": "C", "email": "ada@example.org"}), rules)

    found = again(record, made, rules)

    assert found.is_same
    assert [each.verdict for each in found.decided] == [Verdict.PERSON]
