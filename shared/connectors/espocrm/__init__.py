"""The EspoCRM connector: accounts with their contacts, opportunities, custom entities for all else.

What a newcomer should know, measured on a running 8.4:
- A sales order is a custom entity (`CSalesOrder`), its lines another one; products and stock too, where configured.
- Unknown keys of a body are silently ignored; 401, 403 and 404 have an empty body; 500 is also what bad JSON gets.
- A version and its precondition exist only where optimistic concurrency control is switched on for the type.
- A suspected duplicate is refused (409) with the records that match.
- Times are cut to the second; a page has at most 200 records; a webhook is a list of partial records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.connectors.espocrm.capabilities import entities
from shared.connectors.espocrm.settings import EspoSettings
from shared.connectors.http_secrets import ReadSecret, Secrets, api_key
from shared.ports.capabilities import Capabilities

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from shared.connectors.espocrm.events import EspoWebhooks
    from shared.connectors.espocrm.system import EspoSystem
    from shared.ports.clock import Clock
    from shared.ports.tokens import Tokens

__all__ = ["CAPABILITIES", "EspoSettings", "connect", "webhooks"]

CAPABILITIES = Capabilities(
    name="espocrm",
    title="EspoCRM 8",
    settings=EspoSettings,
    entities=entities,
    webhooks="lists of changed records, signed by each webhook's own key (HMAC-SHA256); no event id, no time",
    quota="none of its own; 429 and 503 with Retry-After of what stands in front of it are obeyed",
    why="the REST interface is the one that EspoCRM's own pages use: every entity type, custom ones too, and filters",
    cannot=(
        "customer: tax number, currency, payment terms and credit limit, unless custom fields are mapped",
        "deal: its lines, unless a custom entity is named as its children; without them nothing is promised to it",
        "deal: number and priority, unless fields of yours are mapped; it is wanted on its close date",
        "deal: stages that mean won or lost but Closed Won and Closed Lost, unless they are mapped",
        "order, product, shipment, stock: only as custom entities that are named in integration.toml",
        "batches: EspoCRM takes one record a call",
        "deletes, and contacts or lines that were removed, are seen by reconcile only, unless a webhook tells of them",
        "an exact precondition where optimistic concurrency control is switched off for the entity type",
    ),
    credentials=lambda _: ("api_key",),
)


def connect(
    settings: EspoSettings,
    read_secret: ReadSecret,
    deadline: Callable[[], float] | None = None,
    tokens: Tokens | None = None,
    clock: Clock | None = None,
    transport: BaseAdapter | None = None,
) -> EspoSystem:
    """Return the system of these settings. `deadline` returns the seconds that this invocation has left; with `tokens`
    and `clock` one function tries the credentials before all others use them; `transport` carries the calls
    instead of sockets."""
    from shared.connectors.espocrm.system import EspoSystem
    from shared.connectors.http import Http, Timeouts
    from shared.connectors.http_proof import proof_of

    timeouts = Timeouts(read_seconds=settings.read_seconds, whole_seconds=2 * settings.read_seconds)
    secrets = Secrets(settings.secret, read_secret)
    proof = proof_of(settings.name, secrets, tokens, clock)
    return EspoSystem(
        settings, Http(settings.base_url, secrets, api_key("X-Api-Key"), timeouts, deadline, proof, transport)
    )


def webhooks(settings: EspoSettings, read_secret: ReadSecret) -> EspoWebhooks | None:
    """Return what verifies and reads the webhooks; nothing where none is configured."""
    from shared.connectors.espocrm.events import EspoWebhooks

    return EspoWebhooks(settings, Secrets(settings.secret, read_secret)) if settings.webhooks else None
