"""Everything that the demo compares, read from Tryton's own API into plain values, independent of the connector.

Keys are the company's own: customers by number, products and stock by article number, orders by reference, shipments
by number. Money and quantities are Decimal, days are `date`, texts as Tryton stores them, a missing value is None.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from local.tryton.rpc import Client

Row = dict[str, Any]
Rows = dict[str, Row]

ADDRESS = ("party_name", "street", "city", "postal_code", "country.code", "subdivision.code", "subdivision.name")
ZERO = Decimal(0)


def customers(erp: Client, category: str = "Customer") -> Rows:
    """name, email, phone, fax, both addresses, contacts [{name, title, email, phone}] by customer number."""
    fields = [
        *("name", "code", "active", "contact_mechanisms.type", "contact_mechanisms.value", "contact_mechanisms.name"),
        *("contact_mechanisms.comment", "addresses.invoice", "addresses.delivery"),
        *(f"addresses.{part}" for part in ADDRESS),
    ]
    return {
        row["code"]: _customer(row)
        for row in erp.search_read("party.party", [["categories.name", "=", category]], fields)
    }


def products(erp: Client) -> Rows:
    """name, price, unit, discontinued (not bought any more) by article number."""
    fields = ("code", "name", "list_price_used", "purchasable", "default_uom.symbol")
    return {
        row["code"]: {
            "name": row["name"],
            "price": row["list_price_used"],
            "unit": row["default_uom."]["symbol"],
            "discontinued": not row["purchasable"],
        }
        for row in erp.search_read("product.product", [["type", "=", "goods"]], fields)
    }


def stock(erp: Client, warehouse: str = "WH") -> Rows:
    """on hand, reserved for open orders, incoming from suppliers, reorder level by article number, in one warehouse."""
    (place,) = erp.search_read("stock.location", [["code", "=", warehouse]], ["name"])
    at = {"locations": [place["id"]], "with_childs": True, "stock_date_end": datetime.now(UTC).date()}
    levels = _reorder_levels(erp, place["id"])
    moving = _moving(erp)
    rows = erp.search_read("product.product", [["type", "=", "goods"]], ["code", "quantity"], context=at)
    return {
        row["code"]: {
            "location": warehouse,
            "on_hand": _number(row["quantity"]),
            "reserved": moving.get((row["id"], "customer"), ZERO),
            "incoming": moving.get((row["id"], "supplier"), ZERO),
            "reorder_level": levels.get(row["id"]),
        }
        for row in rows
    }


def orders(erp: Client) -> Rows:
    """customer, state, dates, currency, lines, freight, total and ship-to address by reference."""
    fields = [
        *("reference", "number", "state", "shipment_state", "sale_date", "shipping_date", "total_amount", "party.code"),
        *("currency.code", "lines.type", "lines.product.code", "lines.product.type", "lines.quantity"),
        *("lines.unit_price", "lines.base_price", "lines.amount", "lines.moves.quantity", "lines.moves.state"),
        *(f"shipment_address.{part}" for part in ADDRESS),
    ]
    return {row["reference"] or row["number"]: _order(row) for row in erp.search_read("sale.sale", [], fields)}


def shipments(erp: Client) -> Rows:
    """order, state, carrier, tracking, day and lines by number."""
    fields = [
        *("number", "state", "reference", "effective_date", "carrier.party.name", "outgoing_moves.sale"),
        *("outgoing_moves.product.code", "outgoing_moves.quantity"),
    ]
    references = {row["id"]: row["reference"] for row in erp.search_read("sale.sale", [], ["reference"])}
    return {row["number"]: _shipment(row, references) for row in erp.search_read("stock.shipment.out", [], fields)}


def _customer(row: Row) -> Row:
    mechanisms = row["contact_mechanisms."]
    own = [mechanism for mechanism in mechanisms if not mechanism["name"]]
    return {
        "name": row["name"],
        "active": bool(row["active"]),
        **{kind: _first(own, kind) for kind in ("email", "phone", "fax")},
        "billing": next((_address(a) for a in row["addresses."] if a["invoice"]), None),
        "shipping": next((_address(a) for a in row["addresses."] if a["delivery"]), None),
        "contacts": _contacts(mechanisms),
    }


def _contacts(mechanisms: Iterable[Row]) -> list[Row]:
    people: dict[str, list[Row]] = {}
    for mechanism in mechanisms:
        if mechanism["name"]:
            people.setdefault(mechanism["name"], []).append(mechanism)
    return [
        {"name": name, "title": held[0]["comment"], "email": _first(held, "email"), "phone": _first(held, "phone")}
        for name, held in people.items()
    ]


def _first(mechanisms: Iterable[Row], kind: str) -> str | None:
    return next((mechanism["value"] for mechanism in mechanisms if mechanism["type"] == kind), None)


def _address(row: Row) -> Row:
    subdivision = row["subdivision."] or {}
    return {
        "name": row["party_name"],
        "street": row["street"],
        "city": row["city"],
        "postal_code": row["postal_code"],
        "country": (row["country."] or {}).get("code"),
        "region_code": subdivision.get("code"),
        "region_name": subdivision.get("name"),
    }


def _reorder_levels(erp: Client, warehouse: int) -> Mapping[int, Decimal]:
    rows = erp.search_read("stock.order_point", [["location", "=", warehouse]], ["product", "min_quantity"])
    return {row["product"]: _number(row["min_quantity"]) for row in rows}


def _moving(erp: Client) -> Mapping[tuple[int, str], Decimal]:
    """What is still to leave for customers and to come from suppliers, by (product, kind of partner)."""
    fields = ("product", "internal_quantity", "to_location.type", "from_location.type")
    found: dict[tuple[int, str], Decimal] = {}
    for row in erp.search_read("stock.move", [["state", "in", ["draft", "assigned"]]], fields):
        for kind in {row["to_location."]["type"], row["from_location."]["type"]} & {"customer", "supplier"}:
            key = (row["product"], kind)
            found[key] = found.get(key, ZERO) + _number(row["internal_quantity"])
    return found


def _order(row: Row) -> Row:
    goods = [line for line in row["lines."] if line["type"] == "line" and line["product."]["type"] == "goods"]
    freight = [line for line in row["lines."] if line["type"] == "line" and line["product."]["type"] == "service"]
    return {
        "customer": row["party."]["code"],
        "state": row["state"],
        "shipment_state": row["shipment_state"],
        "placed": row["sale_date"],
        "wanted": row["shipping_date"],
        "currency": row["currency."]["code"],
        "total": row["total_amount"],
        "freight": sum((line["amount"] for line in freight), ZERO),
        "ship_to": _address(row["shipment_address."]) if row["shipment_address."] else None,
        "lines": {line["product."]["code"]: _line(line) for line in goods},
    }


def _line(line: Row) -> Row:
    listed = line["base_price"] or line["unit_price"]
    shipped = (_number(move["quantity"]) for move in line["moves."] if move["state"] == "done")
    return {
        "quantity": _number(line["quantity"]),
        "net_price": line["unit_price"],
        "list_price": listed,
        "discount": (1 - line["unit_price"] / listed).quantize(Decimal("0.0001")) if listed else ZERO,
        "shipped": sum(shipped, ZERO),
    }


def _shipment(row: Row, references: Mapping[int, str]) -> Row:
    moves = row["outgoing_moves."]
    carrier = row["carrier."] or {}
    return {
        "order": next((references[move["sale"]] for move in moves if move["sale"]), None),
        "state": row["state"],
        "carrier": (carrier.get("party.") or {}).get("name"),
        "tracking": row["reference"],
        "day": row["effective_date"],
        "lines": {move["product."]["code"]: _number(move["quantity"]) for move in moves},
    }


def _number(value: float | None) -> Decimal:
    return Decimal(str(value or 0)).normalize() + 0
