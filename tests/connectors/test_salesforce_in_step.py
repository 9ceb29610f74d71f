"""EspoCRM and Salesforce kept in step by the real flows, over real sockets: the kit's fakes as two partners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import espocrm, salesforce
from shared.connectors.integration import load
from tests.connectors.fakes.base import Asked, Given, serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.salesforce_bench import SECRET
from tests.connectors.test_kit_in_step import Connected, an_order
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken
from tests.kit.world import World

TEXT = """
[systems.crm]
connector = "espocrm"
side = "crm"
base_url = "{crm}"
[systems.crm.entities.customer]
versioned = true
[systems.crm.entities.product]
[systems.crm.entities.order]
versioned = true
children = {{ type = "CSalesOrderLine", parent = "salesOrderId" }}
[systems.org]
connector = "salesforce"
side = "supply_chain"
base_url = "{org}"
[systems.org.entities.product]
[systems.org.entities.order]
"""


class Forgetful(SalesforceFake):
    """An org that loses the answer to the first write of each kind, if it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.loses = False
        self.applies = False
        self.lost: list[str] = []

    def answer(self, asked: Asked) -> Given:
        """Answer a request, or hang up."""
        if self.loses and "composite" in asked.path and asked.path not in self.lost:
            self.lost.append(asked.path)
            self.next_replies.append(Given(applies=self.applies, hangs_up=True))
        return super().answer(asked)

    def price_everything(self) -> None:
        """Put each product into the standard price book, as a person does."""
        book = next(iter(self.rows["Pricebook2"]), None) or self.enter("Pricebook2", IsStandard=True)
        for product in self.rows["Product2"]:
            entry = {"Product2Id": product, "Pricebook2Id": book, "IsActive": True, "Pricebook2.IsStandard": True}
            self.enter("PricebookEntry", **entry)


@dataclass
class Pair:
    """Both partners, and the world that keeps them in step."""

    espo: EspoFake
    org: Forgetful
    world: World

    def sync(self, rounds: int = 3) -> None:
        """Poll until everything has gone both ways."""
        for _ in range(rounds):
            self.world.poll().later(200, 2)
        self.world.poll()

    def writes(self) -> int:
        """Return how many writes both partners have seen."""
        return sum(len([each for each in fake.writes() if "oauth2" not in each.path]) for fake in (self.espo, self.org))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Run both partners."""
    espo, org = EspoFake(), Forgetful()
    with ExitStack() as stack:
        for fake in (espo, org):
            stack.enter_context(serving(fake))
        path = tmp_path / "integration.toml"
        path.write_text(TEXT.format(crm=espo.url, org=org.url))
        installation = load(path)
        given: Any = {name: each.settings for name, each in installation.connections.items()}
        systems = {
            "crm": espocrm.connect(given["crm"], lambda _name: {"api_key": "a-live-credential"}),
            "org": salesforce.connect(given["org"], lambda _name: SECRET, OneToken(), FakeClock()),
        }
        for system in systems.values():
            stack.callback(system.close)
        world = World(installation.integration)
        world.parts = replace(world.parts, systems=Connected(systems))
        yield Pair(espo, org, world)
    assert (espo.problems, org.problems) == ([], [])


def the_only(org: SalesforceFake, object_type: str) -> dict[str, Any]:
    """Return the only live record of a type."""
    rows = list(org.live(object_type).values())
    assert len(rows) == 1, rows
    return rows[0]


def a_priced_product(pair: Pair) -> None:
    """Bring the product over first, and price it there."""
    an_order(pair.espo)
    lines, orders = pair.espo.types["CSalesOrderLine"], pair.espo.types["CSalesOrder"]
    kept = (dict(lines), dict(orders))
    lines.clear()
    orders.clear()
    pair.sync()
    pair.org.price_everything()
    lines |= kept[0]
    orders |= kept[1]


def test_an_order_with_all_that_belongs_to_it_arrives_once_and_stays_quiet(pair: Pair) -> None:
    a_priced_product(pair)

    pair.sync()

    account, order, line = (the_only(pair.org, name) for name in ("Account", "Order", "OrderItem"))
    assert (account["Name"], account["BillingCity"]) == ("Initech", "Austin")
    assert the_only(pair.org, "Contact")["LastName"] == "Lumbergh"
    assert (order["OrderReferenceNumber"], order["Status"], order["AccountId"]) == ("SO-77", "Draft", account["Id"])
    assert (line["Product2Id"], line["Quantity"]) == (the_only(pair.org, "Product2")["Id"], 2)
    before = pair.writes()
    pair.sync()
    assert pair.writes() == before


def test_changes_go_both_ways(pair: Pair) -> None:
    a_priced_product(pair)
    pair.sync()
    (line,) = pair.espo.types["CSalesOrderLine"]
    pair.espo.edit("CSalesOrderLine", line, quantity=5)
    pair.org.change(the_only(pair.org, "Account")["Id"], phone="+1 512 555 7777")
    pair.org.edit("Contact", the_only(pair.org, "Contact")["Id"], Title="VP")

    pair.sync()

    assert the_only(pair.org, "OrderItem")["Quantity"] == 5
    assert [row["phone"] for row in pair.espo.shown().values()] == ["+1 512 555 7777"]
    assert [row["title"] for row in pair.espo.types["Contact"].values()] == ["VP"]


@pytest.mark.parametrize("applies", [True, False])
def test_lost_answers_double_nothing(pair: Pair, applies: bool) -> None:
    a_priced_product(pair)
    pair.org.loses, pair.org.applies = True, applies

    pair.sync(6)

    assert pair.org.lost
    for object_type in ("Account", "Product2", "Order", "OrderItem", "Contact"):
        the_only(pair.org, object_type)
