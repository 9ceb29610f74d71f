"""confirm: what else an answer shows, creates, archives, refusals (the sync rules, section 6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shared.core.confirm import Said, confirm
from shared.core.decisions import Verdict
from shared.core.keys import id_key
from shared.core.observations import Accepted, Next, Refused, Stored, Trouble, Unknown
from shared.core.owed import owed
from shared.core.records import LinkState, Record, Tombstone
from shared.core.retry import ATTEMPTS
from shared.core.rules import FieldRule
from shared.core.values import Reference, digest
from tests.kit.merging import NOW, agreed, answered, edited, planned, seen_in, sending, shown, stored, verdicts
from tests.kit.rules import CRM, ERP, rules_of

ADA = {"name": "Ada", "email": "ada@example.org"}


def renamed(name: str = "Ada L.", rules: Any = None) -> Record:
    """The crm renamed Ada, and the erp is about to be told."""
    return sending(edited(agreed(), "crm", {"name": name}, rules), "erp", rules)


# ── what else an answer shows ──


def test_f7_the_rest_of_an_answer_is_an_edit_like_any_other() -> None:
    after = answered(renamed(), "erp", stored("erp", {**ADA, "name": "Ada L.", "email": "e@example.org"}))

    assert after.record.value("email") == "e@example.org"
    assert verdicts(after.decisions) == [(Verdict.TAKEN, "email")]


def test_f7_the_rest_of_an_answer_is_dropped_if_something_was_absorbed_since_the_intent() -> None:
    """Write name → r4, a user sets the email → r5, r5 is absorbed, then the answer of r4 puts nothing back."""
    record = seen_in(renamed(), shown("erp", {**ADA, "email": "new"}, revision=5)).record

    after = answered(record, "erp", stored("erp", {**ADA, "name": "Ada L."}, revision=4)).record

    assert after.value("email") == "new"
    assert after.link("erp").fields["email"].seen == digest("new")
    assert after.link("erp").fields["name"].seen == digest("Ada L.")
    assert after.link("erp").revision is None


def test_f7_elements_of_an_older_answer_are_dropped_too() -> None:
    contacts = {"contacts[k]": True, "contacts[k].email": "k@example.org"}
    record = sending(edited(agreed({**ADA, **contacts}), "crm", {"name": "Ada L."}), "erp")
    more = {**ADA, **contacts, "contacts[n]": True, "contacts[n].email": "n@example.org"}
    record = seen_in(record, shown("erp", more, revision=5)).record
    elements = dict(record.link("erp").elements)

    after = answered(record, "erp", stored("erp", {**ADA, "name": "Ada L."}, revision=4)).record

    assert dict(after.link("erp").elements) == elements
    assert {path for path in after.link("erp").fields if path.startswith("contacts[")} >= set(contacts)


@pytest.mark.parametrize("answer", [stored("erp", {**ADA, "name": "Ada L."}, revision=4), Accepted("e1")])
def test_f7_a_sent_field_that_was_seen_otherwise_meanwhile_is_looked_at_again(answer: Stored | Accepted) -> None:
    """We write; a user changes the same field; that is absorbed; then our own answer arrives: it may be the older."""
    record = seen_in(renamed(), shown("erp", {**ADA, "name": "a user's"}, revision=5)).record

    after = answered(record, "erp", answer).record

    link = after.link("erp")
    assert link.fields["name"].seen == digest("a user's")
    assert link.intent is not None
    assert link.due_at == NOW
    assert after.value("name") == record.value("name")


def test_an_echo_absorbed_before_the_answer_is_no_dispute() -> None:
    record = seen_in(renamed(), shown("erp", {**ADA, "name": "Ada L."}, revision=5)).record

    after = answered(record, "erp", stored("erp", {**ADA, "name": "Ada L."}, revision=5)).record

    assert after.link("erp").intent is None


def test_an_answer_to_another_intent_changes_nothing() -> None:
    after = answered(renamed(), "erp", stored("erp", ADA), intent_id="another")

    assert (after.changed, after.record) == (False, renamed())


def test_an_answer_without_any_intent_changes_nothing() -> None:
    assert not answered(agreed(), "erp", stored("erp", ADA)).changed


def test_nobody_knowing_leaves_the_intent_until_its_lease_ends() -> None:
    after = answered(renamed(), "erp", Unknown("time-out"))

    assert not after.changed
    assert after.record.due_at == NOW + timedelta(seconds=60)


def test_a_reference_in_an_answer_that_is_not_resolved_is_not_carried() -> None:
    record = sending(edited(agreed({"number": "1", "customer": "r"}, entity="order"), "crm", {"number": "2"}), "erp")
    answer = stored("erp", {"number": "2", "customer": Reference("erp", "customer", "x")}, entity="order")

    after = answered(record, "erp", answer).record

    assert after.value("customer") == "r"
    assert after.link("erp").revision is None


# ── creates ──


def test_a_confirmed_create_takes_its_external_id_in_the_same_write() -> None:
    record = sending(agreed(systems=("crm",)), "erp")

    after = answered(record, "erp", stored("erp", ADA))

    assert after.keys_taken == {id_key("erp", "customer", "e1")}
    assert (after.record.link("erp").state, after.record.link("erp").external_id) == (LinkState.LIVE, "e1")
    assert after.cause.external_id == "e1"
    assert after.cause.detail == {"intent": "i1"}


def test_new_elements_are_paired_with_the_ids_of_the_answer() -> None:
    contacts: dict[str, Any] = {}
    for key in ("a", "b"):
        contacts |= {f"contacts[{key}]": True, f"contacts[{key}].email": f"{key}@example.org"}
    record = sending(agreed({**ADA, **contacts}, systems=("crm",)), "erp")

    after = answered(record, "erp", stored("erp", {**ADA, **contacts})).record

    assert after.link("erp").elements == {"a": "erp-a", "b": "erp-b"}
    assert owed(after, "erp", rules_of()) == {}


def test_a_removed_element_is_confirmed_by_not_being_shown_any_more() -> None:
    contacts = {"contacts[k]": True, "contacts[k].email": "k@example.org"}
    record = seen_in(agreed({**ADA, **contacts}), shown("crm", ADA)).record

    after = answered(sending(record, "erp"), "erp", stored("erp", ADA)).record

    assert owed(after, "erp", rules_of()) == {}
    assert after.link("erp").elements == {}


def test_a_removal_that_is_ignored_is_owed_again() -> None:
    contacts = {"contacts[k]": True, "contacts[k].email": "k@example.org"}
    record = seen_in(agreed({**ADA, **contacts}), shown("crm", ADA)).record

    after = answered(sending(record, "erp"), "erp", stored("erp", {**ADA, **contacts})).record

    assert owed(after, "erp", rules_of()) == {"contacts[k]": False}
    assert after.link("erp").tries == {"contacts[k]": 1}


# ── archives ──


@pytest.mark.parametrize("answer", [Accepted("e1"), stored("erp", ADA)])
def test_an_archive_that_was_answered_ends_the_link(answer: Any) -> None:
    record = replace(agreed(), tombstone=Tombstone("crm", NOW))

    after = answered(sending(record, "erp"), "erp", answer).record

    assert after.link("erp").state is LinkState.ARCHIVED
    assert after.due_at is None


def test_an_archive_answered_after_the_record_came_back_to_life_leaves_an_empty_link() -> None:
    """Else the record would live on everywhere but there."""
    dead = sending(replace(agreed(), tombstone=Tombstone("crm", NOW)), "erp")
    alive = seen_in(dead, shown("crm", ADA, revision=3)).record
    assert alive.tombstone is None

    after = answered(alive, "erp", Accepted("e1")).record

    assert after.link("erp").state is LinkState.EMPTY
    assert owed(after, "erp", rules_of()) == ADA


# ── refusals, by what to do next ──


def refused(next_: Next, record: Record | None = None, **more: Any) -> Record:
    return answered(record or renamed(), "erp", Refused(Trouble(next_, "code", **more))).record


@pytest.mark.parametrize(
    ("next_", "more"),
    [
        (Next.THROTTLED, {"wait_seconds": 600.0}),
        (Next.AUTH, {"wait_seconds": 600.0}),
        (Next.RETRYABLE, {"wait_seconds": 600.0, "whole_system": True}),
    ],
)
def test_the_systems_own_trouble_counts_as_nobodys_attempt(next_: Next, more: dict[str, Any]) -> None:
    link = refused(next_, **more).link("erp")

    assert (link.intent, link.attempts, link.backoffs) == (None, 0, 1)
    assert link.due_at == NOW + timedelta(seconds=600)


def test_a_retryable_refusal_is_an_attempt_and_waits_longer_each_time() -> None:
    first = refused(Next.RETRYABLE).link("erp")
    again = refused(Next.RETRYABLE, sending(refused(Next.RETRYABLE), "erp")).link("erp")

    assert (first.attempts, again.attempts) == (1, 2)
    assert first.due_at is not None
    assert again.due_at is not None
    assert NOW < first.due_at < again.due_at


def test_a_precondition_that_failed_clears_the_revision_and_is_tried_at_once() -> None:
    after = refused(Next.CONFLICT)

    assert (after.link("erp").revision, after.link("erp").due_at) == (None, NOW)
    assert planned(after, "erp").precondition is None


def test_a_precondition_that_fails_again_and_again_backs_off() -> None:
    record = renamed()
    for _ in range(3):
        record = sending(refused(Next.CONFLICT, record), "erp")

    assert refused(Next.CONFLICT, record).link("erp").due_at > NOW  # type: ignore[operator]  # a due time it has


def test_a_permanent_refusal_parks_at_once_with_reason_code_and_field() -> None:
    answer = Refused(Trouble(Next.PERMANENT, "422", "a phone is needed", field="phone", candidates=("e7",)))

    after = answered(renamed(), "erp", answer)

    parked = after.record.link("erp").parked
    assert parked is not None
    assert (parked.reason, parked.code, parked.field, parked.candidates) == (
        "a phone is needed",
        "422",
        "phone",
        ("e7",),
    )
    assert verdicts(after.decisions) == [(Verdict.PARKED, "phone")]
    assert (after.record.parked_since, after.record.due_at) == (NOW, None)


def test_after_its_attempts_a_record_is_parked_and_an_edit_of_what_is_owed_frees_it() -> None:
    record = renamed()
    for _ in range(ATTEMPTS - 1):
        record = sending(refused(Next.RETRYABLE, record), "erp")

    parked = refused(Next.RETRYABLE, record)

    assert parked.link("erp").parked is not None
    freed = edited(parked, "crm", {"name": "Ada the Third"})
    assert (freed.link("erp").parked, freed.link("erp").attempts) == (None, 0)
    assert freed.due_at is not None


def test_a_refusal_without_words_is_parked_by_its_code() -> None:
    parked = refused(Next.PERMANENT).link("erp").parked

    assert parked is not None
    assert parked.reason == "code"


def test_success_forgets_failures() -> None:
    record = sending(refused(Next.RETRYABLE), "erp")

    link = answered(record, "erp", stored("erp", {**ADA, "name": "Ada L."})).record.link("erp")

    assert (link.attempts, link.backoffs) == (0, 0)


def test_the_jitter_spreads_the_back_off() -> None:
    said = Said("i1", Refused(Trouble(Next.RETRYABLE, "500")), jitter=0.99)

    late = confirm(renamed(), "erp", said, rules_of(), NOW).record.link("erp").due_at
    soon = refused(Next.RETRYABLE).link("erp").due_at

    assert late is not None
    assert soon is not None
    assert late > soon


def test_rounding_is_an_own_form_of_numbers() -> None:
    rules = rules_of("product", fields={"price": FieldRule(writers=ERP | CRM)})
    record = edited(agreed({"price": Decimal("1.00")}, entity="product"), "crm", {"price": Decimal("1.239")}, rules)

    after = answered(
        sending(record, "erp", rules), "erp", stored("erp", {"price": Decimal("1.24")}, entity="product"), rules
    )

    assert verdicts(after.decisions) == [(Verdict.OWN_FORM, "price")]
    assert after.record.value("price") == Decimal("1.239")
