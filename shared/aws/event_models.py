"""What other programs may build on: the events on the bus whose form is promised, each with its version.

Each is a CloudEvent 1.0 in the detail of an EventBridge event, with its type as the detail type. Within a version
fields may be added and none changes its meaning; what would break a reader becomes a new version beside the old one.
The JSON Schemas in docs/events/ are made from these models (`python -m tests.docs.made_from_code`).
"""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from shared.aws.events import schema_of

Data = TypeVar("Data")
Number = Field(description="A number as text, exact.", pattern=r"^-?[0-9]+(\.[0-9]+)?$")


class CloudEvent(BaseModel, Generic[Data]):
    """An event as CloudEvents 1.0 has it; the same id twice is the same event brought again."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"]
    id: str = Field(min_length=1)
    source: Literal["tandem"]
    subject: str = Field(description="The record: its entity and our id of it.", pattern=r"^[a-z]+/[0-9a-f-]{36}$")
    datacontenttype: Literal["application/json"]
    tandemtrace: str = Field(description="What the logs of Tandem call the work that led to it; empty if nothing.")
    data: Data


class FieldsChanged(BaseModel):
    """Which fields have other values now; the values are asked of the API, by whoever may see them."""

    model_config = ConfigDict(frozen=True)

    fields: str = Field(description="Their paths, separated by a comma and a blank.", min_length=1)


class StatusChanged(BaseModel):
    """From which status to which."""

    model_config = ConfigDict(frozen=True)

    status: str = Field(min_length=1)
    before: str | None = Field(description="The status before it; nothing where there was none.")
    number: str | None = Field(description="The order's number; nothing where it has none.")


class NeedsAPerson(BaseModel):
    """A record of which something waits for a person; `GET /failures` tells what."""

    model_config = ConfigDict(frozen=True)

    entity: str


class StockLow(BaseModel):
    """A stock came down to its reorder level, with all that is on its way: once, until it has recovered."""

    model_config = ConfigDict(frozen=True)

    sku: str | None
    product: str = Field(description="Our id of the product.")
    location: str | None
    on_hand: str = Number
    incoming: str | None = Number
    reorder_level: str = Number


class PromiseChanged(BaseModel):
    """What an order gets of the goods, and when, is another thing than before; all empty: it wants nothing more."""

    model_config = ConfigDict(frozen=True)

    number: str | None = Field(description="The order's number; nothing where it has none.")
    state: Literal["now", "later", "short"] | None
    text: str | None = Field(description="The same for a reader.")
    date: str | None = Field(description="The day for all of it, if that is later than today, at midnight UTC.")
    short: str | None = Number
    before: str | None = Field(description="What was said before, for a reader; nothing where nothing was.")
    wanted_at: str | None


class CustomerChanged(CloudEvent[FieldsChanged]):
    """A customer has other values than before."""

    type: Literal["customer.changed"]
    dataschema: Literal["urn:tandem:event:customer.changed:1"]


class OrderStatusChanged(CloudEvent[StatusChanged]):
    """An order went from one status to another."""

    type: Literal["order.status-changed"]
    dataschema: Literal["urn:tandem:event:order.status-changed:1"]


class OrderPromiseChanged(CloudEvent[PromiseChanged]):
    """An order is promised something else."""

    type: Literal["order.promise-changed"]
    dataschema: Literal["urn:tandem:event:order.promise-changed:1"]


class SyncParked(CloudEvent[NeedsAPerson]):
    """Something of a record waits for a person, since this write."""

    type: Literal["sync.parked"]
    dataschema: Literal["urn:tandem:event:sync.parked:1"]


class StockIsLow(CloudEvent[StockLow]):
    """A product runs low at a location and is still bought."""

    type: Literal["stock.low"]
    dataschema: Literal["urn:tandem:event:stock.low:1"]


MODELS: dict[str, type[BaseModel]] = {
    "customer.changed": CustomerChanged,
    "order.status-changed": OrderStatusChanged,
    "sync.parked": SyncParked,
    "stock.low": StockIsLow,
    "order.promise-changed": OrderPromiseChanged,
}
"""The promised events by their types."""


def json_schema(type_: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an event's detail."""
    found = MODELS[type_].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schema_of(type_), **found}
