"""What other programs may build on: the events on the bus, each with a promised form and its version.

Each is a CloudEvent 1.0 in the detail of an EventBridge event, with its type as the detail type. Within a version
fields may be added and none changes its meaning; what would break a reader becomes a new version beside the old one.
The JSON Schemas in docs/events/ are made from these models (`python -m tests.docs.made_from_code`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, create_model

from shared.aws.events import schema_of
from shared.core.demands import DEMANDING
from shared.core.entities import ENTITIES
from shared.ports.messages import TOUCHED

Data = TypeVar("Data")
Number = Field(description="A number as text, exact.", pattern=r"^-?[0-9]+(\.[0-9]+)?$")


class CloudEvent(BaseModel, Generic[Data]):
    """An event as CloudEvents 1.0 has it; the same id twice is the same event brought again."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"]
    id: str = Field(min_length=1)
    source: Literal["tandem"]
    subject: str = Field(description="The record: its entity and our id of it.", pattern=r"^[a-z_]+/[0-9a-f-]{36}$")
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
    number: str | None = Field(description="The record's number; nothing where it has none.")


class Nothing(BaseModel):
    """There is nothing to say but whom it is about."""

    model_config = ConfigDict(frozen=True)


class Touched(BaseModel):
    """Of which products the matching has to look again; Tandem's own matching is started by it."""

    model_config = ConfigDict(frozen=True)

    products: str = Field(description="Our ids of them, separated by a comma and a blank.", min_length=1)


class NeedsAPerson(BaseModel):
    """A record of which something waits for a person; `GET /failures` tells what."""

    model_config = ConfigDict(frozen=True)

    entity: str


class LowStock(BaseModel):
    """A stock came down to its reorder level, with all that is on its way: once, until it has recovered."""

    model_config = ConfigDict(frozen=True)

    sku: str | None
    product: str = Field(description="Our id of the product.")
    location: str | None
    on_hand: str = Number
    incoming: str | None = Number
    reorder_level: str = Number


class PromiseChanged(BaseModel):
    """What an order or a deal gets, and when, is another thing than before; all empty: it wants nothing more."""

    model_config = ConfigDict(frozen=True)

    number: str | None = Field(description="The record's number; nothing where it has none.")
    state: Literal["now", "later", "short"] | None
    text: str | None = Field(description="The same for a reader.")
    date: str | None = Field(description="The day for all of it, if that is later than today, at midnight UTC.")
    short: str | None = Number
    before: str | None = Field(description="What was said before, for a reader; nothing where nothing was.")
    wanted_at: str | None


def _events() -> Iterator[tuple[str, str, type[BaseModel]]]:
    """Yield the type of every event, what it says, and its data."""
    for entity in ENTITIES:
        one = f"{_article(entity)} {_spoken(entity)}"
        yield f"{entity}.created", f"{one} is known that was not before.", CloudEvent[FieldsChanged]
        yield f"{entity}.changed", f"{one} has other values than before.", CloudEvent[FieldsChanged]
        yield f"{entity}.status-changed", f"{one} went from one status to another.", CloudEvent[StatusChanged]
        yield f"{entity}.deleted", f"The life of {one.lower()} has ended.", CloudEvent[Nothing]
        if entity in DEMANDING:
            yield f"{entity}.promise-changed", f"{one} is promised something else.", CloudEvent[PromiseChanged]
    yield "sync.parked", "Something of a record waits for a person, since this write.", CloudEvent[NeedsAPerson]
    yield "stock.low", "A product runs low at a location and is still bought.", CloudEvent[LowStock]
    yield TOUCHED, "What there is, comes or is wanted of some products is not what it was.", CloudEvent[Touched]


def _article(entity: str) -> str:
    return "An" if entity[0] in "aeiou" else "A"


def _spoken(entity: str) -> str:
    return {"opportunity": "opportunity (a deal)"}.get(entity, entity.replace("_", " "))


def _model(type_: str, says: str, base: type[BaseModel]) -> type[BaseModel]:
    """Return the model of one event: its base, with the type and the schema that it names."""
    name = "".join(word.capitalize() for word in re.split(r"[^a-z]", type_))
    only: Any = Literal
    own: dict[str, Any] = {"type": (only[type_], ...), "dataschema": (only[schema_of(type_)], ...)}
    return create_model(name, __base__=base, __doc__=says, **own)


MODELS: Mapping[str, type[BaseModel]] = MappingProxyType({each[0]: _model(*each) for each in _events()})
"""All events that are published, by their types."""


def json_schema(type_: str) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an event's detail."""
    found = MODELS[type_].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": schema_of(type_), **found}
