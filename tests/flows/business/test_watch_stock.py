"""What a change of stock or demand sets going, and who is told of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from shared.core.errors import TryAgain
from shared.core.records import Record
from shared.core.reservations import Place, State
from shared.flows.business.reserving import Wish, set_aside
from shared.flows.business.watch_stock import MOST_NAMED, digest, end_overdue, warn, watch_stock
from shared.ports.messages import Touch
from tests.kit.alerts import MemoryAlerts
from tests.kit.trade import Trade, days
from tests.kit.world import World


def low_tea() -> tuple[Trade, Record, Record]:
    """Return a trade in which tea is low, the tea and its stock."""
    trade = Trade()
    tea = trade.product()
    return trade, tea, trade.stock(tea, 3, reorder_level=Decimal(5))


def subjects(trade: Trade) -> list[str]:
    return [subject for subject, _ in trade.world.notices.told]


def test_a_change_matches_what_it_touches_and_warns_of_what_is_low() -> None:
    trade, tea, _ = low_tea()
    order = trade.order("O-1", tea, 4)

    matched = watch_stock(trade.world.parts, [Touch(frozenset({tea.id}), order.id)])

    assert matched.written == 1
    assert trade.now(order).value("promise.text") == "short by 1"
    ((subject, text),) = trade.world.notices.told
    assert subject == "tea is low"
    assert text.splitlines()[:2] == ["tea Tea at WH:", "on hand 3, incoming , reorder level 5"]


def test_the_record_that_touched_is_told_that_it_gets_nothing_more() -> None:
    trade, tea, _ = low_tea()
    order = trade.order("O-1", tea, 1)
    watch_stock(trade.world.parts, [Touch(frozenset({tea.id}), order.id)])

    trade.change(order, status="shipped")
    watch_stock(trade.world.parts, [Touch(frozenset({tea.id}), order.id), Touch(frozenset({tea.id}), tea.id)])

    assert trade.now(order).value("promise.text") is None


class SeenTooEarly:
    """Alerts that somebody looked at before another one was noted."""

    def __init__(self, alerts: MemoryAlerts) -> None:
        self.begin, self.end = alerts.begin, alerts.end

    def known(self, topic: str) -> frozenset[str]:
        del topic
        return frozenset()


def test_what_is_low_is_told_once_until_it_has_recovered() -> None:
    trade, tea, stock = low_tea()
    assert [warn(trade.world.parts, [tea.id]) for _ in range(2)] == [1, 0]

    trade.change(stock, on_hand=Decimal(9))
    assert warn(trade.world.parts, [tea.id]) == 0
    trade.change(stock, on_hand=Decimal(2))
    assert warn(trade.world.parts, [tea.id]) == 1

    assert subjects(trade) == ["tea is low", "tea is low"]


def test_what_is_not_bought_any_more_is_no_alarm_until_it_is() -> None:
    trade, tea, _ = low_tea()
    trade.change(tea, discontinued=True)
    assert warn(trade.world.parts, [tea.id, "gone"]) == 0

    trade.change(tea, discontinued=False)
    assert warn(trade.world.parts, [tea.id]) == 1


def test_of_two_who_see_it_at_the_same_time_one_tells() -> None:
    trade, tea, stock = low_tea()
    trade.world.parts.alerts.begin("low-stock", stock.id, days(0))
    late = replace(trade.world.parts, alerts=SeenTooEarly(trade.world.alerts))

    assert warn(late, [tea.id]) == 0


def test_if_people_cannot_be_told_it_is_tried_again() -> None:
    trade, tea, _ = low_tea()
    trade.world.notices.refusals = 1
    with pytest.raises(TryAgain):
        warn(trade.world.parts, [tea.id])

    assert warn(trade.world.parts, [tea.id]) == 1


def test_the_digest_matches_all_anew_and_names_what_is_low_and_who_waits() -> None:
    trade, tea, _ = low_tea()
    order = trade.order("O-1", tea, 7, wanted_at=days(2))
    deal = trade.deal("Spring", tea, 2, wanted_at=days(3))

    matched = digest(trade.world.parts)

    assert (matched.products, matched.demands) == (1, 2)
    assert trade.now(deal).value("promise.text") == "short by 2"
    ((subject, text),) = trade.world.notices.told
    assert subject == "1 products are low, 2 orders and deals wait"
    assert "  tea: 3 on hand + 0 on order ≤ 5; buy " in text
    assert "  order O-1: short by 4" in text
    assert "  opportunity Spring: short by 2" in text
    assert trade.now(order).value("promise.text") == "short by 4"


def test_days_that_pass_are_seen_by_the_digest() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 3)
    order = trade.order("O-1", tea, 1, wanted_at=days(1))
    digest(trade.world.parts)
    trade.world.clock.go_on(3 * 86400)

    digest(trade.world.parts)

    assert subjects(trade) == ["0 products are low, 1 orders and deals wait"]
    assert trade.now(order).value("promise.text") == "available now"


def test_a_quiet_day_tells_nobody() -> None:
    digest(World().parts)
    trade = Trade()
    trade.stock(trade.product(), 3)
    digest(trade.world.parts)

    assert trade.world.notices.told == []


def test_a_digest_does_not_grow_without_end() -> None:
    trade, _, _ = low_tea()
    trade.change(trade.product("cup"), sku=None)
    for number in range(MOST_NAMED + 2):
        trade.order(f"O-{number}", trade.product("jam"), 1, wanted_at=days(1))

    digest(trade.world.parts)

    ((_, text),) = trade.world.notices.told
    assert text.endswith("  and 2 more")


def test_what_is_set_aside_follows_its_order_and_its_shelf_the_count() -> None:
    trade = Trade()
    tea = trade.product()
    stock, order = trade.stock(tea, 9), trade.order("O-1", tea, 4)
    set_aside(trade.world.parts, Wish("r1", order.id, {tea.id: Decimal(4)}, days(1)))
    set_aside(trade.world.parts, Wish("r2", "basket", {tea.id: Decimal(1)}, days(1)))

    trade.change(order, status="cancelled")
    trade.change(stock, on_hand=Decimal(7))
    watch_stock(trade.world.parts, [Touch(frozenset(), order.id)])

    assert trade.world.reservations.held["r1"].state is State.RELEASED
    shelf = trade.world.reservations.shelves([Place(tea.id)])[Place(tea.id)]
    assert (shelf.limit, shelf.free) == (Decimal(7), Decimal(6))


def test_what_is_overdue_comes_back_to_those_who_wait() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 4)
    deal = trade.deal("Spring", tea, 4)
    set_aside(trade.world.parts, Wish("r1", "basket", {tea.id: Decimal(1)}, days(0.01)))
    digest(trade.world.parts)
    assert trade.now(deal).value("promise.text") == "short by 1"
    trade.world.clock.go_on(3600)

    assert end_overdue(trade.world.parts).written == 1
    assert trade.now(deal).value("promise.text") == "available now"
    assert end_overdue(trade.world.parts).written == 0
