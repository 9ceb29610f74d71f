"""Orders that name their location: what is promised there, what they get, and which other location could help."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.records import Record
from shared.flows.business.availability import ProductAvailability, availability
from shared.flows.business.match_demands import match_demands
from shared.flows.business.matching import Why, matching_of
from tests.kit.clock import START
from tests.kit.trade import Trade, days, trading_world
from tests.kit.world import World

TODAY = START.date()


def two_warehouses(leeds: int = 3, york: int = 10) -> tuple[Trade, Record]:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, leeds, "Leeds")
    trade.stock(tea, york, "York")
    return trade, tea


def told(trade: Trade, location: str = "", quantity: int | None = None) -> ProductAvailability:
    wanted = None if quantity is None else Decimal(quantity)
    found = availability(trade.world.parts, "tea", wanted, location=location)
    assert isinstance(found, ProductAvailability)
    return found


def text(trade: Trade, record: Record) -> object:
    return trade.now(record).value("promise.text")


def test_each_location_tells_what_can_be_promised_there_beside_all_together() -> None:
    trade, tea = two_warehouses()
    trade.order("O-1", tea, 2, location="Leeds")
    trade.purchase("P-1", tea, 4, location="Leeds", expected_at=days(3))

    found = told(trade, quantity=5)

    assert (found.location, int(found.free.quantity), int(found.balance)) == ("", 11, 11)
    assert [
        (each.counts.location, each.free and int(each.free.quantity), each.promise and each.promise.day)
        for each in found.locations
    ] == [("Leeds", 1, days(3).date()), ("York", 10, TODAY)]


def test_one_location_is_asked_with_its_own_lines() -> None:
    trade, tea = two_warehouses()
    trade.order("O-1", tea, 2, location="Leeds")
    trade.purchase("P-1", tea, 4, location="Leeds")

    found = told(trade, "Leeds")

    assert (found.location, int(found.free.quantity)) == ("Leeds", 1)
    numbers = (found.on_hand, found.committed, found.balance, found.on_order, found.undated)
    assert [int(each) for each in numbers] == [3, 2, 1, 4, 4]
    assert [each.source for each in found.lines] == ["", "O-1"]


def test_a_location_of_which_nobody_has_heard_has_nothing() -> None:
    trade, tea = two_warehouses()
    trade.order("O-1", tea, 1, location="Bath")

    assert told(trade, "Hull").free.because == f"none: nothing is on hand on {TODAY}"
    assert [each.counts.location for each in told(trade).locations] == ["Leeds", "York", "Bath"]
    assert told(trade, "Bath").balance == -1


def test_where_a_stock_names_no_location_all_of_them_are_one() -> None:
    trade, tea = two_warehouses()
    trade.stock(tea, 1, "")
    order = trade.order("O-1", tea, 12, location="Leeds")

    match_demands(trade.world.parts, [tea.id])

    assert (told(trade, "Leeds").location, int(told(trade, "Leeds").balance)) == ("", 2)
    assert {each.free for each in told(trade).locations} == {None}
    assert text(trade, order) == "available now"


def test_an_order_is_served_from_its_own_location_only_and_told_which_other_could_help() -> None:
    trade, tea = two_warehouses()
    order = trade.order("O-1", tea, 5, location="Leeds")
    other = trade.order("O-2", tea, 9)

    match_demands(trade.world.parts, [tea.id])

    assert text(trade, order) == "short by 2; York could help"
    assert text(trade, other) == "available now"
    found = matching_of(trade.world.parts, "O-1")
    assert isinstance(found, Why)
    (line,) = found.lines
    assert line.line.location == "Leeds"
    assert [(int(part.quantity), part.lot.location) for part in line.parts] == [(3, "Leeds")]
    assert [(int(each.quantity), each.lot.location) for each in line.helps] == [(1, "York")]


def test_what_comes_too_late_is_told_who_has_it_sooner_and_what_is_in_time_is_not() -> None:
    trade, tea = two_warehouses(leeds=0)
    trade.purchase("P-1", tea, 9, location="Leeds", expected_at=days(5))
    late = trade.order("O-1", tea, 2, location="Leeds", wanted_at=days(2))
    in_time = trade.order("O-2", tea, 2, location="Leeds", wanted_at=days(6))

    match_demands(trade.world.parts, [tea.id])

    day = days(5).date()
    assert text(trade, late) == f"available on {day}; York could help"
    assert text(trade, in_time) == f"available on {day}"


def test_nobody_helps_where_nobody_has_any() -> None:
    trade, tea = two_warehouses(york=0)
    order = trade.order("O-1", tea, 5, location="Leeds")

    match_demands(trade.world.parts, [tea.id])

    assert text(trade, order) == "short by 2"


def test_where_goods_are_moved_for_any_order_all_locations_count_as_one() -> None:
    trade = Trade(World(replace(trading_world().integration, transfer=True)))
    tea = trade.product()
    trade.stock(tea, 3, "Leeds")
    trade.stock(tea, 10, "York")
    order = trade.order("O-1", tea, 5, location="Leeds")

    match_demands(trade.world.parts, [tea.id])

    assert text(trade, order) == "available now"
    assert told(trade, "Leeds").free.quantity == 8


PLACES = st.sampled_from(["", "Leeds", "York"])
CHANGES = st.lists(st.tuples(PLACES, st.integers(1, 6), st.booleans()), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8), CHANGES)
def test_matching_after_each_change_says_what_matching_everything_anew_says(
    leeds: int, york: int, changes: list[tuple[str, int, bool]]
) -> None:
    trade, tea = two_warehouses(leeds, york)
    cup = trade.product("cup")
    trade.stock(cup, leeds, "York")
    orders = []
    for number, (location, quantity, is_moved) in enumerate(changes):
        order = trade.order(f"O-{number}", tea if quantity % 2 else cup, quantity, location=location or None)
        orders.append(order)
        match_demands(trade.world.parts, [tea.id if quantity % 2 else cup.id], [order.id])
        if is_moved:
            trade.change(order, location="York")
            match_demands(trade.world.parts, [tea.id if quantity % 2 else cup.id], [order.id])
    step_by_step = [text(trade, each) for each in orders]

    assert match_demands(trade.world.parts, [tea.id, cup.id]).written == 0
    assert [text(trade, each) for each in orders] == step_by_step
