"""reserving: set goods aside for an order, a deal or anybody else, so that nobody can be sold them twice.

A shelf stands for a product at a location, or over all its locations: an order that names its location takes of both,
any other of the second alone. Their limits are worked out from the records in the moment in which something is taken,
and taken and set in one transaction, on condition that nobody set them meanwhile: what is on hand,
less what left after the count, what others than these orders have reserved in the stock's own system, and what open
orders take that have set nothing aside themselves. So own unshipped orders are subtracted before anything is given.

Pointers to a reservation (relations) are put before it and taken away after its end: one too many costs a read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from shared.core.errors import TryAgain
from shared.core.follow import follow
from shared.core.open_orders import location_of, open_lines
from shared.core.places import are_told_apart
from shared.core.records import Record
from shared.core.relations import OPEN, RESERVATIONS, RESERVED, Relation
from shared.core.reservations import (
    ITEMS_AT_ONCE,
    Missing,
    Place,
    Reservation,
    ShelfStep,
    State,
    Transaction,
    at_limits,
    expire,
    extend,
    missing,
    release,
    reserve,
    restock,
    shelves_of,
)
from shared.core.supply import ZERO, Position, signed_balance
from shared.core.unclaimed import unclaimed
from shared.flows.business.positions import Ground, grounds_of, held_of
from shared.flows.parts import Parts

MOST_SHELVES = ITEMS_AT_ONCE - 1
"""How many shelves one reservation may hold goods of: a product takes one, or two where a location is named."""

ROUNDS = 10
"""How often it is tried again after somebody else was quicker."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be set aside: an id of its own, for whom (a record's id, or any name), how many of which products,
    until when, which customer's that is, where it is known, and from which location; "" = from any."""

    id: str
    holder: str
    lines: Mapping[str, Decimal]
    until: datetime
    customer: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was set aside: what is missing, or why it cannot be."""

    missing: tuple[Missing, ...] = ()
    why: str = ""


Answer: TypeAlias = Reservation | Refused


def set_aside(parts: Parts, wish: Wish) -> Answer:
    """Set goods aside, all lines or none; the same id again is answered with what was set aside then."""
    known = parts.reservations.get([wish.id]).get(wish.id)
    if known is not None:
        return known if known.state is State.OPEN else Refused(why=f"reservation {wish.id} has ended: {known.state}")
    wanted = _places(parts, wish)
    if not 0 < len(shelves_of(wanted)) <= MOST_SHELVES:
        most = MOST_SHELVES // 2 if wish.location else MOST_SHELVES
        return Refused(why=f"a reservation holds at least one product and at most {most}")
    (taking,) = reserve(wish.id, wish.holder, wanted, wish.until, wish.customer)
    pointers = _pointers(Reservation(wish.id, wish.holder, tuple(wanted), wish.until, customer=wish.customer))
    parts.relations.put(pointers)
    answer = _taken(parts, taking, wish.holder)
    if answer is not None:
        parts.relations.drop(pointers)
        return answer
    return parts.reservations.get([wish.id])[wish.id]


def _places(parts: Parts, wish: Wish) -> list[tuple[Place, Decimal]]:
    """Return what is wanted where; a location counts only where a product's locations are told apart."""
    lines = {product: quantity for product, quantity in wish.lines.items() if quantity > 0}
    grounds = grounds_of(parts, sorted(lines)) if wish.location else {}
    apart = {product for product, ground in grounds.items() if are_told_apart(ground.at)}
    return [(Place(each, wish.location if each in apart else ""), quantity) for each, quantity in lines.items()]


def give_back(parts: Parts, reservation_id: str) -> Reservation | None:
    """Release a reservation; return it as it stands then, ended in whatever way; nothing if there is none."""
    for _ in range(ROUNDS):
        found = parts.reservations.get([reservation_id]).get(reservation_id)
        if found is None:
            return None
        steps = release(found)
        if not steps or parts.reservations.carry_out(steps):
            parts.relations.drop(_pointers(found))
            return parts.reservations.get([reservation_id]).get(reservation_id)
    raise TryAgain(f"reservation {reservation_id} was changed by others each time")


def keep_longer(parts: Parts, reservation_id: str, until: datetime) -> Reservation | None:
    """Keep an open reservation for longer; return it as it stands then; one that is due or has ended stays so."""
    found = parts.reservations.get([reservation_id]).get(reservation_id)
    steps = () if found is None else extend(found, until, parts.clock.now())
    if found is not None and steps:
        longer = in_list(replace(found, expires_at=until))
        parts.relations.put([longer])
        has_held = parts.reservations.carry_out(steps)
        parts.relations.drop([in_list(found) if has_held else longer])
    return parts.reservations.get([reservation_id]).get(reservation_id)


def expire_due(parts: Parts) -> tuple[Reservation, ...]:
    """End the reservations whose time is up and forget pointers that lead to none; return those ended by this call."""
    now = parts.clock.now()
    pointers = [each for each in parts.relations.of(RESERVATIONS, OPEN) if each.by <= now.isoformat()]
    known = parts.reservations.get({each.child for each in pointers}) if pointers else {}
    ended = tuple(each for each in known.values() if _has_ended(parts, each, now))
    over = [each for each in pointers if _leads_nowhere(known.get(each.child), each)]
    gone = {each.place: each for each in (*over, *(pointer for each in ended for pointer in _pointers(each)))}
    if gone:
        parts.relations.drop(list(gone.values()))
    return ended


