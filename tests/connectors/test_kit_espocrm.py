"""The connector kit on EspoCRM: accounts of a fake that is shaped by recordings of a real one, which errors are."""

from __future__ import annotations

from shared.connectors.espocrm import CAPABILITIES
from shared.core.observations import Next
from tests.connectors.espocrm_bench import (
    CREATE,
    OTHER,
    SECRET,
    UPDATE,
    connected,
    recorded,
    settings,
    signed,
    verifier,
)
from tests.connectors.fakes.base import HIDES_PHONES, LYING_PAGE, Given
from tests.connectors.fakes.espocrm import EspoFake
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase
from tests.kit.kit_webhooks import Vector, WebhookBench, WebhookKit

ERRORS = (
    ErrorCase("a missing name", recorded("a missing name"), Next.PERMANENT, whole_system=False),
    ErrorCase("a bad address", recorded("a bad address"), Next.PERMANENT, whole_system=False),
    ErrorCase("no key", recorded("a call without a key"), Next.AUTH, whole_system=True),
    ErrorCase("forbidden", recorded("a forbidden entity"), Next.PERMANENT, whole_system=False),
    ErrorCase("too large a page", recorded("too large a page"), Next.PERMANENT, "read"),
    ErrorCase("not there", recorded("an unknown record"), Next.PERMANENT, "write"),
    ErrorCase("a suspected duplicate", recorded("a suspected duplicate"), Next.CONFLICT, "write"),
    ErrorCase("a stale write", recorded("a stale write"), Next.CONFLICT, "write"),
    ErrorCase("bad JSON", recorded("bad JSON"), Next.RETRYABLE),
    ErrorCase("too many", Given(429), Next.THROTTLED, whole_system=True),
    ErrorCase("unavailable", Given(503), Next.RETRYABLE, whole_system=True),
)

ESPOCRM = Bench(
    name="espocrm",
    make_fake=EspoFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings())[CUSTOMER],
    secret=SECRET,
    errors=ERRORS,
    unknown=Given(599),
    tricks=frozenset({LYING_PAGE, HIDES_PHONES}),
    page_size=200,
    echoes=lambda said: Given(400, headers={"X-Status-Reason": said}),
)


class TestEspoWebhooks(WebhookKit):
    """Espo's webhooks pass the kit; the vectors are recordings."""

    webhook_bench = WebhookBench(
        name="EspoCRM",
        make=verifier,
        sign=signed,
        body=b'[{"id":"6b02a49d53ba4c3f5","phoneNumber":"+15125550199"},{"id":"6b02a4f48814bdee8","name":"Caf\xc3\xa9"}]',
        hints=(("customer", "6b02a49d53ba4c3f5"), ("customer", "6b02a4f48814bdee8")),
        secret=UPDATE["key"],
        other_secret=CREATE["key"],
        tolerance_seconds=None,
        vectors=[
            Vector(each["body"].encode(), each["key"], {"X-Signature": each["signature"]})
            for each in (CREATE, UPDATE, OTHER)
        ],
    )


class TestEspoCrm(ConnectorKit):
    """EspoCRM passes the kit."""

    bench = ESPOCRM
