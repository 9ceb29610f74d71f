"""EspoCRM and Salesforce kept in step by the real flows, over real sockets: the kit's fakes as two partners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import salesforce
from tests.connectors.fakes.base import Asked
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.in_step import Forgetful, Pair, an_order, in_step
from tests.connectors.salesforce_bench import SECRET
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken

ORG = """
[systems.org]
connector = "salesforce"
side = "supply_chain"
base_url = "{url}"
[systems.org.entities.product]
[systems.org.entities.order]
"""


class Forgetting(Forgetful, SalesforceFake):
    """An org that loses answers to collections and graphs."""

    def may_be_lost(self, asked: Asked) -> bool:
        """Tell whether a request is a collection or a graph."""
        return "composite" in asked.path

    def price_everything(self) -> None:
        """Put each product into the standard price book, as a person does."""
        book = next(iter(self.rows["Pricebook2"]), None) or self.enter("Pricebook2", IsStandard=True)
        for product in self.rows["Product2"]:
            entry = {"Product2Id": product, "Pricebook2Id": book, "IsActive": True, "Pricebook2.IsStandard": True}
            self.enter("PricebookEntry", **entry)


def is_write(asked: Asked) -> bool:
    """Tell writes from reads and logins."""
    return asked.method != "GET" and "oauth2" not in asked.path


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair[Forgetting]]:
    """Run both partners."""

    def connect(settings: Any) -> Any:
        return salesforce.connect(settings, lambda _name: SECRET, OneToken(), FakeClock())

    with in_step(tmp_path, Forgetting(), ORG, connect, is_write) as pair:
        yield pair


def the_only(org: SalesforceFake, object_type: str) -> dict[str, Any]:
    """Return the only live record of a type."""
    rows = list(org.live(object_type).values())
    assert len(rows) == 1, rows
    return rows[0]


def a_priced_product(pair: Pair[Forgetting]) -> None:
    """Bring the product over first, and price it there."""
    an_order(pair.espo)
    lines, orders = pair.espo.types["CSalesOrderLine"], pair.espo.types["CSalesOrder"]
    kept = (dict(lines), dict(orders))
    lines.clear()
    orders.clear()
    pair.sync()
    pair.other.price_everything()
    lines |= kept[0]
    orders |= kept[1]


def test_an_order_with_all_that_belongs_to_it_arrives_once_and_stays_quiet(pair: Pair[Forgetting]) -> None:
    a_priced_product(pair)

    pair.sync()

    account, order, line = (the_only(pair.other, name) for name in ("Account", "Order", "OrderItem"))
    assert (account["Name"], account["BillingCity"]) == ("Initech", "Austin")
    assert the_only(pair.other, "Contact")["LastName"] == "Lumbergh"
    assert (order["OrderReferenceNumber"], order["Status"], order["AccountId"]) == ("SO-77", "Draft", account["Id"])
    assert (line["Product2Id"], line["Quantity"]) == (the_only(pair.other, "Product2")["Id"], 2)
    before = pair.writes()
    pair.sync()
    assert pair.writes() == before


def test_changes_go_both_ways(pair: Pair[Forgetting]) -> None:
    a_priced_product(pair)
    pair.sync()
    (line,) = pair.espo.types["CSalesOrderLine"]
    pair.espo.edit("CSalesOrderLine", line, quantity=5)
    pair.other.change(the_only(pair.other, "Account")["Id"], phone="+1 512 555 7777")
    pair.other.edit("Contact", the_only(pair.other, "Contact")["Id"], Title="VP")

    pair.sync()

    assert the_only(pair.other, "OrderItem")["Quantity"] == 5
    assert [row["phone"] for row in pair.espo.shown().values()] == ["+1 512 555 7777"]
    assert [row["title"] for row in pair.espo.types["Contact"].values()] == ["VP"]


@pytest.mark.parametrize("applies", [True, False])
def test_lost_answers_double_nothing(pair: Pair[Forgetting], applies: bool) -> None:
    a_priced_product(pair)
    pair.other.loses, pair.other.applies = True, applies

    pair.sync(6)

    assert pair.other.lost
    for object_type in ("Account", "Product2", "Order", "OrderItem", "Contact"):
        the_only(pair.other, object_type)
