"""Enter Northwind into the sample CRM, as its people would have: 91 customers, and the newest 200 orders as placed.

What is changed on the way: an empty cell becomes nothing, a country its two-letter code, a day its midnight in UTC,
and float noise is rounded away (by the reader of the CSV). A customer's fax number is left out, the CRM has no place
for it. Products come from elsewhere: orders can be entered as soon as the CRM knows them by SKU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from local.crm.client import CrmClient
from local.crm.resources import Fields
from local.data import northwind

CURRENCY = "USD"

COUNTRY_CODES: Mapping[str, str] = MappingProxyType(
    {
        "Argentina": "AR",
        "Austria": "AT",
        "Belgium": "BE",
        "Brazil": "BR",
        "Canada": "CA",
        "Denmark": "DK",
        "Finland": "FI",
        "France": "FR",
        "Germany": "DE",
        "Ireland": "IE",
        "Italy": "IT",
        "Mexico": "MX",
        "Norway": "NO",
        "Poland": "PL",
        "Portugal": "PT",
        "Spain": "ES",
        "Sweden": "SE",
        "Switzerland": "CH",
        "UK": "GB",
        "USA": "US",
        "Venezuela": "VE",
    }
)


def sku_of(product_id: int) -> str:
    """Return the SKU of a Northwind product: its number."""
    return str(product_id)


def as_written(country: str, region: str) -> str | None:
    """Return a region as Northwind writes it in that country; nothing for an empty cell."""
    del country
    return region or None


@dataclass(frozen=True, slots=True)
class Words:
    """How what Northwind says is said in the CRM: a product's SKU, and a region given its country."""

    sku: Callable[[int], str] = sku_of
    region: Callable[[str, str], str | None] = as_written


USUAL_WORDS = Words()


def load_customers(
    crm: CrmClient, rows: Sequence[northwind.Customer] | None = None, words: Words = USUAL_WORDS
) -> list[Fields]:
    """Enter customers, all 91 unless told which, and return them as the CRM shows them."""
    chosen = northwind.customers() if rows is None else rows
    return crm.create_all("customers", [customer_body(row, words) for row in chosen])


def load_orders(
    crm: CrmClient,
    rows: Sequence[northwind.Order] | None = None,
    words: Words = USUAL_WORDS,
) -> list[Fields]:
    """Enter orders, the newest 200 unless told which, all open; customers and products must be in the CRM.

    KeyError names the customer number or SKU that is not there.
    """
    chosen = northwind.newest_orders() if rows is None else rows
    customers = _by(crm.all("customers"), "number")
    products = _by(crm.all("products"), "sku")
    return crm.create_all("orders", [order_body(row, customers, products, words) for row in chosen])


def load_products(crm: CrmClient, rows: Iterable[northwind.Product] | None = None) -> list[Fields]:
    """Enter products, all 77 unless told which: for a CRM that stands alone."""
    chosen = northwind.products() if rows is None else rows
    return crm.create_all("products", [product_body(row) for row in chosen])


def customer_body(row: northwind.Customer, words: Words = USUAL_WORDS) -> Fields:
    """Return a customer as the CRM takes it; Northwind's code is its number, the one person its contact."""
    return {
        "number": row.id,
        "name": row.name,
        "phone": row.phone or None,
        "currency": CURRENCY,
        "billing": {
            "street": row.address or None,
            "city": row.city or None,
            "region": words.region(row.country, row.region),
            "postal_code": row.postal_code or None,
            "country": COUNTRY_CODES[row.country],
        },
        "contacts": [{"name": row.contact_name, "title": row.contact_title or None}],
    }


def order_body(
    row: northwind.Order, customers: Mapping[str, str], products: Mapping[str, str], words: Words = USUAL_WORDS
) -> Fields:
    """Return an order as the CRM takes it, given the CRM's ids of customers by number and of products by SKU."""
    return {
        "number": str(row.id),
        "customer_id": customers[row.customer_id],
        "state": "open",
        "currency": CURRENCY,
        "placed_at": row.placed.isoformat(),
        "wanted_at": _day(row.wanted),
        "freight": str(row.freight),
        "tax": "0.00",
        "ship_to": {
            "name": row.ship_name or None,
            "street": row.ship_address or None,
            "city": row.ship_city or None,
            "region": words.region(row.ship_country, row.ship_region),
            "postal_code": row.ship_postal_code or None,
            "country": COUNTRY_CODES[row.ship_country],
        },
        "items": [_item(line, products[words.sku(line.product_id)]) for line in row.lines],
    }


def product_body(row: northwind.Product) -> Fields:
    """Return a product as the CRM takes it."""
    return {"sku": sku_of(row.id), "name": row.name, "price": str(row.price), "discontinued": row.discontinued}


def _item(line: northwind.Line, product_id: str) -> Fields:
    return {
        "product_id": product_id,
        "qty": str(line.quantity),
        "unit_price": str(line.price),
        "discount": str(line.discount),
    }


def _by(records: Iterable[Fields], key: str) -> dict[str, str]:
    return {record[key]: record["id"] for record in records if record[key]}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
