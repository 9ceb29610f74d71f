"""How an EspoCRM is set up: its own metadata of entity types, the rights of the API user, and its webhooks.

What the interface of the pages gives to every user is read tolerantly: a part that is refused is not visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from shared.connectors.espocrm.settings import COLLECTIONS, EspoSettings
from shared.connectors.http import Http
from shared.connectors.inspecting import (
    Watched,
    claim,
    mapping_of,
    needs_webhook_secret,
    of_elements,
    of_record,
    plain_name,
    reference,
)
from shared.core.entities import Kind
from shared.core.inspection import Described, Finding, Needed, Result, There, Uniqueness
from shared.core.observations import Next, Trouble
from shared.ports.inspection import Greeted

_WORDS = MappingProxyType(
    {
        Kind.TEXT: "Varchar",
        Kind.NUMBER: "Float",
        Kind.MONEY: "Currency",
        Kind.MOMENT: "Date-Time",
        Kind.FLAG: "Boolean",
    }
)
_VERBS = MappingProxyType({"read": "read", "create": "create", "update": "edit", "archive": "delete"})
_ENDINGS = ("Id", "Name", "Type", "Currency", "Converted")
"""What Espo puts behind a field's name: `accountId` of the link `account`, `amountCurrency` of `amount`."""


class EspoInspector:
    """Asks one EspoCRM about its entity types."""

    describes = True

    def __init__(self, settings: EspoSettings, http: Http) -> None:
        self._settings = settings
        self._http = Watched.apart(http)
        self._rights: Mapping[str, Any] = {}

    def greet(self) -> Greeted | Trouble:
        """Ask who we are; where that is not told to API users, list one record."""
        self._http.begin_anew()
        found = self._read("App/user")
        if isinstance(found, Trouble) and found.next is Next.PERMANENT:
            kind = self._settings.entity(self._settings.names[0]).type
            found = self._read(f"{quote(kind)}?maxSize=1&select=id")
        if isinstance(found, Trouble) and found.next is not Next.PERMANENT:
            return found
        self._rights = mapping_of(mapping_of(mapping_of(found).get("acl")).get("table"))
        return Greeted(self._http.at)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the entity type, then that of its children."""
        given, mapping = self._settings.entity(entity), self._settings.mapping(entity)
        own = (
            *reference(given.reference, "Varchar", frozenset({"varchar", "text"}), Uniqueness.WISH),
            *of_record(mapping, plain_name, _WORDS),
        )
        found = [self._described(entity, given.type, own, versioned=given.versioned)]
        if given.children is not None:
            parts = of_elements(mapping, COLLECTIONS[entity], plain_name, _WORDS)
            found.append(self._described(entity, given.children.type, parts, versioned=None))
        return found

    def webhooks(self) -> Sequence[Finding]:
        """Return which of the configured webhooks are there."""
        configured = self._settings.webhooks
        if not configured:
            seen = "none are configured: it is polled"
            remedy = 'a webhook each for create, update and delete, and [systems.….webhooks] "id" = "Account.update"'
            return [Finding("webhooks", "", Result.OK, seen, remedy)]
        found = self._read("Webhook?select=event,url,isActive&maxSize=200")
        rows = mapping_of(found).get("list")
        lacking = needs_webhook_secret(self._http.secrets)
        if not isinstance(rows, list):
            seen = "the webhooks do not show to our user"
            return [*lacking, Finding("webhooks", "", Result.NOT_VISIBLE, seen, "let its role read webhooks")]
        known = {str(row.get("id")): row for row in map(mapping_of, rows)}
        return [*lacking, *(_webhook(each, event, known.get(each)) for each, event in configured.items())]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _described(self, entity: str, kind: str, needed: tuple[Needed, ...], *, versioned: bool | None) -> Described:
        definition = self._read(f"Metadata?key=entityDefs.{quote(kind)}")
        fields = mapping_of(mapping_of(definition).get("fields"))
        told = () if versioned is None or not fields else tuple(_locking(entity, kind, definition, versioned))
        return Described(
            entity,
            kind,
            needed,
            _attributes(definition, fields, needed) if fields else None,
            self._may(kind),
            f"Administration > Entity Manager > {kind} > Fields",
            f"give the API user's role these rights on {kind}: Administration > Roles",
            told=told,
        )

    def _may(self, kind: str) -> Mapping[str, bool | None]:
        if not self._rights:
            return dict.fromkeys(_VERBS)
        granted = self._rights.get(kind, False)
        if isinstance(granted, bool):
            return dict.fromkeys(_VERBS, granted)
        return {verb: mapping_of(granted).get(theirs, "no") not in ("no", False) for verb, theirs in _VERBS.items()}

    def _read(self, path: str) -> Any:
        return self._http.read(f"{self._settings.api_path.rstrip('/')}/{path}")


def _attributes(definition: Any, fields: Mapping[str, Any], needed: Sequence[Needed]) -> Mapping[str, There]:
    """Return the fields, and the attributes that are needed: each belongs to a field of its name, or is part of one."""
    indexes = [mapping_of(each) for each in mapping_of(definition.get("indexes")).values()]
    unique = {str(column) for each in indexes if each.get("type") == "unique" for column in each.get("columns", ())}
    found = {name: There(str(mapping_of(field).get("type", ""))) for name, field in fields.items()}
    for each in needed:
        field = _field_of(fields, each.name)
        if field is not None:
            is_fixed = claim(field.get("readOnly"))
            found[each.name] = There(str(field.get("type", "")), each.name in unique, not is_fixed)
    return found


def _field_of(fields: Mapping[str, Any], attribute: str) -> Mapping[str, Any] | None:
    if attribute in fields:
        return mapping_of(fields[attribute])
    owners = [attribute.removesuffix(ending) for ending in _ENDINGS if attribute.endswith(ending)]
    addresses = [name for name, field in fields.items() if mapping_of(field).get("type") in ("address", "personName")]
    owners += [name for name in addresses if attribute.startswith(name)]
    return next((mapping_of(fields[name]) for name in owners if name in fields), None)


def _locking(entity: str, kind: str, definition: Any, versioned: bool) -> Iterator[Finding]:
    is_on = claim(mapping_of(definition).get("optimisticConcurrencyControl")) is True
    if is_on and not versioned:
        seen = f"{kind} has optimistic concurrency control, but nobody says so"
        yield Finding("lock", entity, Result.WARNING, seen, "say versioned = true: nobody's edit is overwritten then")
    elif versioned and not is_on:
        seen = f"versioned = true, but {kind} has no optimistic concurrency control"
        remedy = f"switch it on: Administration > Entity Manager > {kind} > Edit; or take versioned away"
        yield Finding("lock", entity, Result.FAILED, seen, remedy)


def _webhook(webhook: str, event: str, row: Mapping[str, Any] | None) -> Finding:
    if row is None:
        remedy = f"create a webhook for {event}, and name its id in [systems.….webhooks]"
        return Finding("webhooks", "", Result.FAILED, f"there is no webhook {webhook} for {event}", remedy)
    if row.get("event") != event:
        seen = f"webhook {webhook} is for {row.get('event')}, not for {event}"
        return Finding("webhooks", "", Result.FAILED, seen, "name the event that it is for in [systems.….webhooks]")
    if row.get("isActive") is False:
        return Finding("webhooks", "", Result.WARNING, f"the webhook for {event} is switched off", "switch it on")
    return Finding("webhooks", "", Result.OK, f"the webhook for {event} is there")
