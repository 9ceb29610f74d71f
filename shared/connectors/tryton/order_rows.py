"""Orders as Tryton is told them: the rows of new sales, and what a write has to do to a sale and its lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shared.connectors.tryton import orders
from shared.connectors.tryton.addresses import shown_parts
from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.wire import Row, day_of, inner_rows
from shared.core.entities import ADDRESS
from shared.core.paths import element_of
from shared.core.values import Reference, Value

Line = Mapping[str, Value]
"""What a command says of one line; the empty field is whether the line is there."""

DAYS = (("placed_at", "sale_date"), ("wanted_at", "shipping_date"))


def line_changes(fields: Mapping[str, Value]) -> dict[str, dict[str, Value]]:
    """Return what fields say of each line, by our key."""
    found: dict[str, dict[str, Value]] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None and element.collection == "lines":
            found.setdefault(element.key, {})[element.field] = value
    return found


def ship_to(fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return the parts of the ship-to address that a command carries."""
    return {part: fields[f"ship_to.{part}"] for part in ADDRESS if f"ship_to.{part}" in fields}


def touches_lines(fields: Mapping[str, Value]) -> bool:
    """Tell whether a command changes what is sold, for how much, or where it goes."""
    return bool(line_changes(fields) or ship_to(fields)) or not fields.keys().isdisjoint(
        {"freight", "customer", "currency"}
    )


def id_of(value: Value) -> int | None:
    """Return Tryton's id of a reference."""
    return int(value.external_id) if isinstance(value, Reference) and value.external_id.isdigit() else None


def products_in(groups: Iterable[Line]) -> set[int]:
    """Return the products that lines name."""
    found = (id_of(line.get("product")) for line in groups)
    return {product for product in found if product is not None}


def new_line(line: Line, lookups: Lookups) -> Row:
    """Return a new line of a sale; a product that is no reference of this Tryton is left to be refused."""
    product = id_of(line.get("product"))
    price = _number(line.get("unit_price"))
    return {
        "type": "line",
        "product": product,
        "quantity": float(_number(line.get("quantity"))),
        "unit": lookups.unit_of(product) if product else None,
        "base_price": _rounded(price),
        "unit_price": _net(price, _number(line.get("discount"))),
    }


def changed_line(row: Row, changes: Line, lookups: Lookups) -> dict[str, Any]:
    """Return the fields that a line's change sets; price and discount are set together, as Tryton holds the net price.

    What is given in the product's own unit is turned into the line's, unless the product changes too.
    """
    values: dict[str, Any] = {}
    factor = orders.factor_of(row)
    if "product" in changes:
        product, factor = id_of(changes["product"]), Decimal(1)
        values |= {"product": product, "unit": lookups.unit_of(product) if product else None}
    if "quantity" in changes:
        values["quantity"] = float(_number(changes["quantity"]) / factor)
    if not changes.keys().isdisjoint({"unit_price", "discount"}):
        price = _number(changes["unit_price"]) * factor if "unit_price" in changes else orders.listed_price(row)
        share = _number(changes["discount"]) if "discount" in changes else orders.discount_of(row)
        values |= {"base_price": _rounded(price), "unit_price": _net(price, share)}
    return values


def line_edits(
    row: Row, fields: Mapping[str, Value], elements: Mapping[str, str], lookups: Lookups, settings: TrytonSettings
) -> list[list[Any]]:
    """Return what a write has to do to a sale's lines, freight included, so that only these fields change."""
    known = {str(line["id"]): line for line in orders.goods(row, settings)}
    edits: list[list[Any]] = []
    for key, changes in line_changes(fields).items():
        line = known.get(elements.get(key, ""))
        if not changes.get("", True):
            edits += [["delete", [line["id"]]]] if line else []
        elif line is None:
            edits.append(["create", [new_line(changes, lookups)]])
        elif values := changed_line(line, changes, lookups):
            edits.append(["write", [line["id"]], values])
    return edits + (_freight_edits(row, fields["freight"], lookups, settings) if "freight" in fields else [])


def freight_row(amount: Value, lookups: Lookups) -> list[Row]:
    """Return the line that stands for an order's freight; none where there is none, or no freight service."""
    service = next(iter(lookups.rows("freight")), None)
    if service is None or amount is None:
        return []
    price = _rounded(_number(amount))
    fixed = {"type": "line", "product": service["id"], "quantity": 1.0, "unit": service["default_uom"]}
    return [{**fixed, "unit_price": price}]


def adds_or_removes(edits: Iterable[Sequence[Any]]) -> bool:
    """Tell whether edits add or remove lines, which Tryton allows in a draft only."""
    return any(edit[0] in ("create", "delete") for edit in edits)


def address_like(party: Row, parts: Mapping[str, Value], settings: TrytonSettings) -> int | None:
    """Return the party's active address that equals these parts; nothing if none does."""
    wanted = {part: parts.get(part) or None for part in ADDRESS}
    rows = [row for row in inner_rows(party, "addresses") if row["active"]]
    return next((int(row["id"]) for row in rows if shown_parts(row, settings) == wanted), None)


def default_address(party: Row, marks: Collection[str]) -> int | None:
    """Return the party's first active address with one of these marks, or just the first."""
    rows = [row for row in inner_rows(party, "addresses") if row["active"]]
    marked = (row for row in rows if any(row[mark] for mark in marks))
    found = next(marked, None) or next(iter(rows), None)
    return int(found["id"]) if found else None


def days(fields: Mapping[str, Value]) -> dict[str, Any]:
    """Return the days that a command carries."""
    return {theirs: day_of(fields[ours]) for ours, theirs in DAYS if ours in fields}


def _freight_edits(row: Row, amount: Value, lookups: Lookups, settings: TrytonSettings) -> list[list[Any]]:
    held = orders.freight_lines(row, settings)
    if not held:
        made = freight_row(amount, lookups)
        return [["create", made]] if made else []
    if amount is None:
        return [["delete", [line["id"] for line in held]]]
    rest = [line["id"] for line in held[1:]]
    kept = ["write", [held[0]["id"]], {"quantity": 1.0, "unit_price": _rounded(_number(amount))}]
    return [kept, ["delete", rest]] if rest else [kept]


def _net(price: Decimal, discount: Decimal) -> Decimal:
    return _rounded(price * (1 - discount))


def _rounded(price: Decimal) -> Decimal:
    return price.quantize(orders.DIGITS, ROUND_HALF_UP)


def _number(value: Value) -> Decimal:
    return value if isinstance(value, Decimal) else orders.ZERO
