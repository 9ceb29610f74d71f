"""A plain REST system as the connector port wants it: five verbs, each handed to the module that knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.connectors.http import Calls
from shared.connectors.mapping import Habits
from shared.connectors.rest.changes import changed_since, listing
from shared.connectors.rest.looking_up import fetch, find
from shared.connectors.rest.route import Route
from shared.connectors.rest.sending import referred
from shared.connectors.rest.settings import RestSettings
from shared.connectors.rest.writing import write
from shared.core.commands import Command
from shared.core.observations import Answer, Invalid, Next, Observation, Shown, Trouble
from shared.ports.system import Key, Listing, Page

if TYPE_CHECKING:
    from shared.connectors.rest.inspection import RestInspector


class RestSystem:
    """One outside system that speaks plain REST; `calls` counts what was sent to it, `read` and `write`."""

    def __init__(self, settings: RestSettings, http: Calls) -> None:
        self.name = settings.name
        self.calls = http.calls
        self.habits = Habits()
        self._overlap_seconds = settings.overlap_seconds
        self._http, self._settings = http, settings
        self._routes = {
            entity: Route(
                self.name,
                entity,
                given,
                settings.mapping(entity),
                self.habits,
                http=http,
                headers=settings.headers_of(entity),
            )
            for entity, given in settings.entities.items()
        }
        self._spellings: set[str] = set()

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor; without one, of everything."""
        route = self._able(entity, "list")
        return route if isinstance(route, Trouble) else changed_since(route, cursor, self._overlap_seconds)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records of an entity."""
        route = self._able(entity, "list")
        return route if isinstance(route, Trouble) else listing(route, cursor)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return, for every id asked, what is shown now."""
        route = self._able(entity)
        return route if isinstance(route, Trouble) else fetch(route, ids)

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return, for every key asked, all live records that show it."""
        route = self._able(entity)
        return route if isinstance(route, Trouble) else find(route, keys)

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands of one verb; one answer per command, same order."""
        route = self._routes[entity]
        self._learn_spellings(route, commands)
        return write(route, commands)

    def inspector(self) -> RestInspector:
        """Return what asks this system how it is set up, as far as its lists tell."""
        from shared.connectors.rest.inspection import RestInspector

        return RestInspector(self._settings, self._http)

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def _able(self, entity: str, verb: str | None = None) -> Route | Trouble:
        route = self._routes.get(entity)
        if route is None:
            return Trouble(Next.PERMANENT, "unknown-entity", f"{self.name} is not described for {entity}")
        if verb is not None and verb not in route.given.abilities:
            return Trouble(Next.PERMANENT, "unsupported", f"{self.name} offers no {verb} of {entity}")
        return route

    def _learn_spellings(self, route: Route, commands: Sequence[Command]) -> None:
        """Look once per entity whether its ids are numbers or texts, before the first reference to it is written."""
        for reference in referred(route, commands):
            other = self._routes.get(reference.entity)
            if other is not None and reference.entity not in self._spellings:
                self._spellings.add(reference.entity)
                fetch(other, [reference.external_id])
