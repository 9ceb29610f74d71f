"""One entity at one Espo: which attributes are read, and what a record shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.connectors.espocrm.api import Row
from shared.connectors.espocrm.settings import COLLECTIONS, Children, EspoEntity
from shared.connectors.mapping import EntityMapping, Habits, read
from shared.connectors.mapping.moments import microseconds, moment
from shared.connectors.mapping.places import MisfitError, top
from shared.connectors.observing import observation
from shared.core.observations import Invalid, Observation, Revision, Source

MODIFIED = "modifiedAt"
VERSION = "versionNumber"


@dataclass(frozen=True)
class Subject:
    """One entity at one Espo. `answered` reads the answer to a create, which leaves out what is null."""

    system: str
    entity: str
    given: EspoEntity
    mapping: EntityMapping
    answered: EntityMapping
    overlap: timedelta
    fetch_size: int
    habits: Habits

    @property
    def collection(self) -> str:
        """Return the list that children make up."""
        return COLLECTIONS.get(self.entity, "")

    def attributes(self) -> list[str]:
        """Return the attributes of the record that are read."""
        own = [top(field.place) for field in self.mapping.plain]
        reference = [self.mapping.reference] if self.mapping.reference else []
        version = [VERSION] if self.given.versioned else []
        return list(dict.fromkeys(["id", MODIFIED, *version, *reference, *own]))

    def child_attributes(self, children: Children) -> list[str]:
        """Return the attributes of its children that are read."""
        collection = self.mapping.collection(self.collection)
        own = [top(field.place) for field in collection.fields] if collection else []
        return list(dict.fromkeys(["id", children.parent, MODIFIED, *own]))

    def observed(self, row: Row, source: Source = Source.FETCHED, *, is_answer: bool = False) -> Observation | Invalid:
        """Return what a record shows."""
        external_id = str(row.get("id", ""))
        if row.get("deleted") is True:
            return Observation(self.system, self.entity, external_id, source=source, deleted=True)
        shown = read(self.answered if is_answer else self.mapping, row, self.habits)
        return observation(self.mapping, external_id, shown, self._revision(row), modified_of(row), source)

    def _revision(self, row: Row) -> Revision | None:
        version = row.get(VERSION)
        if self.given.versioned:
            return Revision(str(version), version, exact=True) if isinstance(version, int) else None
        modified = modified_of(row)
        return Revision(str(row[MODIFIED]), microseconds(modified)) if modified else None


def modified_of(row: Row) -> datetime | None:
    """Return when a record was last modified."""
    try:
        shown = row.get(MODIFIED)
        return None if shown is None else moment(shown)
    except MisfitError:
        return None
