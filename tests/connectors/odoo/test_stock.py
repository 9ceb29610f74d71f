"""Shipments are pickings with their moves, stock is the sum of quants; neither is ever written."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from shared.connectors.odoo.system import OdooSystem
from shared.core.commands import Update
from shared.core.observations import Refused, Trouble
from shared.core.values import Reference
from shared.ports.system import Key
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo.orders_bench import fetched, methods, polled


def test_pickings_are_shipments_with_their_moves(odoo: OdooFake, system: OdooSystem) -> None:
    order = odoo.enter("sale.order", name="S1")
    product = odoo.enter("product.product", name="Nut")
    picking = odoo.enter(
        "stock.picking", name="OUT/1", sale_id=order, state="done", picking_type_code="outgoing", carrier_id=False
    )
    odoo.enter("stock.picking", name="IN/1", picking_type_code="incoming", state="done")
    move = odoo.enter("stock.move", picking_id=picking, product_id=product, product_uom_qty=2)

    shown = fetched(system, "shipment", picking).fields
    listing = system.list("shipment", None)

    assert (shown["order"], shown["status"]) == (Reference("erp", "order", str(order)), "shipped")
    assert shown[f"lines[{move}].quantity"] == Decimal(2)
    assert not isinstance(listing, Trouble)
    assert [each.external_id for each in listing.entries] == [str(picking)]


@pytest.fixture
def shelf(odoo: OdooFake) -> tuple[int, int, int]:
    view = odoo.enter("stock.location", name="WH", usage="view")
    inside = odoo.enter("stock.location", name="Shelf", usage="internal", location_id=view)
    return (
        odoo.enter("product.product", name="Nut", type="consu"),
        odoo.enter("stock.warehouse", name="Main", view_location_id=view),
        inside,
    )


def test_stock_is_summed_per_product_and_warehouse(
    odoo: OdooFake, system: OdooSystem, shelf: tuple[int, int, int]
) -> None:
    product, house, inside = shelf
    for quantity in (5, 0.1, 0.2):
        odoo.enter("stock.quant", product_id=product, location_id=inside, quantity=quantity, reserved_quantity=1)
    outside = odoo.enter("stock.location", name="Customers", usage="customer")
    odoo.enter("stock.quant", product_id=product, location_id=outside, quantity=99, reserved_quantity=0)
    key = Key("product+location", (Reference("erp", "product", str(product)), "Main"))

    shown = fetched(system, "stock", f"{product}@{house}").fields
    found, listing = system.find("stock", [key]), system.list("stock", None)

    assert (shown["on_hand"], shown["reserved"], shown["location"]) == (Decimal("5.3"), Decimal(3), "Main")
    assert not isinstance(found, Trouble)
    assert [each.external_id for each in found[key]] == [f"{product}@{house}"]
    assert not isinstance(listing, Trouble)
    assert [each.external_id for each in listing.entries] == [f"{product}@{house}"]


def test_a_changed_quant_names_its_product_and_nothing_ever_writes_one(
    odoo: OdooFake, system: OdooSystem, shelf: tuple[int, int, int]
) -> None:
    product, house, inside = shelf
    quant = odoo.enter("stock.quant", product_id=product, location_id=inside, quantity=5, reserved_quantity=1)
    _, cursor = polled(system, "stock")
    odoo.now += timedelta(hours=1)
    odoo.edit("stock.quant", quant, quantity=4)

    ids, _ = polled(system, "stock", cursor)
    refused = system.write("stock", [Update("stock-1", f"{product}@{house}", {"on_hand": Decimal(1)})])[0]

    assert ids == [f"{product}@{house}"]
    assert isinstance(refused, Refused)
    assert methods(odoo) == []
