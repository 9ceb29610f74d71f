"""Every test vector that we have of how senders sign, by name: genuine as it is, and refused in every other form.

Vectors of Shopify, GitHub, EasyPost, Stripe and Frappe sign one body with one secret; HubSpot's and that of Standard
Webhooks are published. HubSpot's old signatures (v1, v2) leave out the time and are never taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.connectors import hubspot
from shared.connectors.http_secrets import ReadSecret
from shared.connectors.rest import RestSettings, webhooks
from shared.connectors.signatures import SCHEMES, WAYS, signature, timed_signature
from shared.ports.system import Received, Rejected, Webhooks
from tests.connectors.hubspot_bench import settings as hubspot_settings
from tests.kit.kit_webhooks import NOW, URL, Vector, WebhookBench, WebhookKit, through_the_api
from tests.kit.rest import a_customer

BODY = '{"id":1,"note":"café"}'.encode()
SECRET = "test-secret-0001"
OTHER = "another-secret-0002"


def by_rest(scheme: str) -> Callable[[ReadSecret, str], Webhooks]:
    """Return what makes the verifier of a REST system that signs in this way."""

    def make(read_secret: ReadSecret, _url: str) -> Webhooks:
        given: dict[str, Any] = {"name": "crm", "base_url": "http://127.0.0.1:1", "secret": "crm"}
        given |= {"entities": {"customer": a_customer()}, "webhook": {"scheme": scheme}}
        return webhooks(RestSettings.model_validate(given), read_secret)

    return make


def by_hubspot(read_secret: ReadSecret, url: str) -> Webhooks:
    """Return the verifier of a HubSpot account."""
    found = hubspot.webhooks(hubspot_settings(webhook_url=url), read_secret)
    assert found is not None
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """A vector and who takes it; `tolerance_seconds` is nothing where no time is signed."""

    make: Callable[[ReadSecret, str], Webhooks]
    vector: Vector
    tolerance_seconds: int | None = None
    event: bool = True
    """Whether its body is an event; one that is not is genuine all the same, and a bad request."""


def of_the_body(scheme: str, value: str, body: bytes = BODY) -> Known:
    """Return the vector of a signature of the body alone."""
    return Known(by_rest(scheme), Vector(body, SECRET, {WAYS[scheme].header: value}))


VECTORS: Mapping[str, Known] = {
    "Shopify": of_the_body("shopify", "wEAVAopY/gVs41K3qnvGQBdll4pYa0ekLVl7pSVa1mk="),
    "GitHub": of_the_body("github", "sha256=c04015028a58fe056ce352b7aa7bc6401765978a586b47a42d597ba5255ad669"),
    "EasyPost": of_the_body(
        "easypost", "hmac-sha256-hex=c04015028a58fe056ce352b7aa7bc6401765978a586b47a42d597ba5255ad669"
    ),
    "Frappe": of_the_body("frappe", "I5p5u3MiljK92CLnH0rBMVmwlDYizTW7AvKQM/6dq5I=", rb'{"id": 1, "note": "caf\u00e9"}'),
    "Stripe": Known(
        by_rest("stripe"),
        Vector(
            BODY,
            SECRET,
            {"Stripe-Signature": "t=1700000000,v1=efb779511151e8039cd47434472637368be5d0bdca305b8c0b2799388f2287bd"},
            datetime.fromtimestamp(1700000000, UTC),
        ),
        300,
    ),
    "HubSpot v3": Known(
        by_hubspot,
        Vector(
            b"{'example_field':'example_value'}",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
            {
                "X-HubSpot-Signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
                "X-HubSpot-Request-Timestamp": "1693657560000",
            },
            datetime.fromtimestamp(1693657560, UTC),
            "https://www.example.com/webhook_uri",
        ),
        300,
        event=False,
    ),
    "Standard Webhooks": Known(
        by_rest("standard"),
        Vector(
            b'{"test": 2432232314}',
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            {
                "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "webhook-timestamp": "1614265330",
                "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            },
            datetime.fromtimestamp(1614265330, UTC),
        ),
        300,
    ),
}
"""By sender. What is not here has no signature: Salesforce (bus), Odoo (token in the address), Tryton (polled)."""

HUBSPOT_V1 = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"


def answered(
    known: Known,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    seconds: int = 0,
    secret: str | None = None,
    encoded: bool = True,
) -> Received | Rejected:
    """Return what becomes of the vector, changed as told, `seconds` after it was sent."""
    vector = known.vector
    verify = known.make(lambda _name: {"webhook_secret": secret or vector.secret}, vector.url)
    came = vector.body if body is None else body
    request = through_the_api(came, vector.headers if headers is None else headers, encoded=encoded)
    return verify.receive(request, vector.at + timedelta(seconds=seconds))


def is_genuine(known: Known, answer: Received | Rejected) -> bool:
    """Tell whether a message was taken for genuine."""
    if isinstance(answer, Received):
        assert known.event
        return True
    assert answer.status == 401 or (answer.status == 400 and not known.event), answer
    return answer.status == 400


@pytest.fixture(params=VECTORS)
def known(request: pytest.FixtureRequest) -> Known:
    return VECTORS[request.param]


def test_every_way_that_is_offered_has_a_vector() -> None:
    offered = {"shopify", "github", "easypost", "frappe", "stripe", "standard"}

    assert set(SCHEMES) == offered
    assert {name.lower().partition(" ")[0] for name in VECTORS} == {*offered, "hubspot"}


def test_the_vector_is_genuine(known: Known) -> None:
    assert is_genuine(known, answered(known))


def test_the_vector_with_any_one_byte_changed_is_refused(known: Known) -> None:
    body = known.vector.body
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not is_genuine(known, answered(known, changed)), place
    assert not is_genuine(known, answered(known, body + b"\n"))


def test_the_vector_with_any_one_letter_of_a_header_changed_is_refused(known: Known) -> None:
    headers = known.vector.headers
    for name, value in headers.items():
        for place, letter in enumerate(value):
            other = value[:place] + ("1" if letter != "1" else "2") + value[place + 1 :]
            assert not is_genuine(known, answered(known, headers={**headers, name: other})), (name, place)


def test_the_vector_without_one_of_its_headers_is_refused(known: Known) -> None:
    headers = known.vector.headers
    for name in headers:
        rest = {each: value for each, value in headers.items() if each != name}
        for less in (rest, {**rest, name: ""}, {**rest, name: " "}):
            assert not is_genuine(known, answered(known, headers=less)), name


def test_the_vector_counts_for_five_minutes_either_way_where_a_time_is_signed(known: Known) -> None:
    late = [is_genuine(known, answered(known, seconds=seconds)) for seconds in (-301, -300, 300, 301, 10**9)]

    assert late == ([True] * 5 if known.tolerance_seconds is None else [False, True, True, False, False])


def test_the_vector_is_genuine_while_its_secret_is_being_replaced(known: Known) -> None:
    for secret in (f"{known.vector.secret} {OTHER}", f"{OTHER} {known.vector.secret}"):
        assert is_genuine(known, answered(known, secret=secret))
    assert not is_genuine(known, answered(known, secret=OTHER))


def test_the_vector_is_genuine_in_base64_and_plain_and_with_headers_in_any_case(known: Known) -> None:
    upper = {name.upper(): value for name, value in known.vector.headers.items()}
    lower = {name.lower(): value for name, value in known.vector.headers.items()}

    for headers in (upper, lower):
        for encoded in (True, False):
            assert is_genuine(known, answered(known, headers=headers, encoded=encoded))


@pytest.mark.parametrize("header", ["X-HubSpot-Signature", "X-HubSpot-Signature-v3"])
def test_the_old_signatures_of_hubspot_are_never_taken(header: str) -> None:
    known = VECTORS["HubSpot v3"]
    sent_at = {"X-HubSpot-Request-Timestamp": "1693657560000", "X-HubSpot-Signature-Version": "v1"}

    assert not is_genuine(known, answered(known, headers={**sent_at, header: HUBSPOT_V1}))


def test_one_of_several_signatures_of_stripe_is_enough_and_other_versions_are_none() -> None:
    known = VECTORS["Stripe"]
    time, _, mine = known.vector.headers["Stripe-Signature"].partition(",")

    for shown, genuine in (
        (f"{time},v1={'0' * 64},{mine}", True),
        (f"{time},{mine.replace('v1', 'v0')}", False),
        (f"{time},{time},{mine}", False),
        (mine, False),
    ):
        assert is_genuine(known, answered(known, headers={"Stripe-Signature": shown})) is genuine


def test_the_id_of_a_message_is_its_own_only_together_with_its_body() -> None:
    known = VECTORS["Shopify"]

    def told(event_id: str) -> str | None:
        answer = answered(known, headers={**known.vector.headers, "X-Shopify-Webhook-Id": event_id})
        assert isinstance(answer, Received)
        return answer.event_id

    assert told("a") == told("a") != told("b")
    assert told("") is None
    assert told("x" * 300) is None


def test_a_key_may_be_written_composed_or_not_where_the_sender_decomposes_it() -> None:
    way = WAYS["easypost"]

    assert way.written("caf\u00e9", BODY) == way.written("cafe\u0301", BODY)
    assert WAYS["github"].written("caf\u00e9", BODY) != WAYS["github"].written("cafe\u0301", BODY)


def signed(scheme: str) -> Callable[[bytes, str, datetime], Mapping[str, str]]:
    """Return how the sender signs."""

    def sign(body: bytes, secret: str, at: datetime) -> Mapping[str, str]:
        seconds = str(int(at.timestamp()))
        if scheme == "stripe":
            return {"Stripe-Signature": timed_signature(secret, seconds, body)}
        return {WAYS[scheme].header: WAYS[scheme].written(secret, body)}

    return sign


def a_bench(name: str) -> WebhookBench:
    """Return the bench of a REST system that signs as a sender does."""
    known = VECTORS[name]
    return WebhookBench(
        name=name,
        make=known.make,
        sign=signed(name.lower()),
        body='{"type":"customer.updated","data":{"id":"c-7","name":"Café"}}'.encode(),
        hints=(("customer", "c-7"),),
        secret=SECRET,
        other_secret=OTHER,
        tolerance_seconds=known.tolerance_seconds,
        vectors=(known.vector,),
    )


class TestShopify(WebhookKit):
    """Shopify's way passes the kit."""

    webhook_bench = a_bench("Shopify")


