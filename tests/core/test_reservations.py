"""Goods set aside: all lines or none, never more than there is, given back once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.core.reservations import (
    Missing,
    Place,
    Reservation,
    State,
    expire,
    extend,
    fulfil,
    missing,
    release,
    reserve,
    restock,
    undo,
)
from tests.core.shelves import Shelves
from tests.core.stock_builders import units

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SOON = NOW + timedelta(minutes=30)
TEA, CUP = Place("tea"), Place("cup")


def shop(tea: int = 10, cup: int = 10) -> Shelves:
    return Shelves.holding({TEA: tea, CUP: cup})


def reserved(store: Shelves, tea: int, cup: int = 0, name: str = "r1") -> Reservation:
    [transaction] = reserve(name, "SO-1", [(TEA, units(tea)), (CUP, units(cup))], SOON)
    assert store.carry_out(transaction)
    return store.reservations[name]


def free(store: Shelves) -> tuple[int, int]:
    return int(store.shelves[TEA].free), int(store.shelves[CUP].free)


def test_what_is_reserved_is_not_free_any_more() -> None:
    store = shop()

    reserved(store, 4, 1)

    assert free(store) == (6, 9)
    assert (store.shelves[TEA].reserved, store.held(TEA)) == (units(4), units(4))


def test_an_order_of_which_one_line_is_short_reserves_nothing_and_says_what_is_missing() -> None:
    store = shop(tea=10, cup=2)

    [transaction] = reserve("r1", "SO-1", [(TEA, units(4)), (CUP, units(3))], SOON)

    assert not store.carry_out(transaction)
    assert (free(store), store.reservations) == ((10, 2), {})
    assert missing(transaction, store.shelves) == (Missing(CUP, units(3), units(2)),)


def test_a_shelf_that_does_not_exist_holds_nothing() -> None:
    [transaction] = reserve("r1", "SO-1", [(Place("jam"), units(1))], SOON)

    assert not shop().carry_out(transaction)
    assert missing(transaction, {}) == (Missing(Place("jam"), units(1), units(0)),)


def test_lines_of_one_shelf_are_added_up_and_lines_of_nothing_reserve_nothing() -> None:
    store = shop()

    [transaction] = reserve("r1", "SO-1", [(TEA, units(4)), (CUP, units(0)), (TEA, units(3)), (CUP, units(-2))], SOON)

    assert store.carry_out(transaction)
    assert free(store) == (3, 10)


def test_an_order_of_nothing_needs_no_reservation() -> None:
    assert reserve("r1", "SO-1", [(TEA, units(0))], SOON) == ()


def test_the_same_reservation_again_changes_nothing() -> None:
    store = shop()
    reserved(store, 4)

    [again] = reserve("r1", "SO-1", [(TEA, units(4))], SOON)

    assert not store.carry_out(again)
    assert free(store) == (6, 10)


def test_of_two_that_want_the_last_unit_one_gets_it() -> None:
    store = shop(tea=1)
    [one], [other] = (reserve(name, name, [(TEA, units(1))], SOON) for name in ("r1", "r2"))

    assert [store.carry_out(one), store.carry_out(other)] == [True, False]


def test_a_release_gives_everything_back_once() -> None:
    store = shop()
    held = reserved(store, 4, 1)

    assert [store.carry_out(release(held)), store.carry_out(release(held))] == [True, False]
    assert free(store) == (10, 10)
    assert release(store.reservations["r1"]) == ()


def test_a_reservation_expires_when_its_time_is_up_and_not_before() -> None:
    store = shop()
    held = reserved(store, 4)

    assert expire(held, SOON - timedelta(seconds=1)) == ()
    assert store.carry_out(expire(held, SOON))
    assert (free(store), store.reservations["r1"].state) == ((10, 10), State.EXPIRED)


def test_an_expiry_that_was_decided_before_an_extension_does_not_end_it() -> None:
    store = shop()
    held = reserved(store, 4)
    decided = expire(held, SOON)

    assert store.carry_out(extend(held, SOON + timedelta(hours=1), NOW))

    assert not store.carry_out(decided)
    assert free(store) == (6, 10)


@pytest.mark.parametrize(
    ("why", "until", "now"),
    [("it would end sooner", NOW, NOW), ("its time is up", SOON + timedelta(hours=1), SOON)],
)
def test_a_reservation_is_not_extended_when(why: str, until: datetime, now: datetime) -> None:
    assert extend(reserved(shop(), 4), until, now) == (), why


def test_one_that_ended_is_neither_extended_nor_fulfilled() -> None:
    store = shop()
    store.carry_out(release(reserved(store, 4)))
    ended = store.reservations["r1"]

    assert extend(ended, SOON + timedelta(hours=1), NOW) == ()
    assert fulfil(ended, [(TEA, units(4))]) == ()


def test_goods_that_left_are_gone_from_the_limit_and_nobody_else_gets_them() -> None:
    store = shop()
    held = reserved(store, 4)

    assert store.carry_out(fulfil(held, [(TEA, units(4))]))

    assert (store.shelves[TEA].limit, store.shelves[TEA].free) == (units(6), units(6))
    assert store.reservations["r1"].state is State.FULFILLED
    assert store.reservations["r1"].lines == held.lines


def test_a_part_shipment_leaves_the_rest_set_aside_and_what_it_has_too_much_is_not_taken() -> None:
    store = shop()
    held = reserved(store, 4, 2)

    assert store.carry_out(fulfil(held, [(TEA, units(3)), (CUP, units(9)), (Place("jam"), units(1))]))

    rest = store.reservations["r1"]
    assert (rest.state, rest.lines, free(store)) == (State.OPEN, ((TEA, units(1)),), (6, 8))
    assert store.carry_out(release(rest))
    assert (store.shelves[TEA].free, store.shelves[TEA].limit) == (units(7), units(7))


def test_a_shipment_of_other_goods_fulfils_nothing() -> None:
    assert fulfil(reserved(shop(), 4), [(CUP, units(1))]) == ()


def test_a_new_count_moves_what_is_free_and_keeps_what_is_set_aside() -> None:
    store = shop()
    reserved(store, 4)

    assert store.carry_out(restock(store.shelves[TEA], units(3)))

    assert (store.shelves[TEA].free, store.shelves[TEA].reserved) == (units(-1), units(4))
    [late] = reserve("r2", "SO-2", [(TEA, units(1))], SOON)
    assert not store.carry_out(late)


def test_of_two_counts_at_one_time_one_must_look_again_and_the_same_count_changes_nothing() -> None:
    store = shop()
    one, other = restock(store.shelves[TEA], units(12)), restock(store.shelves[TEA], units(7))

    assert [store.carry_out(one), store.carry_out(other)] == [True, False]
    assert restock(store.shelves[TEA], units(12)) == ()


def test_an_order_of_more_lines_than_a_transaction_carries_goes_in_parts_that_a_refusal_undoes() -> None:
    places = [Place(f"p{number:03}") for number in range(150)]
    store = Shelves.holding(dict.fromkeys(places, 1))
    store.carry_out(restock(store.shelves[places[-1]], units(0)))

    parts = reserve("r1", "SO-1", [(place, units(1)) for place in places], SOON)

    assert [len(part) for part in parts] == [100, 52]
    assert [store.carry_out(part) for part in parts] == [True, False]
    assert [store.carry_out(back) for back in undo(parts)] == [True, False]
    assert sum(shelf.reserved for shelf in store.shelves.values()) == 0
    assert set(store.reservations) == {"r1"}
