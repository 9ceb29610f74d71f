"""A HubSpot account for tests: how it is described, connected, and what it is documented to answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.hubspot import HubSpotSettings, connect, webhooks
from shared.connectors.hubspot.events import signature
from shared.connectors.hubspot.system import HubSpotSystem
from shared.ports.system import Webhooks
from tests.connectors.fakes.base import Given

SECRET = {"token": "a-live-credential"}
URL = "https://sync.example.com/webhooks/crm"


def settings(url: str = "http://127.0.0.1:1", **keys: Any) -> HubSpotSettings:
    """Return the settings of an account with companies, products and orders, unless the test says otherwise."""
    entities: dict[str, Any] = {"customer": {}, "product": {}, "order": {}}
    given = {"name": "crm", "base_url": url, "secret": "crm", "entities": entities, "webhook_url": URL, **keys}
    return HubSpotSettings.model_validate(given)


def connected(url: str, read_secret: ReadSecret) -> HubSpotSystem:
    """Return the connected system."""
    return connect(settings(url), read_secret)


def refused(status: int, category: str, message: str = "It did not work", **more: Any) -> Given:
    """Return an error as HubSpot answers it."""
    body = {"status": "error", "message": message, "correlationId": "a-b-c", "category": category, **more}
    return Given(status, body)


def limited(policy: str) -> Given:
    """Return the answer to a call too many."""
    body = {"status": "error", "message": "limit", "errorType": "RATE_LIMIT", "policyName": policy, "requestId": "r"}
    return Given(429, body)


def verifier(read_secret: ReadSecret, url: str) -> Webhooks:
    """Return what verifies HubSpot's webhooks at an address."""
    found = webhooks(settings(webhook_url=url), read_secret)
    assert found is not None
    return found


def signed(body: bytes, secret: str, at: datetime) -> dict[str, str]:
    """Return the headers of a message, as HubSpot writes them."""
    milliseconds = str(round(at.timestamp() * 1000))
    return {
        "X-HubSpot-Signature-v3": signature(secret, URL, body, milliseconds),
        "X-HubSpot-Request-Timestamp": milliseconds,
    }
