"""What `integration.toml` may say about an Odoo, and what is true of each unless it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.connectors.mapping import EntityMapping, Spec, compiled
from shared.connectors.mapping.spec import FieldSpec
from shared.core.keys import REFERENCE

ORDER_STATUS = "order status"
"""Where the connector lays an order's status, made of its state and its delivery status."""

DELIVERY = "delivery"
"""Where the connector lays the delivery address of a customer."""

_ADDRESS = {"street": "street", "city": "city", "region": "state_id", "postal_code": "zip", "country": "country_id"}
_Given = Mapping[str, str | Mapping[str, object]]
_FIELDS: Mapping[str, _Given] = {
    "customer": {
        "number": "ref",
        "name": "name",
        "email": "email",
        "phone": "phone",
        "tax_number": "vat",
        **{f"addresses[billing].{our}": their for our, their in _ADDRESS.items()},
        **{f"addresses[shipping].{our}": f"{DELIVERY}.{their}" for our, their in {"name": "name", **_ADDRESS}.items()},
        "contacts[]": "contacts[].id",
        "contacts[].name": "contacts[].name",
        "contacts[].title": "contacts[].function",
        "contacts[].email": "contacts[].email",
        "contacts[].phone": "contacts[].phone",
    },
    "product": {
        "sku": "default_code",
        "name": "name",
        "gtin": "barcode",
        "unit": {"path": "uom_id", "read_only": True},
        "price": "list_price",
        "discontinued": {"path": "sale_ok", "values": {"true": False, "false": True}},
    },
    "order": {
        "number": "name",
        "customer": "partner_id -> customer",
        "location": {"path": "warehouse_id", "read_only": True},
        "placed_at": "date_order",
        "wanted_at": "commitment_date",
        "status": {
            "path": ORDER_STATUS,
            "values": {
                "draft": "draft",
                "placed": "sent",
                "confirmed": ("sale", "done"),
                "partly_shipped": "partial",
                "shipped": "full",
                "cancelled": "cancel",
            },
        },
        "currency": {"path": "currency_id", "read_only": True},
        "tax": {"path": "amount_tax", "read_only": True},
        "total": {"path": "amount_total", "read_only": True},
        "lines[]": "lines[].id",
        "lines[].product": "lines[].product_id -> product",
        "lines[].quantity": "lines[].product_uom_qty",
        "lines[].unit_price": "lines[].price_unit",
        "lines[].discount": {"path": "lines[].discount", "scale": 2},
        "lines[].shipped": {"path": "lines[].qty_delivered", "read_only": True},
    },
    "shipment": {
        "number": "name",
        "order": "sale_id -> order",
        "status": {
            "path": "state",
            "values": {
                "planned": ("draft", "waiting", "confirmed", "assigned"),
                "shipped": "done",
                "cancelled": "cancel",
            },
        },
        "carrier": "carrier_id",
        "tracking": "carrier_tracking_ref",
        "shipped_at": "date_done",
        "lines[]": "lines[].id",
        "lines[].product": "lines[].product_id -> product",
        "lines[].quantity": "lines[].product_uom_qty",
    },
}
DEFAULT_FIELDS = MappingProxyType(_FIELDS)
STOCK = "stock"
ENTITIES = (*_FIELDS, STOCK)
COLLECTIONS = MappingProxyType({"customer": "contacts", "order": "lines", "shipment": "lines"})
MODELS = MappingProxyType(
    {"customer": "res.partner", "product": "product.product", "order": "sale.order", "shipment": "stock.picking"}
)
_DOMAINS: Mapping[str, list[Any]] = {
    "customer": [["parent_id", "=", False]],
    "shipment": [["picking_type_code", "=", "outgoing"]],
}
_RELATIONS: Mapping[str, tuple[str, str]] = {
    "country_id": ("res.country", "code"),
    "state_id": ("res.country.state", "name"),
}
_REFERENCE = frozenset({"customer", "product", "order"})
"""The entities that are written, and so carry our record id."""


