"""What `integration.toml` may say about a HubSpot account, and what is true of each unless it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.connectors.mapping import EntityMapping, Spec, compiled
from shared.connectors.mapping.spec import FieldSpec
from shared.core.keys import REFERENCE

ASSOCIATED = "associated."
"""What opens a place that is not a property but the record's partner in an association: `associated.companies`."""

_Given = Mapping[str, str | Mapping[str, object]]
_STATUS = {status: status for status in ("draft", "placed", "confirmed", "partly_shipped", "shipped", "delivered")}
_FIELDS: Mapping[str, _Given] = {
    "customer": {
        "name": "name",
        "phone": "phone",
        "addresses[billing].street": "address",
        "addresses[billing].city": "city",
        "addresses[billing].region": "state",
        "addresses[billing].postal_code": "zip",
        "addresses[billing].country": "country",
        "contacts[]": "contacts[].id",
        "contacts[].name": "contacts[].name",
        "contacts[].title": "contacts[].jobtitle",
        "contacts[].email": "contacts[].email",
        "contacts[].phone": "contacts[].phone",
    },
    "product": {"sku": "hs_sku", "name": "name", "price": "price"},
    "order": {
        "number": "hs_order_name",
        "customer": f"{ASSOCIATED}companies -> customer",
        "status": {"path": "hs_external_order_status", "values": {**_STATUS, "cancelled": "cancelled"}},
        "currency": "hs_currency_code",
        "placed_at": {"path": "hs_external_created_date", "format": "milliseconds"},
        "total": "hs_total_price",
        "lines[]": "lines[].id",
        "lines[].product": "lines[].hs_product_id -> product",
        "lines[].quantity": "lines[].quantity",
        "lines[].unit_price": "lines[].price",
    },
    "opportunity": {
        "name": "dealname",
        "customer": f"{ASSOCIATED}companies -> customer",
        "status": {"path": "dealstage", "values": {"won": "closedwon", "lost": "closedlost"}, "others": "keep"},
        "probability": {"path": "hs_deal_stage_probability", "read_only": True},
        "wanted_at": {"path": "closedate", "format": "milliseconds"},
        "currency": "deal_currency_code",
        "amount": "amount",
        "lines[]": "lines[].id",
        "lines[].product": "lines[].hs_product_id -> product",
        "lines[].quantity": "lines[].quantity",
        "lines[].unit_price": "lines[].price",
        "promise.text": "tandem_promise",
        "promise.date": {"path": "tandem_promise_date", "format": "date"},
    },
}
DEFAULT_FIELDS = MappingProxyType(_FIELDS)
COLLECTIONS = MappingProxyType({"customer": "contacts", "order": "lines", "opportunity": "lines"})
_TYPES = {
    "customer": ("companies", "0-2"),
    "product": ("products", "0-7"),
    "order": ("orders", "0-123"),
    "opportunity": ("deals", "0-3"),
}
_LINES = ("line_items", "0-8", "", False)
_CHILDREN = {"customer": ("contacts", "0-1", "lastmodifieddate", True), "order": _LINES, "opportunity": _LINES}


