"""Odoo in the simulation, as the ERP: partners with contacts, products, sale orders with lines and their steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.odoo import CAPABILITIES, connect, webhooks
from shared.ports.system import WebhookRequest, Webhooks
from tests.connectors.fakes.base import Fake
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo_bench import SECRET, settings
from tests.simulation.connectors.binding import URL, Binding
from tests.simulation.connectors.desk import Cells, Desk, Sheet, number, plain, refers, words
from tests.simulation.connectors.hooks import Event, Hooks

STATUS, CONTACTS = "@status", "@contacts"
"""A cell made of an order's state and its delivery status, and the partners that are somebody's contact."""

WORDS = {
    "draft": "draft",
    "placed": "sent",
    "confirmed": "sale",
    "partly_shipped": "partial",
    "shipped": "full",
    "cancelled": "cancel",
}
DELIVERED = ("partial", "full")
MODELS = {CONTACTS: "res.partner"}
SHEETS = {
    "customer": Sheet(
        "res.partner",
        {
            "name": plain("name", False),
            "email": plain("email", False),
            "phone": plain("phone", False),
            "addresses[billing].city": plain("city", False),
            "contacts[].name": plain("name", False),
            "contacts[].email": plain("email", False),
            "contacts[].phone": plain("phone", False),
        },
        "x_tandem_id",
        CONTACTS,
        "parent_id",
        "contacts",
    ),
    "product": Sheet(
        "product.product",
        {
            "sku": plain("default_code", False),
            "name": plain("name", False),
            "price": number("list_price", float, False),
        },
        "x_tandem_id",
    ),
    "order": Sheet(
        "sale.order",
        {
            "number": plain("name", False),
            "customer": refers("partner_id", "customer", int),
            "status": words(STATUS, WORDS),
            "lines[].product": refers("product_id", "product", int),
            "lines[].quantity": number("product_uom_qty", float, False),
            "lines[].shipped": number("qty_delivered", float, False),
        },
        "x_tandem_id",
        "sale.order.line",
        "order_id",
        "lines",
    ),
}


class OdooTables:
    """The models of a fake database; partners twice, as customers and as contacts."""

    def __init__(self, fake: OdooFake) -> None:
        self._fake = fake

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the records that are not archived."""
        rows = self._fake.tables[MODELS.get(table, table)].items()
        return {str(each): _with_status(row) for each, row in rows if row.get("active", True) and _is_of(table, row)}

    def insert(self, table: str, cells: Cells) -> str:
        """Enter a record."""
        more = {"type": "contact"} if table == CONTACTS else {}
        return str(self._fake.enter(MODELS.get(table, table), **_values(cells), **more))

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change a record."""
        self._fake.edit(MODELS.get(table, table), int(external_id), **_values(cells))

    def delete(self, table: str, external_id: str) -> None:
        """Archive a partner or a product, delete anything else; an order goes with its lines."""
        if table in ("res.partner", CONTACTS, "product.product"):
            self.update(table, external_id, {"active": False})
        else:
            del self._fake.tables[table][int(external_id)]
            self._drop_lines(int(external_id) if table == "sale.order" else 0)

    def _drop_lines(self, order: int) -> None:
        lines = self._fake.tables["sale.order.line"]
        for each in [each for each, row in lines.items() if row["order_id"] == order]:
            del lines[each]


def _is_of(table: str, row: Cells) -> bool:
    if table in ("res.partner", CONTACTS):
        return bool(row.get("parent_id")) is (table == CONTACTS)
    return True


def _with_status(row: Cells) -> Cells:
    if "state" not in row:
        return row
    delivered = row.get("delivery_status")
    return {**row, STATUS: delivered if row["state"] == "sale" and delivered in DELIVERED else row["state"]}


def _values(cells: Cells) -> dict[str, Any]:
    values = {name: int(value) if name in ("parent_id", "order_id") else value for name, value in cells.items()}
    status = values.pop(STATUS, None)
    if status is not None:
        delivered = status if status in DELIVERED else False
        values |= {"state": "sale" if delivered else status, "delivery_status": delivered}
    return values


def desk(fake: Fake) -> Desk:
    """Return the desk of a database."""
    assert isinstance(fake, OdooFake)
    return Desk("erp", OdooTables(fake), SHEETS)


def post(event: Event) -> WebhookRequest:
    """Return the message of an automation rule; the address holds the token."""
    body = json.dumps({"_model": SHEETS[event.entity].table, "_id": int(event.name)}).encode()
    return WebhookRequest({}, body, f"https://sync.example.com/webhooks/erp?token={event.secret['webhook_secret']}")


def reader(read_secret: ReadSecret) -> Webhooks:
    """Return what reads the messages."""
    found = webhooks(SETTINGS, read_secret)
    assert found is not None
    return found


PRODUCT = {"without": ["discontinued", "unit", "gtin"]}
ORDER = {"without": ["placed_at", "wanted_at", "currency", "tax", "total"]}
SETTINGS = settings(URL, webhooks=True, entities={"customer": {}, "product": PRODUCT, "order": ORDER})

ODOO = Binding(
    name="odoo",
    system="erp",
    make_fake=OdooFake,
    connect=lambda around: connect(SETTINGS, around.read_secret, around.deadline, transport=around.transport),
    desk=desk,
    secret={**SECRET, "webhook_secret": "a-token"},
    hooks=Hooks(post, reader),
    settings=SETTINGS,
    entities=CAPABILITIES.entities,
)
