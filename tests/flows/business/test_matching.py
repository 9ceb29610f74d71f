"""What every open order and deal gets, as a list and explained one by one."""

from __future__ import annotations

from decimal import Decimal

from shared.core.records import Record
from shared.flows.business.match_demands import match_demands
from shared.flows.business.matching import DemandPage, Why, matching, matching_of
from shared.flows.operating.finding import Unclear
from shared.ports.stores import Holder
from tests.kit.trade import Trade, days
from tests.kit.world import World


def two_orders() -> tuple[Trade, Record, Record]:
    """Return six of tea that ten are wanted of, soon and later."""
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 6)
    soon = trade.order("O-1", tea, 4, wanted_at=days(1))
    later = trade.order("O-2", tea, 6, wanted_at=days(5))
    match_demands(trade.world.parts, [tea.id])
    return trade, soon, later


def ids(page: DemandPage) -> set[str]:
    return {each.record.id for each in page.items}


def why(trade: Trade, name: str) -> Why:
    found = matching_of(trade.world.parts, name)
    assert isinstance(found, Why)
    return found


def test_all_that_want_goods_are_listed_page_by_page() -> None:
    trade, soon, later = two_orders()
    deal = trade.deal("Spring", trade.product("cup"))

    first = matching(trade.world.parts, None, 2)
    second = matching(trade.world.parts, first.next, 2)

    assert first.next is not None
    assert second.next is None
    assert ids(first) | ids(second) == {soon.id, later.id, deal.id}


def test_what_comes_too_late_can_be_listed_alone() -> None:
    trade, soon, later = two_orders()
    due = trade.order("O-3", trade.product("cup"), wanted_at=days(-3))

    assert ids(matching(trade.world.parts, None, 10, only_late=True)) == {later.id}
    assert {each.record.id: each.is_late for each in matching(trade.world.parts, None, 10).items} == {
        soon.id: False,
        later.id: True,
        due.id: False,
    }


def test_an_order_that_is_there_after_the_day_it_was_wanted_is_late() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 6)
    order = trade.order("O-1", tea, wanted_at=days(-2))
    match_demands(trade.world.parts, [tea.id])

    assert ids(matching(trade.world.parts, None, 10, only_late=True)) == {order.id}


def test_what_wants_nothing_any_more_is_not_listed() -> None:
    trade, soon, later = two_orders()

    trade.change(soon, status="shipped")

    assert ids(matching(trade.world.parts, None, 10)) == {later.id}
    assert matching(Trade().world.parts, None, 10) == DemandPage((), None)


def test_one_is_explained_line_by_line_with_who_could_wait() -> None:
    trade, _, later = two_orders()

    found = why(trade, later.id)

    assert found.outcome is not None
    assert found.outcome.short == Decimal(4)
    assert found.demand.is_late
    (line,) = found.lines
    assert (line.demands_before, line.quantity_before) == (1, Decimal(4))
    assert found.named[line.line.product].value("sku") == "tea"


def test_a_number_means_an_order_before_a_deal() -> None:
    trade, soon, _ = two_orders()
    deal = trade.deal("Spring", trade.product("cup"))

    assert why(trade, "O-1").demand.record.id == soon.id
    assert why(trade, deal.id).demand.record.id == deal.id


def test_what_wants_nothing_is_promised_nothing() -> None:
    trade, soon, _ = two_orders()
    trade.change(soon, status="shipped")

    assert why(trade, "O-1").outcome is None


def test_nobody_or_several_is_unclear() -> None:
    trade, soon, later = two_orders()
    trade.world.memory.identities.holding |= {"id/crm/order/7": Holder(soon.id), "id/erp/order/7": Holder(later.id)}

    nobody, several = (matching_of(trade.world.parts, name) for name in ("nothing", "7"))

    assert nobody == Unclear()
    assert isinstance(several, Unclear)
    assert {each.record_id for each in several.candidates} == {soon.id, later.id}
    assert isinstance(matching_of(World().parts, "x"), Unclear)
