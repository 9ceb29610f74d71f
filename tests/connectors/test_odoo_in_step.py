"""EspoCRM and Odoo kept in step by the real flows, over real sockets, in both of Odoo's interfaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import odoo
from tests.connectors.fakes.base import Asked
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.in_step import Pair, an_order, in_step

ERP = """
[systems.erp]
connector = "odoo"
side = "supply_chain"
base_url = "{url}"
database = "erp"
interface = "INTERFACE"
"""


def is_write(asked: Asked) -> bool:
    """Tell writes from reads by POST, in both interfaces."""
    return b"search_read" not in asked.raw and "search_read" not in asked.path


@pytest.fixture(params=["json2", "jsonrpc"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair[OdooFake]]:
    def connect(settings: Any) -> Any:
        return odoo.connect(settings, lambda _name: {"api_key": "a-live-credential", "username": "sync"})

    erp = OdooFake(rpc=request.param == "jsonrpc")
    with in_step(tmp_path, erp, ERP.replace("INTERFACE", request.param), connect, is_write) as pair:
        yield pair


def the_only(fake: OdooFake, model: str) -> dict[str, Any]:
    """Return the only record of a model."""
    rows = list(fake.tables[model].values())
    assert len(rows) == 1, rows
    return rows[0]


def test_an_order_with_all_that_belongs_to_it_arrives_once_and_stays_quiet(pair: Pair[OdooFake]) -> None:
    an_order(pair.espo)

    pair.sync()

    order, line = the_only(pair.other, "sale.order"), the_only(pair.other, "sale.order.line")
    partners = {row["name"]: row for row in pair.other.tables["res.partner"].values()}
    assert set(partners) == {"Initech", "Bill Lumbergh"}
    assert partners["Bill Lumbergh"]["parent_id"] == partners["Initech"]["id"] == order["partner_id"]
    assert (order["name"], order["state"]) == ("SO-77", "sent")
    assert line["product_id"] == the_only(pair.other, "product.product")["id"]
    before = pair.writes()
    pair.sync()
    assert pair.writes() == before


def test_changes_go_both_ways(pair: Pair[OdooFake]) -> None:
    order, line = an_order(pair.espo)
    pair.sync()
    pair.espo.edit("CSalesOrderLine", line, quantity=5)
    pair.sync()
    assert the_only(pair.other, "sale.order.line")["product_uom_qty"] == 5

    pair.other.edit("sale.order", the_only(pair.other, "sale.order")["id"], state="sale")
    pair.sync()

    assert pair.espo.types["CSalesOrder"][order]["status"] == "Confirmed"
