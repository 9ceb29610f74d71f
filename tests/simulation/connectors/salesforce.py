"""Salesforce in the simulation: accounts with contacts, products that are priced at once, orders with lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.connectors.salesforce import CAPABILITIES, connect
from tests.connectors.fakes.base import Fake, Row
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.salesforce_bench import SECRET, settings
from tests.simulation.connectors.binding import URL, Binding
from tests.simulation.connectors.desk import Cells, Desk, Sheet, number, plain, refers, words

WORDS = {
    "draft": "Draft",
    "placed": "Placed",
    "confirmed": "Activated",
    "partly_shipped": "Partly Shipped",
    "shipped": "Shipped",
    "delivered": "Delivered",
    "cancelled": "Cancelled",
}
SHEETS = {
    "customer": Sheet(
        "Account",
        {
            "name": plain("Name"),
            "email": plain("Email__c"),
            "phone": plain("Phone"),
            "addresses[billing].city": plain("BillingCity"),
            "contacts[].name": plain("LastName"),
            "contacts[].email": plain("Email"),
            "contacts[].phone": plain("Phone"),
        },
        "Tandem_Id__c",
        "Contact",
        "AccountId",
        "contacts",
    ),
    "product": Sheet("Product2", {"sku": plain("StockKeepingUnit"), "name": plain("Name")}, "Tandem_Id__c"),
    "order": Sheet(
        "Order",
        {
            "number": plain("OrderReferenceNumber"),
            "customer": refers("AccountId", "customer"),
            "status": words("Status", WORDS),
            "total": number("TotalAmount", float),
            "lines[].product": refers("Product2Id", "product"),
            "lines[].quantity": number("Quantity", float),
        },
        "Tandem_Id__c",
        "OrderItem",
        "OrderId",
        "lines",
    ),
}


class PricedFake(SalesforceFake):
    """An org that puts each new product into its standard price book."""

    def __init__(self) -> None:
        super().__init__()
        self.book = self.enter("Pricebook2", IsStandard=True)

    def entry_of(self, product: Any) -> str:
        """Return the entry of a product."""
        entries = self.rows["PricebookEntry"].items()
        return next(each for each, row in entries if row["Product2Id"] == product)

    def _keep(self, object_type: str, external_id: str | None, fields: Row) -> Row:
        row = super()._keep(object_type, external_id, fields)
        if object_type == "Product2" and external_id is None:
            entry = {"Product2Id": row["Id"], "Pricebook2Id": self.book, "Pricebook2.IsStandard": True}
            self._keep("PricebookEntry", None, {**entry, "IsActive": True})
        return row


class SalesforceTables:
    """The objects of a fake org."""

    def __init__(self, fake: PricedFake) -> None:
        self._fake = fake

    def live(self, table: str) -> Mapping[str, Cells]:
        """Return the records that are not in the recycle bin."""
        return self._fake.live(table)

    def insert(self, table: str, cells: Cells) -> str:
        """Enter a record; a line by the price of its product."""
        priced = {"PricebookEntryId": self._fake.entry_of(cells["Product2Id"])} if table == "OrderItem" else {}
        return self._fake.enter(table, **cells, **priced)

    def update(self, table: str, external_id: str, cells: Cells) -> None:
        """Change a record."""
        self._fake.edit(table, external_id, **cells)

    def delete(self, table: str, external_id: str) -> None:
        """Put a record into the recycle bin."""
        self._fake.bin(table, external_id)


def desk(fake: Fake) -> Desk:
    """Return the desk of an org."""
    assert isinstance(fake, PricedFake)
    return Desk("crm", SalesforceTables(fake), SHEETS)


def _fake() -> PricedFake:
    fake = PricedFake()
    fake.url = URL
    return fake


SETTINGS = settings(
    URL,
    entities={
        "customer": {"fields": {"email": "Email__c"}},
        "product": {},
        "order": {"fields": {"status": {"path": "Status", "values": WORDS}}},
    },
)

SALESFORCE = Binding(
    name="salesforce",
    system="crm",
    make_fake=_fake,
    connect=lambda around: connect(
        SETTINGS, around.read_secret, around.tokens, around.clock, around.deadline, around.transport
    ),
    desk=desk,
    secret=SECRET,
    settings=SETTINGS,
    entities=CAPABILITIES.entities,
    tells_deletes=True,
)
