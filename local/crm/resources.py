"""The resources of the sample CRM as one table: what is unique, what can be searched for, what refers to what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from local.crm import bodies

Fields = dict[str, Any]
"""A body as JSON: what is stored, read and written."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing. `unique` names keys (parts joined by +), `refers` maps reference fields to resources."""

    name: str
    one: str
    prefix: str
    model: type[bodies.Body]
    unique: tuple[str, ...] = ()
    findable: tuple[str, ...] = ()
    refers: Mapping[str, str] = field(default_factory=dict)
    elements: Mapping[str, str] = field(default_factory=dict)

    def keys(self, fields: Fields) -> Iterator[tuple[str, str, bool]]:
        """Yield (key, value, is unique) of all keys that these fields have a value for."""
        for name in (*self.unique, *self.findable):
            parts = [fields.get(part) for part in name.split("+")]
            if all(parts):
                yield name, as_key(name, " / ".join(map(str, parts))), name in self.unique

    def references(self, fields: Fields) -> Iterator[tuple[str, str, str]]:
        """Yield (field, resource, id) of everything that these fields refer to, items included."""
        for name, resource in self.refers.items():
            if fields.get(name):
                yield name, resource, fields[name]
        for place, item in enumerate(fields.get("items", ())):
            yield f"items[{place}].product_id", "products", item["product_id"]


def as_key(name: str, value: str) -> str:
    """Return a key's value in the form in which it is compared: e-mail addresses whatever their case."""
    return value.lower() if name == "email" else value


_ITEMS = MappingProxyType({"items": "itm"})

RESOURCES: Mapping[str, Resource] = MappingProxyType(
    {
        resource.name: resource
        for resource in (
            Resource(
                "customers",
                "customer",
                "cus",
                bodies.Customer,
                unique=("external_ref", "number"),
                findable=("email", "tax_number"),
                elements={"contacts": "con"},
            ),
            Resource("products", "product", "prd", bodies.Product, unique=("external_ref", "sku"), findable=("gtin",)),
            Resource(
                "stock",
                "stock",
                "stk",
                bodies.Stock,
                unique=("external_ref", "product_id+location"),
                findable=("product_id", "location"),
                refers={"product_id": "products"},
            ),
            Resource(
                "orders",
                "order",
                "ord",
                bodies.Order,
                unique=("external_ref", "number"),
                findable=("customer_id", "state"),
                refers={"customer_id": "customers"},
                elements=_ITEMS,
            ),
            Resource(
                "shipments",
                "shipment",
                "shp",
                bodies.Shipment,
                unique=("external_ref", "number"),
                findable=("order_id",),
                refers={"order_id": "orders"},
                elements=_ITEMS,
            ),
            Resource(
                "deals",
                "deal",
                "dea",
                bodies.Deal,
                unique=("external_ref",),
                findable=("customer_id", "stage"),
                refers={"customer_id": "customers"},
                elements=_ITEMS,
            ),
        )
    }
)
