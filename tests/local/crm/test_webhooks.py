"""Webhooks: signed, tried again, logged, replayed, and disturbed on purpose."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Any

import pytest

from local.crm.client import CrmClient, CrmError
from local.crm.running import SampleCrm
from local.crm.signing import is_secret, new_secret, signature
from tests.local.crm.receiver import Arrived, Receiver


def deliveries(crm: CrmClient, outcome: str) -> list[dict[str, Any]]:
    log = crm.send("GET", "/api/v1/webhooks/deliveries")["data"]
    return [line for line in log if line["outcome"] == outcome]


def names(*arrived: Arrived) -> list[str]:
    return [each.event["data"]["name"] for each in arrived]


def test_the_signature_is_that_of_the_standard() -> None:
    body = b'{"test": 2432232314}'

    made = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_has_its_prefix_and_at_least_24_bytes() -> None:
    assert is_secret(new_secret())
    assert not any(map(is_secret, ("", "whsec_", "whsec_c2hvcnQ=", "whsec_***", new_secret().removeprefix("whsec_"))))


def test_a_change_is_told_signed_and_whole(server: SampleCrm, crm: CrmClient, receiver: Receiver) -> None:
    server.tell(receiver.url)

    made = crm.create("customers", {"name": "Café"})

    arrived = receiver.next()
    signed = f"{arrived.headers['webhook-id']}.{arrived.headers['webhook-timestamp']}.".encode() + arrived.body
    digest = hmac.digest(b64decode(server.webhook_secret.removeprefix("whsec_")), signed, sha256)
    assert arrived.headers["webhook-signature"] == "v1," + b64encode(digest).decode()
    assert arrived.event == {
        "type": "customer.created",
        "timestamp": made["updated_at"],
        "data": {"resource": "customers", **made},
    }


def test_creating_changing_and_archiving_are_told_in_order_and_nothing_else_is(
    server: SampleCrm, crm: CrmClient, receiver: Receiver
) -> None:
    server.tell(receiver.url)

    made = crm.create("customers", {"name": "Ada"})
    crm.change("customers", made["id"], {"name": "Ada"})
    crm.ask("POST", "/api/v1/customers", {})
    crm.change("customers", made["id"], {"name": "Bea"})
    crm.archive("customers", made["id"])

    told = [receiver.next().event for _ in range(3)]
    assert [each["type"] for each in told] == ["customer.created", "customer.updated", "customer.archived"]
    assert [each["data"]["version"] for each in told] == [1, 2, 3]


def test_only_the_wanted_events_are_told(server: SampleCrm, crm: CrmClient, receiver: Receiver) -> None:
    server.tell(receiver.url, ("customer.updated", "product.*"))

    made = crm.create("customers", {"name": "Ada"})
    crm.create("products", {"sku": "1", "name": "Chai"})
    crm.change("customers", made["id"], {"name": "Bea"})

    assert [receiver.next().event["type"] for _ in range(2)] == ["product.created", "customer.updated"]


def test_a_webhook_is_registered_with_a_secret_that_is_shown_once(crm: CrmClient, receiver: Receiver) -> None:
    made = crm.send("POST", "/api/v1/webhooks", {"url": receiver.url, "events": ["*"]})

    assert is_secret(made["secret"])
    assert crm.send("GET", "/api/v1/webhooks")["data"] == [{"id": made["id"], "url": receiver.url, "events": ["*"]}]
    assert crm.ask("DELETE", f"/api/v1/webhooks/{made['id']}").status_code == 204
    assert crm.ask("DELETE", f"/api/v1/webhooks/{made['id']}").status_code == 404
    assert crm.send("GET", "/api/v1/webhooks")["data"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"url": "ftp://x"}, "url"), ({"events": ["moon.rose"]}, "events[0]"), ({"secret": "whsec_c2hvcnQ="}, "secret")],
)
def test_a_wrong_registration_is_refused(crm: CrmClient, wrong: dict[str, object], field: str) -> None:
    with pytest.raises(CrmError) as refused:
        crm.send("POST", "/api/v1/webhooks", {"url": "http://127.0.0.1:9/", "events": ["*"], **wrong})

    assert refused.value.problem["field"] == field
    assert "c2hvcnQ" not in str(refused.value.problem)


def test_a_webhook_that_fails_is_tried_again_with_the_same_id(
    server: SampleCrm, crm: CrmClient, receiver: Receiver
) -> None:
    server.tell(receiver.url)
    receiver.answers = [500, 302]

    crm.create("customers", {"name": "Ada"})

    arrived = [receiver.next() for _ in range(3)]
    assert len({each.headers["webhook-id"] for each in arrived}) == 1
    assert [line["status"] for line in deliveries(crm, "failed")] == [500, 302]


def test_after_the_last_attempt_it_is_given_up(server: SampleCrm, crm: CrmClient, receiver: Receiver) -> None:
    server.tell(receiver.url)
    receiver.answers = [503, 503, 503]

    crm.create("customers", {"name": "Ada"})
    assert names(*[receiver.next() for _ in range(3)]) == ["Ada", "Ada", "Ada"]
    crm.create("customers", {"name": "Bea"})

    assert names(receiver.next()) == ["Bea"]
    assert [line["attempt"] for line in deliveries(crm, "given up")] == [3]


def test_nobody_at_home_is_an_attempt_like_any_other(server: SampleCrm, crm: CrmClient, receiver: Receiver) -> None:
    server.tell("http://127.0.0.1:9/nobody", ("customer.created",))
    server.tell(receiver.url, ("customer.updated",))

    made = crm.create("customers", {"name": "Ada"})
    crm.change("customers", made["id"], {"name": "Bea"})

    receiver.next()
    assert {line["error"] for line in deliveries(crm, "failed")} == {"ConnectionError"}


def test_a_receiver_that_is_gone_is_not_asked_again(server: SampleCrm, crm: CrmClient, receiver: Receiver) -> None:
    server.tell(receiver.url, ("customer.*",))
    receiver.answers = [410]

    crm.create("customers", {"name": "Ada"})
    receiver.next()
    crm.create("customers", {"name": "Bea"})
    server.tell(receiver.url + "/other", ("product.*",))
    crm.create("products", {"sku": "1", "name": "Chai"})

    assert names(receiver.next()) == ["Chai"]
    assert len(deliveries(crm, "switched off")) == 1


def test_every_event_of_the_past_can_be_sent_again_twice_and_shuffled(
    server: SampleCrm, crm: CrmClient, receiver: Receiver
) -> None:
    server.tell(receiver.url)
    crm.create_all("customers", [{"name": str(i)} for i in range(10)])
    first = [receiver.next() for _ in range(10)]

    queued = crm.replay_webhooks(times=2, seed=7)

    again = [receiver.next() for _ in range(20)]
    assert queued == 20
    assert names(*first) == [str(i) for i in range(10)]
    assert sorted(each.body for each in again) == sorted([each.body for each in first] * 2)
    assert {each.headers["webhook-id"] for each in again} == {each.headers["webhook-id"] for each in first}
    assert names(*again) != names(*first, *first)
    assert crm.ask("POST", "/control/webhooks/replay?times=0").status_code == 400


def test_dropped_doubled_and_reordered_webhooks(server: SampleCrm, crm: CrmClient, receiver: Receiver) -> None:
    server.tell(receiver.url)
    crm.set_faults({"webhooks_dropped": {"next": 1}})
    crm.create_all("customers", [{"name": "dropped"}, {"name": "told"}])
    crm.set_faults({"webhooks_duplicated": {"next": 1}})
    crm.create_all("customers", [{"name": "double"}, {"name": "once"}])
    crm.set_faults({"webhooks_reordered": {"next": 3}})
    crm.create_all("customers", [{"name": "a"}, {"name": "b"}, {"name": "c"}, {"name": "d"}])

    assert names(*[receiver.next() for _ in range(8)]) == ["told", "double", "double", "once", "c", "b", "a", "d"]
    assert len(deliveries(crm, "dropped by a fault")) == 1


def test_what_was_held_back_is_let_go_when_the_faults_are_set_anew(
    server: SampleCrm, crm: CrmClient, receiver: Receiver
) -> None:
    server.tell(receiver.url)
    crm.set_faults({"webhooks_reordered": {"next": 9}})
    crm.create_all("customers", [{"name": "a"}, {"name": "b"}])

    crm.set_faults({"webhooks_reordered": {"next": 0}})

    assert names(receiver.next(), receiver.next()) == ["b", "a"]
