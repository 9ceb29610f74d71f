"""Two small connectors for tests of the configuration: `plain` is described in the file, `named` knows its entities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.core.keys import REFERENCE
from shared.core.paths import pattern
from shared.ports.capabilities import Capabilities, EntityCapability


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _FieldTable(_Table):
    path: str
    type: Literal["text", "number"] = "text"


class _EntityTable(_Table):
    path: str = Field(description='the collection\'s path, such as path = "/api/v1/orders"')
    can: list[Literal["list", "read", "create", "update", "archive"]] = ["list", "create"]
    batch: int = 1
    fields: dict[str, str | _FieldTable] = Field(default_factory=dict)


class PlainSettings(_Table):
    name: str
    connector: str
    side: str
    base_url: str = Field(description='where the system answers, such as base_url = "https://crm.example.com"')
    secret: str = ""
    auth: str | None = None
    entities: dict[str, _EntityTable] = Field(default_factory=dict)


class NamedSettings(_Table):
    name: str
    connector: str
    side: str
    base_url: str
    secret: str = ""
    database: str = "erp"


def _plain_entities(settings: object) -> Mapping[str, EntityCapability]:
    assert isinstance(settings, PlainSettings)
    return {entity: _capability(table) for entity, table in settings.entities.items()}


def _capability(table: _EntityTable) -> EntityCapability:
    shown = frozenset(pattern(path) for path in table.fields) - {REFERENCE}
    return EntityCapability(
        can=frozenset(table.can),
        carries=shown,
        takes=shown,
        capture=frozenset({"poll", "webhook"}),
        reference_field="ref" if REFERENCE in table.fields else None,
        batch_size=table.batch,
    )


def _named_entities(_settings: object) -> Mapping[str, EntityCapability]:
    everything = frozenset({"list", "read", "create", "update"})
    shown = {
        "customer": {"name", "number", "email", "addresses[billing].city", "addresses[shipping].city"},
        "product": {"sku", "name", "price"},
        "order": {"number", "customer", "status", "total", "lines[]", "lines[].product", "lines[].quantity"},
        "stock": {"product", "location", "on_hand"},
    }
    return {
        entity: EntityCapability(can=everything, carries=frozenset(paths), takes=frozenset(paths))
        for entity, paths in shown.items()
    }


TOYS: Mapping[str, Capabilities] = {
    "plain": Capabilities("plain", "described in the file", PlainSettings, _plain_entities),
    "named": Capabilities("named", "knows its entities", NamedSettings, _named_entities),
}
