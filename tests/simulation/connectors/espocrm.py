"""EspoCRM in the simulation: accounts with contacts, and products and orders with lines as custom entities."""

from __future__ import annotations

import json
from collections.abc import Mapping

from shared.connectors.espocrm import CAPABILITIES, connect, webhooks
from shared.connectors.espocrm.events import HEADER, signature
from shared.connectors.http_secrets import ReadSecret
from shared.ports.system import WebhookRequest, Webhooks
from tests.connectors.espocrm_bench import ORDER, SECRET, settings
from tests.connectors.fakes.base import Fake
from tests.connectors.fakes.espocrm import EspoFake
from tests.simulation.connectors.binding import URL, Binding
from tests.simulation.connectors.desk import Cells, Desk, Sheet, number, plain, refers, words
from tests.simulation.connectors.hooks import Event, Hooks

STATUSES = ("draft", "placed", "confirmed", "partly_shipped", "shipped", "delivered", "cancelled")
WORDS = {each: each.replace("_", " ").capitalize() for each in STATUSES}
SHEETS = {
    "customer": Sheet(
        "Account",
        {
            "name": plain("name"),
            "email": plain("emailAddress"),
            "phone": plain("phoneNumber"),
            "addresses[billing].city": plain("billingAddressCity"),
            "contacts[].name": plain("lastName"),
            "contacts[].email": plain("emailAddress"),
            "contacts[].phone": plain("phoneNumber"),
        },
        "tandemId",
        "Contact",
        "accountId",
        "contacts",
    ),
    "product": Sheet(
        "CProduct", {"sku": plain("sku"), "name": plain("name"), "price": number("price", float)}, "tandemId"
    ),
    "order": Sheet(
        "CSalesOrder",
        {
            "number": plain("orderNumber"),
            "customer": refers("accountId", "customer"),
            "status": words("status", WORDS),
            "total": number("amount", float),
            "lines[].product": refers("productId", "product"),
            "lines[].quantity": number("quantity", float),
        },
        "tandemId",
        "CSalesOrderLine",
        "salesOrderId",
        "lines",
    ),
}


class EspoTables:
    """The records of a fake installation by entity type."""

    def __init__(self, fake: EspoFake) -> None:
        self._fake = fake

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the records."""
        return self._fake.types[table]

    def insert(self, table: str, cells: Cells) -> str:
        """Enter a record; every one has a name there."""
        return self._fake.enter(table, **{"name": "?", **cells})

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change a record."""
        self._fake.edit(table, external_id, **cells)

    def delete(self, table: str, external_id: str) -> None:
        """Delete a record."""
        del self._fake.types[table][external_id]


def desk(fake: Fake) -> Desk:
    """Return the desk of an installation."""
    assert isinstance(fake, EspoFake)
    return Desk("crm", EspoTables(fake), SHEETS)


def post(event: Event) -> WebhookRequest:
    """Return a message with the id of one record."""
    body = json.dumps([{"id": event.name}]).encode()
    webhook = next(each for each, told in HOOKS.items() if told == f"{SHEETS[event.entity].table}.update")
    return WebhookRequest({HEADER: signature(webhook, event.secret["webhook_secret"], body)}, body)


def reader(read_secret: ReadSecret) -> Webhooks:
    """Return what reads the messages."""
    found = webhooks(SETTINGS, read_secret)
    assert found is not None
    return found


HOOKS = {f"6b02a49d{number}": f"{sheet.table}.update" for number, sheet in enumerate(SHEETS.values())}
ORDERS = {**ORDER, "fields": {"status": {"path": "status", "values": WORDS}}}
SETTINGS = settings(
    URL, webhooks=HOOKS, entities={"customer": {"versioned": True}, "order": ORDERS, "product": {"versioned": True}}
)

ESPOCRM = Binding(
    name="espocrm",
    system="crm",
    make_fake=EspoFake,
    connect=lambda around: connect(SETTINGS, around.read_secret, around.deadline, transport=around.transport),
    desk=desk,
    secret={**SECRET, "webhook_secret": "the-key-of-the-webhook"},
    hooks=Hooks(post, reader),
    settings=SETTINGS,
    entities=CAPABILITIES.entities,
)
