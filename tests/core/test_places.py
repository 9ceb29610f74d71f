"""What can be promised at each location and over all: nobody is promised what others need, and nothing is idle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared.core.places import are_told_apart, positions_at, spread
from shared.core.promise import Timeline, available, promise, timeline
from shared.core.records import Record
from shared.core.share import Lot, lots_at
from shared.core.supply import Commitment, Incoming, Position, Stock, together
from shared.core.values import Value
from tests.core.stock_builders import TODAY, day, units
from tests.kit.builders import a_record

COUNTED = datetime(2026, 11, 20, 8, tzinfo=UTC)
BEFORE, AFTER = datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
LINE: Mapping[str, Value] = {"lines[a]": True, "lines[a].product": "tea", "lines[a].quantity": Decimal(3)}


def a_stock(location: str, on_hand: int = 10, **fields: Value) -> Record:
    return a_record(location, entity="stock", fields={"location": location, "on_hand": Decimal(on_hand), **fields})


def an_order(location: str = "", placed_at: datetime = BEFORE, status: str = "placed") -> Record:
    fields = {"status": status, "placed_at": placed_at, "location": location or None, **LINE}
    return a_record(f"order-{location}", entity="order", fields=fields)


def a_purchase(location: str = "") -> Record:
    expected = {"expected_at": datetime(2026, 12, 1, tzinfo=UTC), "location": location or None}
    return a_record(f"po-{location}", entity="purchase_order", fields={"status": "placed", **expected, **LINE})


def a_place(
    location: str, on_hand: int, taken: tuple[tuple[int, int], ...] = (), coming: tuple[tuple[int, int], ...] = ()
) -> Position:
    """Return a location's position; what is taken and coming is (days ahead, quantity)."""
    return Position(
        "tea",
        (Stock(units(on_hand)),) if location else (),
        location,
        tuple(Commitment("SO", units(q), day(at)) for at, q in taken),
        tuple(Incoming("PO", units(q), day(at)) for at, q in coming),
    )


def spread_of(*places: Position) -> Mapping[str, Timeline]:
    return spread(together(places), {each.location: each for each in places}, TODAY)


def test_stocks_orders_and_purchase_orders_count_at_the_location_that_they_name() -> None:
    stocks, orders = [a_stock("Leeds"), a_stock("York")], [an_order("Leeds"), an_order(), an_order("Bath")]

    at = positions_at("tea", stocks, orders, (), [a_purchase("York"), a_purchase()], 9)

    assert are_told_apart(at)
    assert {name: (int(each.on_hand), len(each.commitments), len(each.incoming)) for name, each in at.items()} == {
        "": (0, 1, 1),
        "Bath": (0, 1, 0),
        "Leeds": (10, 1, 0),
        "York": (10, 0, 1),
    }
    assert {each.location for each in at.values()} == set(at)
    assert {each.lead_days for each in at.values()} == {9}


def test_a_stock_that_names_no_location_makes_all_of_them_one() -> None:
    at = positions_at("tea", [a_stock("Leeds"), a_stock("")], [an_order("Leeds")], ())

    assert not are_told_apart(at)
    assert at[""].on_hand == 20
    assert not are_told_apart(positions_at("tea", [], [an_order("Leeds")], ()))


def test_goods_that_left_after_the_count_are_missed_where_their_order_says() -> None:
    shipment = a_record("s", entity="shipment", fields={"status": "shipped", "shipped_at": AFTER, **LINE})
    stocks = [a_stock("Leeds", as_of=COUNTED), a_stock("York", as_of=COUNTED)]
    left = an_order("York", status="shipped")

    at = positions_at("tea", stocks, [], [(shipment, left)])

    assert available(spread(positions_at("tea", stocks[1:], [], [])["York"], at, TODAY)["York"]).quantity == 7
    assert not are_told_apart(positions_at("tea", stocks, [], [(shipment, an_order(status="shipped"))]))
    assert are_told_apart(positions_at("tea", [a_stock("Leeds"), stocks[1]], [], [(shipment, an_order())]))


@pytest.mark.parametrize(
    ("reserved", "placed_at", "is_apart"),
    [(Decimal(3), BEFORE, False), (Decimal(3), AFTER, True), (None, BEFORE, True)],
)
def test_an_order_of_no_location_that_a_count_may_have_reserved_makes_all_of_them_one(
    reserved: Decimal | None, placed_at: datetime, is_apart: bool
) -> None:
    stocks = [a_stock("Leeds", reserved=reserved, as_of=COUNTED)]

    assert are_told_apart(positions_at("tea", stocks, [an_order("", placed_at)], ())) is is_apart


def test_one_location_promises_what_a_product_without_locations_does() -> None:
    place = a_place("Leeds", 10, taken=((2, 4),), coming=((5, 3),))
    lines = spread_of(place, a_place("", 0, taken=((3, 1),)))

    alone = timeline(replace(together([place, a_place("", 0, taken=((3, 1),))]), location=""), TODAY)
    for ahead in range(8):
        assert available(lines[""], day(ahead)).quantity == available(alone, day(ahead)).quantity
    assert [available(lines["Leeds"], day(ahead)).quantity for ahead in (0, 5)] == [5, 8]


def test_not_told_apart_there_is_one_timeline() -> None:
    whole = a_place("", 0, coming=((2, 4),))

    assert spread(whole, {"": whole}, TODAY) == {"": timeline(whole, TODAY)}


