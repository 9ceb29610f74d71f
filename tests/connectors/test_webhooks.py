"""Signed messages: what is not genuine is refused, what is genuine becomes hints."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.connectors.http_secrets import Secrets
from shared.connectors.rest import webhooks
from shared.connectors.webhooks import RestWebhooks, signature
from shared.core.errors import BadSettings
from shared.core.observations import Observation, Source
from shared.ports.system import Hint, Received, Rejected, WebhookRequest
from tests.kit.rest import COUNTED, a_customer, a_description, an_order

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + b64encode(b"another secret of many bytes").decode()
STAMP = "1614265330"
NOW = datetime.fromtimestamp(int(STAMP), UTC)
ANN: dict[str, Any] = {"id": 1, "name": "Ann", "email": "a@x", "phone": None, "version": 3}


def receiver(secret: Any = SECRET, **keys: Any) -> RestWebhooks:
    entities = {"customer": a_customer(revision=COUNTED), "order": an_order()}
    return webhooks(a_description(secret="crm", entities=entities, **keys), lambda _: {"webhook_secret": secret})


def a_message(payload: Any, secret: str = SECRET, *, sent_at: str = STAMP, body: bytes | None = None) -> WebhookRequest:
    raw = json.dumps(payload).encode() if body is None else body
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": sent_at,
        "webhook-signature": signature(secret, "msg_1", sent_at, raw),
    }
    return WebhookRequest(signed, raw)


def an_event(kind: str = "customer.updated", **data: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": "2021-02-25T14:55:30Z", "data": {"resource": "customers", **data}}


def hints(answer: Received | Rejected) -> tuple[Hint, ...]:
    assert isinstance(answer, Received), answer
    return answer.hints


def test_the_test_vector_of_the_specification_is_signed_as_it_says() -> None:
    body = b'{"test": 2432232314}'

    assert signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", STAMP, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": STAMP,
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    assert receiver().receive(WebhookRequest(headers, body), NOW) == Received((), "msg_p5jXN8AQM9LWM0D4loKWxJek")


def test_a_genuine_message_is_a_hint_with_the_state_that_it_carries() -> None:
    answer = receiver().receive(a_message(an_event(**ANN)), NOW)

    assert isinstance(answer, Received)
    assert answer.event_id == "msg_1"
    [hint] = answer.hints
    assert (hint.system, hint.entity, hint.external_id) == ("crm", "customer", "1")
    assert isinstance(hint.observation, Observation)
    assert hint.observation.source is Source.MESSAGE
    assert hint.observation.fields == {"name": "Ann", "email": "a@x", "phone": None}
    assert hint.observation.revision is not None
    assert hint.observation.revision.order == 3


@pytest.mark.parametrize(
    "data",
    [
        {"id": 1},
        {"id": 1, "name": "Ann"},
        {"id": 1, "name": {"odd": 1}, "email": "a@x", "phone": None},
    ],
)
def test_a_message_with_less_than_the_whole_record_is_only_a_hint(data: Any) -> None:
    assert hints(receiver().receive(a_message(an_event(**data)), NOW)) == (Hint("crm", "customer", "1"),)


@pytest.mark.parametrize("kind", ["customer.archived", "customer.deleted"])
def test_the_end_of_a_record_is_a_hint_to_look(kind: str) -> None:
    assert hints(receiver().receive(a_message(an_event(kind, **ANN)), NOW)) == (Hint("crm", "customer", "1"),)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_its_headers_is_refused(name: str) -> None:
    request = a_message(an_event(**ANN))
    headers = {key: value for key, value in request.headers.items() if key != name}

    answer = receiver().receive(WebhookRequest(headers, request.body), NOW)

    assert isinstance(answer, Rejected)
    assert answer.status == 401


def test_one_changed_byte_is_noticed() -> None:
    request = a_message(an_event(**ANN))

    answer = receiver().receive(WebhookRequest(request.headers, request.body.replace(b"Ann", b"Ane")), NOW)

    assert answer == Rejected(401, "the signature is wrong")


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp"])
def test_what_is_signed_besides_the_body_cannot_be_changed(name: str) -> None:
    request = a_message(an_event(**ANN))
    headers = {**request.headers, name: request.headers[name][:-1] + "9"}

    assert isinstance(receiver().receive(WebhookRequest(headers, request.body), NOW), Rejected)


@pytest.mark.parametrize(("seconds", "genuine"), [(-301, False), (-300, True), (300, True), (301, False)])
def test_a_message_counts_for_five_minutes_either_way(seconds: int, genuine: bool) -> None:
    answer = receiver().receive(a_message(an_event(**ANN)), NOW + timedelta(seconds=seconds))

    assert isinstance(answer, Received) is genuine
    assert genuine or answer == Rejected(401, "the message is not from now")


@pytest.mark.parametrize("sent_at", ["soon", "-1614265330", "1614265330.5", "٣", "99999999999999999999"])
def test_a_time_that_is_none_is_refused(sent_at: str) -> None:
    answer = receiver().receive(a_message(an_event(**ANN), sent_at=sent_at), NOW)

    assert isinstance(answer, Rejected)


@pytest.mark.parametrize("secret", [f"{OTHER} {SECRET}", [SECRET, OTHER], f"{SECRET}"])
@pytest.mark.parametrize("signed_with", [SECRET])
def test_several_secrets_may_be_live_while_one_is_replaced(secret: Any, signed_with: str) -> None:
    assert isinstance(receiver(secret).receive(a_message(an_event(**ANN), signed_with), NOW), Received)


def test_one_of_several_signatures_is_enough() -> None:
    request = a_message(an_event(**ANN))
    shown = f"v1a,odd v1,{b64encode(b'x' * 32).decode()} {request.headers['webhook-signature']}"

    answer = receiver().receive(WebhookRequest({**request.headers, "webhook-signature": shown}, request.body), NOW)

    assert isinstance(answer, Received)


@pytest.mark.parametrize("shown", ["v1,", "v1", "v1a,g0hM", "garbage", "v1,é"])
def test_a_signature_of_another_shape_is_wrong(shown: str) -> None:
    request = a_message(an_event(**ANN))

    answer = receiver().receive(WebhookRequest({**request.headers, "webhook-signature": shown}, request.body), NOW)

    assert answer == Rejected(401, "the signature is wrong")


def test_a_secret_that_is_plain_text_is_taken_as_it_is() -> None:
    assert isinstance(receiver(["plain", "secret"]).receive(a_message(an_event(**ANN), "plain"), NOW), Received)


@pytest.mark.parametrize("secret", ["", None, "whsec_", "whsec_é"])
def test_without_a_usable_secret_nothing_is_taken_and_the_sender_may_try_again(secret: Any) -> None:
    answer = receiver(secret).receive(a_message(an_event(**ANN)), NOW)

    assert isinstance(answer, Rejected)
    assert answer.status == 503


def test_a_new_secret_is_noticed_but_forgers_cannot_make_us_read_it_all_the_time() -> None:
    reads: list[str] = []

    def read(name: str) -> Mapping[str, str]:
        reads.append(name)
        return {"webhook_secret": OTHER if len(reads) == 1 else SECRET}

    receives = RestWebhooks(a_description(secret="crm"), Secrets("crm", read))
    first = receives.receive(a_message(an_event(**ANN)), NOW)
    forged = [receives.receive(a_message(an_event(**ANN), OTHER), NOW) for _ in range(5)]

    assert isinstance(first, Received)
    assert all(isinstance(each, Rejected) for each in forged)
    assert len(reads) == 2


def test_a_secret_that_is_not_there_is_our_fault_and_not_the_senders() -> None:
    def read(name: str) -> Mapping[str, str]:
        raise BadSettings("there is no such secret", name)

    answer = RestWebhooks(a_description(secret="crm"), Secrets("crm", read)).receive(a_message({}), NOW)

    assert isinstance(answer, Rejected)
    assert answer.status == 503


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"[" * 100_000, b"3", b'"text"', b"[1]", b"null"])
def test_a_body_that_is_no_event_is_told_so(body: bytes) -> None:
    answer = receiver().receive(a_message(None, body=body), NOW)

    assert isinstance(answer, Rejected)
    assert answer.status == 400


@pytest.mark.parametrize(
    "event",
    [
        {"type": "invoice.paid", "data": {"id": 1}},
        {"type": "customer", "data": {"resource": "planets", "id": 1}},
        {"data": None},
        {},
    ],
)
def test_an_event_about_something_else_is_taken_and_hints_at_nothing(event: Any) -> None:
    assert hints(receiver().receive(a_message(event), NOW)) == ()


@pytest.mark.parametrize("event", [{"type": "customer.updated", "data": {}}, {"type": "customer.updated", "data": [1]}])
def test_an_event_about_a_record_that_it_does_not_name_is_told_so(event: Any) -> None:
    answer = receiver().receive(a_message(event), NOW)

    assert answer == Rejected(400, "the event names no record")


def test_several_events_may_come_in_one_message() -> None:
    events = [an_event(id=1), {"type": "order.created", "data": {"id": 5}}, {"type": "other.thing"}]

    assert hints(receiver().receive(a_message(events), NOW)) == (
        Hint("crm", "customer", "1"),
        Hint("crm", "order", "5"),
    )


def test_where_things_stand_in_a_message_is_a_setting() -> None:
    spec = {
        "type": "event.name",
        "data": "event.object",
        "resource": "kind",
        "id": "key",
        "resources": {"Account": "customer"},
        "full": False,
    }
    event = {"event": {"name": "changed", "object": {"kind": "Account", "key": "A-7", **ANN}}}

    assert hints(receiver(webhook=spec).receive(a_message(event), NOW)) == (Hint("crm", "customer", "A-7"),)


def test_a_resource_may_be_named_like_our_entity_or_the_end_of_its_path() -> None:
    for resource in ("customer", "customers"):
        event = {"type": "x.updated", "data": {"resource": resource, "id": 1}}
        assert hints(receiver().receive(a_message(event), NOW)) == (Hint("crm", "customer", "1"),)
