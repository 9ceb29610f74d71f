"""What the people at the CRM do in the demo, and what a reader of the CRM sees: plain functions over its own API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from local.crm.client import CrmClient
from local.crm.resources import RESOURCES, Fields


@dataclass(frozen=True, slots=True)
class Wish:
    """One line that a customer wants: a product of the CRM by SKU, how many, at which price, less which share."""

    sku: str
    quantity: int | Decimal
    unit_price: Decimal = Decimal(0)
    discount: Decimal = Decimal(0)


def create_customer(crm: CrmClient, name: str, contacts: Sequence[Fields] = (), **fields: object) -> Fields:
    """Enter a customer with its contacts (`{"name": …, "email": …}`)."""
    return crm.create("customers", {"name": name, "contacts": list(contacts), **fields})


def place_order(crm: CrmClient, number: str, customer_id: str, wishes: Sequence[Wish], **fields: object) -> Fields:
    """Enter an order, open, for products that the CRM knows."""
    about = {"number": number, "customer_id": customer_id, "items": _items(crm, wishes)}
    return crm.create("orders", {**about, **fields})


def open_deal(crm: CrmClient, title: str, customer_id: str, wishes: Sequence[Wish], **fields: object) -> Fields:
    """Enter a deal that somebody works on, about products that the CRM knows."""
    about = {"title": title, "customer_id": customer_id, "stage": "proposal", "items": _items(crm, wishes)}
    return crm.create("deals", {**about, **fields})


def edit_field(crm: CrmClient, resource: str, record_id: str, path: str, value: object) -> Fields:
    """Change one field, such as `phone` or `billing.city`."""
    change: object = value
    for part in reversed(path.split(".")):
        change = {part: change}
    assert isinstance(change, dict)
    return crm.change(resource, record_id, change)


def edit_line(crm: CrmClient, order_id: str, sku: str, **fields: object) -> Fields:
    """Change the first line of an order that is about this product, such as `qty="12"`."""
    product_id = find_one(crm, "products", "sku", sku)["id"]
    order = crm.get("orders", order_id)
    items: list[Fields] = order["items"]
    place = next(place for place, item in enumerate(items) if item["product_id"] == product_id)
    items[place] = {**items[place], **fields}
    if_match = {"If-Match": f'"{order["version"]}"'}
    return dict(crm.send("PATCH", f"/api/v1/orders/{order_id}", {"items": items}, if_match))


def cancel_order(crm: CrmClient, order_id: str) -> Fields:
    """Void an order; the CRM lets its people do so whatever became of it."""
    return crm.change("orders", order_id, {"state": "void"})


def find_one(crm: CrmClient, resource: str, key: str, value: str) -> Fields:
    """Return the one record with this key; LookupError where there is none, or more than one."""
    found = crm.all(resource, f"{key}={value}")
    if len(found) != 1:
        raise LookupError(f"{len(found)} {resource} with {key} {value}")
    return found[0]


def read_everything(crm: CrmClient) -> Mapping[str, list[Fields]]:
    """Return all live records of all resources, read page by page through the API."""
    return {name: crm.all(name) for name in RESOURCES}


def _items(crm: CrmClient, wishes: Sequence[Wish]) -> list[Fields]:
    return [
        {
            "product_id": find_one(crm, "products", "sku", wish.sku)["id"],
            "qty": str(wish.quantity),
            "unit_price": str(wish.unit_price),
            "discount": str(wish.discount),
        }
        for wish in wishes
    ]
