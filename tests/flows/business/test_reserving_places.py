"""Goods set aside at a location: taken of it and of all locations together, so that neither is ever oversold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from random import Random

import pytest

from shared.core.records import Record
from shared.core.reservations import Missing, Place, Reservation, State
from shared.flows.business.match_demands import match_demands
from shared.flows.business.reserve import Asked, Held, reserve
from shared.flows.business.reserving import (
    Refused,
    Wish,
    expire_due,
    follow_demands,
    give_back,
    limits_of,
    restock_shelves,
    set_aside,
)
from tests.flows.business.test_reserving import Interrupted
from tests.kit.trade import Trade, days

HISTORIES = 10_000
STEPS = 40
LOCATIONS = ("", "Leeds", "York")


def two_warehouses(leeds: int = 5, york: int = 5) -> tuple[Trade, Record]:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, leeds, "Leeds")
    trade.stock(tea, york, "York")
    return trade, tea


def taken(trade: Trade, product: Record, quantity: int, location: str = "", id_: str = "r1") -> Reservation | Refused:
    return set_aside(trade.world.parts, Wish(id_, "basket", {product.id: Decimal(quantity)}, days(1), "", location))


def numbers(trade: Trade, product: Record) -> dict[str, tuple[int, int]]:
    shelves = trade.world.reservations.shelves([Place(product.id, each) for each in LOCATIONS])
    return {place.location: (int(shelf.limit), int(shelf.free)) for place, shelf in shelves.items()}


def test_what_is_taken_at_a_location_is_taken_of_all_together_and_comes_back_to_both() -> None:
    trade, tea = two_warehouses()

    held = taken(trade, tea, 4, "Leeds")

    assert isinstance(held, Reservation)
    assert held.lines == ((Place(tea.id, "Leeds"), Decimal(4)),)
    assert numbers(trade, tea) == {"": (10, 6), "Leeds": (5, 1), "York": (0, 0)}
    give_back(trade.world.parts, "r1")
    assert numbers(trade, tea) == {"": (10, 10), "Leeds": (5, 5), "York": (0, 0)}


def test_a_location_gives_no_more_than_it_has_though_another_has_some() -> None:
    trade, tea = two_warehouses()

    assert taken(trade, tea, 6, "Leeds") == Refused((Missing(Place(tea.id, "Leeds"), Decimal(6), Decimal(5)),))


def test_a_location_gives_nothing_that_somebody_has_set_aside_from_anywhere() -> None:
    trade, tea = two_warehouses()
    taken(trade, tea, 8)

    assert taken(trade, tea, 3, "Leeds", "r2") == Refused((Missing(Place(tea.id), Decimal(3), Decimal(2)),))
    assert isinstance(taken(trade, tea, 2, "Leeds", "r3"), Reservation)


def test_what_an_order_takes_at_a_location_is_not_set_aside_there_for_another() -> None:
    trade, tea = two_warehouses()
    order = trade.order("O-1", tea, 4, location="Leeds")

    limits = limits_of(trade.world.parts, [Place(tea.id, "Leeds"), Place(tea.id, "York"), Place(tea.id, "Bath")])
    assert {place.location: limit for place, limit in limits.items()} == {"Leeds": 1, "York": 5, "Bath": 0}
    assert isinstance(taken(trade, tea, 2, "Leeds"), Refused)
    asked = reserve(trade.world.parts, Asked(order.id, {}, days(1)))
    assert isinstance(asked, Held)
    assert asked.reservation.lines == ((Place(tea.id, "Leeds"), Decimal(4)),)


def test_what_an_order_set_aside_before_it_named_its_location_is_not_counted_there() -> None:
    trade, tea = two_warehouses()
    order = trade.order("O-1", tea, 4)
    reserve(trade.world.parts, Asked(order.id, {}, days(1)))

    trade.change(order, location="Leeds")

    limits = limits_of(trade.world.parts, [Place(tea.id, "Leeds"), Place(tea.id)])
    assert limits == {Place(tea.id, "Leeds"): 1, Place(tea.id): 10}


def test_where_locations_are_not_told_apart_goods_are_taken_of_all_together() -> None:
    trade, tea = two_warehouses()
    taken(trade, tea, 5, "Leeds")
    trade.stock(tea, 3, "")

    restock_shelves(trade.world.parts, [tea.id])
    held = taken(trade, tea, 8, "Leeds", "r2")

    assert isinstance(held, Reservation)
    assert held.lines == ((Place(tea.id), Decimal(8)),)
    assert numbers(trade, tea)["Leeds"] == (13, 8)


def test_what_is_set_aside_at_a_location_is_given_there_to_nobody_else() -> None:
    trade, tea = two_warehouses(leeds=3, york=4)
    taken(trade, tea, 2, "Leeds")
    here = trade.order("O-1", tea, 2, location="Leeds", wanted_at=days(1))
    anywhere = trade.order("O-2", tea, 4)

    match_demands(trade.world.parts, [tea.id])

    texts = [trade.now(each).value("promise.text") for each in (here, anywhere)]
    assert texts == ["short by 1", "available now"]


def test_what_was_set_aside_at_a_place_that_is_none_any_more_is_kept_of_all_together() -> None:
    trade, tea = two_warehouses(leeds=3, york=4)
    taken(trade, tea, 3, "Leeds")
    trade.end(next(each for each in trade.world.records("stock") if each.value("location") == "Leeds"))
    order = trade.order("O-1", tea, 4, location="York")

    match_demands(trade.world.parts, [tea.id])

    assert trade.now(order).value("promise.text") == "short by 3"


@pytest.mark.parametrize(("location", "most"), [("", 99), ("Leeds", 49)])
def test_one_transaction_holds_as_many_products_as_it_may_touch_shelves(location: str, most: int) -> None:
    trade = Trade()
    products = [trade.product(f"p{number}") for number in range(most + 1)]
    for each in products:
        trade.stock(each, 1, "Leeds")

    def aside(id_: str, count: int) -> Reservation | Refused:
        lines = {each.id: Decimal(1) for each in products[:count]}
        return set_aside(trade.world.parts, Wish(id_, "basket", lines, days(1), "", location))

    assert aside("r1", most + 1) == Refused(why=f"a reservation holds at least one product and at most {most}")
    assert isinstance(aside("r2", most), Reservation)


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_ten_thousand_steps_never_oversell_a_location_nor_all_together_and_all_comes_back(is_interrupted: bool) -> None:
    """Buyers, releases, expiries, shipments and counts at two locations, in any order, each cut in by others."""
    for seed in range(HISTORIES // STEPS):
        trade, tea = two_warehouses()
        chance = Random(seed)
        orders = [trade.order(f"O-{at}", tea, chance.randint(1, 3), location=at or None) for at in LOCATIONS]
        if is_interrupted:
            trade.world.reservations = store = Interrupted(chance)
            trade.world.parts = replace(trade.world.parts, reservations=store)
            store.act = partial(one_step, trade, tea, orders, chance)
        for _ in range(STEPS):
            one_step(trade, tea, orders, chance)
            for location, (limit, free) in numbers(trade, tea).items():
                assert limit - free == held_at(trade, location)
        if isinstance(trade.world.reservations, Interrupted):
            trade.world.reservations.act = lambda: None
        trade.world.clock.go_on(10 * 86400)
        expire_due(trade.world.parts)
        assert all(limit == free for limit, free in numbers(trade, tea).values())
        assert trade.world.relations.of("reservations") == []


def one_step(trade: Trade, tea: Record, orders: list[Record], chance: Random) -> None:
    parts = trade.world.parts
    match chance.choice(["buy", "buy", "buy", "give back", "expire", "ship", "count"]):
        case "buy":
            holder, location = chance.choice([*((each.id, str(each.value("location") or "")) for each in orders)])
            name = chance.choice([holder, "basket", "basket"])
            wish = Wish(parts.clock.new_id(), name, {tea.id: Decimal(chance.randint(1, 3))}, days(3), "", location)
            if isinstance(set_aside(parts, wish), Reservation) and not isinstance(parts.reservations, Interrupted):
                assert all(is_there(trade, each, name) for each in {location, ""})
        case "give back":
            if held := list(trade.world.reservations.held):
                give_back(parts, chance.choice(held))
        case "expire":
            trade.world.clock.go_on(7200)
            expire_due(parts)
        case "ship":
            order = chance.choice(orders)
            trade.change(order, status=chance.choice(["placed", "shipped", "cancelled"]))
            follow_demands(parts, [order.id])
        case _:
            trade.change(chance.choice(trade.world.records("stock")), on_hand=Decimal(chance.randint(3, 7)))
            restock_shelves(parts, [tea.id])


def held_at(trade: Trade, location: str, holder: str = "") -> Decimal:
    """Add up what is set aside at a location; of all of them where none is named."""
    open_ones = [each for each in trade.world.reservations.held.values() if each.state is State.OPEN]
    mine = [line for each in open_ones if holder in ("", each.holder) for line in each.lines]
    return sum((quantity for place, quantity in mine if location in ("", place.location)), Decimal(0))


def is_there(trade: Trade, location: str, holder: str) -> bool:
    """Tell whether what is set aside, and what others' orders take beyond theirs, is on hand: counted anew."""
    there = Decimal(0)
    for stock in trade.world.records("stock"):
        count = stock.value("on_hand")
        if location in ("", stock.value("location")) and isinstance(count, Decimal):
            there += count
    for order in trade.world.records("order"):
        quantity = order.value("lines[a].quantity")
        is_mine = order.id == holder or order.value("status") != "placed"
        if not is_mine and location in ("", order.value("location")) and isinstance(quantity, Decimal):
            there -= max(Decimal(0), quantity - held_at(trade, location, order.id))
    return held_at(trade, location) <= there
