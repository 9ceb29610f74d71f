"""Reads what the demo compares: the CRM through its API, the ERP through its own, Northwind from the CSV.

This is a reader of its own; it imports nothing of the shipped code, so it cannot share a mistake with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from local.crm.client import CrmClient
from local.crm.people import read_everything
from local.data import northwind
from local.demo.words import View, day, money, net, number, text
from local.tryton import read_back
from local.tryton.countries import COUNTRIES, iso_code
from local.tryton.rpc import Client

COUNTRY_NAMES: Mapping[str, str] = {code: name for name, code in COUNTRIES.items()}
CRM_STATES: Mapping[str, str] = {"open": "placed", "void": "cancelled"}
ERP_STATES: Mapping[str, str] = {"draft": "draft", "quotation": "placed", "cancelled": "cancelled"}
ERP_SHIPMENTS: Mapping[str, str] = {
    "draft": "planned",
    "waiting": "planned",
    "assigned": "planned",
    "picked": "planned",
    "packed": "packed",
    "shipped": "shipped",
    "done": "shipped",
    "cancelled": "cancelled",
}


def read_csv(orders: Iterable[northwind.Order]) -> dict[str, View]:
    """Return what Northwind says, after the shipments of these orders."""
    orders = list(orders)
    unshipped: Counter[int] = Counter()
    for order in orders:
        if order.shipped is None:
            unshipped.update({line.product_id: line.quantity for line in order.lines})
    return {
        "customer": {row.id: _csv_customer(row) for row in northwind.customers()},
        "product": {
            northwind.sku(row.id): {"name": row.name, "price": row.price, "discontinued": row.discontinued}
            for row in northwind.products()
        },
        "stock": {
            northwind.sku(row.id): {
                "on_hand": number(row.units_in_stock),
                "reserved": number(unshipped[row.id]),
                "incoming": number(row.units_on_order),
                "reorder_level": number(row.reorder_level),
            }
            for row in northwind.products()
        },
        "order": {str(row.id): _csv_order(row) for row in orders},
        "shipment": {str(row.id): _csv_shipment(row) for row in orders if row.shipped is not None},
    }


def read_crm(crm: CrmClient) -> dict[str, View]:
    """Return what the CRM shows, by the same keys and in the same words."""
    all_ = read_everything(crm)
    skus = {row["id"]: row["sku"] for row in all_["products"]}
    numbers = {row["id"]: row["number"] for row in all_["customers"]}
    orders = {row["id"]: row["number"] for row in all_["orders"]}
    return {
        "customer": {row["number"]: _crm_customer(row) for row in all_["customers"]},
        "product": {
            row["sku"]: {
                "name": row["name"],
                "price": money(row["price"]),
                "discontinued": bool(row["discontinued"]),
            }
            for row in all_["products"]
        },
        "stock": {
            skus[row["product_id"]]: {
                key: number(row[key]) for key in ("on_hand", "reserved", "incoming", "reorder_level")
            }
            for row in all_["stock"]
        },
        "order": {row["number"]: _crm_order(row, numbers, skus) for row in all_["orders"]},
        "shipment": {row["number"]: _crm_shipment(row, orders, skus) for row in all_["shipments"]},
    }


def read_erp(erp: Client) -> dict[str, View]:
    """Return what the ERP shows, by the same keys and in the same words."""
    return {
        "customer": {key: _erp_customer(row) for key, row in read_back.customers(erp).items()},
        "product": {
            key: {"name": row["name"], "price": money(row["price"]), "discontinued": row["discontinued"]}
            for key, row in read_back.products(erp).items()
        },
        "stock": {
            key: {part: number(row[part]) for part in ("on_hand", "reserved", "incoming", "reorder_level")}
            for key, row in read_back.stock(erp).items()
        },
        "order": {key: _erp_order(row) for key, row in read_back.orders(erp).items()},
        "shipment": {key: _erp_shipment(row) for key, row in read_back.shipments(erp).items()},
    }


# -- Northwind -----------------------------------------------------------------------------------------------------


def _csv_customer(row: northwind.Customer) -> dict[str, Any]:
    return {
        "name": row.name,
        "phone": text(row.phone),
        "contact_name": row.contact_name,
        "contact_title": text(row.contact_title),
        "street": text(row.address),
        "city": text(row.city),
        "region": iso_code(row.country, row.region),
        "postal_code": text(row.postal_code),
        "country": COUNTRIES[row.country],
    }


def _csv_order(row: northwind.Order) -> dict[str, Any]:
    return {
        "customer": row.customer_id,
        "placed": row.placed,
        "wanted": row.wanted,
        "state": "confirmed" if row.shipped is None else "shipped",
        "currency": "USD",
        "freight": money(row.freight),
        "ship_to_name": text(row.ship_name),
        "ship_to_street": text(row.ship_address),
        "ship_to_city": text(row.ship_city),
        "ship_to_region": iso_code(row.ship_country, row.ship_region),
        "ship_to_postal_code": text(row.ship_postal_code),
        "ship_to_country": COUNTRIES[row.ship_country],
        "lines": {
            northwind.sku(line.product_id): _line(
                line.quantity,
                net(line.price, line.discount),
                line.discount,
                0 if row.shipped is None else line.quantity,
            )
            for line in row.lines
        },
    }


def _csv_shipment(row: northwind.Order) -> dict[str, Any]:
    return {
        "order": str(row.id),
        "state": "shipped",
        "carrier": row.shipper,
        "shipped": row.shipped,
        "lines": {northwind.sku(line.product_id): number(line.quantity) for line in row.lines},
    }


# -- the CRM -------------------------------------------------------------------------------------------------------


def _crm_customer(row: Mapping[str, Any]) -> dict[str, Any]:
    billing = row["billing"] or {}
    people = row["contacts"] or [{}]
    return {
        "name": row["name"],
        "phone": text(row["phone"]),
        "contact_name": text(people[0].get("name")),
        "contact_title": text(people[0].get("title")),
        **_address(billing),
    }


def _crm_order(row: Mapping[str, Any], customers: Mapping[str, str], skus: Mapping[str, str]) -> dict[str, Any]:
    ship_to = row["ship_to"] or {}
    return {
        "customer": customers.get(row["customer_id"]),
        "placed": day(row["placed_at"]),
        "wanted": day(row["wanted_at"]),
        "state": CRM_STATES.get(row["state"], row["state"]),
        "currency": row["currency"],
        "freight": money(row["freight"]),
        "ship_to_name": text(ship_to.get("name")),
        **{f"ship_to_{key}": value for key, value in _address(ship_to).items()},
        "lines": {
            skus[item["product_id"]]: _line(
                item["qty"], net(item["unit_price"], item["discount"]), item["discount"], item["shipped_qty"]
            )
            for item in row["items"]
        },
    }


def _crm_shipment(row: Mapping[str, Any], orders: Mapping[str, str], skus: Mapping[str, str]) -> dict[str, Any]:
    return {
        "order": orders.get(row["order_id"]),
        "state": row["state"],
        "carrier": text(row["carrier"]),
        "tracking": text(row["tracking"]),
        "shipped": day(row["shipped_at"]),
        "lines": {skus[item["product_id"]]: number(item["qty"]) for item in row["items"]},
    }


def _address(parts: Mapping[str, Any]) -> dict[str, Any]:
    country = text(parts.get("country"))
    region = text(parts.get("region"))
    name = COUNTRY_NAMES.get(country or "", "")
    return {
        "street": text(parts.get("street")),
        "city": text(parts.get("city")),
        "region": iso_code(name, region) if name and region else None,
        "postal_code": text(parts.get("postal_code")),
        "country": country,
    }


# -- the ERP -------------------------------------------------------------------------------------------------------


def _erp_customer(row: Mapping[str, Any]) -> dict[str, Any]:
    people = row["contacts"] or [{}]
    return {
        "name": row["name"],
        "phone": text(row["phone"]),
        "contact_name": text(people[0].get("name")),
        "contact_title": text(people[0].get("title")),
        **_erp_address(row["billing"]),
    }


def _erp_order(row: Mapping[str, Any]) -> dict[str, Any]:
    ship_to = row["ship_to"] or {}
    return {
        "customer": row["customer"],
        "placed": row["placed"],
        "wanted": row["wanted"],
        "state": _erp_state(row),
        "currency": row["currency"],
        "freight": money(row["freight"]),
        "ship_to_name": text(ship_to.get("name")),
        **{f"ship_to_{key}": value for key, value in _erp_address(ship_to).items()},
        "lines": {
            key: _line(line["quantity"], line["net_price"], line["discount"], line["shipped"])
            for key, line in row["lines"].items()
        },
    }


def _erp_state(row: Mapping[str, Any]) -> str:
    if row["state"] in ERP_STATES:
        return ERP_STATES[row["state"]]
    lines = list(row["lines"].values())
    if lines and all(line["shipped"] >= line["quantity"] for line in lines):
        return "shipped"
    return "partly_shipped" if any(line["shipped"] for line in lines) else "confirmed"


def _erp_shipment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "order": row["order"],
        "state": ERP_SHIPMENTS.get(row["state"], row["state"]),
        "carrier": text(row["carrier"]),
        "tracking": text(row["tracking"]),
        "shipped": row["day"] if ERP_SHIPMENTS.get(row["state"]) == "shipped" else None,
        "lines": row["lines"],
    }


def _erp_address(parts: Mapping[str, Any] | None) -> dict[str, Any]:
    parts = parts or {}
    return {
        "street": text(parts.get("street")),
        "city": text(parts.get("city")),
        "region": text(parts.get("region_code")),
        "postal_code": text(parts.get("postal_code")),
        "country": text(parts.get("country")),
    }


def _line(quantity: Any, net_price: Any, discount: Any, shipped: Any) -> dict[str, Decimal]:
    return {
        "quantity": number(quantity),
        "net_price": Decimal(str(net_price)).quantize(Decimal("0.0001")),
        "discount": Decimal(str(discount or 0)).quantize(Decimal("0.01")),
        "shipped": number(shipped),
    }
