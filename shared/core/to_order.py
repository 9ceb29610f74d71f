"""To order: what is short could come a lead time after today, if somebody ordered it today.

Nobody is promised that. A promise stands on what is there or ordered, and its days are those of `promise` and
`allocate`, which know no lead time; this stands beside them, so that whoever sells can say what ordering would bring.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.core.supply import Position, plain


@dataclass(frozen=True, slots=True)
class ToOrder:
    """What nobody has ordered yet: how many could come, after so many days from `today`; `supplier` by its number.

    No supplier is named where the product itself tells its lead time.
    """

    quantity: Decimal
    today: date
    lead_days: int
    supplier: str = ""

    @property
    def day(self) -> date:
        """Return the day on which it could come, if it is ordered today."""
        return self.today + timedelta(days=self.lead_days)

    def __str__(self) -> str:
        """Say it in one line."""
        whose = f" of {self.supplier}" if self.supplier else ""
        lead = f"lead time {in_days(self.lead_days)}{whose}"
        return f"not yet ordered: {plain(self.quantity)} could come on {self.day}, {lead}"


def to_order(position: Position, short: Decimal, today: date) -> ToOrder | None:
    """Return what could be ordered of what is short; nothing if nothing is, or nobody tells a lead time."""
    if short <= 0 or position.lead_days is None:
        return None
    return ToOrder(short, today, position.lead_days, position.supplier)


def longest(parts: Iterable[ToOrder | None]) -> int | None:
    """Return in how many days all of these could come; nothing if that is not known of each, or there are none."""
    found = tuple(parts)
    days = [each.lead_days for each in found if each is not None]
    return max(days, default=None) if len(days) == len(found) else None


def in_days(days: int) -> str:
    """Return a span as people write it."""
    return f"{days} day{'' if days == 1 else 's'}"
