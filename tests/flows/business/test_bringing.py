"""What purchase orders bring: it keeps a stock from being called low, and who takes longer touches what he brings."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.relations import BRINGING
from shared.core.values import Value
from shared.flows import fan_out
from shared.flows.bringing import products_from
from shared.flows.business.watch_stock import warn
from shared.ports.messages import TOUCHED, Event
from tests.kit.trade import Trade

LEVEL: dict[str, Value] = {"reorder_level": Decimal(5)}


def events(trade: Trade, type_: str) -> list[Event]:
    return [each for each in trade.world.messages.bus if each.type == type_]


@pytest.mark.parametrize(
    ("brought", "told", "is_low"), [(3, {}, True), (4, {}, False), (4, {"incoming": Decimal(0)}, True)]
)
def test_a_stock_is_low_with_what_purchase_orders_bring_unless_it_tells_that_itself(
    brought: int, told: dict[str, Value], is_low: bool
) -> None:
    trade = Trade()
    tea = trade.product()
    trade.purchase("P-1", tea, brought)
    stock = trade.stock(tea, 10, **LEVEL, **told)

    trade.change(stock, on_hand=Decimal(2))

    assert len(events(trade, "stock.low")) == is_low
    assert warn(trade.world.parts, [tea.id]) == is_low


def test_an_alert_ends_with_the_purchase_order_that_brings_enough() -> None:
    trade = Trade()
    tea = trade.product()
    stock = trade.stock(tea, 2, **LEVEL)
    assert warn(trade.world.parts, [tea.id]) == 1

    trade.purchase("P-1", tea, 9)

    assert warn(trade.world.parts, [tea.id]) == 0
    assert stock.id not in trade.world.parts.alerts.known("low-stock")


def test_a_supplier_that_takes_longer_touches_what_it_still_brings() -> None:
    trade = Trade()
    tea, cup = trade.product(), trade.product("cup")
    supplier = trade.supplier(lead_time_days=Decimal(3))
    for number, product in enumerate((tea, cup, tea)):
        trade.purchase(f"P-{number}", product, supplier=supplier.id)
    trade.purchase("P-9", trade.product("pot"), supplier=supplier.id, status="received")
    before = len(events(trade, TOUCHED))

    trade.change(supplier, name="Exotic & Sons")
    assert len(events(trade, TOUCHED)) == before
    trade.change(supplier, lead_time_days=Decimal(9))

    (touching,) = events(trade, TOUCHED)[before:]
    assert touching.data["products"] == ", ".join(sorted([tea.id, cup.id]))
    assert touching.id.endswith(f"/{TOUCHED}/0")


def test_many_products_of_a_supplier_are_touched_some_at_a_time() -> None:
    trade = Trade()
    supplier = trade.supplier(lead_time_days=Decimal(3))
    for number in range(fan_out.TOUCHED_AT_ONCE + 1):
        trade.purchase(f"P-{number}", trade.product(f"p{number:03}"), supplier=supplier.id)
    before = len(events(trade, TOUCHED))

    trade.change(supplier, lead_time_days=None)

    some = events(trade, TOUCHED)[before:]
    assert [str(each.data["products"]).count(", ") + 1 for each in some] == [fan_out.TOUCHED_AT_ONCE, 1]
    assert len({each.id for each in some}) == 2


def test_who_brings_nothing_more_is_followed_no_longer() -> None:
    trade = Trade()
    supplier = trade.supplier()
    purchase = trade.purchase("P-1", trade.product(), supplier=supplier.id)
    assert products_from(trade.world.parts, supplier.id)

    trade.change(purchase, status="received")

    assert trade.world.parts.relations.of(supplier.id, BRINGING) == []
    assert products_from(trade.world.parts, supplier.id) == []