class Table(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Children(Table):
    """The object type whose records are the elements of a list.

    `part` says that one that is taken out is only parted from its parent; otherwise it is archived.
    """

    type: str = Field(min_length=1)
    type_id: str = ""
    modified: str = "hs_lastmodifieddate"
    part: bool = False


class HubSpotEntity(Table):
    """`[systems.<name>.entities.<entity>]`: what differs. An empty table says that the entity is there as usual.

    `type` is the object type in paths, `type_id` its number in webhooks, `modified` the property that tells when a
    record was last modified, `reference` the property with unique values that holds our record id ("" for none).
    `fields` are properties by name, on top of the usual ones; `without` takes usual ones out.
    """

    type: str = ""
    type_id: str = ""
    modified: str = "hs_lastmodifieddate"
    reference: str = "tandem_id"
    fields: dict[str, Spec] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    children: Children | None = None


class HubSpotSettings(Table):
    """`[systems.<name>]` with `connector = "hubspot"`.

    The secret holds `token`, and as `webhook_secret` the client secret of the app that sends webhooks. `webhook_url`
    is the address that HubSpot is told to call, to the letter: it is part of what is signed.
    """

    name: str
    connector: str = "hubspot"
    side: str = "crm"
    base_url: str = Field(default="https://api.hubapi.com", pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$")
    secret: str = ""
    version: str = Field(
        default="2026-09", pattern=r"^(v3|\d{4}-\d{2})$", description="the version in object paths: a date, or v3"
    )
    associations: str = Field(default="v4", pattern=r"^(v4|\d{4}-\d{2})$")
    properties: str = Field(
        default="v3", pattern=r"^(v3|\d{4}-\d{2})$", description="the version in the path of property descriptions"
    )
    webhook_url: str = Field(default="", pattern=r"^(https://\S+)?$")
    portal_id: int | None = Field(
        default=None, description="the account whose webhooks count, where one app serves many"
    )
    merged: str = Field(default="hs_merged_object_ids", description="the property that lists ids merged into a record")
    overlap_seconds: int = Field(default=300, ge=1, le=86_400, description="how late a search may show a change")
    look_up_seconds: int = Field(default=10, ge=0, le=600)
    search_size: int = Field(default=200, ge=1, le=200)
    list_size: int = Field(default=100, ge=1, le=100)
    batch_size: int = Field(default=100, ge=1, le=100)
    daily_wait_seconds: float = Field(default=3600.0, gt=0, description="the pause when the day's calls are used up")
    polls_archived: bool = Field(default=True, description="whether a poll looks through the recycle bin")
    read_seconds: float = Field(default=10.0, gt=0, le=120)
    entities: dict[str, HubSpotEntity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_mapping_makes_sense(self) -> Self:
        for entity in self.names:
            if entity not in DEFAULT_FIELDS and not self.entities[entity].type:
                raise ValueError(f"HubSpot has no usual place for {entity}: name its type and fields")
            self.mapping(entity)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the entities that this account has: customers, and what else is described."""
        return tuple(dict.fromkeys(("customer", *self.entities)))

    def entity(self, entity: str) -> HubSpotEntity:
        """Return what is said of an entity, with what is usual where nothing is said."""
        given = self.entities.get(entity, HubSpotEntity())
        usual_type, usual_id = _TYPES.get(entity, ("", ""))
        is_used = any(path.startswith(f"{COLLECTIONS.get(entity)}[]") for path in self.specs(entity))
        children = given.children or _usual_children(entity)
        return given.model_copy(
            update={
                "type": given.type or usual_type,
                "type_id": given.type_id or (usual_id if given.type in ("", usual_type) else ""),
                "children": children if is_used else None,
            }
        )

    def specs(self, entity: str) -> dict[str, FieldSpec]:
        """Return the lines of an entity's mapping, in places of a record."""
        given = self.entities.get(entity, HubSpotEntity())
        usual = {ours: FieldSpec.model_validate(_table(each)) for ours, each in DEFAULT_FIELDS.get(entity, {}).items()}
        specs = {ours: spec for ours, spec in {**usual, **given.fields}.items() if ours not in given.without}
        specs = {ours: spec.model_copy(update={"path": _place(spec.path)}) for ours, spec in specs.items()}
        return specs | ({REFERENCE: FieldSpec(path=f"properties.{given.reference}")} if given.reference else {})

    def mapping(self, entity: str) -> EntityMapping:
        """Return the compiled mapping of an entity. ValueError where it makes no sense."""
        return compiled(self.name, entity, self.specs(entity))


def _usual_children(entity: str) -> Children | None:
    if entity not in _CHILDREN:
        return None
    name, type_id, modified, part = _CHILDREN[entity]
    return Children(type=name, type_id=type_id, modified=modified or "hs_lastmodifieddate", part=part)


def _place(path: str) -> str:
    """Return where a property stands in a record, or in an element."""
    array, found, inner = path.partition("[].")
    if found:
        return path if inner == "id" else f"{array}[].properties.{inner}"
    return path if path.startswith(ASSOCIATED) else f"properties.{path}"


def _table(theirs: str | Mapping[str, object]) -> Mapping[str, object]:
    return {"path": theirs} if isinstance(theirs, str) else theirs