def _has_ended(parts: Parts, reservation: Reservation, now: datetime) -> bool:
    steps = expire(reservation, now)
    return bool(steps) and parts.reservations.carry_out(steps)


def follow_demands(parts: Parts, records: Collection[str]) -> frozenset[str]:
    """Let what is set aside for orders and deals follow what became of them; return the products that it is about.

    A step that somebody else was quicker with is left: whatever he did touches the record or the shelf again.
    """
    held = {holder: each for holder, each in held_of(parts, sorted(records)).items() if each}
    known = parts.records.get(held) if held else {}
    done = [
        reservation
        for holder, record in known.items()
        for reservation, steps in follow(record, held[holder])
        if parts.reservations.carry_out(steps)
    ]
    after = parts.reservations.get({each.id for each in done}) if done else {}
    over = {p.place: p for each in done if after[each.id].state is not State.OPEN for p in _pointers(each)}
    if over:
        parts.relations.drop(list(over.values()))
    return frozenset(place.product for each in done for place, _ in each.lines)


def restock_shelves(parts: Parts, products: Collection[str]) -> None:
    """Move the shelves of products of which something is set aside to the limits that hold now."""
    held = held_of(parts, products)
    lines = [line for some in held.values() for each in some for line in each.lines if line[0].product in held]
    places = [place for place, _ in shelves_of(lines)]
    shelves = parts.reservations.shelves(places) if places else {}
    limits = limits_of(parts, places)
    for place, shelf in shelves.items():
        if steps := restock(shelf, limits[place]):
            parts.reservations.carry_out(steps)


def limits_of(parts: Parts, places: Collection[Place], holder: str = "") -> Mapping[Place, Decimal]:
    """Return how many may be set aside on each shelf in all; what `holder`, an order, takes itself is not less."""
    grounds = grounds_of(parts, sorted({place.product for place in places}))
    return {place: _limit(grounds[place.product], place.location, holder) for place in places}


def _taken(parts: Parts, taking: Transaction, holder: str) -> Refused | None:
    """Carry a reservation out at the limits of the moment; return why it is refused, if it is."""
    places = [step.place for step in taking if isinstance(step, ShelfStep)]
    for _ in range(ROUNDS):
        shelves = parts.reservations.shelves(places)  # before the records: these are then no older than the limit
        limits = limits_of(parts, places, holder)
        steps = at_limits(taking, shelves, limits)
        lacking = missing(steps, shelves)
        if lacking and not expire_due(parts):
            return Refused(tuple(_as_asked(each, limits[each.place] - shelves[each.place].limit) for each in lacking))
        if not lacking and parts.reservations.carry_out(steps):
            return None
    raise TryAgain("the shelves were changed by others each time")


def _as_asked(lacking: Missing, moved: Decimal) -> Missing:
    """Return what is missing in the buyer's numbers: the shelf counts from the limit that it had before."""
    return replace(lacking, wanted=lacking.wanted + moved, free=lacking.free + moved)


def _limit(ground: Ground, location: str, holder: str) -> Decimal:
    """Return the limit of a shelf; that of a location which is told apart no longer is the one of all together."""
    product = ground.position.product
    is_apart = are_told_apart(ground.at)
    where = location if is_apart else ""
    there = unclaimed(ground.at.get(where, Position(product, ())) if where else ground.position)
    rivals = [each for each in ground.demands if each.id != holder and where in ("", location_of(each))]
    taken = sum((_uncovered(each, ground, product, where) for each in rivals), ZERO)
    return signed_balance(there) - there.buffer - taken


def _uncovered(demand: Record, ground: Ground, product: str, location: str) -> Decimal:
    """Return how many an open order takes beyond what it has set aside there; a deal takes nothing yet."""
    takes = sum((line.quantity for line in open_lines(demand) if line.product == product), ZERO)
    own = sum((_of(each, product, location) for each in ground.held if each.holder == demand.id), ZERO)
    return max(ZERO, takes - own) if demand.entity == "order" else ZERO


def _of(reservation: Reservation, product: str, location: str) -> Decimal:
    lines = (line for line in reservation.lines if line[0].product == product)
    return sum((quantity for place, quantity in lines if location in ("", place.location)), ZERO)


def _leads_nowhere(found: Reservation | None, pointer: Relation) -> bool:
    """Tell whether a pointer leads to nothing, to what has ended, or to what was kept for longer."""
    return found is None or found.state is not State.OPEN or in_list(found) != pointer


def in_list(reservation: Reservation) -> Relation:
    """Return the pointer in the list of all that are open, in order of their end."""
    return Relation(RESERVATIONS, OPEN, reservation.id, reservation.expires_at.isoformat())


def _pointers(reservation: Reservation) -> list[Relation]:
    whose = [reservation.customer] if reservation.customer else []
    near = dict.fromkeys([reservation.holder, *whose, *(place.product for place, _ in reservation.lines)])
    return [in_list(reservation), *(Relation(parent, RESERVED, reservation.id) for parent in near)]
