"""What the kit needs to know of `rest`: a plain system with cursor pages, batches, a counter, our reference."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.rest import CAPABILITIES, RestSettings, connect, webhooks
from shared.connectors.rest.system import RestSystem
from shared.connectors.webhooks import signature
from shared.core.observations import Next
from shared.ports.system import Webhooks
from tests.connectors.fakes.base import (
    HIDES_PHONES,
    KEEPS_EMPTY,
    LYING_PAGE,
    OUT_OF_ORDER,
    REPEATS_CURSOR,
    TOO_SHORT,
    Given,
)
from tests.connectors.fakes.rest import PAGE, PATH, RestFake
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase
from tests.kit.kit_webhooks import Vector, WebhookBench

ERRORS = (
    ErrorCase("bad request", Given(400, {"title": "Bad request"}), Next.PERMANENT),
    ErrorCase("no permission", Given(403, {"title": "Forbidden"}), Next.PERMANENT),
    ErrorCase("time-out there", Given(408), Next.RETRYABLE),
    ErrorCase("taken", Given(409, {"title": "Conflict", "holder_id": "c-9"}), Next.CONFLICT, "write"),
    ErrorCase("no longer so", Given(412), Next.CONFLICT, "write"),
    ErrorCase("not acceptable", Given(422, {"title": "Unprocessable", "field": "name"}), Next.PERMANENT),
    ErrorCase("locked", Given(423), Next.RETRYABLE),
    ErrorCase("too early", Given(425), Next.RETRYABLE),
    ErrorCase("too many", Given(429), Next.THROTTLED, whole_system=True),
    ErrorCase("fault", Given(500), Next.RETRYABLE),
    ErrorCase("not known", Given(501), Next.PERMANENT),
    ErrorCase("bad gateway", Given(502), Next.RETRYABLE, whole_system=True),
    ErrorCase("unavailable", Given(503), Next.RETRYABLE, whole_system=True),
    ErrorCase("gateway time-out", Given(504), Next.RETRYABLE, whole_system=True),
)


def settings(url: str) -> RestSettings:
    """Return the description of the fake."""
    customer = {
        "path": PATH,
        "can": ["list", "read", "create", "update", "archive"],
        "fields": {"name": "name", "phone": "phone", "external_reference": "external_ref"},
        "revision": {"field": "version", "kind": "counter"},
        "modified": "updated_at",
        "updated_since": "updated_since={}",
        "page": {"by": "cursor", "size": PAGE, "items": "data"},
        "batch": {"path": f"{PATH}:batch", "size": PAGE},
        "find": {"external_reference": {"one": "?external_ref={}", "many": "?external_ref={}"}},
    }
    given = {"name": "crm", "base_url": url, "auth": "bearer", "secret": "crm", "entities": {CUSTOMER: customer}}
    return RestSettings.model_validate(given)


def connected(url: str, read_secret: ReadSecret) -> RestSystem:
    """Return the connected system."""
    return connect(settings(url), read_secret)


REST = Bench(
    name="rest",
    make_fake=RestFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings("http://127.0.0.1:1"))[CUSTOMER],
    secret={"token": "a-live-credential"},
    errors=ERRORS,
    unknown=Given(599, {"title": "Whatever"}),
    tricks=frozenset({LYING_PAGE, REPEATS_CURSOR, OUT_OF_ORDER, TOO_SHORT, HIDES_PHONES, KEEPS_EMPTY}),
    unit=1000,
    page_size=PAGE,
)


def verifier(read_secret: ReadSecret, _url: str) -> Webhooks:
    """Return what verifies Standard Webhooks."""
    return webhooks(settings("http://127.0.0.1:1"), read_secret)


def signed(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a message, as its sender writes them."""
    seconds = str(int(at.timestamp()))
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": seconds,
        "Webhook-Signature": signature(secret, "msg_1", seconds, body),
    }


PUBLISHED = Vector(
    body=b'{"test": 2432232314}',
    secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    headers={
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    },
    at=datetime.fromtimestamp(1614265330, UTC),
)
"""Of the Standard Webhooks specification."""

REST_WEBHOOKS = WebhookBench(
    name="Standard Webhooks",
    make=verifier,
    sign=signed,
    body='{"type":"customer.updated","data":{"id":"c-7","name":"Café","resource":"customer"}}'.encode(),
    hints=(("customer", "c-7"),),
    secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    other_secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
    vectors=(PUBLISHED,),
)
