"""Writes that end without an answer, time after time (the sync rules, sections 5, 6 and 7.5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from shared.core.absorb import absorb
from shared.core.decisions import Verdict
from shared.core.deliver import clear_intent, note_intent
from shared.core.observations import Observation
from shared.core.owed import owed
from shared.core.records import Record, Tombstone
from shared.core.retry import ATTEMPTS
from shared.core.rules import FieldRule
from shared.core.unanswered import CODE, count_unanswered
from shared.core.values import Value
from tests.kit.merging import NOW, agreed, edited, planned, shown, verdicts
from tests.kit.rules import ERP, rules_of

ADA: dict[str, Value] = {"name": "Ada", "phone": "1"}
KIM: dict[str, Value] = {"contacts[k]": True, "contacts[k].name": "Kim"}
LATER = NOW + timedelta(minutes=2)
RULES = rules_of(fields={"phone": FieldRule(writers=ERP), "contacts[].name": FieldRule(writers=ERP)})


def looked(record: Record, system: str, observation: Observation | None) -> tuple[Record, list[tuple[Verdict, str]]]:
    """The record after a send without an answer, and a look after its lease."""
    sent = note_intent(record, system, planned(record, system, RULES), "i1", RULES, NOW)
    intent = sent.link(system).intent
    assert intent is not None
    after = absorb(sent, observation, RULES, LATER).record if observation else sent
    cleared = clear_intent(after, system, RULES, LATER, may_land=True)
    counted, decisions = count_unanswered(cleared, system, intent, observation, RULES, LATER)
    return counted, verdicts(tuple(decisions))


def test_a_write_that_shows_in_a_look_is_no_attempt() -> None:
    record = edited(agreed(ADA), "erp", {"phone": "2"}, RULES)

    after, _ = looked(record, "crm", shown("crm", {**ADA, "phone": "2"}))

    assert after.link("crm").attempts == 0
    assert owed(after, "crm", RULES) == {}


def test_a_write_of_which_nothing_shows_is_sent_again_at_first_at_once_then_later() -> None:
    record, due = edited(agreed(ADA), "erp", {"phone": "2"}, RULES), []

    for _ in range(4):
        record, _ = looked(record, "crm", shown("crm", ADA))
        due.append(record.link("crm").due_at)

    assert due == [LATER, LATER, LATER + timedelta(seconds=5), LATER + timedelta(seconds=10)]


def test_a_write_of_which_nothing_ever_shows_is_parked_after_its_attempts() -> None:
    record = edited(agreed(ADA), "erp", {"phone": "2"}, RULES)

    for _ in range(ATTEMPTS):
        record, _ = looked(record, "crm", shown("crm", ADA))

    parked = record.link("crm").parked
    assert parked is not None
    assert parked.code == CODE


def test_a_create_that_no_look_finds_is_parked_after_its_attempts() -> None:
    record = agreed(ADA, systems=("erp",))

    for _ in range(ATTEMPTS):
        record, _ = looked(record, "crm", None)

    assert record.link("crm").parked is not None


def test_an_archive_that_never_happens_is_parked_after_its_attempts() -> None:
    record = replace(agreed(ADA), tombstone=Tombstone("erp", NOW))

    for _ in range(ATTEMPTS):
        record, _ = looked(record, "crm", None)

    assert record.link("crm").parked is not None


def test_a_spelling_that_shows_for_the_third_time_is_the_systems_own() -> None:
    """A partner that stores, respells and never answers was written for ever."""
    record = edited(agreed(ADA), "erp", {"phone": "v2"}, RULES)
    said: list[tuple[Verdict, str]] = []

    for number in range(3):
        assert owed(record, "crm", RULES) == {"phone": "v2"}, number
        record, said = looked(record, "crm", shown("crm", {**ADA, "phone": "V2"}, revision=number + 2))

    assert said == [(Verdict.OWN_FORM, "phone")]
    assert owed(record, "crm", RULES) == {}
    assert record.link("crm").flips == {}


def test_a_contacts_spelling_is_recognised_under_the_partners_own_id() -> None:
    record = edited(agreed({**ADA, **KIM}), "erp", {"contacts[k]": True, "contacts[k].name": "KIM L."}, RULES)
    said: list[tuple[Verdict, str]] = []

    for number in range(3):
        look = shown("crm", {**ADA, "contacts[k]": True, "contacts[k].name": "Kim L."}, revision=number + 2)
        record, said = looked(record, "crm", look)

    assert said == [(Verdict.OWN_FORM, "contacts[k].name")]
