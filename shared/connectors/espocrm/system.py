"""One EspoCRM as the connector port wants it: a reader and a writer per entity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared.connectors.entity_system import EntitySystem
from shared.connectors.espocrm.api import Api
from shared.connectors.espocrm.reading import Reader
from shared.connectors.espocrm.settings import EspoSettings
from shared.connectors.espocrm.subject import Subject
from shared.connectors.espocrm.writing import Writer
from shared.connectors.http import Http
from shared.connectors.mapping import Habits
from shared.core.entities import Kind

if TYPE_CHECKING:
    from shared.connectors.espocrm.inspection import EspoInspector

A_MOMENT = ("2000-01-01 00:00:00", datetime(2000, 1, 1, tzinfo=UTC))
"""How Espo writes times, for fields that it has not shown yet."""


class EspoSystem(EntitySystem):
    """A reader and a writer per entity, over one session."""

    def __init__(self, settings: EspoSettings, http: Http) -> None:
        api = Api(http, settings.api_path, settings.page_size)
        readers = {entity: Reader(api, _subject(settings, entity)) for entity in settings.names}
        writers = {
            entity: Writer(api, reader, skip_duplicate_check=settings.skip_duplicate_check)
            for entity, reader in readers.items()
        }
        super().__init__(settings.name, http, readers, writers)
        self._settings = settings

    def inspector(self) -> EspoInspector:
        """Return what asks this EspoCRM how it is set up."""
        from shared.connectors.espocrm.inspection import EspoInspector

        return EspoInspector(self._settings, self._http)


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
