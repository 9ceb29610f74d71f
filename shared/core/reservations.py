"""Reservations: goods set aside for an order or a deal, all lines or none, that can never oversell.

A *shelf* is the counter of one product at one location: `limit` is what its owner lets us promise (the availability of
the last snapshot, before what stands here is subtracted) and `free` what of it nobody has set aside. A reservation
lowers `free` on the condition that enough is left; the store checks the condition in the very step that makes the
change, so two buyers of the last unit cannot both have it, however their reads interleave. Whatever is decided here is
a *transaction*: steps that a store carries out together or not at all, each with its condition, made so that DynamoDB's
`TransactWriteItems` can (a condition compares a stored number with a given one, an item occurs once, at most 100).

A reservation ends once: release, expiry and fulfilment each require that it is still open in the version that was read,
and give back exactly what it took. A new snapshot moves `limit` and `free` by the same amount, so `limit − free` is
always the sum of the open reservations. What is taken at a location is taken of the product's shelf over all its
locations too (the one that names none) in the same step: so neither a location nor all of them together are oversold,
and by Hall's condition (`places`) these two are enough. If the owner's count falls below what is set aside, `free` is
negative and nothing more can be taken until it recovers.

An order of more lines than fit one transaction is reserved in parts that are reservations of their own: a part that is
refused releases those before it, and if nobody is left to do so, they expire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from shared.core.supply import ZERO

ITEMS_AT_ONCE = 100
"""What TransactWriteItems carries at most: the reservation itself and its shelves."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Which shelf: a product at a location."""

    product: str
    location: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The counter of one shelf as it is stored."""

    place: Place
    limit: Decimal
    free: Decimal

    @property
    def reserved(self) -> Decimal:
        """Return how many are set aside."""
        return self.limit - self.free


class State(StrEnum):
    """Where a reservation's life stands; only an open one holds anything."""

    OPEN = "open"
    RELEASED = "released"
    EXPIRED = "expired"
    FULFILLED = "fulfilled"


@dataclass(frozen=True, slots=True)
class Reservation:
    """What is set aside for whom (an order, a deal), whose that is where it is known, and until when."""

    id: str
    holder: str
    lines: tuple[tuple[Place, Decimal], ...]
    expires_at: datetime
    state: State = State.OPEN
    version: int = 1
    customer: str = ""

    def is_due(self, now: datetime) -> bool:
        """Tell whether its time is up while it still holds goods."""
        return self.state is State.OPEN and self.expires_at <= now


@dataclass(frozen=True, slots=True)
class ShelfStep:
    """Add to a shelf's numbers, on conditions: `at_least` is free (None: whatever is), the limit is `limit_was`."""

    place: Place
    add_free: Decimal
    add_limit: Decimal = ZERO
    at_least: Decimal | None = None
    limit_was: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ReservationStep:
    """Store a reservation, on condition that the stored one is open in version `was`; 0: that there is none."""

    becomes: Reservation
    was: int


