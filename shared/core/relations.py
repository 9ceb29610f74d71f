"""Relations: which records have to do with a product or a customer, so that they are found without a scan.

A relation is a small item under a *parent* (a record's id, or the name of a list) that points at a *child*. It says
where to look, never what is so: whoever follows one reads the child and believes only that. So one too many costs a
read and is no error; `shared.flows.relating` takes care that none is missing.

| parent      | kind      | child                                   | `by`                                |
|-------------|-----------|-----------------------------------------|-------------------------------------|
| a product   | taking    | its stocks, orders that still take of it, deals that want it |                |
| a product   | taking    | purchase orders that still bring some of it |                                 |
| a supplier  | bringing  | purchase orders of which something is still to come |                         |
| a product   | left      | shipments of it that left               | the day                             |
| a product   | sold      | orders of it that were placed           | the day; `quantity` is how many     |
| a customer  | order     | each order                              | the day on which it was placed      |
| a customer  | open      | orders that are still to be shipped     |                                     |
| a customer  | shipment  | shipments of its orders                 | the order                           |
| an order    | shipment  | its shipments                           |                                     |
| `low-stock` | stock     | stocks at or below their reorder level  |                                     |
| a product, who holds it, whose it is | reserved | reservations of it (no records) |                    |
| `reservations` | open   | reservations that are open                 | the moment until which it is held |
| `demands`   | demand    | orders and deals that want goods, or of which something is promised |         |
| `products`  | product   | every product                           | the beginning of its SKU            |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from shared.core.availability import amount, on_order_at
from shared.core.demands import products_of, wants
from shared.core.open_orders import LEFT, goods, is_open
from shared.core.promised import says_something
from shared.core.purchase_orders import coming
from shared.core.records import Record
from shared.core.supply import ZERO

LOW_STOCK, DEMANDS, PRODUCTS = "low-stock", "demands", "products"
TAKING, GONE, SOLD, ORDER, OPEN, SHIPMENT, STOCK = "taking", "left", "sold", "order", "open", "shipment", "stock"
DEMAND, PRODUCT, BRINGING = "demand", "product", "bringing"
SKU_LENGTH = 200
"""How much of a SKU a relation is ordered by: a place in a table has its bounds."""
RESERVATIONS, RESERVED = "reservations", "reserved"
_NOT_SOLD = frozenset({None, "draft", "cancelled"})


@dataclass(frozen=True, slots=True)
class Relation:
    """A pointer from a parent to a child, ordered by `by` within its kind."""

    parent: str
    kind: str
    child: str
    by: str = ""
    quantity: Decimal = ZERO

    @property
    def place(self) -> tuple[str, str]:
        """Return where it stands: its parent, and its place under it."""
        return self.parent, f"{self.kind}/{self.by}/{self.child}"


def relations_of(record: Record, customer: str | None = None) -> frozenset[Relation]:
    """Return what a record has to do with others; `customer` is whose order a shipment belongs to."""
    if record.tombstone is not None:
        return frozenset()
    if record.entity == "stock":
        return frozenset(_of_stock(record))
    if record.entity == "order":
        return frozenset((*_of_order(record), *_of_demand(record)))
    if record.entity == "opportunity":
        return frozenset(_of_demand(record))
    if record.entity == "purchase_order":
        return frozenset(_of_purchase(record))
    if record.entity == "product":
        return frozenset({Relation(PRODUCTS, PRODUCT, record.id, str(record.value("sku") or "")[:SKU_LENGTH])})
    return frozenset(_of_shipment(record, customer)) if record.entity == "shipment" else frozenset()


def is_low(stock: Record) -> bool:
    """Tell whether a stock is at or below its reorder level with what is on its way: the data's own rule.

    One without a count or without a level is not. Whether the product is still bought stands in its own record, and
    where the stock does not tell what is on its way, purchase orders may: whoever asks looks there.
    """
    count, level = stock.value("on_hand"), stock.value("reorder_level")
    if stock.tombstone is not None or not isinstance(count, Decimal) or not isinstance(level, Decimal):
        return False
    incoming = stock.value("incoming")
    return count + (incoming if isinstance(incoming, Decimal) else ZERO) <= level


def is_low_with(stock: Record, purchases: Iterable[Record]) -> bool:
    """Tell the same where purchase orders tell what is on its way, if the stock does not."""
    if not is_low(stock):
        return False
    return amount(stock, "on_hand") + on_order_at(stock, purchases) <= amount(stock, "reorder_level")


def names(record: Record | None, path: str) -> str | None:
    """Return the id of the record that a field refers to."""
    value = None if record is None else record.value(path)
    return value if isinstance(value, str) else None


def all_named(records: Iterable[Record], path: str) -> set[str]:
    """Return the ids of all records that a field of these refers to."""
    return {name for each in records if (name := names(each, path)) is not None}


def day_of(record: Record, path: str) -> str:
    """Return the day of a moment as text; the empty text sorts first, where nothing is known."""
    value = record.value(path)
    return value.date().isoformat() if isinstance(value, datetime) else ""


def _of_stock(stock: Record) -> Iterator[Relation]:
    if product := names(stock, "product"):
        yield Relation(product, TAKING, stock.id)
        if is_low(stock):
            yield Relation(LOW_STOCK, STOCK, stock.id)


def _of_purchase(order: Record) -> Iterator[Relation]:
    lines = coming(order)
    for each in lines:
        yield Relation(each.product, TAKING, order.id)
    supplier = names(order, "supplier")
    if lines and supplier is not None:
        yield Relation(supplier, BRINGING, order.id)


def _of_order(order: Record) -> Iterator[Relation]:
    placed = day_of(order, "placed_at")
    if order.value("status") not in _NOT_SOLD:
        for product, quantity in goods(order).items():
            yield Relation(product, SOLD, order.id, placed, quantity)
    if customer := names(order, "customer"):
        yield Relation(customer, ORDER, order.id, placed)
        if is_open(order):
            yield Relation(customer, OPEN, order.id)


def _of_demand(record: Record) -> Iterator[Relation]:
    for product in products_of(record):
        yield Relation(product, TAKING, record.id)
    if wants(record) or says_something(record):
        yield Relation(DEMANDS, DEMAND, record.id)


def _of_shipment(shipment: Record, customer: str | None) -> Iterator[Relation]:
    order = names(shipment, "order")
    if order is not None:
        yield Relation(order, SHIPMENT, shipment.id)
        if customer is not None:
            yield Relation(customer, SHIPMENT, shipment.id, order)
    left = day_of(shipment, "shipped_at")
    if left and shipment.value("status") in LEFT:
        for product in goods(shipment):
            yield Relation(product, GONE, shipment.id, left)
