"""EspoCRM and HubSpot kept in step by the real flows, over real sockets: the kit's fakes as two partners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import espocrm, hubspot
from shared.connectors.integration import load
from shared.ports.system import System, Webhooks
from tests.connectors.fakes.base import Asked, Fake, Given, serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.connectors.fakes.hubspot import HubSpotFake
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
[systems.shop]
connector = "hubspot"
side = "supply_chain"
base_url = "{shop}"
[systems.shop.entities.product]
[systems.shop.entities.order]
"""


class Forgetful(HubSpotFake):
    """An account that loses the answer to the first upsert of each type, if it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.loses = False
        self.applies = False
        self.lost: list[str] = []

    def answer(self, asked: Asked) -> Given:
        if self.loses and asked.path.endswith("/upsert") and asked.path not in self.lost:
            self.lost.append(asked.path)
            self.next_replies.append(Given(applies=self.applies, hangs_up=True))
        return super().answer(asked)


@dataclass
class Pair:
    """Both partners, and the world that keeps them in step."""

    espo: EspoFake
    hub: Forgetful
    world: World

    def sync(self, rounds: int = 3) -> None:
        """Poll until everything has gone both ways."""
        for _ in range(rounds):
            self.world.poll().later(200, 2)
        self.world.poll()

    def writes(self) -> int:
        """Return how many writes both partners have seen."""
        return sum(map(_writes, (self.espo, self.hub)))


class Connected:
    """The systems by name."""

    def __init__(self, systems: dict[str, Any]) -> None:
        self.systems = systems

    def system(self, name: str) -> System:
        found: System = self.systems[name]
        return found

    def webhooks(self, name: str) -> Webhooks | None:
        assert name in self.systems
        return None


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    espo, hub = EspoFake(), Forgetful()
    with ExitStack() as stack:
        for fake in (espo, hub):
            stack.enter_context(serving(fake))
        path = tmp_path / "integration.toml"
        path.write_text(TEXT.format(crm=espo.url, shop=hub.url))
        installation = load(path)
        secret = {"api_key": "a-live-credential", "token": "a-live-credential"}
        makers: dict[str, Any] = {"crm": espocrm.connect, "shop": hubspot.connect}
        systems = {
            name: makers[name](connection.settings, lambda _name: secret)
            for name, connection in installation.connections.items()
        }
        for system in systems.values():
            stack.callback(system.close)
        world = World(installation.integration)
        world.parts = replace(world.parts, systems=Connected(systems))
        yield Pair(espo, hub, world)
    assert (espo.problems, hub.problems) == ([], [])


def an_order(espo: EspoFake) -> tuple[str, str]:
    """Enter an order with all that belongs to it; return its id and that of its only line."""
    account = espo.enter("Account", name="Initech", phoneNumber="+1 512 555 0100", billingAddressCity="Austin")
    espo.enter("Contact", firstName="Bill", lastName="Lumbergh", emailAddress="bill@initech.example", accountId=account)
    product = espo.enter("CProduct", name="Tea", sku="TEA", price=18.5)
    order = espo.enter("CSalesOrder", name="SO", orderNumber="SO-77", accountId=account, status="Placed", amount=37)
    return order, espo.enter("CSalesOrderLine", salesOrderId=order, productId=product, quantity=2, unitPrice=18.5)


def the_only(fake: HubSpotFake, object_type: str) -> dict[str, Any]:
    """Return the properties of the only object of a type."""
    rows = list(fake.objects[object_type].values())
    assert len(rows) == 1, rows
    properties: dict[str, Any] = rows[0]["properties"]
    return properties


def test_an_order_with_all_that_belongs_to_it_arrives_once_and_stays_quiet(pair: Pair) -> None:
    an_order(pair.espo)

    pair.sync()

    assert the_only(pair.hub, "companies")["city"] == "Austin"
    assert the_only(pair.hub, "contacts")["lastname"] == "Lumbergh"
    assert the_only(pair.hub, "products")["hs_sku"] == "TEA"
    order, line = the_only(pair.hub, "orders"), the_only(pair.hub, "line_items")
    assert (order["hs_order_name"], order["hs_external_order_status"]) == ("SO-77", "placed")
    assert line["quantity"] == "2"
    assert line["hs_product_id"] == the_only(pair.hub, "products")["hs_object_id"]
    assert len(pair.hub.links) == 2 * 3
    before = pair.writes()
    pair.sync()
    assert pair.writes() == before


def test_changes_of_parts_go_on(pair: Pair) -> None:
    _, line = an_order(pair.espo)
    pair.sync()
    pair.espo.edit("CSalesOrderLine", line, quantity=5)
    company = next(iter(pair.hub.objects["companies"]))
    pair.hub.change(company, phone="+1 512 555 7777")

    pair.sync()

    assert the_only(pair.hub, "line_items")["quantity"] == "5"
    assert [row["phone"] for row in pair.espo.shown().values()] == ["+1 512 555 7777"]


@pytest.mark.parametrize("applies", [True, False])
def test_lost_answers_double_nothing(pair: Pair, applies: bool) -> None:
    an_order(pair.espo)
    pair.hub.loses, pair.hub.applies = True, applies

    pair.sync(6)

    assert len(pair.hub.lost) == 3
    for object_type in ("companies", "products", "orders", "line_items", "contacts"):
        the_only(pair.hub, object_type)


def test_a_merge_keeps_one_record_and_parts_the_other(pair: Pair) -> None:
    pair.espo.put("Initech")
    pair.espo.put("Umbrella")
    pair.sync()
    first, second = pair.hub.objects["companies"]
    merged = pair.hub.merge("companies", first, second)
    pair.hub.change(merged, phone="+1 512 555 7777")
    accounts = set(pair.espo.shown())

    pair.world.hint("shop", "customer", merged).hint("shop", "customer", second)
    pair.sync()

    assert set(pair.espo.shown()) == accounts
    assert sorted(str(row["phone"]) for row in pair.espo.shown().values()) == ["+1 512 555 7777", "None"]
    assert len(pair.world.records("customer")) == 2
    assert list(pair.hub.shown()) == [merged]


def _writes(fake: Fake) -> int:
    asked = [each.path for each in fake.writes()]
    return len([path for path in asked if not path.endswith(("/search", "/read"))])
