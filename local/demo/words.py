"""The demo's own words for Northwind: one spelling of every value, into which both systems and the CSV are read.

Nothing here knows the shipped code; it is what makes the comparison an independent one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeAlias

View: TypeAlias = dict[str, dict[str, Any]]
"""One system's view of one entity: by business key, the fields in the demo's spelling."""

CENT = Decimal("0.01")
FINE = Decimal("0.0001")

CANNOT_HOLD: Mapping[str, str] = MappingProxyType(
    {
        "customer.fax": "the sample CRM has no place for a fax number",
        "product.category, product.quantity_per_unit, product.supplier": "the sample CRM has no place for them; "
        "in Tryton they are set from the CSV",
        "order.employee": "neither system has the wholesaler's employees",
        "order.total (Tryton)": "Tryton computes totals itself; Tandem copies the owner's total to no other system",
    }
)
"""The fields of the CSV that a system cannot hold, each with the reason; they are printed with every run."""

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "customer": (
            "name",
            "phone",
            "contact_name",
            "contact_title",
            "street",
            "city",
            "region",
            "postal_code",
            "country",
        ),
        "product": ("name", "price", "discontinued"),
        "stock": ("on_hand", "reserved", "incoming", "reorder_level"),
        "order": (
            "customer",
            "placed",
            "wanted",
            "state",
            "currency",
            "freight",
            "ship_to_name",
            "ship_to_street",
            "ship_to_city",
            "ship_to_region",
            "ship_to_postal_code",
            "ship_to_country",
            "lines",
        ),
        "shipment": ("order", "state", "carrier", "tracking", "shipped", "lines"),
    }
)
"""The fields that are compared, each in both systems and in the CSV (tracking numbers are the warehouse's own)."""


def text(value: Any) -> str | None:
    """Return a text as it is, nothing for an empty one."""
    return str(value) if value not in (None, "") else None


def money(value: Any) -> Decimal:
    """Return an amount in cents."""
    return Decimal(str(value or 0)).quantize(CENT)


def number(value: Any) -> Decimal:
    """Return a quantity without trailing zeros."""
    return Decimal(str(value or 0)).normalize() + 0


def net(price: Any, discount: Any) -> Decimal:
    """Return the net price of one unit to a hundredth of a cent, from list price and discount as a share."""
    return (Decimal(str(price)) * (1 - Decimal(str(discount or 0)))).quantize(FINE)


def day(value: Any) -> date | None:
    """Return the day of a date, a moment, or a text of either."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or value is None:
        return value
    return date.fromisoformat(str(value)[:10])
