"""What could come if it was ordered today, as the API tells it."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from shared.aws.api.answers import Line
from shared.core.supply import plain
from shared.core.to_order import ToOrder


class ToOrderLine(Line):
    """What nobody has ordered yet, and when it could come."""

    quantity: str
    day: date = Field(description="Today and the lead time.")
    lead_time_days: int
    supplier: str = Field(description="The number of the supplier that tells it; empty if the product does.")
    words: str


def to_order_line(found: ToOrder | None) -> ToOrderLine | None:
    """Return it as a line; nothing where there is nothing to order."""
    if found is None:
        return None
    return ToOrderLine(
        quantity=plain(found.quantity),
        day=found.day,
        lead_time_days=found.lead_days,
        supplier=found.supplier,
        words=str(found),
    )
