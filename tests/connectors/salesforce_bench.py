"""A Salesforce org for tests: how it is described and connected."""

from __future__ import annotations

from typing import Any

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.salesforce import SalesforceSettings, connect
from shared.connectors.salesforce.system import SalesforceSystem
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken

SECRET = {"client_id": "a-client-id", "client_secret": "a-live-secret"}


def settings(url: str = "http://127.0.0.1:1", **keys: Any) -> SalesforceSettings:
    """Return the settings of an org with accounts, products and orders, unless the test says otherwise."""
    entities: dict[str, Any] = {"customer": {}, "product": {}, "order": {}}
    given = {"name": "crm", "base_url": url, "secret": "crm", "entities": entities, **keys}
    return SalesforceSettings.model_validate(given)


def connected(url: str, read_secret: ReadSecret, **keys: Any) -> SalesforceSystem:
    """Return the connected system."""
    return connect(settings(url, **keys), read_secret, OneToken(), FakeClock())
