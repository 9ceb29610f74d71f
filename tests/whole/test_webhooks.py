"""Webhooks at the deployed door: what is not genuine or not readable is refused, what is genuine is never lost."""

from __future__ import annotations

import json
import time

import pytest

from local.crm.client import CrmClient
from local.crm.running import WEBHOOK_SECRET
from shared.aws.http_event import LARGEST_BODY
from tests.whole.running import Whole, signed
from tests.whole.trading import enter_customers

pytestmark = pytest.mark.whole_stack

HOUR_SECONDS = 3600


def body_of(customer: dict[str, object]) -> bytes:
    return json.dumps({"type": "customer.created", "data": {"resource": "customers", **customer}}).encode()


@pytest.fixture
def body(crm: CrmClient) -> bytes:
    """The webhook of a customer who was just entered."""
    [customer] = enter_customers(crm, [1])
    return body_of(customer)


@pytest.fixture
def waiting(whole: Whole) -> Whole:
    """The template, its messages left in the queue to be counted."""
    whole.stack.hold("ChangesQueue")
    return whole


def hints(whole: Whole) -> int:
    return len(whole.stack.messages("ChangesQueue"))


def test_a_webhook_that_is_unsigned_stale_or_altered_gets_401_and_leaves_no_message(
    waiting: Whole, body: bytes
) -> None:
    unsigned = {"content-type": "application/json", "webhook-id": "msg_1"}
    stale = signed(WEBHOOK_SECRET, body, sent_at=time.time() - HOUR_SECONDS)
    foreign = signed("whsec_c29tZWJvZHktZWxzZXMtc2VjcmV0LWtleQ==", body)
    altered = body.replace(b"Company 1", b"Company 2")

    answers = [waiting.post("crm", body, headers) for headers in (unsigned, stale, foreign)]
    answers.append(waiting.post("crm", altered, signed(WEBHOOK_SECRET, body)))

    assert altered != body
    assert [answer.status_code for answer in answers] == [401] * 4
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}
    assert hints(waiting) == 0


def test_a_body_over_the_limit_gets_413_and_malformed_json_a_problem_with_400(waiting: Whole) -> None:
    huge, malformed = b'"' + b"x" * LARGEST_BODY + b'"', b'{"type": '

    too_large = waiting.post("crm", huge, signed(WEBHOOK_SECRET, huge))
    unreadable = waiting.post("crm", malformed, signed(WEBHOOK_SECRET, malformed))

    assert too_large.status_code == 413
    assert unreadable.status_code == 400
    assert unreadable.headers["content-type"] == "application/problem+json"
    assert unreadable.json()["status"] == 400
    assert hints(waiting) == 0


def test_a_webhook_that_could_not_be_queued_gets_503_and_is_taken_when_it_comes_again(
    waiting: Whole, body: bytes, erp: CrmClient
) -> None:
    headers = signed(WEBHOOK_SECRET, body)
    waiting.stack.fail_next("SendMessageBatch", "ChangesQueue")

    first = waiting.post("crm", body, headers)
    assert hints(waiting) == 0
    again = waiting.post("crm", body, headers)

    assert (first.status_code, again.status_code) == (503, 200)
    assert hints(waiting) == 1
    waiting.stack.release("ChangesQueue")
    waiting.rest()
    assert [row["number"] for row in erp.all("customers")] == ["C1"]


def test_the_same_webhook_twice_is_queued_once_and_another_of_the_same_record_again(
    waiting: Whole, body: bytes
) -> None:
    answers = [waiting.post("crm", body, signed(WEBHOOK_SECRET, body)).status_code for _ in range(2)]
    assert (answers, hints(waiting)) == ([200, 200], 1)

    waiting.post("crm", body, signed(WEBHOOK_SECRET, body, message="msg_2"))

    assert hints(waiting) == 2
