"""An Odoo for tests: how it is described and connected, in each of its two interfaces."""

from __future__ import annotations

from typing import Any

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.odoo import OdooSettings, connect
from shared.connectors.odoo.system import OdooSystem
from tests.connectors.fakes.odoo import DATABASE

SECRET = {"api_key": "a-live-credential"}
RPC_SECRET = {"username": "sync", "api_key": "a-live-credential"}


def settings(url: str = "http://127.0.0.1:1", **keys: Any) -> OdooSettings:
    """Return the settings of an Odoo that has everything, unless the test says otherwise."""
    return OdooSettings.model_validate(
        {
            "name": "erp",
            "base_url": url,
            "secret": "erp",
            "database": DATABASE,
            "webhooks": True,
            "page_size": 500,
            **keys,
        }
    )


def connected(url: str, read_secret: ReadSecret) -> OdooSystem:
    """Return the system, connected over JSON-2."""
    return connect(settings(url), read_secret)


def connected_by_rpc(url: str, read_secret: ReadSecret) -> OdooSystem:
    """Return the system, connected over JSON-RPC."""
    return connect(settings(url, interface="jsonrpc"), read_secret)
