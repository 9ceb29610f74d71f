"""Open orders: what orders still take, what shipments took, and what a count says, read from their records.

An order takes goods from the day on which it is placed until the last of it has left: per line, what was ordered less
what was shipped. A draft takes nothing yet; a shipped, delivered or cancelled one nothing any more. A value that no
system has told yet counts as nothing ordered, nothing shipped, nothing on hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from shared.core.paths import element_of, element_path
from shared.core.priority import Demand, DemandLine, Standing
from shared.core.records import Record
from shared.core.supply import ZERO, Commitment, Stock

TAKING = frozenset({"placed", "confirmed", "partly_shipped"})
"""The statuses of an order that still takes goods."""
LEFT = frozenset({"shipped", "delivered"})
"""The statuses of a shipment whose goods have left and have not come back."""


def is_open(order: Record) -> bool:
    """Tell whether an order still takes goods."""
    return order.tombstone is None and order.value("status") in TAKING


def open_lines(order: Record) -> tuple[DemandLine, ...]:
    """Return what is still to be shipped of each line, the product by its record's id, in the lines' own order."""
    if not is_open(order):
        return ()
    lines = ((product, quantity - shipped) for product, quantity, shipped in lines_of(order))
    return tuple(DemandLine(product, rest, location_of(order)) for product, rest in lines if rest > 0)


def commitments(order: Record) -> Iterator[tuple[str, Commitment]]:
    """Yield what an open order takes of each product; it is due on the day that it is wanted on."""
    for line in open_lines(order):
        yield line.product, Commitment(_name(order), line.quantity, wanted_day(order), moment_of(order, "placed_at"))


def departures(shipment: Record, order: Record) -> Iterator[tuple[str, Commitment]]:
    """Yield what a shipment of an order took: it matters as long as the count is older than that."""
    left_at = moment_of(shipment, "shipped_at")
    if shipment.tombstone is None and shipment.value("status") in LEFT and left_at is not None:
        for product, quantity, _ in lines_of(shipment):
            if quantity > 0:
                placed_at = moment_of(order, "placed_at")
                yield product, Commitment(_name(order), quantity, placed_at=placed_at, shipped_at=left_at)


def demand(order: Record, standing: Standing = Standing.ORDER, priority: int = 0) -> Demand:
    """Return an order as a demand for the matching; its value is its total."""
    return Demand(
        order.id,
        open_lines(order),
        standing=standing,
        priority=priority,
        value=_number(order, "total"),
        wanted=wanted_day(order),
        placed_at=moment_of(order, "placed_at"),
    )


def stock(record: Record) -> Stock:
    """Return what a stock record counts; what it does not say of reservations stays unsaid.

    Reservations of an unknown moment cannot be told from the orders that we know and would be subtracted twice, so
    they are left out too.
    """
    reserved, as_of = record.value("reserved"), moment_of(record, "as_of")
    is_said = isinstance(reserved, Decimal) and as_of is not None
    return Stock(_number(record, "on_hand"), _number(record, "reserved") if is_said else None, as_of)


def goods(record: Record) -> dict[str, Decimal]:
    """Return how many of each product an order or a shipment is about, whatever became of them."""
    found: dict[str, Decimal] = {}
    for product, quantity, _ in lines_of(record):
        if quantity > 0:
            found[product] = found.get(product, ZERO) + quantity
    return found


def lines_of(record: Record) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Yield product, quantity and shipped quantity of each line that is there and names a product."""
    for line, product in products_by_line(record):
        yield product, _number(record, f"{line}.quantity"), _number(record, f"{line}.shipped")


def products_by_line(record: Record) -> Iterator[tuple[str, str]]:
    """Yield each line that is there and names a product, as the beginning of its fields' paths, with the product."""
    for path, held in record.fields.items():
        element = element_of(path)
        if element is None or element.collection != "lines" or element.field or held.value is not True:
            continue
        line = element_path("lines", element.key)
        product = record.value(f"{line}.product")
        if isinstance(product, str):
            yield line, product


def _number(record: Record, path: str) -> Decimal:
    value = record.value(path)
    return value if isinstance(value, Decimal) else ZERO


def moment_of(record: Record, path: str) -> datetime | None:
    """Return a moment that a record holds, if it does."""
    value = record.value(path)
    return value if isinstance(value, datetime) else None


def location_of(record: Record) -> str:
    """Return the location that a stock, an order or a purchase order names; "" where it names none."""
    return str(record.value("location") or "")


def wanted_day(order: Record) -> date | None:
    """Return the day on which an order or a deal is wanted."""
    wanted = moment_of(order, "wanted_at")
    return wanted.date() if wanted else None


def _name(order: Record) -> str:
    number = order.value("number")
    return number if isinstance(number, str) else order.id
