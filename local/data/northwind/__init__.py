"""Northwind, read from the CSV files beside this module, with money in cents and nothing else changed.

Text stays to the letter (double spaces and accents included), an empty cell is "", money is Decimal rounded to cents
(the original carries single-precision noise), quantities are int, discounts Decimal. See README.md.
"""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Customer:
    """A row of customers.csv."""

    id: str
    name: str
    contact_name: str
    contact_title: str
    address: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str
    fax: str


@dataclass(frozen=True, slots=True)
class Supplier:
    """A row of suppliers.csv."""

    id: int
    name: str
    contact_name: str
    contact_title: str
    address: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


@dataclass(frozen=True, slots=True)
class Product:
    """A row of products.csv, the category by its name."""

    id: int
    name: str
    supplier_id: int
    category: str
    quantity_per_unit: str
    price: Decimal
    units_in_stock: int
    units_on_order: int
    reorder_level: int
    discontinued: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A row of order_details.csv; `discount` is a share (0.15 = 15 %)."""

    product_id: int
    price: Decimal
    quantity: int
    discount: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """A row of orders.csv with its lines, the shipper by its name."""

    id: int
    customer_id: str
    placed: date
    wanted: date | None
    shipped: date | None
    shipper: str
    freight: Decimal
    ship_name: str
    ship_address: str
    ship_city: str
    ship_region: str
    ship_postal_code: str
    ship_country: str
    lines: tuple[Line, ...]


def customers() -> list[Customer]:
    """All 91, in the file's order."""
    return [
        Customer(
            id=row["customer_id"],
            name=row["company_name"],
            contact_name=row["contact_name"],
            contact_title=row["contact_title"],
            **_address(row),
            phone=row["phone"],
            fax=row["fax"],
        )
        for row in _rows("customers")
    ]


def suppliers() -> list[Supplier]:
    """All 29, in the file's order."""
    return [
        Supplier(
            id=int(row["supplier_id"]),
            name=row["company_name"],
            contact_name=row["contact_name"],
            contact_title=row["contact_title"],
            **_address(row),
            phone=row["phone"],
        )
        for row in _rows("suppliers")
    ]


def products() -> list[Product]:
    """All 77, in the file's order."""
    categories = {row["category_id"]: row["category_name"] for row in _rows("categories")}
    return [
        Product(
            id=int(row["product_id"]),
            name=row["product_name"],
            supplier_id=int(row["supplier_id"]),
            category=categories[row["category_id"]],
            quantity_per_unit=row["quantity_per_unit"],
            price=_cents(row["unit_price"]),
            units_in_stock=int(row["units_in_stock"]),
            units_on_order=int(row["units_on_order"]),
            reorder_level=int(row["reorder_level"]),
            discontinued=row["discontinued"] == "1",
        )
        for row in _rows("products")
    ]


def shippers() -> list[str]:
    """The names of the six carriers."""
    return [row["company_name"] for row in _rows("shippers")]


@cache
def orders() -> tuple[Order, ...]:
    """All 830, by (order date, order id)."""
    lines: dict[str, list[Line]] = {}
    for row in _rows("order_details"):
        lines.setdefault(row["order_id"], []).append(_line(row))
    names = {row["shipper_id"]: row["company_name"] for row in _rows("shippers")}
    found = (_order(row, names[row["ship_via"]], tuple(lines[row["order_id"]])) for row in _rows("orders"))
    return tuple(sorted(found, key=lambda order: (order.placed, order.id)))


def newest_orders(count: int = 200) -> tuple[Order, ...]:
    """The newest `count` by (order date, order id), oldest first: the demo's orders, with all 21 unshipped ones."""
    return orders()[-count:]


def sku(product_id: int) -> str:
    """The article number that the sample systems give a product: Northwind's own number."""
    return str(product_id)


def opening_stock(of: Iterable[Order]) -> dict[int, int]:
    """Per product id: units in stock plus what the shipped orders take, so that shipping ends at the CSV's figure."""
    taken: Counter[int] = Counter()
    for order in of:
        if order.shipped:
            taken.update({line.product_id: line.quantity for line in order.lines})
    return {product.id: product.units_in_stock + taken[product.id] for product in products()}


def _rows(table: str) -> list[dict[str, str]]:
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _address(row: dict[str, str]) -> dict[str, str]:
    return {field: row[field] for field in ("address", "city", "region", "postal_code", "country")}


def _line(row: dict[str, str]) -> Line:
    return Line(
        product_id=int(row["product_id"]),
        price=_cents(row["unit_price"]),
        quantity=int(row["quantity"]),
        discount=_cents(row["discount"]),
    )


def _order(row: dict[str, str], shipper: str, lines: tuple[Line, ...]) -> Order:
    return Order(
        id=int(row["order_id"]),
        customer_id=row["customer_id"],
        placed=date.fromisoformat(row["order_date"]),
        wanted=_day(row["required_date"]),
        shipped=_day(row["shipped_date"]),
        shipper=shipper,
        freight=_cents(row["freight"]),
        ship_name=row["ship_name"],
        ship_address=row["ship_address"],
        ship_city=row["ship_city"],
        ship_region=row["ship_region"],
        ship_postal_code=row["ship_postal_code"],
        ship_country=row["ship_country"],
        lines=lines,
    )


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _cents(cell: str) -> Decimal:
    return Decimal(cell).quantize(Decimal("0.01"))
