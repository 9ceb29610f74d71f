"""What the store of reservations promises, in memory and in DynamoDB alike: all steps or none, never too much."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest

from shared.core.errors import TryAgain
from shared.core.reservations import (
    Place,
    Reservation,
    Shelf,
    ShelfStep,
    State,
    Transaction,
    at_limits,
    extend,
    fulfil,
    release,
    reserve,
    restock,
    shelves_of,
)
from shared.ports.reservations import Reservations
from tests.contract.conftest import Stores
from tests.core.stock_builders import units
from tests.core.test_reservations_interleaved import PLACES, History
from tests.kit.clock import START
from tests.kit.reservations import MemoryReservations

TEA, CUP = Place("tea"), Place("cup")
LATER = START + timedelta(hours=1)


def stocked(stores: Stores, tea: int = 10, cup: int = 5) -> None:
    for place, limit in ((TEA, tea), (CUP, cup)):
        assert stores.reservations.carry_out(restock(Shelf(place, Decimal(0), Decimal(0)), units(limit)))


def numbers(stores: Stores, place: Place = TEA) -> tuple[float, float]:
    shelf = stores.reservations.shelves([place])[place]
    return float(shelf.limit), float(shelf.free)


def taking(tea: int, cup: int = 0, name: str = "r1") -> Transaction:
    (found,) = reserve(name, "O-1", [(TEA, units(tea)), (CUP, units(cup))], LATER)
    return found


def test_a_shelf_that_nobody_touched_is_empty_and_gives_nothing(stores: Stores) -> None:
    assert stores.reservations.shelves([TEA]) == {TEA: Shelf(TEA, Decimal(0), Decimal(0))}
    assert not stores.reservations.carry_out(taking(1))
    assert stores.reservations.get(["r1"]) == {}
    assert numbers(stores) == (0, 0)


def test_what_is_stored_is_what_comes_back(stores: Stores) -> None:
    stocked(stores)
    wanted = [(TEA, Decimal("2.500")), (CUP, Decimal(1))]
    (steps,) = reserve("a/b", "Bob & Söhne", wanted, LATER, "c1")

    assert stores.reservations.carry_out(steps)

    lines = ((CUP, Decimal(1)), (TEA, Decimal("2.5")))
    assert stores.reservations.get(["a/b", "none"]) == {
        "a/b": Reservation("a/b", "Bob & Söhne", lines, LATER, customer="c1")
    }
    assert numbers(stores) == (10, 7.5)


def test_all_lines_or_none(stores: Stores) -> None:
    stocked(stores, tea=10, cup=1)

    assert not stores.reservations.carry_out(taking(3, 2))

    assert (numbers(stores), numbers(stores, CUP)) == ((10, 10), (1, 1))
    assert stores.reservations.get(["r1"]) == {}


def test_an_id_is_used_once(stores: Stores) -> None:
    stocked(stores)

    assert stores.reservations.carry_out(taking(3))
    assert not stores.reservations.carry_out(taking(3))
    assert numbers(stores) == (10, 7)


def test_one_that_has_moved_on_cannot_end_by_an_older_decision(stores: Stores) -> None:
    stocked(stores)
    stores.reservations.carry_out(taking(3))
    first = stores.reservations.get(["r1"])["r1"]

    assert stores.reservations.carry_out(extend(first, LATER + timedelta(days=1), START))
    assert not stores.reservations.carry_out(release(first))
    assert stores.reservations.carry_out(release(stores.reservations.get(["r1"])["r1"]))
    ended = stores.reservations.get(["r1"])["r1"]
    assert (ended.state, ended.version) == (State.RELEASED, 3)
    assert not stores.reservations.carry_out(release(first))
    assert numbers(stores) == (10, 10)


def test_what_is_shipped_leaves_the_limit_and_a_new_count_sets_it(stores: Stores) -> None:
    stocked(stores)
    stores.reservations.carry_out(taking(4))

    assert stores.reservations.carry_out(fulfil(stores.reservations.get(["r1"])["r1"], [(TEA, units(3))]))
    assert numbers(stores) == (7, 6)
    shelf = stores.reservations.shelves([TEA])[TEA]
    assert stores.reservations.carry_out(restock(shelf, units(2)))
    assert not stores.reservations.carry_out(restock(shelf, units(20)))
    assert numbers(stores) == (2, 1)


def test_a_limit_is_set_in_the_step_that_takes_if_nobody_set_it_meanwhile(stores: Stores) -> None:
    empty = stores.reservations.shelves([TEA])
    steps = at_limits(taking(4), empty, {TEA: units(6)})

    assert stores.reservations.carry_out(steps)
    assert numbers(stores) == (6, 2)
    assert not stores.reservations.carry_out(at_limits(taking(1, name="r2"), empty, {TEA: units(99)}))
    now = stores.reservations.shelves([TEA])
    assert not stores.reservations.carry_out(at_limits(taking(3, name="r2"), now, {TEA: units(6)}))
    assert not stores.reservations.carry_out(at_limits(taking(1, name="r2"), now, {TEA: units(-3)}))
    assert stores.reservations.carry_out(at_limits(taking(3, name="r2"), now, {TEA: units(7)}))
    assert numbers(stores) == (7, 0)


# moto's transactions fail under threads, so DynamoDB is played by the local stack here.
@pytest.mark.parametrize("stores", ["memory", "local stack"], indirect=True)
def test_of_many_buyers_at_once_as_many_get_it_as_there_is(stores: Stores) -> None:
    stocked(stores, tea=5)

    def buy(number: int) -> bool:
        for _ in range(50):
            try:
                return stores.reservations.carry_out(taking(2, name=f"r{number}"))
            except TryAgain:
                continue
        raise AssertionError("never done")

    with ThreadPoolExecutor(4) as pool:
        bought = list(pool.map(buy, range(8)))

    assert sum(bought) == 2
    assert numbers(stores) == (5, 1)


class Over:
    """A store in the form in which the interleaved histories of the core look at one."""

    def __init__(self, store: Reservations) -> None:
        self.store = store
        self.names: set[str] = set()

    @property
    def shelves(self) -> Mapping[Place, Shelf]:
        return self.store.shelves(PLACES)

    @property
    def reservations(self) -> Mapping[str, Reservation]:
        return self.store.get(self.names)

    def carry_out(self, transaction: Transaction) -> bool:
        self.names |= {step.becomes.id for step in transaction if not isinstance(step, ShelfStep)}
        return self.store.carry_out(transaction)

    def held(self, place: Place) -> Decimal:
        everything = [line for each in self.reservations.values() if each.state is State.OPEN for line in each.lines]
        return sum((quantity for where, quantity in shelves_of(everything) if where == place), Decimal(0))


class OverHistory(History):
    """The same seeded history, on a real store."""

    def __init__(self, seed: int, store: Reservations) -> None:
        super().__init__(seed)
        for shelf in self.store.shelves.values():
            stored = store.shelves([shelf.place])[shelf.place]
            store.carry_out(restock(stored, shelf.limit))
        self.over = Over(store)
        self.store = self.over  # type: ignore[assignment]  # the same questions, answered by a store


def test_the_cores_interleaved_histories_hold_on_the_store(stores: Stores) -> None:
    in_memory = isinstance(stores.reservations, MemoryReservations)
    for seed in range(500 if in_memory else 1):
        history = OverHistory(seed, MemoryReservations() if in_memory else stores.reservations)
        history.run()
        history.end("release" if seed % 2 else "expire")
