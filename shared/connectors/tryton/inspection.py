"""How a Tryton is set up: fields by `fields_get`, rights by `ir.model.access`, under a login of its own.

Our record id stands in an identifier or a note, so nothing has to be created; a field that is not there belongs to a
module that is not activated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from shared.connectors.http import Http
from shared.connectors.inspecting import OwnTokens, Watched, claim, mapping_of
from shared.connectors.tryton import customers, orders, products, shipments
from shared.connectors.tryton.capabilities import entities
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.rpc import Done, Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.core.inspection import Described, Finding, Needed, Result, There
from shared.core.observations import Trouble
from shared.ports.clock import Clock
from shared.ports.inspection import Greeted

_VIEWS = MappingProxyType(
    {"customer": customers.view, "product": products.view, "order": orders.view, "shipment": shipments.view}
)
_STOCK = ("code", "quantity", "forecast_quantity")
_RIGHTS = MappingProxyType({"read": "read", "create": "create", "update": "write"})


class TrytonInspector:
    """Asks one database about its models."""

    describes = True

    def __init__(self, settings: TrytonSettings, http: Http, clock: Clock) -> None:
        self._settings = settings
        self._http = Watched.apart(http)
        self._rpc = Rpc(settings.name, settings.database, self._http, OwnTokens(), clock)
        self._able = entities(settings)

    def greet(self) -> Greeted | Trouble:
        """Log in, and read our preferences."""
        ended = self._rpc.call("res.user", "get_preferences", True)
        return ended.trouble if isinstance(ended, Failed) else Greeted(self._http.at)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the model of an entity."""
        if entity not in _VIEWS:
            needed = tuple(Needed(name, name, is_sent=False) for name in _STOCK)
            return [self._described(entity, products.MODEL, needed)]
        custom = Custom(self._settings.custom(entity))
        view = _VIEWS[entity](self._settings, custom)
        names = dict.fromkeys(each.partition(".")[0] for each in view.fields if not each.startswith("_"))
        return [self._described(entity, view.model, tuple(Needed(name, name, is_sent=False) for name in names))]

    def webhooks(self) -> Sequence[Finding]:
        """Return that there are none."""
        return [Finding("webhooks", "", Result.OK, "Tryton has none: it is polled")]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _described(self, entity: str, model: str, needed: tuple[Needed, ...]) -> Described:
        able = self._able[entity]
        verbs = [verb for verb in _RIGHTS if verb in able.can]
        return Described(
            entity,
            model,
            needed,
            self._fields(model),
            self._may(model, verbs),
            "activate the module that brings it, or correct its name in the mapping",
            f"give our user a group with these rights on {model}: Administration > Users > Groups",
            told=_kept(entity, able.reference_field, sorted(able.keys)) if "create" in able.can else (),
        )

    def _fields(self, model: str) -> Mapping[str, There] | None:
        ended = self._rpc.call(model, "fields_get", None)
        if not isinstance(ended, Done) or not isinstance(ended.result, Mapping):
            return None
        return {str(name): There(str(mapping_of(each).get("type", ""))) for name, each in ended.result.items()}

    def _may(self, model: str, verbs: Sequence[str]) -> Mapping[str, bool | None]:
        ended = self._rpc.call("ir.model.access", "get_access", [model])
        told = mapping_of(ended.result if isinstance(ended, Done) else None)
        rights = mapping_of(told.get(model))
        return {verb: claim(rights.get(_RIGHTS[verb])) for verb in verbs}


def _kept(entity: str, field: str | None, keys: Sequence[str]) -> tuple[Finding, ...]:
    seen = f"our record id is kept in {field}" if field else f"none is kept; records are found by {', '.join(keys)}"
    return (Finding("reference", entity, Result.OK, f"{seen}: nothing has to be created"),)
