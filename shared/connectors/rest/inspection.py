"""How a plain REST system is set up, as far as a list tells: it describes nothing, so some of its records speak.

One page of each list is read. A field that no record shows may be there all the same; whether a field is unique shows
only where two records share a value; rights to write show at the first write.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from shared.connectors.http import Calls, Http
from shared.connectors.inspecting import OwnTokens, Watched, needs_webhook_secret, reference
from shared.connectors.mapping import EntityMapping
from shared.connectors.mapping.fields import Collection, MappedField
from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.rest import paging
from shared.connectors.rest.oauth import OAuthCalls
from shared.connectors.rest.route import Route
from shared.connectors.rest.settings import RestSettings
from shared.core.inspection import Described, Finding, Needed, Result, There, Uniqueness
from shared.core.keys import REFERENCE
from shared.core.observations import Next, Trouble
from shared.ports.inspection import Greeted

SAMPLE = 100
"""How many records of a page are looked at."""

_WRITES = MappingProxyType({"create": "create", "update": "update", "archive": "archive"})


@dataclass(frozen=True, slots=True)
class _Sample:
    """The records of a page that has been read."""

    rows: tuple[Mapping[str, Any], ...]


class RestInspector:
    """Asks one system for a page of each list."""

    describes = False

    def __init__(self, settings: RestSettings, calls: Calls) -> None:
        self._settings = settings
        self._http, self._watched = _apart(calls)
        self._samples: dict[str, _Sample | Trouble] = {}

    def greet(self) -> Greeted | Trouble:
        """Read a page of the first list that there is."""
        self._watched.begin_anew()
        for entity, given in self._settings.entities.items():
            if "list" in given.abilities:
                found = self._sample(entity)
                if isinstance(found, Trouble) and found.next is not Next.PERMANENT:
                    return found
                return Greeted(self._watched.at)
        return Trouble(Next.PERMANENT, "no-list", "nothing is described that can be listed", whole_system=True)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return what a page of its list shows."""
        given, mapping = self._settings.entities[entity], self._settings.mapping(entity)
        needed = (
            *reference(mapping.reference or "", "text", frozenset(), Uniqueness.WISH),
            *(Needed(each.ours, each.place, not each.read_only, each.kind.value) for each in mapping.plain),
        )
        told = () if mapping.reference else (_no_reference(entity, given.path),)
        unseen = {verb: None for verb in _WRITES if verb in given.abilities}
        found = self._sample(entity) if "list" in given.abilities else None
        if isinstance(found, Trouble) and found.next is not Next.PERMANENT:
            return found
        if not isinstance(found, _Sample):
            may = {**({} if found is None else {"read": False}), **unseen}
            rights = "look at its path and at the rights of our credentials"
            return [Described(entity, given.path, needed, None, may, rights=rights, told=told)]
        fields = _shown(mapping, found.rows) if found.rows else None
        if given.omits_null and fields is not None:
            needed = tuple(each for each in needed if each.name in fields or each.ours == REFERENCE)
        inside = tuple(_inside(mapping, found.rows))
        return [
            Described(
                entity,
                given.path,
                (*needed, *inside),
                fields,
                {"read": True, **unseen},
                rights="the first write tells",
                is_sample=True,
                told=told,
            )
        ]

    def webhooks(self) -> Sequence[Finding]:
        """Return what is needed for signed messages."""
        lacking = needs_webhook_secret(self._http.secrets, self._settings.webhook.secret_key)
        if lacking:
            key = self._settings.webhook.secret_key
            seen = "none can be verified: it is polled"
            where = f"…/webhooks/{self._settings.name}"
            remedy = f"for changes in seconds: messages signed as `scheme` says to {where}, secret {key}"
            return [Finding("webhooks", "", Result.OK, seen, remedy)]
        seen = "what it sends, and where to, does not show"
        remedy = f"let it send its messages to …/webhooks/{self._settings.name}"
        return [Finding("webhooks", "", Result.NOT_VISIBLE, seen, remedy)]

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _sample(self, entity: str) -> _Sample | Trouble:
        if entity not in self._samples:
            self._samples[entity] = self._read(entity)
        return self._samples[entity]

    def _read(self, entity: str) -> _Sample | Trouble:
        given, mapping = self._settings.entities[entity], self._settings.mapping(entity)
        route = Route(
            self._settings.name, entity, given, mapping, http=self._http, headers=self._settings.headers_of(entity)
        )
        found = paging.page(route, paging.walk_of(None))
        if isinstance(found, Trouble):
            return found
        return _Sample(tuple(row for row in found.rows[:SAMPLE] if isinstance(row, Mapping)))


def _apart(calls: Calls) -> tuple[Calls, Watched]:
    """Return calls of their own to the same system, and the session under them."""
    if isinstance(calls, OAuthCalls):
        under = Watched.apart(calls.api)
        return calls.apart(OwnTokens(), under, Watched.apart), under
    assert isinstance(calls, Http), "calls are made with a login or without"
    under = Watched.apart(calls)
    return under, under


def _no_reference(entity: str, path: str) -> Finding:
    remedy = (
        f'let {path} have a text field for our record id, unique values, and map it: external_reference = "…", with a '
        "find; until then a lost answer to a create is settled by reading the whole list"
    )
    return Finding("reference", entity, Result.WARNING, f"no field of {path} holds our record id", remedy)


def _shown(mapping: EntityMapping, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, There]:
    places = [each.place for each in mapping.plain]
    found = {place: There() for place in places if any(_has(row, place) for row in rows)}
    if mapping.reference and any(_has(row, mapping.reference) for row in rows):
        shown = [look(row, mapping.reference) for row in rows if _has(row, mapping.reference)]
        held = [each for each in shown if isinstance(each, str | int) and each != ""]
        found[mapping.reference] = There(is_unique=False if len(set(held)) < len(held) else None)
    for collection in mapping.collections:
        elements = _elements(collection, rows)
        names = (each for each in collection.fields if any(_has(element, each.place) for element in elements))
        found |= {_name(collection, each): There() for each in names}
    return found


def _inside(mapping: EntityMapping, rows: Sequence[Mapping[str, Any]]) -> Iterator[Needed]:
    """Yield what is needed of elements, of those lists that have any."""
    for collection in mapping.collections:
        if _elements(collection, rows):
            for each in collection.fields:
                yield Needed(each.ours, _name(collection, each), not each.read_only, each.kind.value)


def _elements(collection: Collection, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    lists = [look(row, collection.place) for row in rows if _has(row, collection.place)]
    return [each for some in lists if isinstance(some, list) for each in some if isinstance(each, Mapping)]


def _name(collection: Collection, mapped: MappedField) -> str:
    return f"{collection.place}[].{mapped.place}"


def _has(record: Mapping[str, Any], place: str) -> bool:
    try:
        return look(record, place) is not MISSING
    except MisfitError:
        return False
