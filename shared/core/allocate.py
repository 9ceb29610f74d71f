"""Allocate: who gets which goods and when, when several orders and deals want them.

The goods of a product are *lots*: what is free now, then each dated supply, at a location each. Demands come in the
order of their rank (`priority`), and each line in its turn takes the earliest lots it may, as many as it still needs.
Whatever it cannot get is short; it keeps what it got. Nothing else happens, and from that follows what is promised:

* A unit is given once: taking lowers the lot.
* Raising a demand never makes its own date later: at an earlier turn, more is left of every lot.
* More stock never makes any date later. Everybody takes the first of what is left in one fixed order; with one unit more
  in it, a line takes the same units but perhaps an earlier one instead of its last, so every later line again finds what
  it found before and perhaps one unit more. (An order that gives goods back because another of its lines is short would
  break this: one more unit of that other product makes it whole, it keeps the goods, and somebody else's date moves
  back. Therefore lines are served each for itself, and who had better wait is advice, in `explain`.)
* A product is shared out without looking at any other product, so a change of stock or demand is answered by sharing
  out the products that it touches.

An allocation is a value; a change returns a new one that shares all untouched products with the old one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from shared.core.priority import DEFAULT_RULE, Demand, Rank, Rule, rank
from shared.core.supply import ZERO, Kind, Position, movements, plain


@dataclass(frozen=True, slots=True)
class Lot:
    """Goods of one product that are free at a location from a day on; `source` is the supply, "" what is there now."""

    day: date
    quantity: Decimal
    location: str = ""
    source: str = ""


Claim: TypeAlias = tuple[Rank, str, int, Decimal, str]
"""A demand's line in its product's queue: rank, demand, number of the line, quantity, location."""
Given: TypeAlias = tuple[tuple[int, Decimal], ...]
"""What a line got: number of the lot and quantity."""
Answer: TypeAlias = date | Decimal
"""The day on which a line's last unit is there, or how many are missing."""


@dataclass(frozen=True, slots=True)
class Pool:
    """One product shared out: its lots in the order of taking, the claims by rank, and what each claim got."""

    lots: tuple[Lot, ...]
    claims: Sequence[Claim]
    given: Sequence[Given]
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Allocation:
    """All products shared out among all demands under one rule; `answers` holds each demand's lines."""

    today: date
    rule: Rule
    demands: Mapping[str, Demand]
    pools: Mapping[str, Pool]
    answers: Mapping[str, list[Answer]]


