"""The Odoo connector: partners, products, sale orders, pickings and quants, over JSON-2 (19 and later) or JSON-RPC.

What a newcomer should know; from Odoo's documentation, not yet met by a live one:
- Each call is a transaction of its own: an order goes with its lines in one `create`, contacts with their company.
- Nothing is `false`; another record is `[id, name]`; times are UTC without saying so, cut to the second.
- `write_date` is when a transaction began: what is committed late shows an old one, so polls reach back.
- A change of a line, a contact or a quant does not always stamp what it belongs to; a deletion leaves nothing.
- JSON-RPC tells its errors with status 200; any error says that the transaction was rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from shared.connectors.http_secrets import ReadSecret, Secrets, api_key, nobody
from shared.connectors.odoo.capabilities import entities
from shared.connectors.odoo.settings import OdooSettings
from shared.core.quota import Quota
from shared.ports.capabilities import Capabilities

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from shared.connectors.odoo.events import OdooWebhooks
    from shared.connectors.odoo.system import OdooSystem
    from shared.ports.clock import Clock
    from shared.ports.tokens import Tokens

__all__ = ["CAPABILITIES", "OdooSettings", "connect", "webhooks"]


def _credentials(settings: object) -> tuple[str, ...]:
    assert isinstance(settings, OdooSettings)
    return ("username", "api_key") if settings.interface == "jsonrpc" else ("api_key",)


ONLINE = Quota(concurrent=1, call_seconds=30.0)
"""What Odoo Online asks of whoever calls it: one at a time."""


def _allows_at(address: str) -> Quota | None:
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return None
    return ONLINE if host.endswith(".odoo.com") else None


CAPABILITIES = Capabilities(
    name="odoo",
    title="Odoo 14 to 19",
    settings=OdooSettings,
    entities=entities,
    webhooks="automation rules post model and id, unsigned and once; a token in the address lets them in",
    quota="429 and 503 are obeyed; Odoo Online (*.odoo.com) has one caller at a time, and needs the Custom plan",
    allows_at=_allows_at,
    why="JSON-2 is Odoo's interface from 19 on, JSON-RPC the one before: every model, and a transaction per call",
    cannot=(
        "customer: status, currency, payment terms and credit limit, unless fields are mapped",
        "customer: several delivery addresses; the first one is the shipping address",
        "customer: a region or country that Odoo does not know by that name or code is not stored",
        "product: its unit of measure is shown, never changed",
        "order: freight, ship-to and currency are Odoo's to decide; freight is a line there",
        "order: lines of a confirmed order that Odoo itself does not let anybody remove or change",
        "order: partly shipped and shipped are shown (16 and later, delivery_status), never set",
        "a precondition: the record is read right before it is written",
        "revisions cover neither lines nor contacts nor the delivery address; those are walked by themselves",
        "records that are deleted, and lines that are removed, are seen by reconcile only",
    ),
    credentials=_credentials,
)


def connect(
    settings: OdooSettings,
    read_secret: ReadSecret,
    deadline: Callable[[], float] | None = None,
    tokens: Tokens | None = None,
    clock: Clock | None = None,
    transport: BaseAdapter | None = None,
) -> OdooSystem:
    """Return the system of these settings. `deadline` returns the seconds that this invocation has left; with `tokens`
    and `clock` one function tries the credentials before all others use them; `transport` carries the calls
    instead of sockets."""
    from shared.connectors.http import Http, Timeouts
    from shared.connectors.http_proof import proof_of
    from shared.connectors.odoo.api import Json2, JsonRpc
    from shared.connectors.odoo.system import OdooSystem

    timeouts = Timeouts(read_seconds=settings.read_seconds, whole_seconds=2 * settings.read_seconds)
    secrets = Secrets(settings.secret, read_secret)
    proof = proof_of(settings.name, secrets, tokens, clock)
    if settings.interface == "jsonrpc":
        http = Http(settings.base_url, secrets, nobody, timeouts, deadline, transport=transport)
        return OdooSystem(settings, http, JsonRpc(http, settings.database, proof))
    http = Http(settings.base_url, secrets, api_key("Authorization", "bearer "), timeouts, deadline, proof, transport)
    return OdooSystem(settings, http, Json2(http, settings.database))


def webhooks(settings: OdooSettings, read_secret: ReadSecret) -> OdooWebhooks | None:
    """Return what verifies and reads the webhooks; nothing where none are configured."""
    from shared.connectors.odoo.events import OdooWebhooks

    return OdooWebhooks(settings, Secrets(settings.secret, read_secret)) if settings.webhooks else None