Transaction: TypeAlias = tuple[ReservationStep | ShelfStep, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """Why a reservation was refused: a shelf, how many were wanted, and how many are free there."""

    place: Place
    wanted: Decimal
    free: Decimal


def reserve(
    reservation_id: str, holder: str, lines: Iterable[tuple[Place, Decimal]], expires_at: datetime, customer: str = ""
) -> tuple[Transaction, ...]:
    """Return the transactions that set goods aside, one for up to 99 shelves; lines of one place are added up.

    All must succeed for the order to be reserved: after a refusal the caller releases the parts before it (`undo`).
    A line of nothing reserves nothing. The same id can be reserved only once, so a repeated call changes nothing.
    """
    wanted = _by_place(lines)
    parts = _in_parts(wanted)
    names = [reservation_id, *(f"{reservation_id}/{number}" for number in range(2, len(parts) + 1))]
    pairs = zip(names, parts, strict=False)
    return tuple(_taking(Reservation(name, holder, tuple(part), expires_at, customer=customer)) for name, part in pairs)


def at_limits(taking: Transaction, shelves: Mapping[Place, Shelf], limits: Mapping[Place, Decimal]) -> Transaction:
    """Return a reservation that in the same step moves its shelves to the limits that hold now.

    Each shelf must still have the limit that was read, so what was worked out from an older one cannot pass.
    """
    return tuple(
        step if isinstance(step, ReservationStep) else _at_limit(step, shelves[step.place], limits[step.place])
        for step in taking
    )


def undo(parts: Iterable[Transaction]) -> tuple[Transaction, ...]:
    """Return what gives back the parts of an order that were set aside before one of its parts was refused."""
    taken = (step.becomes for part in parts for step in part if isinstance(step, ReservationStep))
    return tuple(release(reservation) for reservation in taken)


def release(reservation: Reservation) -> Transaction:
    """Return what gives everything back; empty if the reservation has ended already."""
    return _ending(reservation, State.RELEASED)


def expire(reservation: Reservation, now: datetime) -> Transaction:
    """Return what gives everything back because the time is up; empty while it is not.

    One that was extended meanwhile has another version, so an expiry that was decided before cannot end it.
    """
    return _ending(reservation, State.EXPIRED) if reservation.is_due(now) else ()


def extend(reservation: Reservation, until: datetime, now: datetime) -> Transaction:
    """Return what keeps an open reservation for longer; empty if it has ended, is due, or would end sooner."""
    if reservation.state is not State.OPEN or reservation.is_due(now) or until <= reservation.expires_at:
        return ()
    return (
        ReservationStep(replace(reservation, expires_at=until, version=reservation.version + 1), reservation.version),
    )


def fulfil(reservation: Reservation, shipped: Iterable[tuple[Place, Decimal]]) -> Transaction:
    """Return what notes that goods left: they are gone from the limit, and `free` is as it was.

    What is not shipped yet stays set aside; with its last unit the reservation is fulfilled. Empty if it has ended or
    nothing of it was shipped; what was shipped beyond it is not its business.
    """
    sent = dict(_by_place(shipped))
    gone = [(place, min(held, sent[place])) for place, held in reservation.lines if place in sent]
    if reservation.state is not State.OPEN or not gone:
        return ()
    rest = tuple((place, held - sent.get(place, ZERO)) for place, held in reservation.lines)
    kept = tuple((place, quantity) for place, quantity in rest if quantity > 0)
    ended = replace(reservation, lines=kept or reservation.lines)
    shelves = (ShelfStep(place, ZERO, add_limit=-quantity) for place, quantity in shelves_of(gone))
    return (_moved_on(ended, State.OPEN if kept else State.FULFILLED), *shelves)


def restock(shelf: Shelf, limit: Decimal) -> Transaction:
    """Return what moves a shelf to the limit of a new snapshot; empty if that is the limit already.

    The condition is the limit that was read: of two snapshots at one time, one must look again.
    """
    if shelf.limit == limit:
        return ()
    return (ShelfStep(shelf.place, limit - shelf.limit, add_limit=limit - shelf.limit, limit_was=shelf.limit),)


def missing(transaction: Transaction, shelves: Mapping[Place, Shelf]) -> tuple[Missing, ...]:
    """Return which shelves refuse a transaction, for the words of the refusal; an unknown one holds nothing."""
    found = []
    for step in transaction:
        if isinstance(step, ShelfStep) and step.at_least is not None:
            shelf = shelves.get(step.place)
            free = shelf.free if shelf else ZERO
            if free < step.at_least:
                found.append(Missing(step.place, step.at_least, free))
    return tuple(found)


def shelves_of(lines: Iterable[tuple[Place, Decimal]]) -> Sequence[tuple[Place, Decimal]]:
    """Return how much lines take of which shelves: that of their location, and that of all locations together."""
    some = list(lines)
    return _by_place([*some, *((Place(place.product), quantity) for place, quantity in some if place.location)])


def _in_parts(wanted: Sequence[tuple[Place, Decimal]]) -> list[list[tuple[Place, Decimal]]]:
    """Return the lines in parts of as many shelves as fit one transaction; none where nothing is wanted."""
    parts: list[list[tuple[Place, Decimal]]] = []
    for line in wanted:
        if not parts or len(shelves_of([*parts[-1], line])) >= ITEMS_AT_ONCE:
            parts.append([])
        parts[-1].append(line)
    return parts


def _by_place(lines: Iterable[tuple[Place, Decimal]]) -> Sequence[tuple[Place, Decimal]]:
    """Add up the lines of each shelf, in the shelves' order, so that all who reserve go the same way round."""
    total: dict[Place, Decimal] = {}
    for place, quantity in lines:
        if quantity > 0:
            total[place] = total.get(place, ZERO) + quantity
    return sorted(total.items())


def _at_limit(step: ShelfStep, shelf: Shelf, limit: Decimal) -> ShelfStep:
    more = limit - shelf.limit
    least = None if step.at_least is None else step.at_least - more
    return replace(
        step, add_free=step.add_free + more, add_limit=step.add_limit + more, at_least=least, limit_was=shelf.limit
    )


def _taking(reservation: Reservation) -> Transaction:
    taken = (ShelfStep(place, -quantity, at_least=quantity) for place, quantity in shelves_of(reservation.lines))
    return (ReservationStep(reservation, 0), *taken)


def _ending(reservation: Reservation, state: State) -> Transaction:
    if reservation.state is not State.OPEN:
        return ()
    given_back = (ShelfStep(place, quantity) for place, quantity in shelves_of(reservation.lines))
    return (_moved_on(reservation, state), *given_back)


def _moved_on(reservation: Reservation, state: State) -> ReservationStep:
    return ReservationStep(replace(reservation, state=state, version=reservation.version + 1), reservation.version)
