"""One Salesforce org as the connector port wants it: a reader and a writer per entity."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.connectors.entity_system import EntitySystem
from shared.connectors.salesforce.api import Api
from shared.connectors.salesforce.reading import Reader
from shared.connectors.salesforce.session import Quota, Session
from shared.connectors.salesforce.settings import SalesforceSettings
from shared.connectors.salesforce.subject import Subject
from shared.connectors.salesforce.writing import Writer

if TYPE_CHECKING:
    from shared.connectors.salesforce.inspection import SalesforceInspector


class SalesforceSystem(EntitySystem):
    """A reader and a writer per entity, over one session."""

    def __init__(self, settings: SalesforceSettings, session: Session) -> None:
        api = Api(session, settings)
        readers = {entity: Reader(api, _subject(settings, entity), settings.fetch_size) for entity in settings.names}
        writers = {entity: Writer(api, reader, settings) for entity, reader in readers.items()}
        super().__init__(settings.name, session.login, readers, writers)
        self._session = session
        self._settings = settings

    def inspector(self) -> SalesforceInspector:
        """Return what asks the org how it is set up."""
        from shared.connectors.salesforce.inspection import SalesforceInspector

        return SalesforceInspector(self._settings, self._session)

    @property
    def quota(self) -> Quota | None:
        """Return how many of the day's calls were used, as the last answer told."""
        return self._session.quota

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._session.close()


def _subject(settings: SalesforceSettings, entity: str) -> Subject:
    return Subject(
        system=settings.name,
        entity=entity,
        given=settings.entity(entity),
        mapping=settings.mapping(entity),
        overlap=timedelta(seconds=settings.overlap_seconds),
    )
