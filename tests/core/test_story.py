"""The story: every kind of write is told in a sentence that names systems and fields, and no values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.decisions import Cause, Ruling, Verdict, rulings
from shared.core.deliver import note_intent, park, plan_delivery, wait_for
from shared.core.inputs import Inputs, Step
from shared.core.observations import Accepted, Next, Refused, Trouble
from shared.core.records import Parked, Record, Tombstone
from shared.core.story import Happening, in_words, is_under, tell
from tests.kit.clock import START
from tests.kit.merging import NOW, agreed, answered, edited, planned, seen_in, sending, shown, stored
from tests.kit.rules import rules_of

EDITED = edited(agreed(), "crm", {"name": "B"})
SENDING = sending(EDITED, "erp")
FULL = {"name": "B", "email": "ada@example.org"}


def told(before: Record | None, after: Record | None, cause: Cause) -> Happening:
    """Tell a write."""
    return tell(before, after, 6, cause)


def cause(operation: str, **more: Any) -> Cause:
    """Return the cause of a write at the erp."""
    return replace(Cause(operation, "erp", at=NOW), **more)


def test_what_a_system_showed_is_told_with_what_changed_and_why() -> None:
    made = seen_in(agreed(), shown("erp", {"name": "Ada L.", "email": "ada@example.org"}, modified_at=START))

    found = told(agreed(), made.record, replace(made.cause, decided=rulings(made.decisions)))

    assert found.sentence == "erp showed e1, revision 2, changed there on 2026-03-02 09:00:00"
    assert [(each.path, each.before, each.after) for each in found.changes] == [("name", "Ada", "Ada L.")]
    assert [in_words(each) for each in found.decided] == ["name: taken (nobody else changed it)"]
    assert (found.version, found.at, found.operation, found.system) == (6, NOW, "absorb", "erp")


def test_a_new_record_is_told_as_one() -> None:
    made = seen_in(Record(agreed().id, "customer"), shown("crm", {"name": "Ada"}))

    assert told(None, made.record, made.cause).sentence == "crm showed c1, revision 2: a new record"


def test_what_a_look_found_is_told_as_a_look() -> None:
    made = seen_in(agreed(), shown("erp", {"name": "B"}, revision=None))
    looked = replace(made.cause, inputs=Inputs((Step.ABSORB, Step.CLEAR_LATE)))

    assert told(agreed(), made.record, looked).sentence == "a look after a lost answer found e1 in erp"


def test_a_delete_is_told() -> None:
    made = seen_in(agreed(), shown("erp", {}, deleted=True))

    assert told(agreed(), made.record, made.cause).sentence == "erp no longer has e1"


def test_a_delivery_is_told_with_the_fields_that_are_sent() -> None:
    update = told(EDITED, SENDING, cause("intent"))
    create = told(agreed(systems=("crm",)), sending(agreed(systems=("crm",)), "erp"), cause("intent"))

    assert update.sentence == "began to send name to erp"
    assert create.sentence == "began to create it in erp with email, name"
    assert (update.sent, create.sent) == (("name",), ("email", "name"))
    assert update.is_about("name")
    assert not update.is_about("email")


def test_an_archive_is_told() -> None:
    dead = replace(agreed(), tombstone=Tombstone("crm", NOW))
    plan = plan_delivery(dead, "erp", {}, rules_of(), NOW)
    archiving = note_intent(dead, "erp", planned(dead, "erp"), "i1", rules_of(), NOW)
    made = answered(archiving, "erp", Accepted("e1"))

    assert plan == planned(dead, "erp")
    assert told(dead, archiving, cause("intent")).sentence == "began to archive it in erp"
    assert told(archiving, made.record, made.cause).sentence == "erp archived it, without showing what it stored"


def test_answers_are_told() -> None:
    took = answered(SENDING, "erp", stored("erp", FULL))
    blind = answered(SENDING, "erp", Accepted("e1"))
    create = sending(agreed(systems=("crm",)), "erp")
    created = answered(create, "erp", stored("erp", FULL))

    assert told(SENDING, took.record, took.cause).sentence == "erp took what was sent"
    assert told(SENDING, blind.record, blind.cause).sentence == "erp took what was sent, without showing what it stored"
    assert told(create, created.record, created.cause).sentence == "erp created it as e1"
    assert told(None, took.record, took.cause).sentence == "erp took what was sent"
    assert told(SENDING, took.record, took.cause).sent == ("name",)


def test_refusals_are_told_with_the_code_and_what_comes_next() -> None:
    later = answered(SENDING, "erp", Refused(Trouble(Next.RETRYABLE, "500")))
    never = answered(SENDING, "erp", Refused(Trouble(Next.PERMANENT, "400", "no such country")))
    bare = replace(later.record.link("erp"), due_at=None)

    assert "erp did not take it: 500; to be tried again on" in told(SENDING, later.record, later.cause).sentence
    parked = told(SENDING, park(never.record, "erp", Parked("p", NOW), rules_of(), NOW), never.cause)
    assert parked.sentence == "erp did not take it: 400 no such country; parked until a person decides"
    assert told(SENDING, later.record.with_link("erp", bare), later.cause).sentence == "erp did not take it: 500"


def test_waiting_parking_looking_and_postponing_are_told() -> None:
    waiting = wait_for(EDITED, "erp", "r9", NOW, rules_of(), NOW)
    parked = park(EDITED, "erp", Parked("several may be meant", NOW), rules_of(), NOW)
    until = Inputs((Step.POSTPONE,), until={"erp": NOW + timedelta(hours=1)})

    assert told(EDITED, waiting, cause("wait")).sentence == "not sent to erp yet: r9 must stand there first"
    assert told(EDITED, parked, cause("wait")).sentence == "not sent to erp, parked: several may be meant"
    assert told(EDITED, parked, cause("park")).sentence == "parked for erp: several may be meant"
    assert told(EDITED, EDITED, cause("park")).sentence == "parked for erp"
    assert "found nothing new in erp" in told(SENDING, EDITED, cause("look")).sentence
    assert told(EDITED, EDITED, cause("postpone", system="", inputs=until)).sentence == (
        "waits, because these may not be called: erp (until 2026-03-02 10:01:00)"
    )
    assert "may not be called" in told(EDITED, EDITED, cause("postpone")).sentence
    anew = cause("postpone", inputs=Inputs((Step.CLEAR,)))
    assert "the look before it was too long ago" in told(EDITED, EDITED, anew).sentence
    assert told(EDITED, EDITED, cause("promise", system="")).sentence.startswith("what it gets of the goods, and when")
    assert told(EDITED, EDITED, cause("suspect")).sentence == "listed as a suspected duplicate in erp"


@pytest.mark.parametrize(
    ("some", "sentence"),
    [
        (cause("retry", detail={"by": "ann"}), "retry for erp: by ann"),
        (cause("operator retry", detail={"by": "ann", "why": "x"}), "ann: retry for erp"),
        (cause("operator link", system=""), "somebody: link"),
        (cause("merge", system=""), "merge"),
    ],
)
def test_an_operation_of_somebody_else_is_told_by_its_name(some: Cause, sentence: str) -> None:
    assert told(EDITED, EDITED, some).sentence == sentence


def test_what_the_ledger_kept_no_record_of_is_told_as_far_as_the_cause_says() -> None:
    found = told(None, None, cause("intent"))

    assert (found.sentence, found.changes, found.sent) == ("began to send to erp", (), ())


def test_a_happening_is_about_what_it_changed_decided_or_sent() -> None:
    decided = (Ruling(Verdict.LOST, "rule owner", ("lines[a].quantity", "")),)
    found = Happening(1, NOW, "absorb", "erp", "", decided=decided)

    assert found.is_about("lines")
    assert found.is_about("lines[a]")
    assert not found.is_about("line")
    assert is_under("ship_to.city", "ship_to")
    assert [each.paths for each in found.only("lines").decided] == [("lines[a].quantity",)]
    assert found.only("name").decided == ()


def test_decisions_without_a_field_or_a_reason_are_told_too() -> None:
    assert in_words(Ruling(Verdict.DETACHED, "", ("",))) == "detached"
    assert in_words(Ruling(Verdict.OWN_FORM, "", ("name", "phone"))) == "name, phone: own form"
