"""Relations: what has to do with a product or a customer is found, whatever the stream does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.records import Record
from shared.core.relations import LOW_STOCK, Relation
from shared.core.values import Value
from tests.kit.trade import Trade, changed, days


def near(trade: Trade, parent: str, kind: str) -> list[str]:
    return [each.child for each in trade.world.relations.of(parent, kind)]


def test_a_product_knows_its_stocks_and_the_orders_that_take_of_it() -> None:
    trade = Trade()
    tea, cup = trade.product("tea"), trade.product("cup")

    stock, order = trade.stock(tea), trade.order("O-1", tea)
    trade.order("O-2", cup)
    trade.order("O-3", tea, status="draft")

    assert near(trade, tea.id, "taking") == sorted([stock.id, order.id])


def test_an_order_that_is_shipped_takes_nothing_more_but_was_sold() -> None:
    trade = Trade()
    tea = trade.product()
    order = trade.order("O-1", tea, 3)

    trade.change(order, status="shipped")

    assert near(trade, tea.id, "taking") == []
    day = days(-1).date().isoformat()
    assert trade.world.relations.of(tea.id, "sold") == [Relation(tea.id, "sold", order.id, day, Decimal(3))]


def test_a_quantity_that_changes_is_told_anew() -> None:
    trade = Trade()
    tea = trade.product()
    order = trade.order("O-1", tea, 3)

    more: dict[str, Value] = {"lines[a].quantity": Decimal(5)}
    trade.write(changed(order, more))

    assert [each.quantity for each in trade.world.relations.of(tea.id, "sold")] == [Decimal(5)]


def test_a_cancelled_order_was_not_sold() -> None:
    trade = Trade()
    tea = trade.product()
    order = trade.order("O-1", tea)

    trade.change(order, status="cancelled")

    assert near(trade, tea.id, "sold") == []


def test_what_the_stream_brings_again_takes_nothing_away_that_stands_now() -> None:
    trade = Trade()
    tea = trade.product()
    order = trade.order("O-1", tea)
    gone = trade.change(order, status="cancelled")
    back = trade.change(order, status="placed")

    trade.tell(gone)

    assert back.after.value("status") == "placed"
    assert near(trade, tea.id, "taking") == [order.id]


def test_a_batch_with_both_ends_as_its_last_write_says() -> None:
    trade = Trade()
    tea = trade.product()
    order = trade.order("O-1", tea)
    images = [trade.change(order, is_told=False, status=status) for status in ("cancelled", "placed", "cancelled")]

    trade.tell(*images)

    assert near(trade, tea.id, "taking") == []


def test_a_customer_knows_orders_and_their_shipments() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    order = trade.order("O-1", tea, customer=ann.id)
    shipment = trade.shipment("S-1", order, tea)

    assert near(trade, ann.id, "order") == near(trade, ann.id, "open") == [order.id]
    assert trade.world.relations.of(ann.id, "shipment") == [Relation(ann.id, "shipment", shipment.id, order.id)]
    assert near(trade, order.id, "shipment") == [shipment.id]
    assert near(trade, tea.id, "left") == [shipment.id]


def test_shipments_come_along_when_an_order_gets_its_customer() -> None:
    trade = Trade()
    tea, ann, bob = trade.product(), trade.customer(), trade.customer("bob")
    order = trade.order("O-1", tea)
    shipment = trade.shipment("S-1", order, tea)
    assert near(trade, ann.id, "shipment") == []

    trade.change(order, customer=ann.id)
    assert near(trade, ann.id, "shipment") == [shipment.id]

    trade.change(order, customer=bob.id)
    assert near(trade, bob.id, "shipment") == [shipment.id]
    assert near(trade, ann.id, "order") == []


def test_a_shipment_that_learns_its_order_stands_under_it() -> None:
    trade = Trade()
    tea, ann = trade.product(), trade.customer()
    order = trade.order("O-1", tea, customer=ann.id)
    shipment = trade.shipment("S-1", order, tea, order=None)
    assert near(trade, ann.id, "shipment") == []

    trade.change(shipment, order=order.id)

    assert near(trade, ann.id, "shipment") == [shipment.id]


def test_a_shipment_that_has_not_left_took_nothing_yet() -> None:
    trade = Trade()
    tea = trade.product()

    trade.shipment("S-1", trade.order("O-1", tea), tea, status="packed")

    assert near(trade, tea.id, "left") == []


def counts(on_hand: int | None, incoming: int | None, level: int | None) -> dict[str, Decimal]:
    given = {"on_hand": on_hand, "incoming": incoming, "reorder_level": level}
    return {name: Decimal(value) for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("on_hand", "incoming", "level", "is_low"),
    [(5, 5, 10, True), (5, 6, 10, False), (10, None, 10, True), (None, 0, 10, False), (0, 0, None, False)],
)
def test_a_stock_at_or_below_its_level_is_listed(
    on_hand: int | None, incoming: int | None, level: int | None, is_low: bool
) -> None:
    trade = Trade()

    trade.stock(trade.product(), None, **counts(on_hand, incoming, level))

    assert bool(near(trade, LOW_STOCK, "stock")) is is_low


def test_what_recovers_or_ends_is_listed_no_more() -> None:
    trade = Trade()
    tea = trade.product()
    stocks = [trade.stock(tea, 0, place, reorder_level=Decimal(5)) for place in ("A", "B", "C")]

    trade.change(stocks[0], on_hand=Decimal(9))
    trade.end(stocks[1])

    assert near(trade, LOW_STOCK, "stock") == [stocks[2].id]


def low_events(trade: Trade) -> list[dict[str, object]]:
    return [dict(each.data) for each in trade.world.messages.bus if each.type == "stock.low"]


def test_one_event_tells_that_a_stock_became_low_and_none_until_it_recovered() -> None:
    trade = Trade()
    stock = trade.stock(trade.product(), 9, reorder_level=Decimal(5))
    assert low_events(trade) == []

    for on_hand in (5, 4, 6, 5):
        trade.change(stock, on_hand=Decimal(on_hand))

    assert [each["on_hand"] for each in low_events(trade)] == [Decimal(5), Decimal(5)]
    assert low_events(trade)[0] == {
        "sku": "tea",
        "product": stock.value("product"),
        "location": "WH",
        "on_hand": Decimal(5),
        "incoming": None,
        "reorder_level": Decimal(5),
    }


def test_nobody_is_told_of_a_product_that_is_not_bought_any_more_or_not_known() -> None:
    trade = Trade()
    trade.stock(trade.product("old", discontinued=True), 0, reorder_level=Decimal(5))
    trade.stock(trade.product("gone"), 0, "B", reorder_level=Decimal(5), product=None)

    assert low_events(trade) == []


def test_a_record_that_was_deleted_outright_leaves_no_relation() -> None:
    trade = Trade()
    tea = trade.product()
    order: Record = trade.order("O-1", tea)

    trade.end(order)

    assert near(trade, tea.id, "taking") == near(trade, tea.id, "sold") == []
