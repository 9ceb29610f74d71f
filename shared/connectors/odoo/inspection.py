"""How an Odoo is set up: fields by `fields_get`, rights by `check_access_rights`, both as the key's user has them.

Whether a field is unique stands in no description, and automation rules are for administrators: what to set is said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

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
from shared.connectors.mapping.places import top
from shared.connectors.odoo.api import Call, Done, Failed, Interface
from shared.connectors.odoo.settings import COLLECTIONS, DELIVERY, MODELS, ORDER_STATUS, STOCK, OdooSettings
from shared.connectors.odoo.subject import CHILDREN
from shared.core.entities import Kind
from shared.core.inspection import Described, Finding, Needed, Result, There, Uniqueness
from shared.core.observations import Next, Trouble
from shared.ports.inspection import Greeted

_WORDS = MappingProxyType(
    {Kind.TEXT: "char", Kind.NUMBER: "float", Kind.MONEY: "float", Kind.MOMENT: "datetime", Kind.FLAG: "boolean"}
)
_OPERATIONS = MappingProxyType({"read": "read", "create": "create", "update": "write"})
_WRITTEN = frozenset({"customer", "product", "order"})
_QUANT = ("product_id", "location_id", "quantity", "reserved_quantity")


class OdooInspector:
    """Asks one Odoo about its models."""

    describes = True

    def __init__(self, settings: OdooSettings, http: Watched, interface: Interface) -> None:
        self._settings, self._http, self._interface = settings, http, interface

    def greet(self) -> Greeted | Trouble:
        """Read the id of one record."""
        self._http.begin_anew()
        entity = self._settings.names[0]
        asked = {"domain": [], "fields": ["id"], "order": "id", "limit": 1, "context": self._settings.context}
        ended = self._interface.carry_out(Call(MODELS.get(entity, "stock.quant"), "search_read", asked))
        if isinstance(ended, Failed) and ended.trouble.next is not Next.PERMANENT:
            return ended.trouble
        return Greeted(self._http.at)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the model, then that of its elements."""
        if entity == STOCK:
            needed = tuple(Needed(name, name, is_sent=False) for name in _QUANT)
            return [self._described(entity, "stock.quant", needed, ("read",))]
        given, mapping = self._settings.entity(entity), self._settings.mapping(entity)
        own = (
            *reference(given.reference, "char", frozenset({"char", "text"}), Uniqueness.WISH),
            *of_record(mapping, _name, _WORDS),
        )
        verbs = tuple(_OPERATIONS) if entity in _WRITTEN else ("read",)
        found = [self._described(entity, MODELS[entity], own, verbs)]
        parts = of_elements(mapping, COLLECTIONS.get(entity, ""), _name, _WORDS)
        if parts and entity in CHILDREN:
            found.append(self._described(entity, CHILDREN[entity].model, parts, verbs))
        return found

    def webhooks(self) -> Sequence[Finding]:
        """Return what automation rules have to be there."""
        if not self._settings.webhooks:
            seen = "none are configured: it is polled"
            return [Finding("webhooks", "", Result.OK, seen, "webhooks = true takes them in")]
        models = ", ".join(MODELS[entity] for entity in self._settings.mapped)
        remedy = (
            f"an automation rule each for {models}: on save, action Send Webhook Notification to "
            f"…/webhooks/{self._settings.name}?token=<webhook_secret>"
        )
        seen = "automation rules show to administrators only"
        return [*needs_webhook_secret(self._http.secrets), Finding("webhooks", "", Result.NOT_VISIBLE, seen, remedy)]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _described(self, entity: str, model: str, needed: Sequence[Needed], verbs: Sequence[str]) -> Described:
        return Described(
            entity,
            model,
            tuple(needed),
            self._fields(model),
            {verb: self._may(model, _OPERATIONS[verb]) for verb in verbs},
            f"Settings > Technical > Models > {model}: a stored field, and a constraint UNIQUE on it by a module",
            f"give the user of the key a group with these rights on {model}",
        )

    def _fields(self, model: str) -> Mapping[str, There] | None:
        named = {"attributes": ["type"], "context": self._settings.context}
        ended = self._interface.carry_out(Call(model, "fields_get", named))
        if not isinstance(ended, Done) or not isinstance(ended.result, Mapping):
            return None
        return {str(name): There(str(mapping_of(each).get("type", ""))) for name, each in ended.result.items()}

    def _may(self, model: str, operation: str) -> bool | None:
        named = {"operation": operation, "raise_exception": False}
        ended = self._interface.carry_out(Call(model, "check_access_rights", named))
        return claim(ended.result) if isinstance(ended, Done) else None


def _name(mapped: MappedField) -> str | None:
    if mapped.place == ORDER_STATUS:
        return None  # made of the state and the delivery status, and changed by actions
    return top(mapped.place.removeprefix(f"{DELIVERY}."))
