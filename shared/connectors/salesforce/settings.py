"""What `integration.toml` may say about a Salesforce org, and what is true of each unless it says otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.connectors.mapping import EntityMapping, Spec, compiled
from shared.connectors.mapping.spec import FieldSpec
from shared.core.keys import REFERENCE

_ROLES = ("Billing", "Shipping")
_PARTS = {"street": "Street", "city": "City", "region": "State", "postal_code": "PostalCode", "country": "Country"}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)*")

_Given = Mapping[str, str | Mapping[str, object]]
_FIELDS: Mapping[str, _Given] = {
    "customer": {
        "name": "Name",
        "number": "AccountNumber",
        "phone": "Phone",
        **{f"addresses[{role.lower()}].{our}": f"{role}{their}" for role in _ROLES for our, their in _PARTS.items()},
        "contacts[]": "contacts[].Id",
        "contacts[].name": "contacts[].Name",
        "contacts[].title": "contacts[].Title",
        "contacts[].email": "contacts[].Email",
        "contacts[].phone": "contacts[].Phone",
    },
    "product": {"sku": "StockKeepingUnit", "name": "Name"},
    "order": {
        "number": "OrderReferenceNumber",
        "customer": "AccountId -> customer",
        "status": {"path": "Status", "values": {"placed": "Draft", "confirmed": "Activated"}},
        "placed_at": {"path": "EffectiveDate", "format": "date", "stored": ["day"]},
        "total": {"path": "TotalAmount", "read_only": True},
        "lines[]": "lines[].Id",
        "lines[].product": "lines[].Product2Id -> product",
        "lines[].quantity": "lines[].Quantity",
        "lines[].unit_price": "lines[].UnitPrice",
    },
    "opportunity": {
        "name": "Name",
        "customer": "AccountId -> customer",
        "status": {"path": "StageName", "values": {"won": "Closed Won", "lost": "Closed Lost"}, "others": "keep"},
        "probability": {"path": "Probability", "scale": 2},
        "wanted_at": {"path": "CloseDate", "format": "date", "stored": ["day"]},
        "amount": {"path": "Amount", "read_only": True},
        "lines[]": "lines[].Id",
        "lines[].product": "lines[].Product2Id -> product",
        "lines[].quantity": "lines[].Quantity",
        "lines[].unit_price": "lines[].UnitPrice",
        "promise.text": "Tandem_Promise__c",
        "promise.date": {"path": "Tandem_Promise_Date__c", "format": "date"},
    },
}
DEFAULT_FIELDS = MappingProxyType(_FIELDS)
COLLECTIONS = MappingProxyType({"customer": "contacts", **dict.fromkeys(("order", "opportunity", "shipment"), "lines")})
_TYPES = {"customer": "Account", "product": "Product2", "order": "Order", "opportunity": "Opportunity"}
_STARTS = {"order": {"Status": "Draft"}}


class Table(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Children(Table):
    """The object whose records are the elements of a list, and its field that names their parent.

    `remove` says what becomes of one that is taken out: it is deleted, or only parted from its parent. `priced` says
    that a new one names an entry of a price book and not its product.
    """

    type: str = Field(min_length=1)
    parent: str = Field(min_length=1)
    remove: Literal["delete", "unlink"] = "delete"
    priced: bool = False


_CHILDREN = {
    "customer": Children(type="Contact", parent="AccountId", remove="unlink"),
    "order": Children(type="OrderItem", parent="OrderId", priced=True),
    "opportunity": Children(type="OpportunityLineItem", parent="OpportunityId", priced=True),
}


class SalesforceEntity(Table):
    """`[systems.<name>.entities.<entity>]`: what differs. An empty table says that the entity is there as usual.

    `type` is the object, `reference` its external id field for our record id ("" for none), `archive` the values that
    end a record instead of deleting it, `starts_as` the values that a new record must begin with. `fields` are fields
    by their API names, on top of the usual ones; `without` takes usual ones out.
    """

    type: str = ""
    reference: str = "Tandem_Id__c"
    archive: dict[str, bool | str] = Field(default_factory=dict)
    starts_as: dict[str, str] | None = None
    fields: dict[str, Spec] = Field(default_factory=dict)
    without: tuple[str, ...] = ()
    children: Children | None = None


class SalesforceSettings(Table):
    """`[systems.<name>]` with `connector = "salesforce"`.

    The secret holds `client_id` and `client_secret` of an External Client App with a run-as user; for `auth = "jwt"`
    `client_id`, `username` and `private_key` (PEM).
    """

    name: str
    connector: str = "salesforce"
    side: str = "crm"
    base_url: str = Field(
        pattern=r"^https?://[^\s/@]+$",
        description='its My Domain, such as base_url = "https://acme.my.salesforce.com"',
    )
    secret: str = ""
    auth: Literal["client_credentials", "jwt"] = "client_credentials"
    audience: str = Field(
        default="https://login.salesforce.com",
        description="whom the JWT is for; sandboxes: https://test.salesforce.com",
    )
    version: str = Field(default="67.0", pattern=r"^\d{2,3}\.0$", description="the version of the API")
    client: str = Field(
        default="Tandem", pattern=r"^[A-Za-z0-9_-]+$", description="what our writes are called in change events"
    )
    event_source: str = Field(
        default="aws.partner/", min_length=1, description="how the source of its change events begins"
    )
    price_book: str = Field(default="", pattern=r"^([A-Za-z0-9]{15}|[A-Za-z0-9]{18})?$")
    save_duplicates: bool = Field(
        default=False, description="whether a record is stored though a duplicate rule that only alerts has matches"
    )
    overlap_seconds: int = Field(default=180, ge=1, le=86_400, description="how late a change may be committed")
    page_size: int = Field(default=2000, ge=200, le=2000)
    fetch_size: int = Field(default=200, ge=1, le=250)
    batch_size: int = Field(default=200, ge=1, le=200)
    graph_size: int = Field(default=500, ge=3, le=500, description="the most nodes of one call with graphs")
    hold_at: float = Field(
        default=0.9, gt=0, le=1, description="the share of the day's calls from which on Tandem waits"
    )
    daily_wait_seconds: float = Field(default=900.0, gt=0, description="the pause when the day's calls are used up")
    busy_wait_seconds: float = Field(default=5.0, gt=0, description="the pause when too many calls run side by side")
    read_seconds: float = Field(default=20.0, gt=0, le=120)
    entities: dict[str, SalesforceEntity] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _every_mapping_makes_sense(self) -> Self:
        for entity in self.names:
            given = self.entity(entity)
            if not given.type:
                raise ValueError(f"Salesforce has no usual object for {entity}: name its type and fields")
            self.mapping(entity)
            own = [given.type, *([given.reference] if given.reference else []), *given.archive]
            parts = [given.children.type, given.children.parent] if given.children else []
            paths = [spec.path.partition(" ->")[0].rpartition("[].")[2] for spec in self.specs(entity).values()]
            for name in (*own, *parts, *paths):
                if not _NAME.fullmatch(name):
                    raise ValueError(f"{name!r} is no name of an object or field")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Return the entities that this org has: customers, and what else is described."""
        return tuple(dict.fromkeys(("customer", *self.entities)))

    def entity(self, entity: str) -> SalesforceEntity:
        """Return what is said of an entity, with what is usual where nothing is said."""
        given = self.entities.get(entity, SalesforceEntity())
        is_used = any(path.startswith(f"{COLLECTIONS.get(entity)}[]") for path in self.specs(entity))
        starts_as = given.starts_as if given.starts_as is not None else _STARTS.get(entity, {})
        return given.model_copy(
            update={
                "type": given.type or _TYPES.get(entity, ""),
                "children": (given.children or _CHILDREN.get(entity)) if is_used else None,
                "starts_as": starts_as,
            }
        )

    def specs(self, entity: str) -> dict[str, FieldSpec]:
        """Return the lines of an entity's mapping."""
        given = self.entities.get(entity, SalesforceEntity())
        usual = {ours: FieldSpec.model_validate(_table(each)) for ours, each in DEFAULT_FIELDS.get(entity, {}).items()}
        specs = {ours: spec for ours, spec in {**usual, **given.fields}.items() if ours not in given.without}
        return specs | ({REFERENCE: FieldSpec(path=given.reference)} if given.reference else {})

    def mapping(self, entity: str) -> EntityMapping:
        """Return the compiled mapping of an entity. ValueError where it makes no sense."""
        return compiled(self.name, entity, self.specs(entity))


def _table(theirs: str | Mapping[str, object]) -> Mapping[str, object]:
    return {"path": theirs} if isinstance(theirs, str) else theirs
