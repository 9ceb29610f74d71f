"""The small company that the Tryton scenarios play in, on a real server or replayed from a recording.

On a real server `person` does what somebody does in Tryton's own client; when a recording is replayed it does nothing,
because the recorded answers already show what came of it. The clock stands still at the moment of the recording.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from local.tryton import seed
from local.tryton.purchasing import one
from local.tryton.rpc import Client
from shared.connectors.tryton import TrytonSettings, connect
from shared.connectors.tryton.system import TrytonSystem
from tests.kit.one_token import OneToken as OneToken

SECRET = {"username": "admin", "password": "kept in no recording"}
PRODUCTS = {"TEA": ("Tea", "4006381333931", Decimal("18.00")), "RICE": ("Rice", None, Decimal("2.50"))}


@dataclass
class StillClock:
    """A clock that stands still."""

    at: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the moment."""
        return self.at

    def new_id(self) -> str:
        """Return always the same id."""
        return str(uuid5(NAMESPACE_URL, "tandem"))

    def jitter(self) -> float:
        """Return no jitter."""
        return 0.0


@dataclass
class World:
    """A connected system and a person who works in Tryton meanwhile."""

    system: TrytonSystem
    clock: StillClock
    person: Callable[..., Any]


def settings_for(url: str) -> TrytonSettings:
    """Return the settings that all scenarios use."""
    return TrytonSettings.model_validate(
        {
            "name": "erp",
            "base_url": url,
            "database": "erp",
            "secret": "erp",
            "customer_category": "Customer",
            "supplier_category": "Supplier",
            "discontinued": "not_purchasable",
            "regions": {"CA-QC": "Québec"},
            "entities": {"customer": {"fields": {"fax": "contact_mechanisms[type=fax].value"}}},
        }
    )


def connected(
    url: str, clock: StillClock, secret: Mapping[str, str] = SECRET, tokens: OneToken | None = None
) -> TrytonSystem:
    """Return a connected system."""
    return connect(settings_for(url), lambda _name: secret, tokens or OneToken(), clock)


def prepare(erp: Client) -> None:
    """Give a fresh company two products with a hundred in stock each, one with a reorder level, and a carrier."""
    unit = one(erp, "product.uom", ["symbol", "=", "u"])
    account = one(erp, "product.category", ["accounting", "=", True])
    seed.create_carriers(erp, ["Speedy Express"])
    _create_supplier(erp)
    for code, (name, gtin, price) in PRODUCTS.items():
        identifiers = [["create", [{"type": "ean", "code": gtin}]]] if gtin else []
        template = {"name": name, "code": code, "type": "goods", "list_price": price, "account_category": account}
        units = {"default_uom": unit, "sale_uom": unit, "purchase_uom": unit, "salable": True, "purchasable": True}
        variant = {"products": [["create", [{"identifiers": identifiers}]]]}
        erp.call("product.template", "create", [{**template, **units, **variant}])
    ids = [one(erp, "product.product", ["code", "=", code]) for code in PRODUCTS]
    warehouse = one(erp, "stock.location", ["code", "=", "WH"])
    level = {
        "product": ids[0],
        "location": warehouse,
        "type": "purchase",
        "min_quantity": 25.0,
        "target_quantity": 40.0,
    }
    erp.call("stock.order_point", "create", [level])
    seed.take_inventory(erp, dict.fromkeys(ids, 100), date(2026, 1, 1))
    templates = [row["template"] for row in erp.call("product.product", "read", ids, ["template"])]
    supplier = one(erp, "party.party", ["code", "=", "SUP-1"])
    offers = [{"template": templates[0], "party": supplier}, {"template": templates[1], "party": supplier}]
    erp.call("purchase.product_supplier", "create", [{**offers[0], "lead_time": timedelta(days=3)}, offers[1]])


def _create_supplier(erp: Client) -> None:
    """One supplier with an address, an e-mail, and ten days from an order until the goods are there."""
    category = one(erp, "party.category", ["name", "=", "Supplier"])
    party = {
        "name": "Exotic Liquids",
        "code": "SUP-1",
        "categories": [["add", [category]]],
        "addresses": [["create", [{"city": "London"}]]],
        "contact_mechanisms": [["create", [{"type": "email", "value": "sales@exotic.example"}]]],
        "supplier_lead_time": timedelta(days=10),
    }
    erp.call("party.party", "create", [party])
