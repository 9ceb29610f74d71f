"""The Salesforce connector: accounts with contacts, products, orders and opportunities with items, over the REST API.

What a newcomer should know:
- The host is the customer's My Domain; a login answers with the address to call, and never says when it ends.
- A collection takes 200 records of one type and answers per item, in order, inside status 200.
- A record with parts of its own goes out as a graph, all or nothing.
- Reads are queries by SystemModstamp and id over queryAll, which shows what was deleted for about fifteen days.
- An id has fifteen characters, or eighteen with a checksum of its letter case; here it always has eighteen.
- There is no webhook: change events come over the event bus and are hints (`change_events`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.connectors.http_secrets import ReadSecret, Secrets
from shared.connectors.salesforce.capabilities import entities
from shared.connectors.salesforce.settings import SalesforceSettings
from shared.core.quota import Quota
from shared.ports.capabilities import Capabilities

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter

    from shared.connectors.salesforce.events import ChangeEvents
    from shared.connectors.salesforce.system import SalesforceSystem
    from shared.ports.clock import Clock
    from shared.ports.tokens import Tokens

__all__ = ["CAPABILITIES", "SalesforceSettings", "change_events", "connect"]


def _credentials(settings: object) -> tuple[str, ...]:
    assert isinstance(settings, SalesforceSettings)
    return ("client_id", "username", "private_key") if settings.auth == "jwt" else ("client_id", "client_secret")


CAPABILITIES = Capabilities(
    name="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    entities=entities,
    webhooks="none: change events come over the event bus, by Event Relay or AppFlow",
    quota="100,000 calls a day and more by edition, shared with every other integration of the org; 25 at once",
    allows=Quota(concurrent=25, call_seconds=60.0),
    why="the REST API has collections of 200, an upsert by an external id of our own, and graphs, all or nothing",
    cannot=(
        "customer: e-mail, tax number and currency, unless fields of yours are mapped",
        "product: prices, which stand in price books; they are read from there for new order lines only",
        "order: statuses but placed and confirmed, unless the values of your picklist are mapped",
        "deal: number and priority, unless fields of yours are mapped; it is wanted on its close date",
        "deal: its amount, which Salesforce adds up from its products; a new one needs a stage and a close date",
        "deal: stages that mean won or lost but Closed Won and Closed Lost, unless they are mapped",
        "shipment, stock: no usual object; only as custom objects that are named in integration.toml",
        "a precondition: the record is read right before it is written",
        "contacts that moved to another account: the one that they left is seen by reconcile only",
        "merges: the account that was merged away counts as deleted; what it keeps elsewhere is on_delete's to say",
        "deletes older than about fifteen days are seen by reconcile only",
        "backfills by Bulk API: the first poll reads pages of 2,000",
    ),
    credentials=_credentials,
)


def connect(
    settings: SalesforceSettings,
    read_secret: ReadSecret,
    tokens: Tokens,
    clock: Clock,
    deadline: Callable[[], float] | None = None,
    transport: BaseAdapter | None = None,
) -> SalesforceSystem:
    """Return the system of these settings. `deadline` returns the seconds that this invocation has left;
    `transport` carries the calls instead of sockets."""
    from shared.connectors.http import Http, Timeouts
    from shared.connectors.salesforce.session import Session
    from shared.connectors.salesforce.system import SalesforceSystem

    timeouts = Timeouts(read_seconds=settings.read_seconds, whole_seconds=2 * settings.read_seconds)
    secrets = Secrets(settings.secret or settings.name, read_secret)

    def make(url: str) -> Http:
        return Http(url, secrets, timeouts=timeouts, deadline=deadline, transport=transport)

    return SalesforceSystem(settings, Session(settings, make, tokens, clock))


def change_events(settings: SalesforceSettings) -> ChangeEvents:
    """Return what reads the change events of this org from the event bus."""
    from shared.connectors.salesforce.events import ChangeEvents

    return ChangeEvents(settings)
