"""reserve: what a person or a shop asks to be set aside: for an order or a deal all that it wants, or lines by SKU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.core.demands import demand_of
from shared.core.open_orders import location_of
from shared.core.records import Record
from shared.core.relations import OPEN, RESERVATIONS, names
from shared.core.reservations import Reservation, State
from shared.core.supply import ZERO
from shared.flows.business.availability import find_product
from shared.flows.business.matching import find_demand
from shared.flows.business.positions import held_of
from shared.flows.business.reserving import Refused, Wish, give_back, keep_longer, set_aside
from shared.flows.operating.finding import Meant, Unclear
from shared.flows.parts import Parts
from shared.ports.messages import Touch


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom (an order or a deal by any name, or anybody), how many by SKU (none: all that it wants), until when.

    `id` makes a repeated call the same; without one each call is its own.
    """

    holder: str
    lines: Mapping[str, Decimal]
    until: datetime
    id: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A SKU that names no product, or none alone."""

    sku: str
    found: Unclear


@dataclass(frozen=True, slots=True)
class Held:
    """A reservation with the records that it names: products, and the order or deal that holds it."""

    reservation: Reservation
    named: Mapping[str, Record]


@dataclass(frozen=True, slots=True)
class HeldPage:
    """Some of what is set aside, in order of its end, and behind which place the list goes on."""

    items: tuple[Held, ...]
    next: str | None


def reserve(parts: Parts, asked: Asked) -> Held | Refused | Unknown | Unclear:
    """Set goods aside; who wants nothing beyond what it holds already is refused."""
    demand = find_demand(parts, asked.holder)
    if isinstance(demand, Unclear) and (demand.candidates or not asked.lines):
        return demand
    holder = demand.record.id if isinstance(demand, Meant) else asked.holder
    lines = _by_product(parts, asked.lines) if asked.lines else _wanted(parts, demand)
    if isinstance(lines, Unknown):
        return lines
    customer = names(demand.record, "customer") if isinstance(demand, Meant) else None
    location = location_of(demand.record) if isinstance(demand, Meant) else ""
    wish = Wish(asked.id or parts.clock.new_id(), holder, lines, asked.until, customer or "", location)
    answer = set_aside(parts, wish)
    return answer if isinstance(answer, Refused) else _touched(parts, answer)


def release(parts: Parts, reservation_id: str) -> Held | None:
    """Give back what a reservation holds; nothing if there is none."""
    ended = give_back(parts, reservation_id)
    return None if ended is None else _touched(parts, ended)


def prolong(parts: Parts, reservation_id: str, until: datetime) -> Held | None:
    """Keep a reservation for longer; nothing if there is none."""
    found = keep_longer(parts, reservation_id, until)
    return None if found is None else _held(parts, [found])[0]


def reservations(parts: Parts, after: str | None, limit: int) -> HeldPage:
    """Return a page of what is set aside, what ends first before the rest; a page may hold fewer than asked."""
    pointers = [each for each in parts.relations.of(RESERVATIONS, OPEN) if after is None or each.place[1] > after]
    some = pointers[:limit]
    known = parts.reservations.get({each.child for each in some}) if some else {}
    found = [known[each.child] for each in some if each.child in known and known[each.child].state is State.OPEN]
    return HeldPage(tuple(_held(parts, found)), some[-1].place[1] if len(pointers) > limit else None)


def _wanted(parts: Parts, demand: Meant | Unclear) -> Mapping[str, Decimal]:
    """Return what an order or a deal wants beyond what it has set aside."""
    assert isinstance(demand, Meant)
    wanted: dict[str, Decimal] = {}
    for line in demand_of(demand.record).lines:
        wanted[line.product] = wanted.get(line.product, ZERO) + line.quantity
    for each in held_of(parts, [demand.record.id])[demand.record.id]:
        for place, quantity in each.lines:
            wanted[place.product] = wanted.get(place.product, ZERO) - quantity
    return wanted


def _by_product(parts: Parts, lines: Mapping[str, Decimal]) -> Mapping[str, Decimal] | Unknown:
    found: dict[str, Decimal] = {}
    for sku, quantity in lines.items():
        meant = find_product(parts, sku)
        if isinstance(meant, Unclear):
            return Unknown(sku, meant)
        found[meant.record.id] = found.get(meant.record.id, ZERO) + quantity
    return found


def _touched(parts: Parts, reservation: Reservation) -> Held:
    """Let the others who want these products be matched anew."""
    products = frozenset(place.product for place, _ in reservation.lines)
    parts.messages.touch([Touch(products, reservation.holder)])
    return _held(parts, [reservation])[0]


def _held(parts: Parts, found: Sequence[Reservation]) -> list[Held]:
    ids = {each.holder for each in found} | {place.product for each in found for place, _ in each.lines}
    named = parts.records.get(ids) if ids else {}
    return [Held(each, named) for each in found]
