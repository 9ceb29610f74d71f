"""What people enter in a sample CRM, and whether two systems show the same."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from local.crm import people
from local.crm.client import CrmClient
from local.crm.people import Wish
from local.crm.resources import Fields
from local.demo.comparing import differing
from local.demo.reader import read_crm

SKUS = ("TEA", "RICE")


def offer(erp: CrmClient) -> None:
    """Enter two products with their stock in the supply chain."""
    for sku in SKUS:
        product = erp.create("products", {"sku": sku, "name": sku.title(), "price": "2.50"})
        stock = {"product_id": product["id"], "location": "WH", "on_hand": "100", "reserved": "0", "incoming": "0"}
        erp.create("stock", {**stock, "reorder_level": "10"})


def enter_customers(crm: CrmClient, numbers: Iterable[int], **fields: object) -> list[Fields]:
    """Enter customers, each with an address and a contact."""
    return crm.create_all("customers", [{**_customer(number), **fields} for number in numbers])


def place_orders(crm: CrmClient, numbers: Iterable[int]) -> None:
    """Place an order of two lines for each of these customers."""
    for number in numbers:
        customer = people.find_one(crm, "customers", "number", f"C{number}")
        wishes = [Wish(sku, 3, Decimal("2.50"), Decimal("0.1")) for sku in SKUS]
        people.place_order(crm, f"O{number}", customer["id"], wishes, currency="USD", placed_at="2026-03-01")


def change_customer(system: CrmClient, number: int, path: str, value: object) -> None:
    """Change one field of a customer."""
    customer = people.find_one(system, "customers", "number", f"C{number}")
    people.edit_field(system, "customers", customer["id"], path, value)


def disagreements(crm: CrmClient, erp: CrmClient) -> list[str]:
    """What two sample CRMs show differently, by a reader that knows nothing of Tandem."""
    return differing(read_crm(crm), read_crm(erp))


def writes(*systems: CrmClient) -> list[int]:
    """How many writes each system has counted itself."""
    return [int(system.counts()["write"]) for system in systems]


def _customer(number: int) -> Fields:
    return {
        "number": f"C{number}",
        "name": f"Company {number}",
        "email": f"c{number}@example.com",
        "phone": f"555-{number}",
        "billing": {"street": f"Road {number}", "city": "Bern", "country": "CH"},
        "contacts": [{"name": f"Ann {number}", "title": "Owner"}],
    }
