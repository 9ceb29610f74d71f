"""Allocate: who gets which goods and when, when several orders and deals want them.

Demands come in the order of their rank (`priority`), and each line in its turn takes the earliest goods that it may, as
many as it still needs (`share`). Whatever it cannot get is short; it keeps what it got. Nothing else happens, and from
that follows what is promised:

* A unit is given once: taking lowers the lot.
* Raising a demand never makes its own date later: at an earlier turn, more is left of every lot.
* More stock never makes any date later. Everybody takes the first of what is left in one fixed order; with one unit
  more in it, a line takes the same units but perhaps an earlier one instead of its last, so every later line again
  finds what it found before and perhaps one unit more. (An order that gives goods back because another of its lines is
  short would break this: one more unit of that other product makes it whole, it keeps the goods, and somebody else's
  date moves back. Therefore lines are served each for itself, and who had better wait is advice, in `explain`.)
  Stock that comes *sooner* makes nobody later either, as long as all who want a product may take it from anywhere or
  all name their location: who may take from anywhere takes what is first, also the last of a place that is all that
  somebody behind may use.
* A product is shared out without looking at any other product, so a change of stock or demand is answered by sharing
  out the products that it touches.

An allocation is a value; a change returns a new one that shares all untouched products with the old one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from shared.core.priority import DEFAULT_RULE, Demand, Rule, rank
from shared.core.share import NO_POOL, Answer, Claim, Lot, Pool, share
from shared.core.supply import ZERO, plain


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


def allocate(
    demands: Iterable[Demand], lots: Mapping[str, Iterable[Lot]], today: date, rule: Rule = DEFAULT_RULE
) -> Allocation:
    """Return all products shared out among all demands; the same for any order in which they are named.

    A line that wants nothing, or less, takes nothing and is answered with today.
    """
    named = {demand.id: demand for demand in demands}
    ranked = sorted(((rank(demand, rule), demand) for demand in named.values()), key=lambda pair: pair[0])
    queues: dict[str, list[Claim]] = {product: [] for product in lots}
    answers: dict[str, list[Answer]] = {}
    for place, demand in ranked:
        name = demand.id
        answers[name] = [today] * len(demand.lines)
        for number, line in enumerate(demand.lines):
            if line.quantity > ZERO:
                queues.setdefault(line.product, []).append((place, name, number, line.quantity, line.location))
    pools = {product: share(lots.get(product, ()), claims) for product, claims in queues.items()}
    for pool in pools.values():
        for claim, answer in zip(pool.claims, pool.answers, strict=True):
            if answer is not today:  # most are, and their lines say so already
                answers[claim[1]][claim[2]] = answer
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
    pool = share(lots, allocation.pools.get(product, NO_POOL).claims)
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


def _requeued(allocation: Allocation, demand_id: str, demand: Demand | None) -> dict[str, Pool]:
    """Share out anew the products that a demand's old or new lines name."""
    before = allocation.demands.get(demand_id)
    lines = [line for each in (before, demand) if each for line in each.lines]
    return {product: _requeue(allocation, product, before, demand) for product in {line.product: 0 for line in lines}}


def _requeue(allocation: Allocation, product: str, before: Demand | None, after: Demand | None) -> Pool:
    known = allocation.pools.get(product, NO_POOL)
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
            if line.product == product and line.quantity > ZERO
        ]
    return share(known.lots, claims)


def _with_pools(
    allocation: Allocation, pools: Mapping[str, Pool], demands: Mapping[str, Demand], redrawn: str = ""
) -> Change:
    """Put newly shared products in place, and note whose answer became another one; `redrawn` has other lines now."""
    answers = dict(allocation.answers)
    answers.pop(redrawn, None)
    if redrawn in demands:
        answers[redrawn] = [allocation.today] * len(demands[redrawn].lines)
    shifts: dict[str, Decimal] = {}
    for product, pool in pools.items():
        for name, number, answer in _moved(allocation.pools.get(product, NO_POOL), pool, answers):
            if name not in shifts:
                answers[name] = list(answers[name])
            shifts[name] = shifts.get(name, ZERO) + _missing(answer) - _missing(answers[name][number])
            answers[name][number] = answer
    after = replace(allocation, demands=demands, pools={**allocation.pools, **pools}, answers=answers)
    asked = {name for name in shifts if name != redrawn and _differs(allocation, after, name, shifts[name])}
    return Change(after, frozenset(asked | _changed(allocation, after, redrawn)))


def _moved(before: Pool, after: Pool, answers: Mapping[str, list[Answer]]) -> Iterator[tuple[str, int, Answer]]:
    """Yield the lines whose answer became another one; in an unchanged queue, old and new stand side by side."""
    if before.claims is after.claims:
        for claim, old, new in zip(after.claims, before.answers, after.answers, strict=True):
            if old is not new and old != new:
                yield claim[1], claim[2], new
        return
    for claim, new in zip(after.claims, after.answers, strict=True):
        if answers[claim[1]][claim[2]] != new:
            yield claim[1], claim[2], new


def _missing(answer: Answer) -> Decimal:
    return answer if isinstance(answer, Decimal) else ZERO


def _differs(before: Allocation, after: Allocation, demand_id: str, shift: Decimal) -> bool:
    """Tell whether a demand's outcome is another one, knowing by how much its shortage shifted.

    Most orders are answered without adding up their lines: while some of it stays as short as it was, no day counts.
    """
    if shift:
        return True
    if any(isinstance(answer, Decimal) for answer in after.answers[demand_id]):
        return False
    return outcome(before, demand_id) != outcome(after, demand_id)


def _changed(before: Allocation, after: Allocation, demand_id: str) -> set[str]:
    """Return the demand itself if it is a new one or its outcome is another one."""
    if demand_id not in after.answers:
        return set()
    if demand_id in before.answers and outcome(before, demand_id) == outcome(after, demand_id):
        return set()
    return {demand_id}
