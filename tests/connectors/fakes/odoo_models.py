"""Odoo's models as its fake knows them, its domains, its errors, and records as a read shows them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.connectors.fakes.base import Given, Row

_PARTNER = "name ref email phone vat street city zip state_id country_id website function type parent_id is_company"
MODELS: Mapping[str, frozenset[str]] = {
    model: frozenset(f"id write_date {fields}".split())
    for model, fields in {
        "res.partner": f"{_PARTNER} child_ids commercial_partner_id x_tandem_id active",
        "product.product": "name default_code barcode uom_id list_price sale_ok type x_tandem_id active",
        "sale.order": "name partner_id date_order commitment_date state delivery_status currency_id amount_tax "
        "amount_total order_line warehouse_id x_tandem_id",
        "sale.order.line": "order_id product_id product_uom_qty price_unit discount qty_delivered display_type name",
        "stock.picking": "name sale_id state carrier_id carrier_tracking_ref date_done picking_type_code",
        "stock.move": "picking_id product_id product_uom_qty",
        "stock.quant": "product_id location_id quantity reserved_quantity",
        "stock.location": "name usage location_id",
        "stock.warehouse": "name view_location_id",
        "res.country": "code name",
        "res.country.state": "name country_id",
    }.items()
}
RELATED = {
    "parent_id": "res.partner",
    "partner_id": "res.partner",
    "commercial_partner_id": "res.partner",
    "country_id": "res.country",
    "state_id": "res.country.state",
    "product_id": "product.product",
    "order_id": "sale.order",
    "sale_id": "sale.order",
    "picking_id": "stock.picking",
    "location_id": "stock.location",
    "view_location_id": "stock.location",
    "warehouse_id": "stock.warehouse",
}
LISTS = {
    "child_ids": ("res.partner", "parent_id"),
    "order_line": ("sale.order.line", "order_id"),
}
FLAGS = {"active": True, "is_company": False, "sale_ok": True}
STEPS = {
    "action_quotation_sent": ({"draft"}, "sent"),
    "action_confirm": ({"draft", "sent"}, "sale"),
    "action_cancel": ({"draft", "sent", "sale"}, "cancel"),
    "action_draft": ({"cancel", "sent"}, "draft"),
}
STATUSES = {"AccessDenied": 401, "AccessError": 403, "MissingError": 404, "NotFound": 404}


class OdooError(Exception):
    """An exception of Odoo's, by its name."""

    def __init__(self, name: str, message: str = "Something is wrong.") -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def fault(name: str, message: str = "Something is wrong.", *, rpc: bool = False) -> Given:
    """Return an error as one of the interfaces answers it."""
    told = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback …"}
    if rpc:
        return Given(
            200, {"jsonrpc": "2.0", "id": 1, "error": {"code": 200, "message": "Odoo Server Error", "data": told}}
        )
    exception = name.rpartition(".")[2]
    return Given(STATUSES.get(exception, 422 if name.startswith("odoo.exceptions") else 500), told)


Tables = Mapping[str, Mapping[int, Row]]


def holds(tables: Tables, domain: list[Any], row: Row) -> bool:
    """Tell whether a domain in prefix notation holds for a record; terms without an operator are all wanted."""
    stack: list[bool] = []
    for term in reversed(domain):
        if term in ("|", "&"):
            one, other = stack.pop(), stack.pop()
            stack.append((one or other) if term == "|" else (one and other))
        else:
            stack.append(_compares(tables, row, *term))
    return all(stack)


def shown(tables: Tables, row: Row, fields: list[str]) -> Row:
    """Return the fields of a record as a read gives them."""
    return {name: _shown(tables, name, row.get(name)) for name in ["id", *fields]}


def _compares(tables: Tables, row: Row, path: str, how: str, value: Any) -> bool:
    name, _, inner = path.partition(".")
    held = row.get(name) or FLAGS.get(name, False) if name not in row else row[name]
    if inner:
        return _compares(tables, tables[RELATED[name]][held], inner, how, value)
    if isinstance(held, datetime):
        value = datetime.fromisoformat(value).replace(tzinfo=UTC)
    if how == "child_of":
        while held and held != value:
            held = tables["stock.location"][held].get("location_id")
        return bool(held)
    if how == "in":
        return held in value
    if how == "=ilike":
        return held is not False and re.fullmatch(_pattern(value), str(held), re.IGNORECASE) is not None
    return bool(
        {
            "=": lambda: held == value,
            "!=": lambda: held != value,
            ">": lambda: held > value,
            ">=": lambda: held >= value,
            "<": lambda: held < value,
        }[how]()
    )


def _pattern(text: str) -> str:
    """Return the expression for a text in which `%` and `_` are patterns, unless a backslash stands before them."""
    parts = re.findall(r"\\.|.", text, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(part) or re.escape(part[-1]) for part in parts)


def _shown(tables: Tables, name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if value is None:
        return FLAGS.get(name, False)
    if name in RELATED and value:
        return [value, str(tables[RELATED[name]][value].get("name", ""))]
    return value