class Table(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OdooEntity(Table):
    """`[systems.<name>.entities.<entity>]`: what differs. An empty table says that the entity is there as usual.

    `reference` is the stored text field for our record id ("" for none), `domain` what else must hold of a record to
    count. `fields` come on top of the usual ones, `without` takes usual ones out, `new` is what a new record gets
    besides. `relations` says of fields that name another record by which text that is known: `[model, field]`.
    """

    reference: str = "x_tandem_id"
    domain: list[list[Any]] = Field(default_factory=list)
    fields: dict[str, Spec] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    new: dict[str, Any] = Field(default_factory=dict)
    relations: dict[str, tuple[str, str]] = Field(default_factory=dict)


class OdooSettings(Table):
    """`[systems.<name>]` with `connector = "odoo"`. The secret holds `api_key`; `username` too for `jsonrpc`."""

    name: str
    connector: str = "odoo"
    side: str = "supply_chain"
    base_url: str = Field(
        pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$",
        description='where it answers, such as base_url = "https://erp.example.com"',
    )
    secret: str = ""
    database: str = Field(default="", description="needed for jsonrpc, and where one host serves several")
    interface: Literal["json2", "jsonrpc"] = "json2"
    webhooks: bool = False
    context: dict[str, Any] = Field(default_factory=lambda: {"lang": "en_US"})
    delivery_status: str = "delivery_status"
    overlap_seconds: int = Field(default=300, ge=1, le=86_400)
    page_size: int = Field(default=200, ge=1, le=1000)
    batch_size: int = Field(default=20, ge=1, le=200)
    read_seconds: float = Field(default=15.0, gt=0, le=300)
    entities: dict[str, OdooEntity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.interface == "jsonrpc" and not self.database:
            raise ValueError("the interface jsonrpc needs the name of the database")
        unknown = [entity for entity in self.entities if entity not in ENTITIES]
        if unknown:
            raise ValueError(f"Odoo has no {unknown[0]} here; there are {', '.join(ENTITIES)}")
        for entity in self.mapped:
            self.mapping(entity)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the entities that this Odoo has: all, or those that are described."""
        return tuple(self.entities) or ENTITIES

    @property
    def mapped(self) -> tuple[str, ...]:
        """Return those that are records of one model; stock is not."""
        return tuple(entity for entity in self.names if entity != STOCK)

    def entity(self, entity: str) -> OdooEntity:
        """Return what is said of an entity, with what is usual where nothing is said."""
        given = self.entities.get(entity, OdooEntity())
        return given.model_copy(
            update={
                "reference": given.reference if entity in _REFERENCE else "",
                "domain": [*_DOMAINS.get(entity, []), *given.domain],
                "relations": {**_RELATIONS, **given.relations},
                "new": {**({"is_company": True} if entity == "customer" else {}), **given.new},
            }
        )

    def specs(self, entity: str) -> dict[str, FieldSpec]:
        """Return the lines of an entity's mapping."""
        given = self.entities.get(entity, OdooEntity())
        usual = {ours: FieldSpec.model_validate(_table(theirs)) for ours, theirs in DEFAULT_FIELDS[entity].items()}
        if entity == "order" and not self.delivery_status:
            del usual["location"]  # both come with the module that ships; an Odoo without it knows neither
        specs = {ours: spec for ours, spec in {**usual, **given.fields}.items() if ours not in given.without}
        reference = self.entity(entity).reference
        return specs | ({REFERENCE: FieldSpec(path=reference)} if reference else {})

    def mapping(self, entity: str) -> EntityMapping:
        """Return the compiled mapping of an entity. ValueError where it makes no sense."""
        return compiled(self.name, entity, self.specs(entity))


def _table(theirs: str | Mapping[str, object]) -> Mapping[str, object]:
    return {"path": theirs} if isinstance(theirs, str) else theirs
