"""EspoCRM and Odoo kept in step by the real flows, over real sockets, in both of Odoo's interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import espocrm, odoo
from shared.connectors.integration import load
from tests.connectors.fakes.base import serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.test_kit_in_step import Connected, an_order
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
[systems.erp]
connector = "odoo"
side = "supply_chain"
base_url = "{erp}"
database = "erp"
interface = "{interface}"
"""


@dataclass
class Pair:
    """Both partners, and the world that keeps them in step."""

    espo: EspoFake
    odoo: OdooFake
    world: World

    def sync(self, rounds: int = 4) -> None:
        """Poll until everything has gone both ways."""
        for _ in range(rounds):
            self.world.poll().later(200, 2)
        self.world.poll()

    def writes(self) -> int:
        """Return how many writes Odoo has seen."""
        return len(
            [each for each in self.odoo.log if b"search_read" not in each.raw and "search_read" not in each.path]
        )


@pytest.fixture(params=["json2", "jsonrpc"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    espo, erp = EspoFake(), OdooFake(rpc=request.param == "jsonrpc")
    with ExitStack() as stack:
        for fake in (espo, erp):
            stack.enter_context(serving(fake))
        path = tmp_path / "integration.toml"
        path.write_text(TEXT.format(crm=espo.url, erp=erp.url, interface=request.param))
        installation = load(path)
        secret = {"api_key": "a-live-credential", "username": "sync"}
        makers: dict[str, Any] = {"crm": espocrm.connect, "erp": odoo.connect}
        systems = {
            name: makers[name](connection.settings, lambda _name: secret)
            for name, connection in installation.connections.items()
        }
        for system in systems.values():
            stack.callback(system.close)
        world = World(installation.integration)
        world.parts = replace(world.parts, systems=Connected(systems))
        yield Pair(espo, erp, world)
    assert (espo.problems, erp.problems) == ([], [])


def the_only(fake: OdooFake, model: str) -> dict[str, Any]:
    """Return the only record of a model."""
    rows = list(fake.tables[model].values())
    assert len(rows) == 1, rows
    return rows[0]


def test_an_order_with_all_that_belongs_to_it_arrives_once_and_stays_quiet(pair: Pair) -> None:
    an_order(pair.espo)

    pair.sync()

    order, line = the_only(pair.odoo, "sale.order"), the_only(pair.odoo, "sale.order.line")
    partners = {row["name"]: row for row in pair.odoo.tables["res.partner"].values()}
    assert set(partners) == {"Initech", "Bill Lumbergh"}
    assert partners["Bill Lumbergh"]["parent_id"] == partners["Initech"]["id"] == order["partner_id"]
    assert (order["name"], order["state"]) == ("SO-77", "sent")
    assert line["product_id"] == the_only(pair.odoo, "product.product")["id"]
    before = pair.writes()
    pair.sync()
    assert pair.writes() == before


def test_changes_go_both_ways(pair: Pair) -> None:
    order, line = an_order(pair.espo)
    pair.sync()
    pair.espo.edit("CSalesOrderLine", line, quantity=5)
    pair.sync()
    assert the_only(pair.odoo, "sale.order.line")["product_uom_qty"] == 5

    pair.odoo.edit("sale.order", the_only(pair.odoo, "sale.order")["id"], state="sale")
    pair.sync()

    assert pair.espo.types["CSalesOrder"][order]["status"] == "Confirmed"
