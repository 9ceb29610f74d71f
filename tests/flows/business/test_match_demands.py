"""Who gets what and when, said in the records of orders and deals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.core.errors import TryAgain
from shared.core.priority import By
from shared.core.records import Record
from shared.core.values import Value
from shared.flows.business.match_demands import match_demands, share_out
from shared.flows.parts import Parts
from shared.ports.stores import Change, Lost, SaveResult
from tests.kit.trade import Trade, changed, days
from tests.kit.world import World


def texts(trade: Trade, *records: Record) -> list[Value]:
    return [trade.now(each).value("promise.text") for each in records]


def test_each_gets_what_is_left_when_it_is_his_turn() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    late = trade.order("O-1", tea, 4, wanted_at=days(9))
    soon = trade.order("O-2", tea, 5, wanted_at=days(2))
    deal = trade.deal("Spring", tea, 3, wanted_at=days(1))

    matched = match_demands(trade.world.parts, [tea.id])

    assert texts(trade, soon, late, deal) == ["available now", "available now", "short by 2"]
    assert (matched.products, matched.demands, matched.written) == (1, 3, 3)
    assert trade.now(deal).value("promise.short") == Decimal(2)


def test_what_is_said_already_is_not_written_again() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    order = trade.order("O-1", tea, 4)
    match_demands(trade.world.parts, [tea.id])
    version = trade.now(order).version

    assert match_demands(trade.world.parts, [tea.id]).written == 0
    assert trade.now(order).version == version


def test_more_stock_is_told_to_those_who_waited() -> None:
    trade = Trade()
    tea = trade.product()
    stock = trade.stock(tea, 1)
    deal = trade.deal("Spring", tea, 3)
    match_demands(trade.world.parts, [tea.id])
    assert texts(trade, deal) == ["short by 2"]

    trade.change(stock, on_hand=Decimal(3))
    match_demands(trade.world.parts, [tea.id])

    assert texts(trade, deal) == ["available now"]
    assert trade.now(deal).value("promise.short") is None


def test_an_order_is_there_when_its_last_line_is_whatever_product_changed() -> None:
    trade = Trade()
    tea, cup = trade.product("tea"), trade.product("cup")
    trade.stock(tea, 10)
    two: dict[str, Value] = {"lines[b]": True, "lines[b].product": cup.id, "lines[b].quantity": Decimal(2)}
    trade.order("O-1", cup, 9, wanted_at=days(1))
    both = trade.order("O-2", tea, 4, wanted_at=days(2), **two)
    trade.stock(cup, 10)

    match_demands(trade.world.parts, [tea.id])

    assert texts(trade, both) == ["short by 1"]


def test_an_order_that_is_shipped_or_a_deal_that_is_lost_is_promised_nothing() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    order, deal = trade.order("O-1", tea, 4), trade.deal("Spring", tea)
    match_demands(trade.world.parts, [tea.id])

    trade.change(order, status="shipped")
    trade.change(deal, status="lost")
    match_demands(trade.world.parts, [tea.id], [order.id, deal.id, tea.id])

    assert texts(trade, order, deal) == [None, None]
    assert match_demands(trade.world.parts, [tea.id], [order.id, deal.id]).written == 0


def test_goods_that_left_after_the_count_are_nobodys() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10, as_of=days(-0.5))
    trade.shipment("S-1", trade.order("O-1", tea, 8, status="shipped"), tea, 8)
    order = trade.order("O-2", tea, 5)

    match_demands(trade.world.parts, [tea.id])

    assert texts(trade, order) == ["short by 3"]


def test_the_installations_rule_says_whose_turn_it_is() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 5)
    early = trade.order("O-1", tea, 5, wanted_at=days(1))
    dear = trade.order("O-2", tea, 5, wanted_at=days(5), total=Decimal(900))
    trade.world.parts = replace(
        trade.world.parts, integration=replace(trade.world.integration, matching=(By.VALUE, By.WANTED))
    )

    match_demands(trade.world.parts, [tea.id])

    assert texts(trade, dear, early) == ["available now", "short by 5"]


def test_what_is_asked_for_is_answered_though_nothing_of_it_was_touched() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 5)
    order = trade.order("O-1", tea, 7)

    shared = share_out(trade.world.parts, [], [order.id])

    assert shared.records.keys() == {order.id}
    assert shared.grounds.keys() == {tea.id}


def test_an_order_whose_lines_name_nothing_yet_is_told_nothing() -> None:
    trade = Trade()
    order = trade.order("O-1", None)

    assert set(share_out(trade.world.parts, [], [order.id]).records) == {order.id}
    assert match_demands(trade.world.parts, [], [order.id]).written == 0
    assert texts(trade, order) == [None]


def test_an_order_that_lost_its_last_line_unheard_is_promised_nothing() -> None:
    trade = Trade()
    tea = trade.product()
    order = trade.order("O-1", tea, 2)
    match_demands(trade.world.parts, [tea.id])
    assert texts(trade, order) == ["short by 2"]

    gone: dict[str, Value] = {"lines[a]": False}
    trade.write(changed(trade.now(order), gone), is_told=False)
    match_demands(trade.world.parts, [tea.id])

    assert texts(trade, order) == [None]


def test_a_deal_that_touches_nothing_and_is_asked_for_alone_is_answered() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 5)
    deal = trade.deal("Spring", tea, 2)

    assert share_out(trade.world.parts, [], [deal.id]).allocation.demands.keys() == {deal.id}


def test_who_was_overtaken_reads_again() -> None:
    trade = Trade()
    tea = trade.product()
    stock = trade.stock(tea, 5)
    order = trade.order("O-1", tea, 5)

    def sold_elsewhere() -> None:
        trade.change(stock, on_hand=Decimal(3))

    trade.world.parts = overtaken(trade, sold_elsewhere)
    matched = match_demands(trade.world.parts, [tea.id])

    assert texts(trade, order) == ["short by 2"]
    assert matched.written == 2


def test_a_write_that_is_lost_is_decided_anew() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 5)
    order = trade.order("O-1", tea, 5)

    def renumbered() -> None:
        trade.change(order, number="O-9")

    trade.world.parts = overtaken(trade, renumbered, is_lost=True)
    match_demands(trade.world.parts, [tea.id])

    assert texts(trade, order) == ["available now"]
    assert trade.now(order).value("number") == "O-9"


def test_who_is_overtaken_each_time_comes_again_later() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 5)
    trade.order("O-1", tea, 5)
    trade.world.parts = overtaken(trade, lambda: None, is_lost=True, times=99)

    with pytest.raises(TryAgain):
        match_demands(trade.world.parts, [tea.id])


class Overtaken:
    """Records to which somebody else writes right before the first writes."""

    def __init__(self, world: World, act: Callable[[], None], times: int, *, is_lost: bool) -> None:
        self.records, self.act, self.times, self.is_lost = world.memory.records, act, times, is_lost

    def save(self, change: Change) -> SaveResult:
        self.times -= 1
        if self.times < 0:
            return self.records.save(change)
        self.act()
        return Lost() if self.is_lost else self.records.save(change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.records, name)


def overtaken(trade: Trade, act: Callable[[], None], times: int = 1, *, is_lost: bool = False) -> Parts:
    return replace(trade.world.parts, records=Overtaken(trade.world, act, times, is_lost=is_lost))
