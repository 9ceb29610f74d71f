"""Goods set aside for orders, deals and others, at the limits that the records show in that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from random import Random

import pytest

from shared.core.errors import TryAgain
from shared.core.records import Record
from shared.core.reservations import Missing, Place, Reservation, ShelfStep, State, Transaction
from shared.flows.business.availability import ProductAvailability, availability
from shared.flows.business.match_demands import match_demands
from shared.flows.business.positions import held_of
from shared.flows.business.reserving import (
    Refused,
    Wish,
    expire_due,
    follow_demands,
    give_back,
    keep_longer,
    limits_of,
    restock_shelves,
    set_aside,
)
from tests.kit.reservations import MemoryReservations
from tests.kit.trade import Trade, days

HISTORIES = 10_000


def ten_of_tea() -> tuple[Trade, Record]:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10)
    return trade, tea


def reserved(
    trade: Trade, product: Record, quantity: int, holder: str = "basket", id_: str = "r1", until: datetime | None = None
) -> Reservation:
    wish = Wish(id_, holder, {product.id: Decimal(quantity)}, until or days(1))
    found = set_aside(trade.world.parts, wish)
    assert isinstance(found, Reservation)
    return found


def refused(trade: Trade, product: Record, quantity: int, holder: str = "basket", id_: str = "r9") -> Refused:
    found = set_aside(trade.world.parts, Wish(id_, holder, {product.id: Decimal(quantity)}, days(1)))
    assert isinstance(found, Refused)
    return found


def numbers(trade: Trade, product: Record) -> tuple[float, float]:
    shelf = trade.world.reservations.shelves([Place(product.id)])[Place(product.id)]
    return float(shelf.limit), float(shelf.free)


def free(trade: Trade, sku: str = "tea") -> Decimal:
    found = availability(trade.world.parts, sku)
    assert isinstance(found, ProductAvailability)
    return found.free.quantity


def test_what_is_set_aside_is_not_told_to_others_and_can_be_given_back() -> None:
    trade, tea = ten_of_tea()

    reserved(trade, tea, 4)

    assert numbers(trade, tea) == (10, 6)
    assert free(trade) == 6
    ended = give_back(trade.world.parts, "r1")
    assert ended is not None
    assert ended.state is State.RELEASED
    assert numbers(trade, tea) == (10, 10)
    assert free(trade) == 10
    assert trade.world.relations.of("reservations") == []


def test_giving_back_twice_or_what_is_not_there_changes_nothing() -> None:
    trade, tea = ten_of_tea()
    reserved(trade, tea, 4)

    twice = [give_back(trade.world.parts, "r1") for _ in range(2)]

    assert twice[0] == twice[1]
    assert give_back(trade.world.parts, "r7") is None
    assert numbers(trade, tea) == (10, 10)


def test_the_same_id_again_sets_nothing_more_aside() -> None:
    trade, tea = ten_of_tea()

    assert reserved(trade, tea, 4) == reserved(trade, tea, 4)
    assert numbers(trade, tea) == (10, 6)

    give_back(trade.world.parts, "r1")
    assert "has ended" in refused(trade, tea, 4, id_="r1").why


def test_all_lines_or_none_with_what_is_missing_in_the_buyers_numbers() -> None:
    trade, tea = ten_of_tea()
    cup = trade.product("cup")
    trade.stock(cup, 2)
    trade.order("O-1", tea, 3)

    found = set_aside(trade.world.parts, Wish("r1", "basket", {tea.id: Decimal(5), cup.id: Decimal(3)}, days(1)))

    assert found == Refused((Missing(Place(cup.id), Decimal(3), Decimal(2)),))
    assert trade.world.reservations.held == {}
    assert trade.world.relations.of("reservations") == []


def test_open_orders_are_subtracted_but_not_from_what_they_set_aside_themselves() -> None:
    trade, tea = ten_of_tea()
    mine = trade.order("O-1", tea, 8)
    trade.order("O-2", tea, 2)
    assert refused(trade, tea, 1).missing[0].free == 0

    reserved(trade, tea, 8, mine.id)

    assert numbers(trade, tea) == (8, 0)
    assert refused(trade, tea, 1).missing[0].free == 0
    assert free(trade) == 0


def test_goods_that_left_after_the_count_and_those_of_strangers_cannot_be_set_aside() -> None:
    trade = Trade()
    tea = trade.product()
    trade.stock(tea, 10, as_of=days(-0.5), reserved=Decimal(3))
    trade.shipment("S-1", trade.order("O-1", tea, 4, status="shipped", placed_at=days(-0.1)), tea, 4)

    assert limits_of(trade.world.parts, [Place(tea.id)]) == {Place(tea.id): Decimal(3)}
    reserved(trade, tea, 3)
    refused(trade, tea, 1)


def test_an_empty_wish_or_one_of_too_many_products_is_refused() -> None:
    trade, tea = ten_of_tea()

    many = {f"p{number}": Decimal(1) for number in range(100)}
    assert isinstance(set_aside(trade.world.parts, Wish("r1", "b", many, days(1))), Refused)
    assert "at least one" in refused(trade, tea, 0).why


def test_what_expired_makes_room_when_it_is_needed() -> None:
    trade, tea = ten_of_tea()
    reserved(trade, tea, 8, id_="r1", until=days(0.01))
    trade.world.clock.go_on(3600)

    reserved(trade, tea, 9, id_="r2")

    assert trade.world.reservations.held["r1"].state is State.EXPIRED
    assert numbers(trade, tea) == (10, 1)


def test_the_sweep_ends_what_is_due_once_and_forgets_pointers_to_nothing() -> None:
    trade, tea = ten_of_tea()
    reserved(trade, tea, 2, id_="r1", until=days(0.01))
    reserved(trade, tea, 3, id_="r2")
    trade.world.clock.go_on(3600)

    assert [each.id for each in expire_due(trade.world.parts)] == ["r1"]
    assert expire_due(trade.world.parts) == ()
    assert numbers(trade, tea) == (10, 7)
    assert {each.child for each in trade.world.relations.of("reservations")} == {"r2"}
    assert held_of(trade.world.parts, [tea.id])[tea.id] == (trade.world.reservations.held["r2"],)


def test_what_is_kept_for_longer_does_not_expire_at_the_first_hour() -> None:
    trade, tea = ten_of_tea()
    reserved(trade, tea, 2, until=days(0.01))

    longer = keep_longer(trade.world.parts, "r1", days(2))

    assert longer is not None
    assert longer.expires_at == days(2)
    trade.world.clock.go_on(3600)
    assert expire_due(trade.world.parts) == ()
    assert [each.by for each in trade.world.relations.of("reservations")] == [days(2).isoformat()]
    assert keep_longer(trade.world.parts, "r1", days(1)) == longer
    assert keep_longer(trade.world.parts, "r7", days(1)) is None


def test_a_cancelled_order_or_a_lost_deal_gives_everything_back() -> None:
    trade, tea = ten_of_tea()
    order, deal = trade.order("O-1", tea, 4), trade.deal("Spring", tea, 3)
    reserved(trade, tea, 4, order.id, "r1")
    reserved(trade, tea, 3, deal.id, "r2")

    trade.change(order, status="cancelled")
    trade.change(deal, status="lost")
    touched = follow_demands(trade.world.parts, [order.id, deal.id, "nobody"])

    assert touched == {tea.id}
    assert {each.state for each in trade.world.reservations.held.values()} == {State.RELEASED}
    assert free(trade) == 10
    assert trade.world.relations.of("reservations") == []


def test_shipments_fulfil_what_was_set_aside() -> None:
    trade, tea = ten_of_tea()
    order = trade.order("O-1", tea, 6)
    reserved(trade, tea, 4, order.id, "r1")
    reserved(trade, tea, 2, order.id, "r2")

    trade.write(changed_line(trade, order, 3))
    follow_demands(trade.world.parts, [order.id])
    held = trade.world.reservations.held
    assert (held["r1"].lines, held["r2"].state) == (((Place(tea.id), Decimal(3)),), State.FULFILLED)
    assert follow_demands(trade.world.parts, [order.id]) == frozenset()

    trade.change(order, status="shipped")
    follow_demands(trade.world.parts, [order.id])
    assert held["r1"].state is State.FULFILLED
    assert numbers(trade, tea) == (4, 4)


def changed_line(trade: Trade, order: Record, shipped: int) -> Record:
    held = trade.now(order)
    line = held.fields["lines[a].quantity"]
    return replace(
        held,
        version=held.version + 1,
        fields={**held.fields, "lines[a].shipped": line._replace(value=Decimal(shipped))},
    )


def test_a_deal_that_holds_goods_is_served_first_and_what_strangers_hold_is_nobodys() -> None:
    trade, tea = ten_of_tea()
    deal, order = trade.deal("Spring", tea, 4), trade.order("O-1", tea, 5)
    reserved(trade, tea, 4, deal.id, "r1")
    reserved(trade, tea, 1, "a basket", "r2")

    match_demands(trade.world.parts, [tea.id])
    assert trade.now(deal).value("promise.text") == "available now"
    assert trade.now(order).value("promise.text") == "available now"

    give_back(trade.world.parts, "r1")
    reserved(trade, tea, 4, "another basket", "r3")
    match_demands(trade.world.parts, [tea.id])
    assert trade.now(deal).value("promise.text") == "short by 4"


def test_a_new_count_moves_the_shelves_of_what_is_set_aside() -> None:
    trade, tea = ten_of_tea()
    cup = trade.product("cup")
    stock = trade.world.records("stock")[0]
    reserved(trade, tea, 4)

    trade.change(stock, on_hand=Decimal(3))
    restock_shelves(trade.world.parts, [tea.id, cup.id])

    assert numbers(trade, tea) == (3, -1)
    assert numbers(trade, cup) == (0, 0)
    restock_shelves(trade.world.parts, [tea.id])
    assert numbers(trade, tea) == (3, -1)


class Slow(MemoryReservations):
    """Reservations of which the first transactions meet somebody quicker."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def carry_out(self, transaction: Transaction) -> bool:
        self.times -= 1
        return self.times < 0 and super().carry_out(transaction)


