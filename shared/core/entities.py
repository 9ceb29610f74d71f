"""The entities that Tandem keeps in step, and the kind of value that each of their fields holds.

Custom fields come on top by `integration.toml`; they are text unless declared otherwise. Money and quantities are
numbers (`Decimal`), a discount or probability is a share between 0 and 1, moments are aware UTC, a reference names its
entity.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from shared.core.paths import any_role, pattern


class Kind(StrEnum):
    """What a field holds; a reference is written `reference:<entity>` in the tables below."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    MOMENT = "moment"
    FLAG = "flag"
    STATUS = "status"
    PRESENCE = "presence"
    REFERENCE = "reference"


PROMISE = {"promise.state": "text", "promise.text": "text", "promise.date": "moment", "promise.short": "number"}
"""What Tandem itself says of an order or a deal (`shared.core.promised`); no system writes it."""

ADDRESS = ("name", "street", "city", "region", "postal_code", "country")

_TABLES: Mapping[str, Mapping[str, str]] = {
    "customer": {
        "number": "text",
        "name": "text",
        "email": "text",
        "phone": "text",
        "tax_number": "text",
        "status": "text",
        "currency": "text",
        "payment_terms": "text",
        "credit_limit": "money",
        **{f"addresses[].{part}": "text" for part in ADDRESS},
        "contacts[]": "presence",
        "contacts[].name": "text",
        "contacts[].title": "text",
        "contacts[].email": "text",
        "contacts[].phone": "text",
    },
    "product": {
        "sku": "text",
        "name": "text",
        "gtin": "text",
        "unit": "text",
        "price": "money",
        "discontinued": "flag",
        "lead_time_days": "number",
    },
    "order": {
        "number": "text",
        "customer": "reference:customer",
        "location": "text",
        "placed_at": "moment",
        "wanted_at": "moment",
        "status": "status",
        "currency": "text",
        "lines[]": "presence",
        "lines[].product": "reference:product",
        "lines[].quantity": "number",
        "lines[].unit": "text",
        "lines[].unit_price": "money",
        "lines[].discount": "number",
        "lines[].shipped": "number",
        "freight": "money",
        "tax": "money",
        "total": "money",
        **{f"ship_to.{part}": "text" for part in ADDRESS},
        "priority": "number",
        **PROMISE,
    },
    "shipment": {
        "number": "text",
        "order": "reference:order",
        "status": "status",
        "carrier": "text",
        "tracking": "text",
        "shipped_at": "moment",
        "lines[]": "presence",
        "lines[].product": "reference:product",
        "lines[].quantity": "number",
        "lines[].unit": "text",
    },
    "stock": {
        "product": "reference:product",
        "location": "text",
        "on_hand": "number",
        "reserved": "number",
        "incoming": "number",
        "reorder_level": "number",
        "as_of": "moment",
    },
    "supplier": {
        "number": "text",
        "name": "text",
        "email": "text",
        "phone": "text",
        "currency": "text",
        "lead_time_days": "number",
    },
    "purchase_order": {
        "number": "text",
        "supplier": "reference:supplier",
        "location": "text",
        "placed_at": "moment",
        "expected_at": "moment",
        "status": "status",
        "currency": "text",
        "lines[]": "presence",
        "lines[].product": "reference:product",
        "lines[].quantity": "number",
        "lines[].unit": "text",
        "lines[].unit_price": "money",
        "lines[].received": "number",
        "lines[].expected_at": "moment",
    },
    "opportunity": {
        "number": "text",
        "name": "text",
        "customer": "reference:customer",
        "status": "text",
        "probability": "number",
        "priority": "number",
        "wanted_at": "moment",
        "currency": "text",
        "amount": "money",
        "lines[]": "presence",
        "lines[].product": "reference:product",
        "lines[].quantity": "number",
        "lines[].unit": "text",
        "lines[].unit_price": "money",
        "lines[].discount": "number",
        **PROMISE,
    },
}
ENTITIES: Mapping[str, Mapping[str, str]] = MappingProxyType(_TABLES)

ELEMENT_MATCH_KEYS: Mapping[str, tuple[str, ...]] = {"lines": ("product",), "contacts": ("email", "name")}
"""Per collection the fields by which an element of unknown partner id may be recognised, best first (SYNC §1)."""

PARENT_FIRST = ("customer", "product", "order", "stock", "shipment", "supplier", "purchase_order", "opportunity")
"""The order in which entities are loaded, so that parents come before their children."""


def kind_of(entity: str, path: str) -> Kind:
    """Return the kind of a field; a custom field is text."""
    return Kind(_declared(entity, path).partition(":")[0])


def referred(entity: str, path: str) -> str | None:
    """Return the entity that a reference field names; nothing for other fields."""
    kind, _, target = _declared(entity, path).partition(":")
    return target if kind == Kind.REFERENCE else None


def is_known(entity: str, path: str) -> bool:
    """Tell whether a path is one of the entity's own fields rather than a custom one."""
    table = ENTITIES[entity]
    return pattern(path) in table or any_role(path) in table


def _declared(entity: str, path: str) -> str:
    table = ENTITIES[entity]
    return table.get(pattern(path)) or table.get(any_role(path) or "") or Kind.TEXT.value
