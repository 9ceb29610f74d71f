"""Promise: how many of a product can be promised for a day, and the first day for a quantity.

This is *cumulative available-to-promise with look-ahead* (APICS Dictionary, ASCM; there by planning period, here by
day): a unit may be promised for a day only if no later day needs it for a commitment that stands already. With
`balance` as `supply` defines it:

    available(day) = max(0, the least balance of that day and of every later one)

It never falls from one day to the next, so the first day for a quantity is where it first reaches that quantity, and
what it rises by on a day can be delivered on that day: these are the split deliveries. What no supply covers is short
and promised for no day. With a lead time it is said beside the promise when it could come if it was ordered
(`to_order`), which changes no day of it.

A timeline is built once from a position and answers any number of questions. Every answer keeps it, so that it can be
explained line by line when somebody asks, and costs nothing when nobody does.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from shared.core.supply import ZERO, Entry, Position, entries, movements, plain
from shared.core.to_order import ToOrder, to_order


@dataclass(frozen=True, slots=True)
class Timeline:
    """A position day by day: on which days it changes, the signed balance then, and the least from then on."""

    position: Position
    today: date
    days: tuple[date, ...]
    balances: tuple[Decimal, ...]
    floors: tuple[Decimal, ...]

    def balance(self, day: date) -> Decimal:
        """Return the signed balance at the end of a day; a day that has passed counts as today."""
        return self.balances[self._place(day)]

    def available(self, day: date) -> Decimal:
        """Return how many can be promised for a day, never below zero."""
        return max(ZERO, self.floors[self._place(day)])

    def _place(self, day: date) -> int:
        return max(0, bisect_right(self.days, day) - 1)


@dataclass(frozen=True, slots=True)
class Availability:
    """What can be promised for a day: `quantity` for people, `balance` with its sign, and the reason in words."""

    day: date
    quantity: Decimal
    balance: Decimal
    because: str
    timeline: Timeline = field(repr=False, compare=False)

    def explanation(self) -> tuple[Entry, ...]:
        """Return every movement behind the answer, later ones included: they may need what is there today."""
        return entries(self.timeline.position, self.timeline.today)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A part of a promise: how many on which day, of what is there or ordered."""

    day: date
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Promise:
    """What can be said to somebody who asks for a quantity: the day for all of it, the parts before, what is short.

    `day` is None if some of it is short: nothing on hand and nothing coming.
    """

    quantity: Decimal
    day: date | None
    deliveries: tuple[Delivery, ...]
    short: Decimal
    timeline: Timeline = field(repr=False, compare=False)

    @property
    def not_yet_ordered(self) -> ToOrder | None:
        """Return what of the quantity could come if it was ordered today; nothing if none is short."""
        return to_order(self.timeline.position, self.short, self.timeline.today)

    def explanation(self) -> tuple[str, ...]:
        """Return the parts of the promise, then every movement behind it, each as one line."""
        return (*self._parts(), *(str(entry) for entry in entries(self.timeline.position, self.timeline.today)))

    def _parts(self) -> Iterator[str]:
        for part in self.deliveries:
            yield f"{part.day}: {plain(part.quantity)} can be delivered"
        if self.short:
            more = self.not_yet_ordered
            known = "" if more else " and no lead time is known"
            yield f"short by {plain(self.short)}: nothing more is coming{known}"
            yield from (str(more),) if more else ()


def timeline(position: Position, today: date) -> Timeline:
    """Return a position's balances from today on; one pass over its movements, whatever is asked afterwards."""
    changes: dict[date, Decimal] = {today: ZERO}
    for day, change, _, _ in movements(position, today):
        changes[day] = changes.get(day, ZERO) + change
    days = tuple(sorted(changes))
    balances = tuple(accumulate(changes[day] for day in days))
    floors = tuple(accumulate(reversed(balances), min))[::-1]
    return Timeline(position, today, days, balances, floors)


def available(line: Timeline, day: date | None = None) -> Availability:
    """Return what can be promised for a day, today if none is named, with its reason."""
    when = line.today if day is None else max(day, line.today)
    quantity = line.available(when)
    return Availability(when, quantity, line.balance(when), _because(line, when, quantity), line)


def per_day(line: Timeline, until: date) -> tuple[Availability, ...]:
    """Return what can be promised on each day from today to `until`, that day included."""
    span = (until - line.today).days
    return tuple(available(line, line.today + timedelta(days=ahead)) for ahead in range(span + 1))


def promise(line: Timeline, quantity: Decimal) -> Promise:
    """Return the first day for all of a quantity and the parts that can go before; asked for nothing, today."""
    parts = list(_deliveries(line, quantity))
    short = max(ZERO, quantity) - sum((part.quantity for part in parts), ZERO)
    day = None if short else max((part.day for part in parts), default=line.today)
    return Promise(quantity, day, tuple(parts), short, line)


def _deliveries(line: Timeline, quantity: Decimal) -> Iterator[Delivery]:
    """Yield what each day adds until the quantity is there."""
    promised = ZERO
    for day, floor in zip(line.days, line.floors, strict=True):
        if promised >= quantity:
            break
        more = min(floor, quantity) - promised
        if more > 0:
            promised += more
            yield Delivery(day, more)


def _because_of_others(line: Timeline, day: date, quantity: Decimal, needed: Decimal) -> str:
    """Return the reason where there is more than may be promised: it is needed elsewhere, or stands elsewhere."""
    here = f"at {line.position.location}" if line.position.location else "in all"
    whose = "orders of other locations or of none" if line.position.location else "orders that name a location"
    free = f"{plain(quantity)} are free on {day}" if quantity else "none"
    return f"{free}: {plain(needed)} more {here} are kept for {whose}"


def _because(line: Timeline, day: date, quantity: Decimal) -> str:
    """Return the reason: what is on hand if that is the trouble, else the day that needs the most."""
    place = line._place(day)
    floor = line.floors[place]
    if (own := min(line.balances[place:])) > max(ZERO, floor):
        return _because_of_others(line, day, quantity, own - quantity)
    floor = own
    worst = line.days[line.balances.index(floor, place)]
    if quantity and worst <= day:
        return f"{plain(quantity)} are free on {day}"
    if quantity:
        return f"{plain(quantity)} are free on {day}: {plain(line.balance(day))} by then, less what {worst} needs"
    if line.position.on_hand < 0:
        return f"none: the count itself is below zero ({plain(line.position.on_hand)} on hand)"
    if floor == 0 and not (line.position.on_hand or line.position.commitments):
        return f"none: nothing is on hand on {day}"
    if floor == 0:
        return f"none: everything is taken by {max(day, worst)}"
    return f"none: {plain(-floor)} more are taken or kept back than there will be on {max(day, worst)}"
