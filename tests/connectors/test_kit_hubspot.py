"""The connector kit on HubSpot: companies of a fake account, documented errors, and the published webhook vector."""

from __future__ import annotations

from datetime import UTC, datetime

from shared.connectors.hubspot import CAPABILITIES
from shared.core.observations import Next
from tests.connectors.fakes.base import LYING_PAGE, OUT_OF_ORDER, REPEATS_CURSOR, TOO_SHORT, Given
from tests.connectors.fakes.hubspot import HubSpotFake
from tests.connectors.hubspot_bench import SECRET, connected, limited, refused, settings, signed, verifier
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_bench import CUSTOMER, Bench, ErrorCase
from tests.kit.kit_webhooks import Vector, WebhookBench, WebhookKit

ERRORS = (
    ErrorCase("validation", refused(400, "VALIDATION_ERROR"), Next.PERMANENT, whole_system=False),
    ErrorCase("no credential", refused(401, "INVALID_AUTHENTICATION"), Next.AUTH, whole_system=True),
    ErrorCase("an ended credential", refused(401, "EXPIRED_AUTHENTICATION"), Next.AUTH, whole_system=True),
    ErrorCase("missing scopes", refused(403, "MISSING_SCOPES"), Next.PERMANENT),
    ErrorCase("not there", refused(404, "OBJECT_NOT_FOUND"), Next.CONFLICT),
    ErrorCase("taken", refused(409, "CONFLICT", "Existing ID: 7"), Next.CONFLICT, "write"),
    ErrorCase("locked", Given(423), Next.RETRYABLE),
    ErrorCase("too many a second", limited("SECONDLY"), Next.THROTTLED, whole_system=True),
    ErrorCase("too many in ten", limited("TEN_SECONDLY_ROLLING"), Next.THROTTLED, whole_system=True),
    ErrorCase("too many a day", limited("DAILY"), Next.THROTTLED, whole_system=True),
    ErrorCase("being moved", Given(477, headers={"Retry-After": "30"}), Next.RETRYABLE, whole_system=True),
    ErrorCase("fault", refused(500, "INTERNAL_ERROR"), Next.RETRYABLE),
    ErrorCase("bad gateway", Given(502), Next.RETRYABLE, whole_system=True),
    ErrorCase("gateway time-out", Given(504), Next.RETRYABLE, whole_system=True),
)

HUBSPOT = Bench(
    name="hubspot",
    make_fake=HubSpotFake,
    connect=connected,
    capability=CAPABILITIES.entities(settings())[CUSTOMER],
    secret=SECRET,
    errors=ERRORS,
    unknown=Given(599),
    tricks=frozenset({LYING_PAGE, REPEATS_CURSOR, OUT_OF_ORDER, TOO_SHORT}),
    overlap_seconds=300,
    unit=1000,
    page_size=200,
    echoes=lambda said: refused(400, "VALIDATION_ERROR", said),
)


class TestHubSpot(ConnectorKit):
    """HubSpot passes the kit."""

    bench = HUBSPOT


PUBLISHED = Vector(
    body=b"{'example_field':'example_value'}",
    secret="yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
    headers={
        "X-HubSpot-Signature-v3": "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y=",
        "X-HubSpot-Request-Timestamp": "1693657560000",
    },
    at=datetime.fromtimestamp(1693657560, UTC),
    url="https://www.example.com/webhook_uri",
)
"""Of HubSpot's documentation."""

EVENTS = (
    b'[{"eventId":1,"subscriptionId":12,"portalId":62515,"appId":5,"occurredAt":1763800000000,"attemptNumber":0,'
    b'"subscriptionType":"company.propertyChange","objectId":123,"propertyName":"name","propertyValue":"Caf\xc3\xa9",'
    b'"changeSource":"CRM"}]'
)


class TestHubSpotWebhooks(WebhookKit):
    """HubSpot's webhooks pass the kit."""

    webhook_bench = WebhookBench(
        name="HubSpot",
        make=verifier,
        sign=signed,
        body=EVENTS,
        hints=(("customer", "123"),),
        secret="yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        other_secret="zzzzzzzz-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        vectors=(PUBLISHED,),
    )
