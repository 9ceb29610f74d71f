"""customer: all about one customer, from one query of relations and bulk reads of the records that it names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.core.cases import Case, cases_of
from shared.core.open_orders import is_open
from shared.core.records import Record
from shared.core.relations import OPEN, ORDER, RESERVED, SHIPMENT, Relation, names
from shared.core.reservations import Reservation, State
from shared.core.supply import ZERO
from shared.flows.operating.finding import Unclear, find_record
from shared.flows.parts import Parts

MOST_PAST = 100


@dataclass(frozen=True, slots=True)
class OrderView:
    """One order with its shipments."""

    order: Record
    shipments: tuple[Record, ...]
    is_open: bool
    is_late: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over all orders, and the amounts of those that are shown, by currency (none told: empty)."""

    orders: int
    open: int
    late: int
    amounts: Mapping[str, Decimal]
    open_amounts: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Reserved:
    """Goods that are set aside for an order or a deal of theirs, by product."""

    reservation: Reservation
    products: Mapping[str, Record]


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer, the open orders and the newest past ones, what is set aside, what needs a person, totals.

    `has_more` says that there are older orders that are not shown.
    """

    customer: Record
    orders: tuple[OrderView, ...]
    cases: tuple[Case, ...]
    totals: Totals
    has_more: bool
    reserved: tuple[Reserved, ...] = ()


def customer_view(parts: Parts, name: str, most_past: int = MOST_PAST) -> CustomerView | Unclear:
    """Return all about a customer: by our id, what any system calls them (`crm:42`), or a match key."""
    found = find_record(parts, "customer", name)
    if isinstance(found, Unclear):
        return found
    customer = found.record
    near = parts.relations.of(customer.id)
    wanted = _wanted(near, most_past)
    shipments = [each.child for each in near if each.kind == SHIPMENT and each.by in wanted]
    known = parts.records.get([*wanted, *shipments]) if wanted else {}
    orders = _orders(known, wanted, customer.id, parts.clock.now())
    every = len({each.child for each in near if each.kind in (ORDER, OPEN)})
    shown = [customer, *(each.order for each in orders), *(s for each in orders for s in each.shipments)]
    return CustomerView(
        customer=customer,
        orders=tuple(orders),
        cases=tuple(case for each in shown for case in cases_of(each, parts.integration.entities.get(each.entity))),
        totals=_totals(orders, every - len(wanted)),
        has_more=every > len(wanted),
        reserved=_reserved(parts, [each.child for each in near if each.kind == RESERVED]),
    )


def _reserved(parts: Parts, ids: Collection[str]) -> tuple[Reserved, ...]:
    """Return what is still set aside, what ends first first."""
    known = parts.reservations.get(ids).values() if ids else ()
    held = sorted((each for each in known if each.state is State.OPEN), key=lambda each: (each.expires_at, each.id))
    named = {place.product for each in held for place, _ in each.lines}
    products = parts.records.get(named) if named else {}
    return tuple(Reserved(each, products) for each in held)


def _wanted(near: Sequence[Relation], most_past: int) -> dict[str, None]:
    """Return the orders that are read: all open ones, then the newest others."""
    open_ones = dict.fromkeys(each.child for each in near if each.kind == OPEN)
    past = [each.child for each in reversed(near) if each.kind == ORDER and each.child not in open_ones]
    return open_ones | dict.fromkeys(list(dict.fromkeys(past))[:most_past])


def _orders(known: Mapping[str, Record], wanted: Iterable[str], customer: str, now: datetime) -> list[OrderView]:
    """Return the orders that are still the customer's, open ones first and the newest first among each."""
    shipments: dict[str, list[Record]] = {}
    for record in known.values():
        if record.entity == "shipment" and record.tombstone is None:
            shipments.setdefault(names(record, "order") or "", []).append(record)
    mine = (known[each] for each in wanted if each in known)
    found = [_order(each, shipments.get(each.id, []), now) for each in mine if each.value("customer") == customer]
    return sorted(found, key=lambda each: (each.is_open, str(each.order.value("placed_at") or "")), reverse=True)


def _order(order: Record, shipments: Iterable[Record], now: datetime) -> OrderView:
    wanted_at = order.value("wanted_at")
    is_late = is_open(order) and isinstance(wanted_at, datetime) and wanted_at < now
    return OrderView(order, tuple(sorted(shipments, key=lambda each: each.id)), is_open(order), is_late)


def _totals(orders: Sequence[OrderView], older: int) -> Totals:
    open_ones = [each for each in orders if each.is_open]
    late = sum(each.is_late for each in orders)
    return Totals(len(orders) + older, len(open_ones), late, _amounts(orders), _amounts(open_ones))


def _amounts(orders: Iterable[OrderView]) -> dict[str, Decimal]:
    """Add up the totals that count: not those of drafts, nor of what was cancelled or deleted."""
    found: dict[str, Decimal] = {}
    for each in orders:
        total, status = each.order.value("total"), each.order.value("status")
        if isinstance(total, Decimal) and status not in ("draft", "cancelled") and each.order.tombstone is None:
            currency = str(each.order.value("currency") or "")
            found[currency] = found.get(currency, ZERO) + total
    return found
