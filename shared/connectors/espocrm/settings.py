"""What `integration.toml` may say about an EspoCRM, and what is true of each unless it says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from shared.connectors.mapping import EntityMapping, Spec, compiled
from shared.connectors.mapping.spec import FieldSpec
from shared.core.keys import REFERENCE

_ROLES = ("billing", "shipping")
_PARTS = {"street": "Street", "city": "City", "region": "State", "postal_code": "PostalCode", "country": "Country"}
_STATUS = {"draft": "Draft", "confirmed": "Confirmed", "shipped": "Shipped", "cancelled": "Cancelled"}

_Given = Mapping[str, str | Mapping[str, object]]
_FIELDS: Mapping[str, _Given] = {
    "customer": {
        "name": "name",
        "email": "emailAddress",
        "phone": "phoneNumber",
        **{f"addresses[{role}].{our}": f"{role}Address{their}" for role in _ROLES for our, their in _PARTS.items()},
        "contacts[]": "contacts[].id",
        "contacts[].name": "contacts[].name",
        "contacts[].title": "contacts[].title",
        "contacts[].email": "contacts[].emailAddress",
        "contacts[].phone": "contacts[].phoneNumber",
    },
    "product": {"sku": "sku", "name": "name", "price": "price"},
    "order": {
        "number": "orderNumber",
        "customer": "accountId -> customer",
        "status": {"path": "status", "values": {"placed": "Placed", **_STATUS}},
        "currency": "amountCurrency",
        "total": "amount",
    },
    "opportunity": {
        "name": "name",
        "customer": "accountId -> customer",
        "status": {"path": "stage", "values": {"won": "Closed Won", "lost": "Closed Lost"}, "others": "keep"},
        "probability": {"path": "probability", "scale": 2},
        "wanted_at": {"path": "closeDate", "format": "date", "stored": ["day"]},
        "currency": "amountCurrency",
        "amount": "amount",
        "promise.text": "tandemPromise",
        "promise.date": {"path": "tandemPromiseDate", "format": "date"},
    },
    "shipment": {"number": "name", "order": "salesOrderId -> order"},
    "stock": {"product": "productId -> product", "location": "location", "on_hand": "onHand"},
}
_LINES: _Given = {
    "lines[]": "lines[].id",
    "lines[].product": "lines[].productId -> product",
    "lines[].quantity": "lines[].quantity",
    "lines[].unit_price": "lines[].unitPrice",
}
_TYPES = {
    "customer": "Account",
    "product": "CProduct",
    "order": "CSalesOrder",
    "opportunity": "Opportunity",
    "shipment": "CShipment",
    "stock": "CStock",
}
DEFAULT_FIELDS = MappingProxyType(_FIELDS)
COLLECTIONS = MappingProxyType({"customer": "contacts", **dict.fromkeys(("order", "opportunity", "shipment"), "lines")})


class Table(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Children(Table):
    """The entity type whose records are the elements of a list, and its attribute that names their parent.

    `remove` says what becomes of one that is taken out: it is deleted, or only parted from its parent.
    """

    type: str = Field(min_length=1)
    parent: str = Field(min_length=1)
    remove: Literal["delete", "unlink"] = "delete"


class EspoEntity(Table):
    """`[systems.<name>.entities.<entity>]`: what differs. An empty table says that the entity is there as usual.

    `type` is Espo's entity type, `reference` the custom text field for our record id ("" for none), `versioned` that
    optimistic concurrency control is switched on for the type. `fields` come on top of the usual ones, `without` takes
    usual ones out. `children` are the records that make up contacts or lines.
    """

    type: str = ""
    reference: str = "tandemId"
    versioned: bool = False
    fields: dict[str, Spec] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    children: Children | None = None


class EspoSettings(Table):
    """`[systems.<name>]` with `connector = "espocrm"`. The secret holds `api_key`, and `webhook_secret` for webhooks.

    `webhooks` maps the id of each webhook to its event, such as "6b02a49d37918434d" = "Account.update".
    """

    name: str
    connector: str = "espocrm"
    side: str = "crm"
    base_url: str = Field(
        pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$",
        description='where it answers, such as base_url = "https://crm.example.com"',
    )
    secret: str = ""
    api_path: str = Field(default="/api/v1", description="where the interface stands below base_url")
    webhooks: dict[str, str] = Field(default_factory=dict)
    skip_duplicate_check: bool = Field(
        default=False, description="whether a new record is stored though Espo takes it for a duplicate"
    )
    overlap_seconds: int = Field(default=120, ge=1, le=86_400)
    page_size: int = Field(default=200, ge=1, le=200, description="Espo refuses more than 200")
    fetch_size: int = Field(default=50, ge=1, le=200)
    read_seconds: float = Field(default=10.0, gt=0, le=120)
    entities: dict[str, EspoEntity] = Field(default_factory=dict)

    @field_validator("webhooks")
    @classmethod
    def _name_an_event(cls, webhooks: dict[str, str]) -> dict[str, str]:
        for event in webhooks.values():
            if event.partition(".")[2] not in ("create", "update", "delete"):
                raise ValueError(f"{event} is no event; write it like Account.update")
        return webhooks

    @model_validator(mode="after")
    def _every_mapping_makes_sense(self) -> Self:
        for entity in self.names:
            self.mapping(entity)
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the entities that this Espo has: customers, and what else is described."""
        return tuple(dict.fromkeys(("customer", *self.entities)))

    def entity(self, entity: str) -> EspoEntity:
        """Return what is said of an entity, with the usual type and children where nothing is said."""
        given = self.entities.get(entity, EspoEntity())
        children = given.children
        if children is None and entity == "customer":
            children = Children(type="Contact", parent="accountId", remove="unlink")
        is_used = any(path.startswith(f"{COLLECTIONS.get(entity)}[]") for path in self.specs(entity))
        return given.model_copy(
            update={"type": given.type or _TYPES[entity], "children": children if is_used else None}
        )

    def specs(self, entity: str) -> dict[str, FieldSpec]:
        """Return the lines of an entity's mapping."""
        given = self.entities.get(entity, EspoEntity())
        usual = {**DEFAULT_FIELDS[entity], **(_LINES if given.children and entity != "customer" else {})}
        specs = {ours: FieldSpec.model_validate(_table(theirs)) for ours, theirs in usual.items()}
        specs = {ours: spec for ours, spec in {**specs, **given.fields}.items() if ours not in given.without}
        return specs | ({REFERENCE: FieldSpec(path=given.reference)} if given.reference else {})

    def mapping(self, entity: str, *, omits_null: bool = False) -> EntityMapping:
        """Return the compiled mapping of an entity. ValueError where it makes no sense."""
        return compiled(self.name, entity, self.specs(entity), omits_null=omits_null)


def _table(theirs: str | Mapping[str, object]) -> Mapping[str, object]:
    return {"path": theirs} if isinstance(theirs, str) else theirs
