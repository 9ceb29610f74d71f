"""Explain: why a demand gets what it gets in an allocation, where else there is some, and who had better wait.

Asked for one demand when somebody looks at it, never while goods are shared out. The advice changes nothing: to follow
it, a person moves goods between locations or gives a demand another priority, and the allocation is made anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared.core.allocate import Allocation, Lot, Pool
from shared.core.priority import Demand, DemandLine, Standing
from shared.core.supply import ZERO, plain


@dataclass(frozen=True, slots=True)
class Part:
    """Goods that a line gets: how many of which lot."""

    quantity: Decimal
    lot: Lot

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{plain(self.quantity)} {_from(self.lot)}"


@dataclass(frozen=True, slots=True)
class Help:
    """Goods that nobody has at another location, sooner than what the line gets there."""

    quantity: Decimal
    lot: Lot

    def __str__(self) -> str:
        """Say it in one line."""
        return f"could help: {plain(self.quantity)} {_from(self.lot)}"


@dataclass(frozen=True, slots=True)
class CouldWait:
    """Another demand that would still be in time with the goods that come later, and could give up its own."""

    demand: str
    quantity: Decimal
    until: date
    wanted: date

    def __str__(self) -> str:
        """Say it in one line."""
        return f"could wait: {self.demand} with {plain(self.quantity)} until {self.until}, wanted on {self.wanted}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """One line of a demand: what it gets, what is missing, how many are before it, and what may be done."""

    line: DemandLine
    parts: tuple[Part, ...]
    short: Decimal
    demands_before: int
    quantity_before: Decimal
    helps: tuple[Help, ...]
    waits: tuple[CouldWait, ...]

    def words(self) -> tuple[str, ...]:
        """Return the explanation line by line."""
        place = f" at {self.line.location}" if self.line.location else ""
        short = (f"short by {plain(self.short)}",) if self.short else ()
        return (
            f"{plain(self.line.quantity)} of {self.line.product}{place}, after {self.demands_before} demands "
            f"for {plain(self.quantity_before)}",
            *(str(part) for part in self.parts),
            *short,
            *(str(help_) for help_ in self.helps),
            *(str(wait) for wait in self.waits),
        )


def explain(allocation: Allocation, demand_id: str) -> tuple[Explanation, ...]:
    """Return the explanation of each of a demand's lines."""
    demand = allocation.demands[demand_id]
    return tuple(_explain_line(allocation, demand, number) for number in range(len(demand.lines)))


def left_over(pool: Pool) -> tuple[Lot, ...]:
    """Return what is left of a product's lots after everybody's turn."""
    left = [max(ZERO, lot.quantity) for lot in pool.lots]
    for given in pool.given:
        for number, quantity in given:
            left[number] -= quantity
    rest = zip(pool.lots, left, strict=True)
    return tuple(Lot(lot.day, quantity, lot.location, lot.source) for lot, quantity in rest if quantity)


def late(allocation: Allocation) -> tuple[str, ...]:
    """Return the demands that come too late or are short, those who wait first in the rule's order."""
    waiting = {}
    for pool in allocation.pools.values():
        for (rank, name, *_), answer in zip(pool.claims, pool.answers, strict=True):
            wanted = allocation.demands[name].wanted
            if isinstance(answer, Decimal) or (wanted is not None and answer > wanted):
                waiting[name] = rank
    return tuple(sorted(waiting, key=lambda name: waiting[name]))


def _explain_line(allocation: Allocation, demand: Demand, number: int) -> Explanation:
    line = demand.lines[number]
    pool = allocation.pools[line.product]
    place = next(i for i, claim in enumerate(pool.claims) if claim[1] == demand.id and claim[2] == number)
    answer = pool.answers[place]
    before = pool.claims[:place]
    needed_by = max(demand.wanted or allocation.today, allocation.today)
    return Explanation(
        line=line,
        parts=tuple(Part(quantity, pool.lots[lot]) for lot, quantity in pool.given[place]),
        short=answer if isinstance(answer, Decimal) else ZERO,
        demands_before=len({claim[1] for claim in before} - {demand.id}),
        quantity_before=sum((claim[3] for claim in before), ZERO),
        helps=tuple(_helps(pool, place, needed_by)),
        waits=tuple(_waits(allocation, pool, place, needed_by)),
    )


def _helps(pool: Pool, place: int, needed_by: date) -> Iterator[Help]:
    """Yield what other locations have left, sooner than what this line waits for, as much as it waits for."""
    location = pool.claims[place][4]
    answer = pool.answers[place]
    missing = sum((quantity for _, quantity in _too_late(pool, place, needed_by)), ZERO)
    missing += answer if isinstance(answer, Decimal) else ZERO
    for lot in left_over(pool) if location else ():
        is_sooner = isinstance(answer, Decimal) or lot.day < answer
        if missing > 0 and is_sooner and lot.location != location:
            yield Help(min(missing, lot.quantity), lot)
            missing -= min(missing, lot.quantity)


def _waits(allocation: Allocation, pool: Pool, place: int, needed_by: date) -> Iterator[CouldWait]:
    """Yield who holds goods that would be in time here, and would be in time itself with the goods that this line gets.

    Each exchange is of equal quantities: nobody loses anything but the days that it can spare. What is set aside stays.
    """
    late_parts = _too_late(pool, place, needed_by)
    mine = pool.claims[place]
    for claim, given in zip(pool.claims, pool.given, strict=True):
        other = allocation.demands[claim[1]]
        if other.id == mine[1] or other.wanted is None or other.standing is Standing.RESERVED:
            continue
        spare = sum(
            (q for lot, q in given if _serves(pool.lots[lot], mine[4]) and pool.lots[lot].day <= needed_by), ZERO
        )
        for at, (lot, quantity) in enumerate(late_parts):
            part = min(spare, quantity)
            if part > 0 and pool.lots[lot].day <= other.wanted and _serves(pool.lots[lot], claim[4]):
                yield CouldWait(other.id, part, pool.lots[lot].day, other.wanted)
                spare -= part
                late_parts[at] = (lot, quantity - part)


def _too_late(pool: Pool, place: int, needed_by: date) -> list[tuple[int, Decimal]]:
    return [(lot, quantity) for lot, quantity in pool.given[place] if pool.lots[lot].day > needed_by]


def _serves(lot: Lot, location: str) -> bool:
    return not location or lot.location == location


def _from(lot: Lot) -> str:
    where = f" at {lot.location}" if lot.location else ""
    return f"from {lot.source}{where} on {lot.day}" if lot.source else f"on hand{where}"
