"""What an outcome means: a table from status to what to do next, and texts that are safe to keep."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.connectors.http import Lost, NotSent, Outcome, Reply
from shared.connectors.http_faults import is_unsure, meaning, refusal, retry_after, safe_text, trouble_of
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.core.observations import Next


@pytest.mark.parametrize(
    ("status", "expected", "whole_system"),
    [
        (301, Next.PERMANENT, False),
        (400, Next.PERMANENT, False),
        (401, Next.AUTH, True),
        (403, Next.PERMANENT, False),
        (404, Next.PERMANENT, False),
        (408, Next.RETRYABLE, False),
        (409, Next.CONFLICT, False),
        (412, Next.CONFLICT, False),
        (422, Next.PERMANENT, False),
        (423, Next.RETRYABLE, False),
        (425, Next.RETRYABLE, False),
        (429, Next.THROTTLED, True),
        (500, Next.RETRYABLE, False),
        (503, Next.RETRYABLE, True),
        (501, Next.PERMANENT, False),
        (599, Next.RETRYABLE, False),
    ],
)
def test_a_status_says_what_to_do_next(status: int, expected: Next, whole_system: bool) -> None:
    assert (meaning(status).next, meaning(status).whole_system) == (expected, whole_system)


@pytest.mark.parametrize(
    ("outcome", "unsure"),
    [
        (Reply(500), True),
        (Reply(503), True),
        (Reply(408), True),
        (Reply(302), True),
        (Lost("time-out"), True),
        (NotSent("unreachable"), False),
        (Reply(429), False),
        (Reply(501), False),
        (Reply(401), False),
        (Reply(400), False),
        (Reply(412), False),
    ],
)
def test_a_write_that_failed_is_surely_not_applied_or_nobody_knows(outcome: Outcome, unsure: bool) -> None:
    assert is_unsure(outcome) is unsure


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("unreachable", Next.RETRYABLE),
        ("no-time-left", Next.THROTTLED),
        ("foreign-host", Next.PERMANENT),
        ("no-secret", Next.AUTH),
    ],
)
def test_what_was_never_sent_has_a_trouble_of_its_own(reason: str, expected: Next) -> None:
    assert trouble_of(NotSent(reason)).next is expected


def test_a_lost_answer_to_a_read_is_the_whole_systems_trouble() -> None:
    assert trouble_of(Lost("reset")).whole_system


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "Sun, 01 Mar 2026 09:00:30 GMT", "date": "Sun, 01 Mar 2026 09:00:00 GMT"}, 30.0),
        ({"retry-after": "Sun, 01 Mar 2026 09:00:30 GMT"}, 20.0),
        ({"retry-after": "Sun, 01 Mar 2026 08:00:00 GMT"}, 0.0),
        ({"retry-after": "99999999"}, 86_400.0),
        ({"retry-after": "-5"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, datetime(2026, 3, 1, 9, 0, 10, tzinfo=UTC)) == seconds


def test_throttled_waits_as_told() -> None:
    trouble = trouble_of(Reply(429, {"retry-after": "7"}))

    assert (trouble.next, trouble.wait_seconds, trouble.whole_system) == (Next.THROTTLED, 7.0, True)


@pytest.mark.parametrize(
    ("body", "code", "message", "field"),
    [
        ({"title": "Bad", "detail": "too long", "field": "name"}, "http-422", "too long", "name"),
        ({"code": "E17", "message": "no"}, "E17", "no", None),
        ({"error": "no"}, "http-422", "no", None),
        ({"error": {"code": "x", "message": "no", "param": "email"}}, "x", "no", "email"),
        ({"errors": [{"field": "qty", "message": "negative"}]}, "http-422", "negative", "qty"),
        ({"errors": ["negative"]}, "http-422", "negative", None),
        ({"errors": {"name": ["is too long"]}, "code": 7}, "7", "is too long", "name"),
        ({"errors": {"name": "is too long"}}, "http-422", "is too long", "name"),
        ({"errors": {"name": {"odd": 1}}}, "http-422", "", None),
        ({"detail": [{"loc": ["body", "name"], "msg": "field required"}]}, "http-422", "field required", "name"),
        ([{"message": "no"}], "http-422", "no", None),
        (["no"], "http-422", "", None),
        (None, "http-422", "", None),
        ("no", "http-422", "", None),
    ],
)
def test_a_refusal_is_read_in_every_usual_form(body: Any, code: str, message: str, field: str | None) -> None:
    trouble = refusal(422, body)

    assert (trouble.code, trouble.message, trouble.field) == (code, message, field)


def test_a_conflict_names_the_record_that_is_in_the_way() -> None:
    assert refusal(409, {"holder_id": 17}).candidates == ("17",)
    assert refusal(409, [{"id": 17, "name": "A"}, {"id": "c18"}, 3]).candidates == ("17", "c18")
    assert refusal(422, {"holder_id": 17}).candidates == ()


def test_what_was_sent_and_what_is_personal_is_not_repeated() -> None:
    text = safe_text(
        "Jane Doe <jane@example.com>, card 4111111111111111, is\n taken: s3cret", ["Jane Doe", "s3cret", ""]
    )

    assert text == "… <…>, card …, is taken: …"


def test_a_long_text_is_cut() -> None:
    assert len(safe_text("x" * 1000)) == 300


def test_json_keeps_decimals_in_both_directions() -> None:
    assert decoded(b'{"a": 0.10, "b": 1}') == {"a": Decimal("0.10"), "b": 1}
    assert encoded({"a": Decimal("0.10"), "b": [True, None, "é", 1], "c": Decimal("1E+2")}) == (
        '{"a":0.10,"b":[true,null,"é",1],"c":100}'.encode()
    )


@pytest.mark.parametrize(
    ("body", "is_page"),
    [(b"<html>", True), (b"{", False), (b'{"a": NaN}', False), (b"\xff\xfe", False), (b"[" * 100_000, False)],
)
def test_what_is_not_json_is_a_value(body: bytes, is_page: bool) -> None:
    found = decoded(body)

    assert isinstance(found, Unreadable)
    assert found.is_page is is_page


def test_an_empty_body_is_nothing() -> None:
    assert decoded(b" \n") is None
