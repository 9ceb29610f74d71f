"""What can be promised of every product, page by page."""

from __future__ import annotations

from decimal import Decimal

from shared.core.values import Value
from shared.flows.business.availability import AvailabilityPage, availabilities
from tests.kit.trade import Trade, changed


def listed(trade: Trade, after: tuple[str, str] | None = None, limit: int = 100) -> AvailabilityPage:
    return availabilities(trade.world.parts, after, limit)


def balances(page: AvailabilityPage) -> dict[str, int]:
    return {str(each.product.value("sku")): int(each.balance) for each in page.items}


def test_every_product_is_listed_by_sku_with_its_own_balance() -> None:
    trade = Trade()
    tea, cup, _ = trade.product("tea"), trade.product("cup"), trade.product("a/b")
    trade.stock(tea, 10)
    trade.stock(cup, 3)
    both: dict[str, Value] = {"lines[b]": True, "lines[b].product": cup.id, "lines[b].quantity": Decimal(5)}
    trade.write(changed(trade.order("O-1", tea, 4), both))

    assert list(balances(listed(trade)).items()) == [("a/b", 0), ("cup", -2), ("tea", 6)]


def test_the_list_goes_on_behind_the_last_one_also_among_equals() -> None:
    trade = Trade()
    for number in range(5):
        trade.product(f"p{number}", sku=None if number < 3 else f"s{number}")

    first = listed(trade, limit=2)
    second = listed(trade, first.next, 2)
    third = listed(trade, second.next, 2)

    assert [len(each.items) for each in (first, second, third)] == [2, 2, 1]
    assert len({each.product.id for page in (first, second, third) for each in page.items}) == 5
    assert third.next is None


def test_a_product_that_ended_or_goes_by_another_sku_is_listed_as_it_is() -> None:
    trade = Trade()
    tea, cup = trade.product("tea"), trade.product("cup")

    trade.change(tea, sku="green tea")
    trade.end(cup)
    assert list(balances(listed(trade))) == ["green tea"]


def test_one_whose_news_has_not_arrived_is_left_out_for_now() -> None:
    trade = Trade()
    tea = trade.product("tea")

    trade.change(tea, is_told=False, sku="green tea")
    assert listed(trade) == AvailabilityPage((), None)
    trade.world.memory.records.held.pop(tea.id)
    assert listed(trade) == AvailabilityPage((), None)


def test_where_there_are_no_products_nothing_is_listed() -> None:
    assert listed(Trade()) == AvailabilityPage((), None)