@dataclass(frozen=True, slots=True)
class Change:
    """The allocation after a change, and the demands for which the answer is another one now."""

    allocation: Allocation
    demands: frozenset[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """A demand's answer as a salesperson needs it: the day for all of it, or how many are short."""

    day: date | None
    short: Decimal

    def words(self, today: date) -> str:
        """Return what is written into the CRM."""
        if self.day is None:
            return f"short by {plain(self.short)}"
        return "available now" if self.day <= today else f"available on {self.day}"

    def is_late(self, wanted: date | None) -> bool:
        """Tell whether it comes after the day that it is wanted on; what is short comes after any day."""
        return wanted is not None and (self.day is None or self.day > wanted)


def lots_of(position: Position, today: date) -> tuple[Lot, ...]:
    """Return the lots that a position has to give: what is there now, then what comes.

    What is taken already (the position's commitments, the buffer, a count below zero) is first filled from the earliest
    goods. Whatever takes part in the matching as a demand must not be a commitment of the position as well.
    """
    moves = sorted(movements(position, today), key=lambda move: (move[0], move[2] is not Kind.ON_HAND, move[3]))
    debt = sum((-change for _, change, _, _ in moves if change < 0), ZERO)
    lots = []
    for day, change, kind, source in moves:
        left = max(ZERO, change) - debt
        debt = max(ZERO, -left)
        if left > 0:
            lots.append(Lot(day, left, position.location, "" if kind is Kind.ON_HAND else source))
    return tuple(lots)


def allocate(
    demands: Iterable[Demand], lots: Mapping[str, Iterable[Lot]], today: date, rule: Rule = DEFAULT_RULE
) -> Allocation:
    """Return all products shared out among all demands; the same for any order in which they are named."""
    named = {demand.id: demand for demand in demands}
    ranked = sorted(((rank(demand, rule), demand) for demand in named.values()), key=lambda pair: pair[0])
    queues: dict[str, list[Claim]] = {product: [] for product in lots}
    answers: dict[str, list[Answer]] = {}
    for place, demand in ranked:
        name = demand.id
        answers[name] = [today] * len(demand.lines)
        for number, line in enumerate(demand.lines):
            queues.setdefault(line.product, []).append((place, name, number, line.quantity, line.location))
    pools = {product: _share(lots.get(product, ()), claims, today) for product, claims in queues.items()}
    for pool in pools.values():
        for (_, name, number, _, _), answer in zip(pool.claims, pool.answers, strict=True):
            answers[name][number] = answer
    return Allocation(today, rule, named, pools, answers)


def outcome(allocation: Allocation, demand_id: str) -> Outcome:
    """Return the answer for a demand: its last line's day, or all that its lines are short by."""
    day, short = allocation.today, ZERO
    for answer in allocation.answers[demand_id]:
        if isinstance(answer, Decimal):
            short += answer
        elif answer > day:
            day = answer
    return Outcome(None if short else day, short)


def restocked(allocation: Allocation, product: str, lots: Iterable[Lot]) -> Change:
    """Return the allocation with other lots of one product: a count, a supply or its day changed."""
    known = allocation.pools.get(product)
    pool = _share(lots, known.claims if known else (), allocation.today)
    return _with_pools(allocation, {product: pool}, allocation.demands)


def demanded(allocation: Allocation, demand: Demand) -> Change:
    """Return the allocation with a new demand, or with one that changed in whatever way."""
    demands = {**allocation.demands, demand.id: demand}
    return _with_pools(allocation, _requeued(allocation, demand.id, demand), demands, demand.id)


def withdrawn(allocation: Allocation, demand_id: str) -> Change:
    """Return the allocation without a demand: shipped, lost or cancelled; unknown ones change nothing."""
    demands = dict(allocation.demands)
    demands.pop(demand_id, None)
    return _with_pools(allocation, _requeued(allocation, demand_id, None), demands, demand_id)


def _share(lots: Iterable[Lot], claims: Sequence[Claim], today: date) -> Pool:
    """Serve the claims of one product in their order; this is the inner loop of it all, hence its shape."""
    ordered = tuple(sorted(lots, key=lambda lot: (lot.day, lot.location, lot.source)))
    left = [max(ZERO, lot.quantity) for lot in ordered]
    days = [lot.day for lot in ordered]
    first, end = 0, len(left)
    given: list[Given] = []
    answers: list[Answer] = []
    for _, _, _, need, location in claims:
        while first < end and not left[first]:
            first += 1
        if first < end and left[first] >= need > 0 and (not location or ordered[first].location == location):
            left[first] -= need
            given.append(((first, need),))
            answers.append(days[first])
            continue
        taken, short = _gather(ordered, left, first, need, location)
        given.append(taken)
        answers.append(short or (days[taken[-1][0]] if taken else today))
    return Pool(ordered, claims, given, answers)


def _gather(
    lots: Sequence[Lot], left: list[Decimal], first: int, need: Decimal, location: str
) -> tuple[Given, Decimal]:
    """Take the earliest that a claim may have, lot by lot, out of `left`; return it and what is missing."""
    taken = []
    for number in range(first, len(left)):
        if need <= 0:
            break
        if left[number] and (not location or lots[number].location == location):
            part = min(need, left[number])
            left[number] -= part
            need -= part
            taken.append((number, part))
    return tuple(taken), max(ZERO, need)


def _requeued(allocation: Allocation, demand_id: str, demand: Demand | None) -> dict[str, Pool]:
    """Share out anew the products that a demand's old or new lines name."""
    before = allocation.demands.get(demand_id)
    lines = [line for each in (before, demand) if each for line in each.lines]
    return {product: _requeue(allocation, product, before, demand) for product in {line.product: 0 for line in lines}}


def _requeue(allocation: Allocation, product: str, before: Demand | None, after: Demand | None) -> Pool:
    known = allocation.pools.get(product) or Pool((), [], [], [])
    claims = list(known.claims)
    if before is not None:
        start = bisect_left(claims, (rank(before, allocation.rule),))
        while start < len(claims) and claims[start][1] == before.id:
            del claims[start]
    if after is not None:
        place = rank(after, allocation.rule)
        start = bisect_left(claims, (place,))
        claims[start:start] = [
            (place, after.id, number, line.quantity, line.location)
            for number, line in enumerate(after.lines)
            if line.product == product
        ]
    return _share(known.lots, claims, allocation.today)


def _with_pools(
    allocation: Allocation, pools: Mapping[str, Pool], demands: Mapping[str, Demand], redrawn: str = ""
) -> Change:
    """Put newly shared products in place, and note whose answer became another one; `redrawn` has other lines now."""
    answers = dict(allocation.answers)
    touched = {redrawn} & demands.keys()
    answers.pop(redrawn, None)
    for name in touched:
        answers[name] = [allocation.today] * len(demands[name].lines)
    for pool in pools.values():
        for (_, name, number, _, _), answer in zip(pool.claims, pool.answers, strict=True):
            if answers[name][number] != answer:
                if name not in touched:
                    answers[name] = list(answers[name])
                    touched.add(name)
                answers[name][number] = answer
    after = replace(allocation, demands=demands, pools={**allocation.pools, **pools}, answers=answers)
    return Change(after, frozenset(name for name in touched if _differs(allocation, after, name)))


def _differs(before: Allocation, after: Allocation, demand_id: str) -> bool:
    return demand_id not in before.answers or outcome(before, demand_id) != outcome(after, demand_id)
