"""Purchase orders: what they still bring of each product, and when, read from their records.

A purchase order brings goods from the day on which it is placed until the last of it has come: per line, what was
ordered less what was received. It is expected on the line's own day, or else the order's, or else a lead time after it
was placed. Without any of these it has no day: it is on its way, and nobody is promised anything of it. A day that has
passed is no day any more (`shared.core.supply`): whoever buys asks for a new one, and then the system tells it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from shared.core.open_orders import location_of, moment_of, products_by_line
from shared.core.records import Record
from shared.core.supply import ZERO

BRINGING = frozenset({"placed", "partly_received"})
"""The statuses of a purchase order of which something is still to come."""


@dataclass(frozen=True, slots=True)
class Coming:
    """What one line of a purchase order still brings; `day` is nothing where none is known."""

    product: str
    source: str
    quantity: Decimal
    day: date | None = None
    location: str = ""


def coming(order: Record, lead_days: int | None = None) -> tuple[Coming, ...]:
    """Return what an order still brings, in the lines' own order; `lead_days` counts where it tells no day."""
    if order.tombstone is not None or order.value("status") not in BRINGING:
        return ()
    return tuple(_lines(order, lead_days))


@dataclass(frozen=True, slots=True, order=True)
class Lead:
    """In how many days more would be here if it was bought today; `supplier`: whose word that is, by its number."""

    days: int
    supplier: str = ""


def lead_time(product: Record, suppliers: Iterable[Record] = ()) -> Lead | None:
    """Return in how many days more of a product would be here if it was bought today; nothing if nobody knows.

    The product's own days; else the longest of these suppliers, so that nobody is told too much. What is
    discontinued is not bought any more.
    """
    if product.value("discontinued") is True:
        return None
    own = _days(product)
    if own is not None:
        return Lead(own)
    told = ((_days(each), str(each.value("number") or each.id)) for each in suppliers)
    return max((Lead(days, supplier) for days, supplier in told if days is not None), default=None)


def _lines(order: Record, lead_days: int | None) -> Iterator[Coming]:
    number, location = order.value("number"), location_of(order)
    for line, product in products_by_line(order):
        rest = _number(order, f"{line}.quantity") - _number(order, f"{line}.received")
        if rest > 0:
            day = _day(order, f"{line}.expected_at") or _day(order, "expected_at") or _after(order, lead_days)
            yield Coming(product, str(number or order.id), rest, day, location)


def _after(order: Record, lead_days: int | None) -> date | None:
    placed = _day(order, "placed_at")
    return None if placed is None or lead_days is None else placed + timedelta(days=lead_days)


def _day(order: Record, path: str) -> date | None:
    moment = moment_of(order, path)
    return None if moment is None else moment.date()


def _number(order: Record, path: str) -> Decimal:
    value = order.value(path)
    return value if isinstance(value, Decimal) else ZERO


def _days(record: Record) -> int | None:
    value = record.value("lead_time_days")
    return int(value.to_integral_value(ROUND_CEILING)) if isinstance(value, Decimal) and value >= 0 else None
