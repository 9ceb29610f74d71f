"""What has come down to its reorder level, for how long there is enough, and what to buy."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.values import Value
from shared.flows.business.low_stock import LowPage, low_stock
from tests.kit.trade import Trade, days

LEVEL: dict[str, Value] = {"reorder_level": Decimal(10)}


def listed(trade: Trade, after: str | None = None, limit: int = 100) -> LowPage:
    return low_stock(trade.world.parts, after, limit)


def skus(page: LowPage) -> list[object]:
    return [each.product.value("sku") for each in page.items]


def test_what_is_low_is_listed_and_what_is_not_bought_any_more_is_not() -> None:
    trade = Trade()
    trade.stock(trade.product("tea"), 4, incoming=Decimal(6), **LEVEL)
    trade.stock(trade.product("cup"), 4, incoming=Decimal(7), **LEVEL)
    trade.stock(trade.product("old", discontinued=True), 0, **LEVEL)
    trade.stock(trade.product("lone"), 0, "X", product="nobody", **LEVEL)

    page = listed(trade)

    assert (skus(page), page.next) == (["tea"], None)
    assert page.items[0].standing.because == "4 on hand + 6 on order ≤ 10"
    assert (page.items[0].days_of_cover, page.items[0].suggested, page.items[0].sold) == (None, None, None)


def test_days_of_cover_and_what_to_buy_follow_from_the_last_ninety_days() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 4, **LEVEL)
    trade.order("O-1", tea, 30, placed_at=days(-3))
    trade.order("O-2", tea, 60, placed_at=days(-80))
    trade.order("O-3", tea, 500, placed_at=days(-100))
    trade.order("O-4", tea, 500, placed_at=None)

    (low,) = listed(trade).items

    assert low.sold == pytest.approx(1.0)
    assert low.days_of_cover == pytest.approx(4.0)
    assert low.suggested == 36


def test_what_was_sold_only_today_or_without_a_day_is_no_history() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 4, **LEVEL)
    trade.order("O-1", tea, 30, placed_at=days(0))

    assert listed(trade).items[0].sold is None


def test_the_list_is_given_page_by_page() -> None:
    trade = Trade()
    for number in range(5):
        trade.stock(trade.product(f"p{number}"), 0, **LEVEL)

    first = listed(trade, limit=2)
    second = listed(trade, first.next, 2)
    third = listed(trade, second.next, 2)

    assert sorted([*map(str, skus(first) + skus(second) + skus(third))]) == [f"p{n}" for n in range(5)]
    assert third.next is None


def test_nothing_is_low_where_nothing_is_known() -> None:
    assert listed(Trade()) == LowPage((), None)


def test_a_stock_that_recovered_unheard_is_left_out() -> None:
    trade = Trade()
    stock = trade.stock(trade.product(), 0, **LEVEL)

    trade.change(stock, is_told=False, on_hand=Decimal(50))

    assert listed(trade).items == ()
