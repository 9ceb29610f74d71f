"""One EspoCRM as the connector port wants it: five verbs, each handed to the entity's reader or writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from shared.connectors.espocrm.api import Api
from shared.connectors.espocrm.reading import Reader
from shared.connectors.espocrm.settings import EspoSettings
from shared.connectors.espocrm.subject import Subject
from shared.connectors.espocrm.writing import Writer
from shared.connectors.http import Http
from shared.connectors.keys_shown import Found
from shared.connectors.mapping import Habits
from shared.core.commands import Command
from shared.core.entities import Kind
from shared.core.observations import Answer, Next, Shown, Trouble
from shared.ports.system import Key, Listing, Page

A_MOMENT = ("2000-01-01 00:00:00", datetime(2000, 1, 1, tzinfo=UTC))
"""How Espo writes times, for fields that it has not shown yet."""


class EspoSystem:
    """The five verbs of the port, over one session."""

    def __init__(self, settings: EspoSettings, http: Http) -> None:
        self.name = settings.name
        self.calls: Mapping[str, int] = http.calls
        self._http = http
        api = Api(http, settings.api_path, settings.page_size)
        self._readers = {entity: Reader(api, _subject(settings, entity)) for entity in settings.names}
        self._writers = {
            entity: Writer(api, reader, skip_duplicate_check=settings.skip_duplicate_check)
            for entity, reader in self._readers.items()
        }

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


def _subject(settings: EspoSettings, entity: str) -> Subject:
    habits = Habits()
    mapping = settings.mapping(entity)
    for each in (*mapping.plain, *(inner for every in mapping.collections for inner in every.fields)):
        if each.kind is Kind.MOMENT and each.format is None:
            habits.note(entity, each.ours, *A_MOMENT)
    return Subject(
        system=settings.name,
        entity=entity,
        given=settings.entity(entity),
        mapping=mapping,
        answered=settings.mapping(entity, omits_null=True),
        overlap=timedelta(seconds=settings.overlap_seconds),
        fetch_size=settings.fetch_size,
        habits=habits,
    )
