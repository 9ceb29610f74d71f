"""The HubSpot connector: companies with contacts, products, orders and deals with line items, over the object API.

What a newcomer should know:
- Paths carry a date (`/crm/objects/2026-09/companies`); each is supported for eighteen months, so it is a setting.
- A search shows at most 10,000 results, lags by seconds, and five a second are allowed to the whole account.
- A batch answers per item, in no order, and status 200 may carry errors: every input has a trace id.
- Every value is text, and the empty text clears. Our record id needs a property with unique values.
- Line items, contacts and the order's company are associations: no time stamp of the record covers them.
- A merge gives a record another id; it stays known to us by the lowest (`subject`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.connectors.http_secrets import ReadSecret, Secrets, bearer
from shared.connectors.hubspot.capabilities import entities
from shared.connectors.hubspot.settings import HubSpotSettings
from shared.core.quota import Quota, Window
from shared.ports.capabilities import Capabilities

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from shared.connectors.hubspot.events import HubSpotWebhooks
    from shared.connectors.hubspot.system import HubSpotSystem
    from shared.ports.clock import Clock
    from shared.ports.tokens import Tokens

__all__ = ["CAPABILITIES", "HubSpotSettings", "connect", "webhooks"]

CAPABILITIES = Capabilities(
    name="hubspot",
    title="HubSpot CRM",
    settings=HubSpotSettings,
    entities=entities,
    webhooks="lists of events, signature v3 over the configured URL, five minutes either way",
    quota="100 to 250 calls per 10 s and 250,000 to 1,000,000 a day by plan; 5 searches a second for the whole account",
    allows=Quota((Window(190, 10.0, but="/search"), Window(5, 1.0, only="/search"))),
    why="the object API has batches of 100, search by time, and an upsert by a unique property of our own",
    cannot=(
        "customer: e-mail, number, tax number and currency, unless properties of yours are mapped",
        "deal: number and priority, unless properties of yours are mapped; it is wanted on its close date",
        "deal: its probability, which HubSpot takes from the stage",
        "deal: any pipeline's words for won and lost but closedwon and closedlost, unless they are mapped",
        "shipment, stock: no object of HubSpot's own; only as custom objects that are named in integration.toml",
        "a precondition: the record is read right before it is written",
        "line items and contacts that were removed, and associations that changed, only reconcile or a webhook sees",
        "access by OAuth refresh tokens: a static token of a developer-platform app or a service key is used",
    ),
    credentials=lambda _: ("token",),
)


def connect(
    settings: HubSpotSettings,
    read_secret: ReadSecret,
    deadline: Callable[[], float] | None = None,
    tokens: Tokens | None = None,
    clock: Clock | None = None,
    transport: BaseAdapter | None = None,
) -> HubSpotSystem:
    """Return the system of these settings. `deadline` returns the seconds that this invocation has left; with `tokens`
    and `clock` one function tries the credentials before all others use them; `transport` carries the calls
    instead of sockets."""
    from shared.connectors.http import Http, Timeouts
    from shared.connectors.http_proof import proof_of
    from shared.connectors.hubspot.system import HubSpotSystem

    timeouts = Timeouts(read_seconds=settings.read_seconds, whole_seconds=2 * settings.read_seconds)
    secrets = Secrets(settings.secret, read_secret)
    proof = proof_of(settings.name, secrets, tokens, clock)
    return HubSpotSystem(settings, Http(settings.base_url, secrets, bearer, timeouts, deadline, proof, transport))


def webhooks(settings: HubSpotSettings, read_secret: ReadSecret) -> HubSpotWebhooks | None:
    """Return what verifies and reads the webhooks; nothing where no address is configured."""
    from shared.connectors.hubspot.events import HubSpotWebhooks

    return HubSpotWebhooks(settings, Secrets(settings.secret, read_secret)) if settings.webhook_url else None
