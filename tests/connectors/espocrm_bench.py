"""An EspoCRM for tests: how it is described, connected, and what it is recorded to answer.

The keys in the recordings are those of an installation that was made for them and thrown away.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from shared.connectors.espocrm import EspoSettings, connect, webhooks
from shared.connectors.espocrm.events import signature
from shared.connectors.espocrm.system import EspoSystem
from shared.connectors.http_secrets import ReadSecret
from shared.ports.system import Webhooks
from tests.connectors.fakes.base import Given

FOLDER = Path(__file__).with_name("recordings") / "espocrm"
ANSWERS: Mapping[str, Any] = json.loads((FOLDER / "answers.json").read_text(encoding="utf-8"))
MESSAGES: list[dict[str, str]] = json.loads((FOLDER / "webhooks.json").read_text(encoding="utf-8"))
CREATE, UPDATE, OTHER = MESSAGES
SECRET = {"api_key": "a-live-credential"}
ORDER = {
    "versioned": True,
    "children": {"type": "CSalesOrderLine", "parent": "salesOrderId"},
    "fields": {"placed_at": "cPlacedAt"},
}


def settings(url: str = "http://127.0.0.1:1", **keys: Any) -> EspoSettings:
    """Return the settings of an Espo with customers and orders, unless the test says otherwise."""
    entities = {"customer": {"versioned": True, "without": []}, "order": ORDER, "product": {}}
    webhooks = {message["webhook"]: message["event"] for message in MESSAGES}
    given = {"name": "crm", "base_url": url, "secret": "crm", "entities": entities, "webhooks": webhooks, **keys}
    return EspoSettings.model_validate(given)


def connected(url: str, read_secret: ReadSecret) -> EspoSystem:
    """Return the connected system."""
    return connect(settings(url), read_secret)


def recorded(name: str) -> Given:
    """Return a recorded answer."""
    answer = ANSWERS[name]
    return Given(answer["status"], answer["body"] or None, answer["headers"])


def verifier(read_secret: ReadSecret, _url: str) -> Webhooks:
    """Return what verifies Espo's webhooks."""
    found = webhooks(settings(), read_secret)
    assert found is not None
    return found


def signed(body: bytes, secret: str, _at: datetime) -> dict[str, str]:
    """Return the headers of a message, as Espo writes them."""
    return {"X-Signature": signature(UPDATE["webhook"], secret, body)}