class TestGitHub(WebhookKit):
    """GitHub's way passes the kit."""

    webhook_bench = a_bench("GitHub")


class TestEasyPost(WebhookKit):
    """EasyPost's way passes the kit."""

    webhook_bench = a_bench("EasyPost")


class TestFrappe(WebhookKit):
    """Frappe's way passes the kit."""

    webhook_bench = a_bench("Frappe")


class TestStripe(WebhookKit):
    """Stripe's way passes the kit."""

    webhook_bench = a_bench("Stripe")


def test_a_type_in_a_header_makes_a_hint_and_no_state_for_it_is_not_signed() -> None:
    known = VECTORS["Shopify"]
    spec = {"scheme": "shopify", "type_header": "X-Shopify-Topic", "data": "", "resources": {"people": "customer"}}
    given: dict[str, Any] = {"name": "crm", "base_url": "http://127.0.0.1:1", "secret": "crm"}
    given |= {"entities": {"customer": a_customer()}, "webhook": spec}
    body = b'{"id": 7, "name": "Ann", "email": null, "phone": null}'

    def make(read_secret: ReadSecret, _url: str) -> Webhooks:
        return webhooks(RestSettings.model_validate(given), read_secret)

    headers = {"X-Shopify-Topic": "people/update", **signed("shopify")(body, SECRET, NOW)}
    answer = answered(replace(known, make=make, vector=replace(known.vector, url=URL)), body, headers)

    assert isinstance(answer, Received)
    assert [(hint.entity, hint.external_id, hint.observation) for hint in answer.hints] == [("customer", "7", None)]


def test_what_a_sender_of_standard_webhooks_writes_is_what_is_published() -> None:
    vector = VECTORS["Standard Webhooks"].vector
    message, sent_at = vector.headers["webhook-id"], vector.headers["webhook-timestamp"]

    assert signature(vector.secret, message, sent_at, vector.body) == vector.headers["webhook-signature"]
