"""Availability: a product's position, put together from the records of its stocks, orders and shipments.

What is coming is told by the stocks without a day. Nobody can be promised a day from that, so it stands beside the
answer and not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from shared.core.open_orders import commitments, departures, stock
from shared.core.records import Record
from shared.core.supply import ZERO, Position


@dataclass(frozen=True, slots=True)
class AtLocation:
    """What one location counts; nothing where its system does not say."""

    location: str
    on_hand: Decimal | None
    reserved: Decimal | None
    incoming: Decimal | None
    as_of: datetime | None


def position_of(
    product: str, stocks: Sequence[Record], orders: Iterable[Record], shipped: Iterable[tuple[Record, Record]]
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
    return Position(product, tuple(counts), commitments=(*taken, *left))


def locations_of(stocks: Iterable[Record]) -> tuple[AtLocation, ...]:
    """Return what each location counts, in order of their names."""
    return tuple(sorted((_at_location(each) for each in stocks), key=lambda each: each.location))


def incoming_of(stocks: Iterable[Record]) -> Decimal:
    """Return what is on its way to all locations, without a day."""
    return sum((amount(each, "incoming") for each in stocks), ZERO)


def amount(record: Record, name: str) -> Decimal:
    """Return a number that a record holds; none told counts as nothing."""
    return _number(record, name) or ZERO


def _at_location(each: Record) -> AtLocation:
    return AtLocation(
        location=str(each.value("location") or ""),
        on_hand=_number(each, "on_hand"),
        reserved=_number(each, "reserved"),
        incoming=_number(each, "incoming"),
        as_of=stock(each).as_of,
    )


def _number(record: Record, name: str) -> Decimal | None:
    value = record.value(name)
    return value if isinstance(value, Decimal) else None
