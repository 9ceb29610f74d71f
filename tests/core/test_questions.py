"""Questions: which of what a record asks a person a write answers, and by which decisions they were asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.core.decisions import Decision, Verdict
from shared.core.questions import About, Question, answered, asks
from shared.core.records import Held, Parked, Record
from tests.kit.merging import NOW, agreed

HELD = Held("1w", "1s", "no", NOW)
PARKED = Parked("no", NOW, code="422")


def with_link(**parts: Any) -> Record:
    return agreed().with_link("erp", replace(agreed().link("erp"), **parts))


@pytest.mark.parametrize(
    ("before", "after", "questions"),
    [
        ({"held": {"name": HELD}}, {}, {Question(About.HELD, "erp", "name")}),
        ({"held": {"name": HELD}}, {"held": {"name": HELD}}, set()),
        (
            {"held": {"name": HELD}},
            {"held": {"name": HELD._replace(shown="1t")}},
            {Question(About.HELD, "erp", "name")},
        ),
        ({}, {"held": {"name": HELD}}, set()),
        ({"parked": PARKED}, {}, {Question(About.PARKED, "erp")}),
        ({"parked": PARKED}, {"parked": PARKED}, set()),
        (
            {"parked": PARKED},
            {"parked": replace(PARKED, since=NOW + timedelta(1))},
            {Question(About.PARKED, "erp")},
        ),
        (
            {"parked": replace(PARKED, code="duplicate")},
            {},
            {Question(About.PARKED, "erp"), Question(About.DUPLICATE, "erp")},
        ),
        (
            {"ambiguous": {"7": "contacts/email/1x", "8": "contacts/email/1x"}},
            {"ambiguous": {"8": "contacts/email/1x"}},
            {Question(About.AMBIGUOUS, "erp", "contacts[7]")},
        ),
    ],
)
def test_a_question_is_answered_when_what_it_is_about_ends_or_changes(
    before: dict[str, object], after: dict[str, object], questions: set[Question]
) -> None:
    assert answered(with_link(**before), with_link(**after)) == questions


def test_a_suspected_double_is_answered_when_the_record_goes_without_a_key_no_more() -> None:
    without = replace(agreed(), without_keys=frozenset({"key/customer/email/a"}))

    assert answered(without, agreed()) == {Question(About.DUPLICATE, "")}
    assert answered(without, without) == frozenset()


@pytest.mark.parametrize(
    ("question", "verdict", "path", "is_asked"),
    [
        (Question(About.HELD, "erp", "name"), Verdict.HELD, "name", True),
        (Question(About.HELD, "erp", "name"), Verdict.PERSON, "name", True),
        (Question(About.HELD, "erp", "name"), Verdict.HELD, "phone", False),
        (Question(About.HELD, "crm", "name"), Verdict.HELD, "name", False),
        (Question(About.HELD, "erp", "name"), Verdict.LOST, "name", False),
        (Question(About.PARKED, "erp"), Verdict.PARKED, "name", True),
        (Question(About.DUPLICATE, ""), Verdict.DUPLICATE, "", True),
        (Question(About.AMBIGUOUS, "erp", "lines[7]"), Verdict.AMBIGUOUS, "lines[7]", True),
    ],
)
def test_a_question_was_asked_by_decisions_of_its_kind_system_and_path(
    question: Question, verdict: Verdict, path: str, is_asked: bool
) -> None:
    assert asks(question, Decision(verdict, "erp", path)) is is_asked
