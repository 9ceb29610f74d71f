"""What the tests of Salesforce share: a priced product, an order, and what answers and polls show."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.commands import Create
from shared.core.observations import Observation, Refused, Stored, Trouble
from shared.core.values import Reference
from tests.connectors.fakes.salesforce import SalesforceFake

RECORD = "7c407db6-5f27-5e92-b074-45049f8b2384"


def a_product(fake: SalesforceFake, *, priced: bool = True) -> str:
    """Enter a product, and its entry in the standard price book."""
    product = fake.enter("Product2", Name="Tea", StockKeepingUnit="TEA")
    book = next(iter(fake.rows["Pricebook2"]), None) or fake.enter("Pricebook2", IsStandard=True)
    if priced:
        entry = {"Product2Id": product, "Pricebook2Id": book, "IsActive": True, "Pricebook2.IsStandard": True}
        fake.enter("PricebookEntry", **entry)
    return product


def an_order(account: str, product: str, status: str = "confirmed") -> Create:
    """Return the command that makes an order of two lines."""
    return Create(
        RECORD,
        {
            "number": "SO-77",
            "customer": Reference("crm", "customer", account),
            "status": status,
            "placed_at": datetime(2026, 11, 22, 8, 15, tzinfo=UTC),
            "lines[a]": True,
            "lines[a].product": Reference("crm", "product", product),
            "lines[a].quantity": Decimal("3"),
            "lines[a].unit_price": Decimal("18.50"),
            "lines[b]": True,
            "lines[b].product": Reference("crm", "product", product),
            "lines[b].quantity": Decimal("1.5"),
        },
    )


def stored(answer: object) -> Observation:
    """Return what an answer says is stored."""
    assert isinstance(answer, Stored), answer
    return answer.shown


def refusal(answer: object) -> Trouble:
    """Return why a command was refused."""
    assert isinstance(answer, Refused), answer
    return answer.trouble


def polled(system: SalesforceSystem, entity: str, cursor: str | None = None) -> tuple[list[Any], list[str], str | None]:
    """Walk through a poll: what was shown, which ids were named, the cursor to keep."""
    shown: list[Any] = []
    named: list[str] = []
    for _ in range(50):
        page = system.changed_since(entity, cursor)
        assert not isinstance(page, Trouble), page
        shown, named, cursor = [*shown, *page.observations], [*named, *page.ids], page.next_cursor
        if not page.more:
            return shown, named, cursor
    raise AssertionError("the poll does not end")


def log_in(system: SalesforceSystem) -> None:
    """Make a first call, so that the next request is the one that is meant."""
    assert not isinstance(system.list("customer", None), Trouble)


def posted(fake: SalesforceFake, ending: str) -> list[Any]:
    """Return the bodies that were sent to an address."""
    return [asked.body for asked in fake.writes() if asked.path.endswith(ending)]
