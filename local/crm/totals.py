"""What an order comes to: the CRM adds it up, unless whoever writes the order says so."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from local.crm.resources import Fields

CENT = Decimal("0.01")
_PARTS = {"items", "freight", "tax"}


def with_total(given: Fields, fields: Fields) -> Fields:
    """Return the order's fields with the total that follows from them, if the change bears on it and names none."""
    if "total" in given or not _PARTS & given.keys():
        return fields
    return {**fields, "total": str(total_of(fields))}


def total_of(fields: Fields) -> Decimal:
    """Return the sum of the lines, each net of its discount and rounded to cents, plus freight and tax."""
    lines = sum((_net(item) for item in fields["items"]), Decimal(0))
    return (lines + Decimal(fields["freight"] or 0) + Decimal(fields["tax"] or 0)).quantize(CENT, ROUND_HALF_UP)


def _net(item: Fields) -> Decimal:
    price = Decimal(item["unit_price"]) * (1 - Decimal(item["discount"]))
    return (Decimal(item["qty"]) * price).quantize(CENT, ROUND_HALF_UP)
