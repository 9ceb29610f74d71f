"""One HubSpot account as the connector port wants it: a reader and a writer per entity."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.connectors.entity_system import EntitySystem
from shared.connectors.http import Http
from shared.connectors.hubspot.api import Api
from shared.connectors.hubspot.reading import Reader
from shared.connectors.hubspot.settings import HubSpotSettings
from shared.connectors.hubspot.subject import Subject
from shared.connectors.hubspot.writing import Writer

if TYPE_CHECKING:
    from shared.connectors.hubspot.inspection import HubSpotInspector


class HubSpotSystem(EntitySystem):
    """A reader and a writer per entity, over one session."""

    def __init__(self, settings: HubSpotSettings, http: Http) -> None:
        api = Api(http, settings)
        readers = {
            entity: Reader(api, _subject(settings, entity), polls_archived=settings.polls_archived)
            for entity in settings.names
        }
        writers = {entity: Writer(api, reader) for entity, reader in readers.items()}
        super().__init__(settings.name, http, readers, writers)
        self._settings = settings

    def inspector(self) -> HubSpotInspector:
        """Return what asks the account how it is set up."""
        from shared.connectors.hubspot.inspection import HubSpotInspector

        return HubSpotInspector(self._settings, self._http)


def _subject(settings: HubSpotSettings, entity: str) -> Subject:
    return Subject(
        system=settings.name,
        entity=entity,
        given=settings.entity(entity),
        mapping=settings.mapping(entity),
        overlap=timedelta(seconds=settings.overlap_seconds),
        merged=settings.merged,
    )
