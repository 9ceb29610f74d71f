"""HubSpot in the simulation: companies with e-mail and credit limit as properties, products, orders with line items."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.hubspot import CAPABILITIES, connect, webhooks
from shared.connectors.hubspot.events import signature
from shared.ports.system import WebhookRequest, Webhooks
from tests.connectors.fakes.base import Fake
from tests.connectors.fakes.hubspot import HubSpotFake
from tests.connectors.hubspot_bench import SECRET, settings
from tests.connectors.hubspot_bench import URL as ADDRESS
from tests.simulation.connectors.binding import URL, Binding
from tests.simulation.connectors.desk import Cells, Column, Desk, Sheet, number, plain, refers, words
from tests.simulation.connectors.hooks import Event, Hooks

PARENT, PARTNER = "@parent", "@company"
"""Cells that are associations: a child's record, an order's company."""

PARENTS = {"contacts": "companies", "line_items": "orders"}
TYPES = {"customer": "0-2", "product": "0-7", "order": "0-123"}
STATUSES = ("draft", "placed", "confirmed", "partly_shipped", "shipped", "delivered", "cancelled")


def text(name: str) -> Column:
    """Return a column of text; the empty text is nothing."""
    return plain(name, "")


SHEETS = {
    "customer": Sheet(
        "companies",
        {
            "name": text("name"),
            "email": text("email"),
            "phone": text("phone"),
            "addresses[billing].city": text("city"),
            "contacts[].name": text("lastname"),
            "contacts[].email": text("email"),
            "contacts[].phone": text("phone"),
        },
        "tandem_id",
        "contacts",
        PARENT,
        "contacts",
    ),
    "product": Sheet(
        "products", {"sku": text("hs_sku"), "name": text("name"), "price": number("price", str, "")}, "tandem_id"
    ),
    "order": Sheet(
        "orders",
        {
            "number": text("hs_order_name"),
            "customer": refers(PARTNER, "customer"),
            "status": words("hs_external_order_status", {each: each for each in STATUSES}),
            "total": number("hs_total_price", str, ""),
            "lines[].product": refers("hs_product_id", "product"),
            "lines[].quantity": number("quantity", str, ""),
        },
        "tandem_id",
        "line_items",
        PARENT,
        "lines",
    ),
}


class HubSpotTables:
    """The objects of a fake account as tables; associations are cells."""

    def __init__(self, fake: HubSpotFake) -> None:
        self._fake = fake

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the objects that are not archived, with whom they are associated."""
        rows = self._fake.objects[table].items()
        return {each: row["properties"] | self._links(table, each) for each, row in rows if not row["archived"]}

    def insert(self, table: str, cells: Cells) -> str:
        """Enter an object."""
        made = self._fake.enter(table, **_properties(cells))
        self._associate(table, made, cells)
        return made

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change an object."""
        if _properties(cells):
            self._fake.edit(table, external_id, **_properties(cells))
        self._associate(table, external_id, cells)

    def delete(self, table: str, external_id: str) -> None:
        """Archive an object."""
        self._fake._end(table, external_id)

    def _associate(self, table: str, external_id: str, cells: Cells) -> None:
        if cells.get(PARENT):
            self._fake.link(PARENTS[table], str(cells[PARENT]), table, external_id)
        if cells.get(PARTNER):
            self._fake.link(table, external_id, "companies", str(cells[PARTNER]))

    def _links(self, table: str, external_id: str) -> dict[str, Any]:
        found = {to: other for of, own, to, other in sorted(self._fake.links) if (of, own) == (table, external_id)}
        return {PARENT: found.get(PARENTS.get(table, "")), PARTNER: found.get("companies")}


def _properties(cells: Cells) -> dict[str, str]:
    return {name: value for name, value in cells.items() if name not in (PARENT, PARTNER)}


def desk(fake: Fake) -> Desk:
    """Return the desk of an account."""
    assert isinstance(fake, HubSpotFake)
    return Desk("crm", HubSpotTables(fake), SHEETS)


def post(event: Event) -> WebhookRequest:
    """Return a message with one event, signed over the address that HubSpot was told."""
    milliseconds = round(event.at.timestamp() * 1000)
    told = {"eventId": event.number % 7, "portalId": 62515, "occurredAt": milliseconds, "objectId": int(event.name)}
    kind = {"subscriptionType": "object.propertyChange", "objectTypeId": TYPES[event.entity]}
    body = json.dumps([{**told, **kind}]).encode()
    signed = signature(event.secret["webhook_secret"], ADDRESS, body, str(milliseconds))
    headers = {"x-hubspot-signature-v3": signed, "x-hubspot-request-timestamp": str(milliseconds)}
    return WebhookRequest(headers, body)


def reader(read_secret: ReadSecret) -> Webhooks:
    """Return what reads the messages."""
    found = webhooks(SETTINGS, read_secret)
    assert found is not None
    return found


SETTINGS = settings(URL, entities={"customer": {"fields": {"email": "email"}}, "product": {}, "order": {}})

HUBSPOT = Binding(
    name="hubspot",
    system="crm",
    make_fake=HubSpotFake,
    connect=lambda around: connect(SETTINGS, around.read_secret, around.deadline, transport=around.transport),
    desk=desk,
    secret={**SECRET, "webhook_secret": "the-secret-of-the-app"},
    hooks=Hooks(post, reader),
    settings=SETTINGS,
    entities=CAPABILITIES.entities,
    tells_deletes=True,
)
