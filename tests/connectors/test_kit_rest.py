"""The connector kit on `rest`: a plain system with cursor pages, batches, a counter as revision, our reference."""

from __future__ import annotations

from tests.connectors.rest_bench import REST, REST_WEBHOOKS
from tests.kit.connector_kit import ConnectorKit
from tests.kit.kit_webhooks import WebhookKit


class TestRestWebhooks(WebhookKit):
    """Standard Webhooks pass the kit."""

    webhook_bench = REST_WEBHOOKS


class TestRest(ConnectorKit):
    """`rest` passes the kit."""

    bench = REST
