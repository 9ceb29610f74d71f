"""Share: one product's goods among the claims on it, in the order of their rank.

The goods are *lots*: what is free now, then each dated supply, at a location each. Each claim in its turn takes the
earliest lots that it may, as many units as it still needs, and keeps what it got; `allocate` says what follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from shared.core.priority import Rank
from shared.core.supply import ZERO, Kind, Position, movements


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
    """One product shared out: its lots in the order of taking, the claims by rank, and the answer for each claim."""

    lots: tuple[Lot, ...]
    claims: Sequence[Claim]
    answers: Sequence[Answer]


NO_POOL = Pool((), (), ())


def lots_of(position: Position, today: date) -> tuple[Lot, ...]:
    """Return the lots that a position has to give: what is there now, then what comes.

    What is taken already (the position's commitments, the buffer, a count below zero) is first filled from the earliest
    goods. Whatever takes part in the matching as a demand must not be a commitment of the position as well.
    """
    return _filled(position, today)[0]


def lots_at(positions: Iterable[Position], today: date) -> tuple[Lot, ...]:
    """Return the lots of all locations of a product; what a location lacks for good is taken from the earliest of all.

    So what one location counts or took below zero is never given to somebody at another (`places`).
    """
    filled = [_filled(each, today) for each in positions]
    debt = sum((lacking for _, lacking in filled), ZERO)
    lots = []
    for lot in sorted((lot for some, _ in filled for lot in some), key=_place):
        part = min(debt, lot.quantity)
        debt -= part
        if part < lot.quantity:
            lots.append(replace(lot, quantity=lot.quantity - part))
    return tuple(lots)


def _place(lot: Lot) -> tuple[date, str, str]:
    """Return where a lot stands in the order of taking."""
    return lot.day, lot.location, lot.source


def _filled(position: Position, today: date) -> tuple[tuple[Lot, ...], Decimal]:
    """Return what a position has to give, and what is taken of it that nothing there fills."""
    moves = sorted(movements(position, today), key=lambda move: (move[0], move[2] is not Kind.ON_HAND, move[3]))
    debt = sum((-change for _, change, _, _ in moves if change < 0), ZERO)
    lots = []
    for day, change, kind, source in moves:
        left = max(ZERO, change) - debt
        debt = max(ZERO, -left)
        if left > 0:
            lots.append(Lot(day, left, position.location, "" if kind is Kind.ON_HAND else source))
    return tuple(lots), debt


def share(lots: Iterable[Lot], claims: Sequence[Claim]) -> Pool:
    """Serve the claims of one product in their order.

    The inner loop of it all, hence its shape: most claims are served by the first lot that has any left, and when no
    lot has, all that follow are short by all they want. `given` says the same slowly, lot by lot.
    """
    ordered = tuple(sorted(lots, key=_place))
    left = [max(ZERO, lot.quantity) for lot in ordered]
    answers: list[Answer] = []
    first, have, day, here = _first_left(ordered, left, 0)
    for _, _, _, need, location in claims:
        if have >= need and (not location or location == here):
            have -= need
            answers.append(day)
            continue
        if first == len(left):
            break
        left[first] = have
        taken, short = _gather(ordered, left, first, need, location)
        answers.append(short or ordered[taken[-1][0]].day)
        first, have, day, here = _first_left(ordered, left, first)
    answers.extend([claim[3] for claim in claims[len(answers) :]])
    return Pool(ordered, claims, answers)


def given(pool: Pool) -> list[Given]:
    """Return what each claim of a product gets, lot by lot."""
    left = [max(ZERO, lot.quantity) for lot in pool.lots]
    return [_gather(pool.lots, left, 0, need, location)[0] for _, _, _, need, location in pool.claims]


def _first_left(lots: Sequence[Lot], left: Sequence[Decimal], start: int) -> tuple[int, Decimal, date, str]:
    """Return the first lot that has any left: its number, how many, its day and location; past the end, none."""
    for number in range(start, len(left)):
        if left[number]:
            return number, left[number], lots[number].day, lots[number].location
    return len(left), ZERO, date.max, ""


def _gather(
    lots: Sequence[Lot], left: list[Decimal], first: int, need: Decimal, location: str
) -> tuple[Given, Decimal]:
    """Take the earliest that a claim may have, lot by lot, out of `left`; return it and what is missing."""
    taken = []
    for number in range(first, len(left)):
        if not need:
            break
        if left[number] and (not location or lots[number].location == location):
            part = min(need, left[number])
            left[number] -= part
            need -= part
            taken.append((number, part))
    return tuple(taken), need