def test_what_orders_of_no_location_need_is_kept_at_every_location_and_said() -> None:
    lines = spread_of(a_place("Leeds", 5), a_place("York", 4), a_place("", 0, taken=((0, 6),)))

    assert {name: available(line).quantity for name, line in lines.items()} == {"": 3, "Leeds": 3, "York": 3}
    because = available(lines["Leeds"]).because
    assert because == f"3 are free on {TODAY}: 2 more at Leeds are kept for orders of other locations or of none"


def test_what_a_location_still_needs_is_kept_from_orders_of_no_location_and_said() -> None:
    """Leeds needs its five on the fifth day; York's come only then, and goods are not moved."""
    lines = spread_of(a_place("Leeds", 5, taken=((5, 5),)), a_place("York", 0, coming=((5, 5),)), a_place("", 0))

    assert [int(available(lines[""], each).quantity) for each in (TODAY, day(5))] == [0, 5]
    assert available(lines[""]).because == "none: 5 more in all are kept for orders that name a location"
    assert promise(lines[""], units(5)).day == day(5)


def test_what_an_order_of_no_location_needs_of_one_before_others_get_theirs_is_gone_there_for_good() -> None:
    """Somebody needs five today, which only Leeds has; York gets ten later, and Leeds gets nothing back."""
    lines = spread_of(a_place("Leeds", 5), a_place("York", 0, coming=((3, 10),)), a_place("", 0, taken=((0, 5),)))

    assert {name: int(available(line, day(3)).quantity) for name, line in lines.items()} == {
        "": 10,
        "Leeds": 0,
        "York": 10,
    }


def test_a_count_below_zero_is_told_as_nothing_with_its_reason_and_lent_from_no_other_location() -> None:
    lines = spread_of(a_place("Leeds", -3), a_place("York", 10), a_place("", 0))

    shown = available(lines["Leeds"])
    assert (int(shown.quantity), shown.because) == (0, "none: the count itself is below zero (-3 on hand)")
    assert available(lines["York"]).quantity == available(lines[""]).quantity == 7


def test_lots_of_all_locations_lose_what_one_of_them_lacks_the_earliest_first() -> None:
    places = (a_place("Leeds", -3), a_place("York", 2, coming=((4, 6),)), a_place("", 0))

    assert lots_at(places, TODAY) == (Lot(day(4), units(5), "York", "PO"),)


# ── against a search: every unit wanted is given one that there is, or nobody can be told more ──

SPANS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=3).map(tuple)
PLACES = st.tuples(
    st.builds(a_place, st.just("Leeds"), st.integers(0, 4), SPANS, SPANS),
    st.builds(a_place, st.just("York"), st.integers(0, 4), SPANS, SPANS),
    st.builds(a_place, st.just(""), st.just(0), SPANS, SPANS),
)


def can_serve(places: tuple[Position, ...], more: tuple[str, int, int] = ("", 0, 0)) -> bool:
    """Tell whether each unit that is taken, and `more` (location, days ahead, quantity), can be given one."""
    supply = [(each.location, TODAY) for each in places for stock in each.stocks for _ in range(int(stock.on_hand))]
    supply += [(p.location, each.day) for p in places for each in p.incoming for _ in range(int(each.quantity))]
    wanted = [
        (p.location, each.due or TODAY) for p in places for each in p.commitments for _ in range(int(each.quantity))
    ]
    wanted += [(more[0], day(more[1]))] * more[2]
    taken: dict[int, int] = {}

    def finds(unit: int, tried: set[int]) -> bool:
        location, due = wanted[unit]
        for at, (where, since) in enumerate(supply):
            if at not in tried and since <= due and location in ("", where):
                tried.add(at)
                if at not in taken or finds(taken[at], tried):
                    taken[at] = unit
                    return True
        return False

    return all(finds(unit, set()) for unit in range(len(wanted)))


@example((a_place("Leeds", 2), a_place("York", 0, (), ((3, 3),)), a_place("", 0, ((0, 2),))), "Leeds", 3)
@settings(max_examples=200, deadline=None)
@given(PLACES, st.sampled_from(["", "Leeds", "York"]), st.integers(0, 4))
def test_so_many_can_be_promised_and_not_one_more(places: tuple[Position, ...], where: str, ahead: int) -> None:
    assume(can_serve(places))

    shown = int(available(spread_of(*places)[where], day(ahead)).quantity)

    assert can_serve(places, (where, ahead, shown))
    assert not can_serve(places, (where, ahead, shown + 1))


@given(PLACES, st.sampled_from(["Leeds", "York"]), st.integers(1, 5), st.integers(0, 4))
def test_more_stock_at_a_location_promises_nobody_less_or_later(
    places: tuple[Position, ...], where: str, more: int, ahead: int
) -> None:
    richer = tuple(
        replace(each, incoming=(*each.incoming, Incoming("new", units(more), day(ahead))))
        if each.location == where
        else each
        for each in places
    )
    before, after = spread_of(*places), spread_of(*richer)

    for name, line in before.items():
        assert all(available(after[name], day(on)).quantity >= available(line, day(on)).quantity for on in range(6))
        old, new = promise(line, units(6)), promise(after[name], units(6))
        assert old.day is None or (new.day is not None and new.day <= old.day)


@given(PLACES)
def test_what_can_be_promised_never_falls_from_one_day_to_the_next(places: tuple[Position, ...]) -> None:
    for line in spread_of(*places).values():
        assert list(line.floors) == sorted(line.floors)
