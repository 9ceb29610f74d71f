"""Ten thousand histories in which everybody reads, decides and writes in his own time: none is given twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from shared.core.reservations import (
    Place,
    Reservation,
    ShelfStep,
    State,
    Transaction,
    expire,
    extend,
    fulfil,
    release,
    reserve,
    restock,
)
from tests.core.shelves import Shelves
from tests.core.stock_builders import units

HISTORIES = 10_000
PLACES = (Place("tea", "Leeds"), Place("tea", "York"), Place("tea"), Place("cup"))
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


class History:
    """One seeded history: buyers, those who end reservations, and new counts, interleaved step by step."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.store = Shelves.holding({place: self.chance.randint(0, 6) for place in PLACES})
        self.expected = {place: shelf.limit for place, shelf in self.store.shelves.items()}
        self.now = START
        self.has_shrunk = False

    def run(self) -> None:
        """Let eight people act, each one step at a time in any order; the books are checked after every write."""
        people = [self.person(f"r{number}") for number in range(8)]
        while people:
            person = self.chance.choice(people)
            self.now += timedelta(minutes=self.chance.choice([0, 1, 9]))
            if next(person, None) is None:
                people.remove(person)

    def person(self, name: str) -> Iterator[str]:
        act = self.chance.choice([self.buys, self.buys, self.buys, self.ends, self.ends, self.counts])
        yield "came"
        yield from act(name)

    def buys(self, name: str) -> Iterator[str]:
        wanted = [(self.chance.choice(PLACES), units(self.chance.randint(1, 4))) for _ in range(3)]
        until = self.now + timedelta(minutes=self.chance.choice([5, 20, 60]))
        for transaction in reserve(name, name, wanted, until):
            yield "decided"
            self.write(transaction)
        yield "bought"
        mine = self.store.reservations.get(name)
        if mine:
            decided = self.chance.choice([release(mine), fulfil(mine, mine.lines[:1]), fulfil(mine, mine.lines), ()])
            yield "decided again"
            self.write(decided)

    def ends(self, _: str) -> Iterator[str]:
        for held in list(self.store.reservations.values()):
            until = held.expires_at + timedelta(minutes=10)
            decided = self.chance.choice([expire(held, self.now), release(held), extend(held, until, self.now)])
            yield "decided"
            self.write(decided)

    def counts(self, _: str) -> Iterator[str]:
        shelf = self.store.shelves[self.chance.choice(PLACES)]
        decided = restock(shelf, units(self.chance.randint(0, 8)))
        yield "counted"
        self.write(decided)

    def write(self, transaction: Transaction) -> None:
        """Carry a transaction out; what it takes on a condition must have been there."""
        if not self.store.carry_out(transaction):
            return
        for step in transaction:
            if isinstance(step, ShelfStep):
                self.expected[step.place] += step.add_limit
                self.has_shrunk |= step.limit_was is not None and step.add_limit < 0
                assert step.at_least is None or self.store.shelves[step.place].free >= 0
        self.check()

    def check(self) -> None:
        """No shelf may have set aside what it does not have, unless its owner counted less afterwards."""
        for place, shelf in self.store.shelves.items():
            assert shelf.limit == self.expected[place]
            assert shelf.reserved == self.store.held(place)
            assert self.has_shrunk or Decimal(0) <= shelf.free <= shelf.limit

    def end(self, give_back: str) -> None:
        """Let every reservation end, and find the shelves as if nobody had ever reserved anything."""
        last = max((held.expires_at for held in self.store.reservations.values()), default=self.now)
        for held in list(self.store.reservations.values()):
            self.write(release(held) if give_back == "release" else expire(held, last))
        assert all(shelf.reserved == 0 and shelf.free == shelf.limit for shelf in self.store.shelves.values())
        assert all(held.state is not State.OPEN for held in self.store.reservations.values())


@pytest.mark.parametrize("tenth", range(10))
def test_no_history_sets_aside_more_than_there_is_and_all_of_it_comes_back(tenth: int) -> None:
    for seed in range(tenth, HISTORIES, 10):
        history = History(seed)
        history.run()
        history.end("release" if seed % 20 < 10 else "expire")


def test_a_store_that_does_not_check_would_be_caught() -> None:
    class Careless(Shelves):
        def _holds(self, step: object) -> bool:
            return step is not None

    def runs_through(seed: int) -> bool:
        history = History(seed)
        history.store = Careless(history.store.shelves)
        try:
            history.run()
        except AssertionError:
            return False
        return True

    assert not all(runs_through(seed) for seed in range(20))


def test_histories_reach_every_end_of_a_reservation() -> None:
    ends: set[State] = set()
    for seed in range(50):
        history = History(seed)
        history.run()
        ends |= {held.state for held in _reservations(history)}

    assert ends == set(State)


def _reservations(history: History) -> list[Reservation]:
    return list(history.store.reservations.values())
