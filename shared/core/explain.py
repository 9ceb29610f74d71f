"""Explain: why a demand gets what it gets in an allocation, where else there is some, and who had better wait.

Asked for one demand when somebody looks at it, never while goods are shared out. The advice changes nothing: to follow
it, a person moves goods between locations or gives a demand another priority, and the allocation is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from shared.core.allocate import Allocation, outcome
from shared.core.priority import Demand, DemandLine, Standing, rank
from shared.core.share import NO_POOL, Claim, Given, Lot, Pool, given
from shared.core.supply import ZERO, Position, plain
from shared.core.to_order import ToOrder, to_order


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
    """One line of a demand: what it gets, what is missing, how many are before it, and what may be done.

    `not_yet_ordered` is when what is missing could come if it was ordered today, where that is known.
    """

    line: DemandLine
    parts: tuple[Part, ...]
    short: Decimal
    demands_before: int
    quantity_before: Decimal
    helps: tuple[Help, ...]
    waits: tuple[CouldWait, ...]
    not_yet_ordered: ToOrder | None = None

    def words(self) -> tuple[str, ...]:
        """Return the explanation line by line."""
        place = f" at {self.line.location}" if self.line.location else ""
        short = (f"short by {plain(self.short)}",) if self.short else ()
        return (
            f"{plain(self.line.quantity)} of {self.line.product}{place}, after {self.demands_before} demands "
            f"for {plain(self.quantity_before)}",
            *(str(part) for part in self.parts),
            *short,
            *((str(self.not_yet_ordered),) if self.not_yet_ordered else ()),
            *(str(help_) for help_ in self.helps),
            *(str(wait) for wait in self.waits),
        )


def explain(
    allocation: Allocation, demand_id: str, positions: Mapping[str, Position] = MappingProxyType({})
) -> tuple[Explanation, ...]:
    """Return the explanation of each of a demand's lines; `positions` tell the products' lead times."""
    demand = allocation.demands[demand_id]
    lines = (_explain_line(allocation, demand, number) for number in range(len(demand.lines)))
    return tuple(_with_lead(each, positions, allocation.today) for each in lines)


def could_order(
    allocation: Allocation, demand_id: str, positions: Mapping[str, Position]
) -> tuple[ToOrder | None, ...]:
    """Return, of each of a demand's lines that is short, when that could come if it was ordered; None = unknown."""
    lines = zip(allocation.demands[demand_id].lines, allocation.answers[demand_id], strict=True)
    return tuple(
        to_order(positions[line.product], answer, allocation.today)
        for line, answer in lines
        if isinstance(answer, Decimal)
    )


