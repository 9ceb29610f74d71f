"""The door to the outside: a clear answer to bad input, and nothing lost."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest

from shared.aws.http_event import LARGEST_BODY
from shared.connectors.webhooks import signature
from tests.functions.conftest import Invoke
from tests.kit.aws_world import WEBHOOK_SECRET, AwsWorld

CHANGED = json.dumps({"type": "customer.updated", "data": {"resource": "customers", "id": "17", "name": "Ada"}})


def webhook(
    body: str = CHANGED, system: str = "crm", *, id_: str = "msg_1", signed: str | None = None
) -> dict[str, Any]:
    """Return a webhook that is signed now, for `signed` if that is another body."""
    now = str(int(time.time()))
    sign = signature(WEBHOOK_SECRET, id_, now, (body if signed is None else signed).encode())
    return {
        "rawPath": f"/webhooks/{system}",
        "headers": {"webhook-id": id_, "webhook-timestamp": now, "webhook-signature": sign},
        "requestContext": {"domainName": "api.example.com"},
        "pathParameters": {"system": system},
        "body": body,
        "isBase64Encoded": False,
    }


def test_a_genuine_webhook_is_queued_with_a_trace_and_answered_200(invoke: Invoke, world: AwsWorld) -> None:
    answer = invoke("receive_webhook", webhook())

    assert answer["statusCode"] == 200
    (message,) = world.messages("changes")
    assert (message["system"], message["entity"], len(message["trace"])) == ("crm", "customer", 16)


def test_a_body_in_base64_is_verified_by_its_exact_bytes(invoke: Invoke, world: AwsWorld) -> None:
    event = webhook()
    event |= {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}

    assert invoke("receive_webhook", event)["statusCode"] == 200
    assert len(world.messages("changes")) == 1


def test_a_webhook_that_comes_again_is_queued_once(invoke: Invoke, world: AwsWorld) -> None:
    answers = [invoke("receive_webhook", webhook())["statusCode"] for _ in range(2)]

    assert answers == [200, 200]
    assert len(world.messages("changes")) == 1


def test_an_altered_webhook_gets_401_and_no_message(invoke: Invoke, world: AwsWorld) -> None:
    answer = invoke("receive_webhook", webhook(signed=CHANGED.replace("Ada", "Bob")))

    assert answer["statusCode"] == 401
    assert world.messages("changes") == []


def test_malformed_json_gets_400_as_a_problem(invoke: Invoke, world: AwsWorld) -> None:
    answer = invoke("receive_webhook", webhook('{"type": '))

    assert answer["statusCode"] == 400
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert json.loads(answer["body"])["title"] == "Bad Request"
    assert world.messages("changes") == []


def test_a_body_over_the_limit_gets_413(invoke: Invoke, world: AwsWorld) -> None:
    answer = invoke("receive_webhook", webhook("x" * (LARGEST_BODY + 1)))

    assert answer["statusCode"] == 413
    assert world.messages("changes") == []


def test_a_webhook_that_could_not_be_queued_is_not_remembered_so_that_its_repetition_is(
    invoke: Invoke, world: AwsWorld
) -> None:
    world.clients.sqs.delete_queue(QueueUrl=world.variables["TANDEM_CHANGES_QUEUE"])
    with pytest.raises(Exception, match="does not exist"):
        invoke("receive_webhook", webhook())
    world.clients.sqs.create_queue(QueueName="CHANGES")

    assert invoke("receive_webhook", webhook())["statusCode"] == 200

    assert len(world.messages("changes")) == 1


def test_a_log_line_tells_the_refusal_without_the_body(invoke: Invoke, capsys: pytest.CaptureFixture[str]) -> None:
    invoke("receive_webhook", webhook(signed="something else"))

    printed = capsys.readouterr().out
    assert "webhook rejected" in printed
    assert "Ada" not in printed
