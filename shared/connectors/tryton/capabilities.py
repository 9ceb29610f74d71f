"""What Tryton does per entity, as data: measured on a running Tryton 7.8 over HTTP with SQLite."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.settings import TrytonSettings
from shared.core.entities import ADDRESS
from shared.ports.capabilities import EntityCapability

_TEXT = ("trim",)
_CUSTOMER = frozenset(
    {
        *("number", "name", "email", "phone", "tax_number", "currency", "payment_terms"),
        *(f"addresses[{role}].{part}" for role in ("billing", "shipping") for part in ADDRESS),
        *("contacts[]", "contacts[].name", "contacts[].title", "contacts[].email", "contacts[].phone"),
    }
)
_PRODUCT = frozenset({"sku", "name", "gtin", "unit", "price", "discontinued", "lead_time_days"})
_LINE = frozenset({f"lines[].{part}" for part in ("product", "quantity", "unit_price", "discount")})
_ORDER = frozenset(
    {
        *("number", "customer", "placed_at", "wanted_at", "status", "currency", "freight", "lines[]"),
        *_LINE,
        *(f"ship_to.{part}" for part in ADDRESS),
    }
)
_SHIPMENT = frozenset(
    {
        *("number", "order", "status", "carrier", "tracking", "shipped_at"),
        *("lines[]", "lines[].product", "lines[].quantity", "lines[].unit"),
    }
)
_STOCK = frozenset({"product", "location", "on_hand", "reserved", "incoming", "reorder_level"})

_SUPPLIER = frozenset({"number", "name", "email", "phone", "currency", "lead_time_days"})
_PURCHASE_ORDER = frozenset(
    {
        *("number", "supplier", "location", "placed_at", "expected_at", "status", "currency", "lines[]"),
        *(f"lines[].{part}" for part in ("product", "quantity", "unit", "unit_price", "received", "expected_at")),
    }
)

_ALL = frozenset({"list", "read", "create", "update", "archive"})
_READ = frozenset({"list", "read"})


def entities(settings: object) -> Mapping[str, EntityCapability]:
    """Return the capability of each entity under these settings."""
    assert isinstance(settings, TrytonSettings)
    return {
        "customer": _customer(settings, Custom(settings.custom("customer"))),
        "product": _product(settings, Custom(settings.custom("product"))),
        "order": _order(settings, Custom(settings.custom("order"))),
        "shipment": _read_only(settings, _SHIPMENT, Custom(settings.custom("shipment"))),
        "stock": _stock(settings),
        "supplier": _read_only(settings, _SUPPLIER, Custom(settings.custom("supplier")), keys={"number", "email"}),
        "purchase_order": _read_only(settings, _PURCHASE_ORDER, Custom(settings.custom("purchase_order"))),
    }


def _customer(settings: TrytonSettings, custom: Custom) -> EntityCapability:
    return EntityCapability(
        can=_ALL,
        carries=_CUSTOMER | custom.carries,
        takes=_CUSTOMER | custom.takes,
        reference_field="identifiers (tandem:<record id>)",
        keys=frozenset({"number", "tax_number", "email"}),
        exact=True,
        batch_size=settings.batch_size,
        atomic=True,
        fetch_size=settings.page_size,
        calls={"in": 1, "create": 3, "update": 3},
        stored_forms={path: _TEXT for path in _CUSTOMER if path not in ("name", "contacts[]", "currency")},
        lease_seconds=30,
        deletes="archived",
    )


def _product(settings: TrytonSettings, custom: Custom) -> EntityCapability:
    return EntityCapability(
        can=_ALL,
        carries=_PRODUCT | custom.carries,
        takes=(_PRODUCT - {"unit", "lead_time_days"}) | custom.takes,
        keys=frozenset({"sku", "gtin"}),
        exact=True,
        batch_size=settings.batch_size,
        atomic=True,
        fetch_size=settings.page_size,
        calls={"in": 1, "create": 4, "update": 3},
        stored_forms={"sku": _TEXT, "name": _TEXT, "gtin": _TEXT, "price": ("round:4",)},
        lease_seconds=30,
        deletes="archived",
    )


def _order(settings: TrytonSettings, custom: Custom) -> EntityCapability:
    rounded = {f"lines[].{part}": ("round:4",) for part in ("unit_price", "discount")}
    return EntityCapability(
        can=_ALL,
        carries=_ORDER | {"lines[].shipped", "location", "tax", "total"} | custom.carries,
        takes=_ORDER | custom.takes,
        reference_field="notes (tandem:<record id>)",
        keys=frozenset({"number"}),
        exact=True,
        batch_size=settings.batch_size,
        atomic=True,
        fetch_size=settings.page_size,
        calls={"in": 1, "create": 5, "update": 5},
        stored_forms={
            "number": _TEXT,
            "placed_at": ("day",),
            "wanted_at": ("day",),
            "freight": ("round:2",),
            **rounded,
            **{f"ship_to.{part}": _TEXT for part in ADDRESS},
        },
        lease_seconds=90,
        deletes="gone",
        archived_as={"status": "cancelled"},
    )


def _read_only(
    settings: TrytonSettings, carries: frozenset[str], custom: Custom, keys: AbstractSet[str] = frozenset({"number"})
) -> EntityCapability:
    return EntityCapability(
        can=_READ,
        carries=carries | custom.carries,
        takes=frozenset(),
        keys=frozenset(keys),
        exact=True,
        fetch_size=settings.page_size,
        calls={"in": 1},
        deletes="gone",
    )


def _stock(settings: TrytonSettings) -> EntityCapability:
    return EntityCapability(
        can=_READ,
        carries=_STOCK,
        takes=frozenset(),
        keys=frozenset({"product+location"}),
        fetch_size=settings.page_size,
        calls={"in": 5},
        deletes="gone",
    )
