"""A product's position is put together from the records of its stocks, orders and shipments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from shared.core.availability import AtLocation, amount, locations_of, on_order, on_order_at, position_of
from shared.core.records import Record
from shared.core.supply import signed_balance
from shared.core.values import Value
from tests.kit.builders import a_record

COUNTED = datetime(2026, 11, 20, 8, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)


def a_stock(location: str = "A", **fields: Value) -> Record:
    return a_record(location, entity="stock", fields={"location": location, "on_hand": Decimal(10), **fields})


def an_order(placed_at: datetime = BEFORE, product: str = "tea") -> Record:
    line: dict[str, Value] = {"lines[a]": True, "lines[a].product": product, "lines[a].quantity": Decimal(3)}
    return a_record(entity="order", fields={"status": "placed", "placed_at": placed_at, **line})


def test_open_orders_are_subtracted_once_where_the_count_tells_no_reservations() -> None:
    position = position_of("tea", [a_stock()], [an_order(), an_order(product="cup")], ())

    assert signed_balance(position) == 7


def test_reservations_of_an_unknown_moment_are_not_subtracted_beside_the_orders() -> None:
    position = position_of("tea", [a_stock(reserved=Decimal(3))], [an_order()], ())

    assert signed_balance(position) == 7


def test_where_the_count_tells_reservations_and_when_only_newer_orders_are_subtracted_too() -> None:
    stock = a_stock(reserved=Decimal(3), as_of=COUNTED)

    assert signed_balance(position_of("tea", [stock], [an_order()], ())) == 7
    assert signed_balance(position_of("tea", [stock], [an_order(), an_order(AFTER)], ())) == 4


def test_one_location_that_tells_no_reservations_makes_all_of_them_count_by_orders() -> None:
    stocks = [a_stock(reserved=Decimal(3), as_of=COUNTED), a_stock("B")]

    assert signed_balance(position_of("tea", stocks, [an_order()], ())) == 17


def test_goods_that_left_after_the_count_are_subtracted() -> None:
    line: dict[str, Value] = {"lines[a]": True, "lines[a].product": "tea", "lines[a].quantity": Decimal(2)}
    shipment = a_record(entity="shipment", fields={"status": "shipped", "shipped_at": AFTER, **line})
    stock = a_stock(as_of=COUNTED)

    assert signed_balance(position_of("tea", [stock], (), [(shipment, an_order())])) == 8
    assert signed_balance(position_of("cup", [stock], (), [(shipment, an_order())])) == 10


def test_locations_tell_what_they_count_and_leave_unsaid_what_they_do_not_know() -> None:
    stocks = [a_stock("B", incoming=Decimal(4)), a_stock("A", on_hand=None, as_of=COUNTED)]

    assert locations_of(stocks) == (
        AtLocation("A", None, None, None, COUNTED),
        AtLocation("B", Decimal(10), None, Decimal(4), None),
    )
    assert on_order("tea", stocks, []) == 4
    assert amount(stocks[1], "on_hand") == 0


def test_what_a_stock_tells_of_its_supplies_goes_before_purchase_orders_even_if_that_is_nothing() -> None:
    line: dict[str, Value] = {"lines[a]": True, "lines[a].product": "tea", "lines[a].quantity": Decimal(3)}
    purchases = [
        a_record(entity="purchase_order", fields={"status": "placed", "location": each, **line})
        for each in ("A", "B", "")
    ]

    assert on_order_at(a_stock(product="tea"), purchases) == 6
    assert on_order_at(a_stock(product="tea", incoming=Decimal(0)), purchases) == 0
    assert on_order_at(a_stock(product="cup"), purchases) == 0
