"""How a HubSpot account is set up: its properties with their types and uniqueness, and what the token may read.

Write scopes and webhook subscriptions belong to the app and do not show to its token; what to set there is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from shared.connectors.http import Http
from shared.connectors.hubspot.settings import COLLECTIONS, HubSpotSettings
from shared.connectors.inspecting import (
    Watched,
    claim,
    mapping_of,
    needs_webhook_secret,
    of_elements,
    of_record,
    reference,
)
from shared.connectors.mapping.fields import MappedField
from shared.core.entities import Kind
from shared.core.inspection import Described, Finding, Result, There, Uniqueness
from shared.core.observations import Next, Trouble
from shared.ports.inspection import Greeted

_WORDS = MappingProxyType({Kind.TEXT: "single-line text", Kind.NUMBER: "number", Kind.MONEY: "number"})
_PROPERTIES = "Settings > Data Management > Properties"
_EVENTS = ("creation", "deletion", "merge", "restore", "propertyChange", "associationChange")
_NAMED = MappingProxyType({"companies": "company", "contacts": "contact", "products": "product"})
_NAMED_TOO = MappingProxyType({"line_items": "line_item", "deals": "deal", "tickets": "ticket"})


class HubSpotInspector:
    """Asks the account about its properties."""

    describes = True

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        self._settings = settings
        self._http = Watched.apart(http)

    def greet(self) -> Greeted | Trouble:
        """List one record."""
        self._http.begin_anew()
        found = self._one(self._settings.entity(self._settings.names[0]).type)
        is_let_in = not isinstance(found, Trouble) or found.next is Next.PERMANENT
        return Greeted(self._http.at) if is_let_in else found

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the object type, then that of its children."""
        given, mapping = self._settings.entity(entity), self._settings.mapping(entity)
        own = (
            *reference(given.reference, "single-line text", frozenset({"string"}), Uniqueness.MUST),
            *of_record(mapping, _property, _WORDS),
        )
        asked = [(given.type, own)]
        if given.children is not None:
            asked.append((given.children.type, of_elements(mapping, COLLECTIONS[entity], _property, _WORDS)))
        found: list[Described] = []
        for object_type, needed in asked:
            may_read = self._may_read(object_type)
            if isinstance(may_read, Trouble):
                return may_read
            described = Described(
                entity,
                object_type,
                needed,
                self._fields(object_type),
                {"read": may_read, "create": None, "update": None, "archive": None},
                _PROPERTIES,
                f"give the app the scopes crm.objects.{object_type}.read and crm.objects.{object_type}.write",
            )
            found.append(described)
        return found

    def webhooks(self) -> Sequence[Finding]:
        """Return what the app has to be told."""
        url = self._settings.webhook_url
        if not url:
            seen = "none are configured: it is polled"
            return [Finding("webhooks", "", Result.OK, seen, 'webhook_url = "https://…" takes them in')]
        types = dict.fromkeys(
            each
            for entity in self._settings.names
            for given in [self._settings.entity(entity)]
            for each in (given.type, *([given.children.type] if given.children else []))
        )
        remedy = (
            f"let the app's webhooks go to {url} and subscribe to {', '.join(map(_subscription, types))} "
            f"({', '.join(_EVENTS)})"
        )
        seen = "the subscriptions belong to the app and do not show to its token"
        return [*needs_webhook_secret(self._http.secrets), Finding("webhooks", "", Result.NOT_VISIBLE, seen, remedy)]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _one(self, object_type: str) -> Any:
        version = self._settings.version
        objects = "/crm/v3/objects" if version == "v3" else f"/crm/objects/{version}"
        return self._http.read(f"{objects}/{quote(object_type)}?limit=1&properties=hs_object_id")

    def _may_read(self, object_type: str) -> bool | Trouble:
        found = self._one(object_type)
        if not isinstance(found, Trouble):
            return True
        return False if found.next is Next.PERMANENT else found

    def _fields(self, object_type: str) -> Mapping[str, There] | None:
        body = self._http.read(f"/crm/{self._settings.properties}/properties/{quote(object_type)}")
        rows = mapping_of(body).get("results")
        if not isinstance(rows, list):
            return None
        return {
            str(row["name"]): _there(row) for row in map(mapping_of, rows) if "name" in row and not row.get("archived")
        }


def _there(row: Mapping[str, Any]) -> There:
    is_fixed = claim(mapping_of(row.get("modificationMetadata")).get("readOnlyValue"))
    return There(
        type=str(row.get("type", "")),
        is_unique=claim(row.get("hasUniqueValue")),
        is_writable=None if is_fixed is None else not is_fixed,
    )


def _property(mapped: MappedField) -> str | None:
    name = mapped.place.removeprefix("properties.")
    if name == mapped.place:
        return None
    return "lastname" if (mapped.ours, name) == ("contacts[].name", "name") else name


def _subscription(object_type: str) -> str:
    return _NAMED.get(object_type) or _NAMED_TOO.get(object_type) or f"object ({object_type})"