def could_help(allocation: Allocation, demand_ids: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return, of the demands that are short or too late, the locations that have some for them and sooner, by name.

    What `explain` says of one, for many: each product's leftovers are worked out once.
    """
    rest: dict[str, tuple[Lot, ...]] = {}
    found: dict[str, set[str]] = {}
    for name in demand_ids:
        demand = allocation.demands[name]
        needed_by = max(demand.wanted or allocation.today, allocation.today)
        for line, answer in zip(demand.lines, allocation.answers[name], strict=True):
            if line.location and (isinstance(answer, Decimal) or answer > needed_by):
                if line.product not in rest:
                    rest[line.product] = left_over(allocation.pools[line.product])
                sooner = [lot for lot in rest[line.product] if isinstance(answer, Decimal) or lot.day < answer]
                found.setdefault(name, set()).update(each.location for each in sooner)
                found[name] -= {line.location, ""}
    return {name: tuple(sorted(places)) for name, places in found.items() if places}


def left_over(pool: Pool) -> tuple[Lot, ...]:
    """Return what is left of a product's lots after everybody's turn."""
    left = [max(ZERO, lot.quantity) for lot in pool.lots]
    for taken in given(pool):
        for number, quantity in taken:
            left[number] -= quantity
    rest = zip(pool.lots, left, strict=True)
    return tuple(Lot(lot.day, quantity, lot.location, lot.source) for lot, quantity in rest if quantity)


def late(allocation: Allocation) -> tuple[str, ...]:
    """Return the demands that come too late or are short, those who go first by the rule first."""
    waiting = (
        demand
        for demand in allocation.demands.values()
        if (found := outcome(allocation, demand.id)).day is None or found.is_late(demand.wanted)
    )
    return tuple(demand.id for demand in sorted(waiting, key=lambda demand: rank(demand, allocation.rule)))


def _with_lead(each: Explanation, positions: Mapping[str, Position], today: date) -> Explanation:
    position = positions.get(each.line.product)
    return each if position is None else replace(each, not_yet_ordered=to_order(position, each.short, today))


@dataclass(frozen=True, slots=True)
class _Turn:
    """One claim in its product's queue: what everybody got, which claim it is, and by when it is needed."""

    pool: Pool
    given: list[Given]
    place: int
    needed_by: date

    @property
    def claim(self) -> Claim:
        return self.pool.claims[self.place]

    @property
    def short(self) -> Decimal:
        answer = self.pool.answers[self.place]
        return answer if isinstance(answer, Decimal) else ZERO

    def parts(self) -> list[Part]:
        return [Part(quantity, self.pool.lots[lot]) for lot, quantity in self.given[self.place]]

    def too_late(self) -> list[Part]:
        return [part for part in self.parts() if part.lot.day > self.needed_by]


def _explain_line(allocation: Allocation, demand: Demand, number: int) -> Explanation:
    line = demand.lines[number]
    pool = allocation.pools.get(line.product, NO_POOL)
    places = [i for i, claim in enumerate(pool.claims) if claim[1] == demand.id and claim[2] == number]
    if not places:
        return Explanation(line, (), ZERO, 0, ZERO, (), ())
    needed_by = max(demand.wanted or allocation.today, allocation.today)
    turn = _Turn(pool, given(pool), places[0], needed_by)
    before = pool.claims[: turn.place]
    return Explanation(
        line=line,
        parts=tuple(turn.parts()),
        short=turn.short,
        demands_before=len({claim[1] for claim in before} - {demand.id}),
        quantity_before=sum((claim[3] for claim in before), ZERO),
        helps=tuple(_helps(turn)),
        waits=tuple(_waits(allocation, turn)),
    )


def _helps(turn: _Turn) -> Iterator[Help]:
    """Yield what other locations have left, sooner than what this line waits for, as much as it waits for."""
    location = turn.claim[4]
    answer = turn.pool.answers[turn.place]
    missing = turn.short + sum((part.quantity for part in turn.too_late()), ZERO)
    for lot in left_over(turn.pool) if location else ():
        is_sooner = isinstance(answer, Decimal) or lot.day < answer
        if missing > 0 and is_sooner and lot.location != location:
            yield Help(min(missing, lot.quantity), lot)
            missing -= min(missing, lot.quantity)


def _waits(allocation: Allocation, turn: _Turn) -> Iterator[CouldWait]:
    """Yield who holds goods that would be in time here, and would be in time itself with the goods that this line gets.

    Each exchange is of equal quantities: nobody loses anything but the days that it can spare. What is set aside stays.
    """
    offers = turn.too_late()
    for claim, taken in zip(turn.pool.claims, turn.given, strict=True):
        other = allocation.demands[claim[1]]
        if other.id == turn.claim[1] or other.wanted is None or other.standing is Standing.RESERVED:
            continue
        spare = sum((quantity for number, quantity in taken if _would_help(turn, turn.pool.lots[number])), ZERO)
        for at, offer in enumerate(offers):
            part = min(spare, offer.quantity)
            if part > 0 and offer.lot.day <= other.wanted and _serves(offer.lot, claim[4]):
                yield CouldWait(other.id, part, offer.lot.day, other.wanted)
                spare -= part
                offers[at] = Part(offer.quantity - part, offer.lot)


def _would_help(turn: _Turn, lot: Lot) -> bool:
    return lot.day <= turn.needed_by and _serves(lot, turn.claim[4])


def _serves(lot: Lot, location: str) -> bool:
    return not location or lot.location == location


def _from(lot: Lot) -> str:
    where = f" at {lot.location}" if lot.location else ""
    return f"from {lot.source}{where} on {lot.day}" if lot.source else f"on hand{where}"
