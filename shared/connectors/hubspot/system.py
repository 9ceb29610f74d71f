"""One HubSpot account as the connector port wants it: five verbs, each handed to the entity's reader or writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from shared.connectors.http import Http
from shared.connectors.hubspot.api import Api
from shared.connectors.hubspot.reading import Reader
from shared.connectors.hubspot.settings import HubSpotSettings
from shared.connectors.hubspot.subject import Subject
from shared.connectors.hubspot.writing import Writer
from shared.connectors.keys_shown import Found
from shared.core.commands import Command
from shared.core.observations import Answer, Next, Shown, Trouble
from shared.ports.system import Key, Listing, Page


class HubSpotSystem:
    """The five verbs of the port, over one session."""

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        self.name = settings.name
        self.calls: Mapping[str, int] = http.calls
        self._http = http
        api = Api(http, settings)
        self._readers = {
            entity: Reader(api, _subject(settings, entity), polls_archived=settings.polls_archived)
            for entity in settings.names
        }
        self._writers = {entity: Writer(api, reader) for entity, reader in self._readers.items()}

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._http.close()

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor; without one, of everything."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.changed_since(cursor)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.listing(cursor)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return, for every id asked, what is shown now."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.fetch(ids)

    def find(self, entity: str, keys: Sequence[Key]) -> Found | Trouble:
        """Return, for every key asked, all live records that show it."""
        reader = self._reader(entity)
        return reader if isinstance(reader, Trouble) else reader.find(keys)

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands of one verb; one answer per command, same order."""
        return self._writers[entity].write(commands)

    def _reader(self, entity: str) -> Reader | Trouble:
        unknown = Trouble(Next.PERMANENT, "unknown-entity", f"{self.name} is not described for {entity}")
        return self._readers.get(entity, unknown)


def _subject(settings: HubSpotSettings, entity: str) -> Subject:
    return Subject(
        system=settings.name,
        entity=entity,
        given=settings.entity(entity),
        mapping=settings.mapping(entity),
        overlap=timedelta(seconds=settings.overlap_seconds),
        merged=settings.merged,
    )
