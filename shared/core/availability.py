"""Availability: a product's position, put together from the records of its stocks, orders and shipments.

What is coming is told by purchase orders with a day each, and by the stocks without any. Nobody can be promised a day
from what has none, so that stands beside the answer and not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from shared.core.open_orders import commitments, departures, location_of, stock
from shared.core.purchase_orders import Coming, coming
from shared.core.records import Record
from shared.core.supply import ZERO, Incoming, Position


@dataclass(frozen=True, slots=True)
class AtLocation:
    """What one location counts; nothing where its system does not say."""

    location: str
    on_hand: Decimal | None
    reserved: Decimal | None
    incoming: Decimal | None
    as_of: datetime | None


def position_of(
    product: str,
    stocks: Sequence[Record],
    orders: Iterable[Record],
    shipped: Iterable[tuple[Record, Record]],
    purchases: Iterable[Record] = (),
    lead_days: int | None = None,
) -> Position:
    """Return a product's position over all its locations; `shipped` are shipments, each with its order.

    What the stocks' own systems reserved counts only where each of them says it and as of when: else the open orders
    that we know are all that is subtracted, lest one be subtracted twice.
    """
    counts = [stock(each) for each in stocks]
    if any(each.reserved is None for each in counts):
        counts = [replace(each, reserved=None) for each in counts]
    taken = [each for order in orders for name, each in commitments(order) if name == product]
    left = [each for shipment, order in shipped for name, each in departures(shipment, order) if name == product]
    dated = [
        Incoming(each.source, each.quantity, each.day)
        for each in _coming(product, purchases, lead_days)
        if each.day is not None
    ]
    return Position(product, tuple(counts), commitments=(*taken, *left), incoming=tuple(dated), lead_days=lead_days)


def locations_of(stocks: Iterable[Record]) -> tuple[AtLocation, ...]:
    """Return what each location counts, in order of their names."""
    return tuple(sorted((_at_location(each) for each in stocks), key=lambda each: each.location))


def on_order(product: str, stocks: Sequence[Record], purchases: Iterable[Record]) -> Decimal:
    """Return what is on its way to all locations, with or without a day.

    Stocks and purchase orders tell of the same goods, so the greater of the two counts, not their sum.
    """
    told = sum((amount(each, "incoming") for each in stocks), ZERO)
    return max(told, sum((each.quantity for each in _coming(product, purchases)), ZERO))


def on_order_at(stock: Record, purchases: Iterable[Record]) -> Decimal:
    """Return what is on its way to one location: as its system tells, or else by the purchase orders for it.

    One that names no location may be for any.
    """
    told = _number(stock, "incoming")
    if told is not None:
        return told
    here = ("", location_of(stock))
    brought = (each for each in _coming(str(stock.value("product")), purchases) if each.location in here)
    return sum((each.quantity for each in brought), ZERO)


def amount(record: Record, name: str) -> Decimal:
    """Return a number that a record holds; none told counts as nothing."""
    return _number(record, name) or ZERO


def _coming(product: str, purchases: Iterable[Record], lead_days: int | None = None) -> list[Coming]:
    return [each for order in purchases for each in coming(order, lead_days) if each.product == product]


def _at_location(each: Record) -> AtLocation:
    return AtLocation(
        location=location_of(each),
        on_hand=_number(each, "on_hand"),
        reserved=_number(each, "reserved"),
        incoming=_number(each, "incoming"),
        as_of=stock(each).as_of,
    )


def _number(record: Record, name: str) -> Decimal | None:
    value = record.value(name)
    return value if isinstance(value, Decimal) else None