def test_who_was_overtaken_tries_again_but_not_for_ever() -> None:
    trade, tea = ten_of_tea()
    trade.world.parts = replace(trade.world.parts, reservations=Slow(2))
    reserved(trade, tea, 4)
    assert trade.world.parts.reservations.shelves([Place(tea.id)])[Place(tea.id)].free == 6

    stuck = Slow(99)
    stuck.held["r1"] = Reservation("r1", "b", ((Place(tea.id), Decimal(1)),), days(0.01))
    trade.world.parts = replace(trade.world.parts, reservations=stuck)
    with pytest.raises(TryAgain):
        reserved(trade, tea, 4, id_="r2")
    with pytest.raises(TryAgain):
        give_back(trade.world.parts, "r1")
    assert keep_longer(trade.world.parts, "r1", days(3)) == stuck.held["r1"]
    trade.world.clock.go_on(3600)
    assert expire_due(trade.world.parts) == ()


class Interrupted(MemoryReservations):
    """Reservations of which every transaction may find that somebody else acted right before it."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.chance, self.is_busy = chance, False
        self.act: Callable[[], None] = lambda: None

    def carry_out(self, transaction: Transaction) -> bool:
        if not self.is_busy and self.chance.random() < 0.5:
            self.is_busy = True
            self.act()
            self.is_busy = False
        if not super().carry_out(transaction):
            return False
        for step in transaction:
            if isinstance(step, ShelfStep) and step.at_least is not None:
                assert self.kept[step.place].free >= 0, "more was set aside than there was in that very moment"
        return True


@pytest.mark.parametrize("is_interrupted", [False, True])
def test_ten_thousand_steps_in_any_order_never_exceed_what_there_is_and_all_comes_back(is_interrupted: bool) -> None:
    """Property 9 over the flows: buyers, releases, expiries, shipments, new counts and new orders, in any order."""
    for seed in range(HISTORIES // 40):
        trade, tea = ten_of_tea()
        chance = Random(seed)
        holders = [trade.order(f"O-{number}", tea, chance.randint(1, 4)) for number in range(2)]
        if is_interrupted:
            trade.world.reservations = store = Interrupted(chance)
            trade.world.parts = replace(trade.world.parts, reservations=store)
            store.act = partial(another_step, trade, tea, holders, chance, iter(range(100, 20_000)))
        for step in range(40):
            one_step(trade, tea, holders, chance, step)
            limit, left = numbers(trade, tea)
            assert limit - left == float(sum(held_by(trade).values()))
        if isinstance(trade.world.reservations, Interrupted):
            trade.world.reservations.act = lambda: None
        trade.world.clock.go_on(10 * 86400)
        expire_due(trade.world.parts)
        for reservation_id in list(trade.world.reservations.held):
            give_back(trade.world.parts, reservation_id)
        limit, left = numbers(trade, tea)
        assert limit == left
        assert trade.world.relations.of("reservations") == []


def another_step(trade: Trade, tea: Record, holders: list[Record], chance: Random, numbers_left: Iterator[int]) -> None:
    one_step(trade, tea, holders, chance, next(numbers_left))


def held_by(trade: Trade) -> dict[str, Decimal]:
    """Add up by holder what is set aside."""
    found: dict[str, Decimal] = {}
    for each in trade.world.reservations.held.values():
        if each.state is State.OPEN:
            found[each.holder] = found.get(each.holder, Decimal(0)) + sum((q for _, q in each.lines), Decimal(0))
    return found


def there_for(trade: Trade, holder: str) -> Decimal:
    """Return what is on hand less what other orders take that they have not set aside, counted anew."""
    (stock,), held = trade.world.records("stock"), held_by(trade)
    there = stock.value("on_hand")
    assert isinstance(there, Decimal)
    for order in trade.world.records("order"):
        quantity = order.value("lines[a].quantity")
        if order.id != holder and order.value("status") == "placed" and isinstance(quantity, Decimal):
            there -= max(Decimal(0), quantity - held.get(order.id, Decimal(0)))
    return there


def one_step(trade: Trade, tea: Record, holders: list[Record], chance: Random, step: int) -> None:
    parts, world = trade.world.parts, trade.world
    match chance.choice(["buy", "buy", "buy", "release", "expire", "longer", "ship", "count"]):
        case "buy":
            holder = chance.choice([*(each.id for each in holders), "basket", "basket"])
            wish = Wish(f"r{step}", holder, {tea.id: Decimal(chance.randint(1, 4))}, days(chance.choice([0.5, 3])))
            if isinstance(set_aside(parts, wish), Reservation) and not isinstance(parts.reservations, Interrupted):
                assert sum(held_by(trade).values(), Decimal(0)) <= there_for(trade, holder)
                assert numbers(trade, tea)[1] >= 0
        case "release":
            give_back(parts, f"r{chance.randint(0, 39)}")
        case "expire":
            world.clock.go_on(chance.choice([60, 7200]))
            expire_due(parts)
        case "longer":
            keep_longer(parts, f"r{chance.randint(0, 39)}", days(5))
        case "ship":
            order = chance.choice(holders)
            trade.change(order, status=chance.choice(["placed", "shipped", "cancelled"]))
            follow_demands(parts, [order.id])
        case _:
            trade.change(world.records("stock")[0], on_hand=Decimal(chance.randint(6, 12)))
            restock_shelves(parts, [tea.id])
