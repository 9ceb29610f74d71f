"""One entity at one org: which fields are read, and what a record shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.connectors.mapping import EntityMapping, Habits, read
from shared.connectors.mapping.moments import microseconds, moment
from shared.connectors.mapping.places import MisfitError
from shared.connectors.observing import observation
from shared.connectors.salesforce.ids import whole_id
from shared.connectors.salesforce.settings import COLLECTIONS, Children, SalesforceEntity
from shared.connectors.salesforce.walk import STAMP
from shared.core.observations import Invalid, Observation, Revision, Source

DELETED = "IsDeleted"


@dataclass(frozen=True)
class Subject:
    """One entity at one org."""

    system: str
    entity: str
    given: SalesforceEntity
    mapping: EntityMapping
    overlap: timedelta
    habits: Habits = field(default_factory=Habits)

    @property
    def collection(self) -> str:
        """Return the list that children make up."""
        return COLLECTIONS.get(self.entity, "")

    def columns(self) -> list[str]:
        """Return the fields of the record that are read."""
        own = [each.place for each in self.mapping.plain if not each.write_only]
        reference = [self.given.reference] if self.given.reference else []
        return list(dict.fromkeys(["Id", STAMP, DELETED, *reference, *self.given.archive, *own]))

    def child_columns(self, children: Children) -> list[str]:
        """Return the fields of its children that are read."""
        collection = self.mapping.collection(self.collection)
        own = [each.place for each in collection.fields if not each.write_only] if collection else []
        return list(dict.fromkeys(["Id", children.parent, STAMP, DELETED, *own]))

    def is_ended(self, row: Mapping[str, Any]) -> bool:
        """Tell whether a record is in the recycle bin, or archived as this entity is."""
        archive = self.given.archive
        return row.get(DELETED) is True or (bool(archive) and all(row.get(n) == v for n, v in archive.items()))

    def observed(self, row: Mapping[str, Any], source: Source = Source.FETCHED) -> Observation | Invalid:
        """Return what a record shows."""
        external_id = whole_id(str(row["Id"]))
        if self.is_ended(row):
            return Observation(self.system, self.entity, external_id, source=source, deleted=True)
        shown = read(self.mapping, row, self.habits)
        modified = modified_of(row)
        revision = Revision(modified.isoformat(), microseconds(modified)) if modified else None
        return observation(self.mapping, external_id, shown, revision, modified, source)


def modified_of(row: Mapping[str, Any]) -> datetime | None:
    """Return when a record was last modified."""
    try:
        return moment(row[STAMP]) if row.get(STAMP) else None
    except MisfitError:
        return None
