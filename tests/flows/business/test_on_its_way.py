"""What purchase orders bring, in what can be promised and in what is low."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from shared.core.values import Value
from shared.flows.business.availability import ProductAvailability, availability
from shared.flows.business.low_stock import low_stock
from shared.flows.business.match_demands import match_demands
from tests.kit.clock import START
from tests.kit.trade import Trade, changed, days

TODAY = START.date()
LEVEL: dict[str, Value] = {"reorder_level": Decimal(10)}


def asked(trade: Trade, quantity: int = 1) -> ProductAvailability:
    answer = availability(trade.world.parts, "tea", Decimal(quantity))
    assert isinstance(answer, ProductAvailability)
    return answer


def promised(trade: Trade, quantity: int) -> list[tuple[int, int]]:
    promise = asked(trade, quantity).promise
    assert promise is not None
    return [((each.day - TODAY).days, int(each.quantity)) for each in promise.deliveries]


def low(trade: Trade) -> list[tuple[str, int]]:
    items = low_stock(trade.world.parts, None, 100).items
    return sorted((str(each.stock.value("location")), int(each.incoming)) for each in items)


def units(*quantities: Decimal) -> list[int]:
    return [int(each) for each in quantities]


def in_days(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def test_what_is_expected_can_be_promised_from_its_day_on_and_says_whence() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3)
    trade.order("O-1", tea, 8)
    trade.purchase("PO-1", tea, 20, expected_at=days(5))
    trade.purchase("PO-2", trade.product("cup"), 50, expected_at=days(1))

    answer = asked(trade)

    assert units(answer.free.quantity, answer.balance, answer.on_order, answer.undated) == [0, -5, 20, 0]
    assert promised(trade, 15) == [(5, 15)]
    assert [str(each) for each in answer.lines][-1] == f"{in_days(5)}: +20 incoming from PO-1 = 15"


def test_what_is_received_is_on_its_way_no_more() -> None:
    trade = Trade()
    tea = trade.product()
    stock = trade.stock(tea, 3)
    order = trade.purchase("PO-1", tea, 20, expected_at=days(5))

    some: dict[str, Value] = {"status": "partly_received", "lines[a].received": Decimal(12)}
    all_: dict[str, Value] = {"status": "received", "lines[a].received": Decimal(20)}
    trade.write(changed(order, some))
    trade.change(stock, on_hand=Decimal(15))
    assert promised(trade, 23) == [(0, 15), (5, 8)]
    trade.write(changed(trade.world.memory.records.held[order.id], all_))
    trade.change(stock, on_hand=Decimal(23))
    assert promised(trade, 23) == [(0, 23)]
    assert [each.child for each in trade.world.parts.relations.of(tea.id, "taking")] == [stock.id]


def test_what_is_overdue_is_listed_and_promised_to_nobody_until_it_has_a_new_day() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3)
    order = trade.purchase("PO-1", tea, 20, expected_at=days(-2))

    assert promised(trade, 10) == [(0, 3)]
    assert [str(each) for each in asked(trade).lines][-1] == (
        f"{TODAY}: +0 overdue and not counted, from PO-1 (20 since {in_days(-2)}) = 3"
    )
    trade.change(order, expected_at=days(4))
    assert promised(trade, 10) == [(0, 3), (4, 7)]


def test_what_has_no_day_stands_beside_the_answer_once_whoever_tells_of_it() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3, incoming=Decimal(25))
    trade.purchase("PO-1", tea, 20)
    trade.purchase("PO-2", tea, 5, expected_at=days(4))

    answer = asked(trade, 4)

    assert units(answer.on_order, answer.undated) == [25, 20]
    assert answer.lead_days is None
    assert promised(trade, 10) == [(0, 3), (4, 5)]


def test_a_supplier_who_takes_ten_days_makes_a_day_of_an_order_and_is_told_for_what_is_not_yet_ordered() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3)
    supplier = trade.supplier(lead_time_days=Decimal(10), number="SUP-1")
    trade.purchase("PO-1", tea, 20, supplier=supplier.id)

    answer = asked(trade, 30)

    assert (answer.lead_days, int(answer.undated)) == (10, 0)
    assert promised(trade, 30) == [(0, 3), (9, 20)]
    assert answer.promise is not None
    assert (answer.promise.day, int(answer.promise.short)) == (None, 7)
    more = answer.promise.not_yet_ordered
    assert str(more) == f"not yet ordered: 7 could come on {days(10).date()}, lead time 10 days of SUP-1"


def test_the_products_own_days_count_before_its_suppliers_who_is_then_not_even_read() -> None:
    trade = Trade()
    tea = trade.product(lead_time_days=Decimal(2))
    trade.purchase("PO-1", tea, 20, supplier=trade.supplier(lead_time_days=Decimal(10)).id)
    trade.purchase("PO-2", tea, 1, supplier="somebody")

    assert asked(trade).lead_days == 2


def test_purchase_orders_count_against_the_reorder_level_where_the_stock_does_not_tell() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 4, "A", **LEVEL)
    trade.stock(tea, 4, "B", **LEVEL)
    trade.stock(tea, 4, "C", incoming=Decimal(1), **LEVEL)
    trade.order("O-1", tea, 1)
    assert low(trade) == [("A", 0), ("B", 0), ("C", 1)]

    trade.purchase("PO-1", tea, 7, location="A")
    assert low(trade) == [("B", 0), ("C", 1)]
    trade.purchase("PO-2", tea, 2)
    assert low(trade) == [("B", 2), ("C", 1)]
    trade.stock(tea, 4, "D", incoming=Decimal(0), **LEVEL)
    assert low(trade) == [("B", 2), ("C", 1), ("D", 0)]


def test_who_waits_is_told_the_day_of_the_purchase_and_another_when_it_moves() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3)
    order = trade.order("O-1", tea, 8)
    purchase = trade.purchase("PO-1", tea, 20, expected_at=days(5))

    def told() -> Value:
        match_demands(trade.world.parts, [tea.id])
        return trade.world.memory.records.held[order.id].value("promise.text")

    assert told() == f"available on {in_days(5)}"
    trade.change(purchase, expected_at=days(9))
    assert told() == f"available on {in_days(9)}"
    trade.change(purchase, status="cancelled")
    assert told() == "short by 5"
