"""What buyers do in a Tryton: order goods from a supplier, and take in what comes; by a client's own calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from local.tryton.rpc import Client

WAREHOUSE = "WH"


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is ordered: the supplier by number, lines of Tryton's product, quantity and unit price, the day."""

    supplier: str
    lines: tuple[tuple[int, int, Decimal], ...]
    expected: date | None = None


def order_goods(erp: Client, purchases: Sequence[Purchase]) -> list[str]:
    """Order goods from suppliers, confirmed, so that they are on their way; return the purchases' numbers."""
    made = erp.call("purchase.purchase", "create", [_row(erp, each) for each in purchases])
    for step in ("quote", "confirm", "process"):
        erp.call("purchase.purchase", step, made)
    numbers = {row["id"]: row["number"] for row in erp.call("purchase.purchase", "read", made, ["number"])}
    return [numbers[each] for each in made]


def take_in(erp: Client, number: str, quantities: Mapping[str, int] | None = None) -> int:
    """Receive what has come of a purchase (by article number; all if none are named); return the supplier's shipment.

    The rest stays on its way.
    """
    (purchase,) = erp.search_read("purchase.purchase", [["number", "=", number]], ["party", "warehouse"])
    moves = erp.search_read(
        "stock.move", [["purchase", "=", purchase["id"]], ["state", "=", "draft"]], ["product.code"]
    )
    coming = {row["id"]: row["product."]["code"] for row in moves}
    if quantities is not None:
        coming = {move: sku for move, sku in coming.items() if sku in quantities}
        for move, sku in coming.items():
            erp.call("stock.move", "write", [move], {"quantity": float(quantities[sku])})
    (house,) = erp.call("stock.location", "read", [purchase["warehouse"]], ["id", "input_location", "storage_location"])
    places = {
        "warehouse": house["id"],
        "warehouse_input": house["input_location"],
        "warehouse_storage": house["storage_location"],
    }
    fixed = {"supplier": purchase["party"], "company": erp.context["company"], **places}
    values = {**fixed, "incoming_moves": [["add", list(coming)]]}
    (shipment,) = erp.call("stock.shipment.in", "create", [values])
    for step in ("receive", "do"):
        erp.call("stock.shipment.in", step, [shipment])
    return int(shipment)


def one(erp: Client, model: str, clause: list[Any]) -> int:
    """The id of the one record that the clause names."""
    found: list[int] = erp.call(model, "search", [clause])
    if len(found) != 1:
        raise LookupError(f"Tryton holds {len(found)} {model} with {clause}")
    return found[0]


def _row(erp: Client, purchase: Purchase) -> dict[str, Any]:
    (party,) = erp.search_read("party.party", [["code", "=", purchase.supplier]], ["addresses"])
    unit = one(erp, "product.uom", ["symbol", "=", "u"])
    lines = [
        {"type": "line", "product": product, "quantity": float(quantity), "unit": unit, "unit_price": price}
        for product, quantity, price in purchase.lines
    ]
    return {
        "party": party["id"],
        "company": erp.context["company"],
        "invoice_address": party["addresses"][0],
        "warehouse": one(erp, "stock.location", ["code", "=", WAREHOUSE]),
        "currency": one(erp, "currency.currency", ["code", "=", "USD"]),
        "delivery_date": purchase.expected,
        "lines": [["create", lines]],
    }
