"""One entity at one HubSpot account: which properties are read, and what a record shows.

A merge gives a record another id, and lists the old ones in a property. So that links hold, a record is known to us by
the lowest of its ids, the one that it had before; the present one is remembered for writes. The other record of a
merge is gone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.connectors.hubspot.api import Row
from shared.connectors.hubspot.settings import ASSOCIATED, COLLECTIONS, Children, HubSpotEntity
from shared.connectors.mapping import EntityMapping, Habits, read
from shared.connectors.mapping.moments import microseconds, moment
from shared.connectors.mapping.places import MisfitError
from shared.connectors.observing import observation
from shared.core.observations import Invalid, Observation, Revision, Source

MOST_ALIASES = 10_000
PEOPLE = "contacts"
"""The object type that has a first and a last name, and no name."""
_NAME = ("firstname", "lastname")


class Aliases:
    """The present id of each record that was merged; bounded, oldest out first."""

    def __init__(self) -> None:
        self._present: OrderedDict[str, str] = OrderedDict()

    def known_as(self, row: Row, merged: str) -> str:
        """Return the id by which a record is known to us."""
        present = str(row["id"])
        others = [each.strip() for each in str(_properties(row).get(merged) or "").split(";")]
        ids = [present, *(each for each in others if each.isdecimal())]
        known = min(ids, key=int) if present.isdecimal() else present
        if known != present:
            self._present[known] = present
            if len(self._present) > MOST_ALIASES:
                self._present.popitem(last=False)
        return known

    def present(self, external_id: str) -> str:
        """Return the id by which HubSpot knows a record now."""
        return self._present.get(external_id, external_id)


@dataclass(frozen=True)
class Subject:
    """One entity at one account."""

    system: str
    entity: str
    given: HubSpotEntity
    mapping: EntityMapping
    overlap: timedelta
    merged: str
    aliases: Aliases = field(default_factory=Aliases)
    habits: Habits = field(default_factory=Habits)

    @property
    def collection(self) -> str:
        """Return the list that children make up."""
        return COLLECTIONS.get(self.entity, "")

    def properties(self) -> list[str]:
        """Return the properties of the record that are read."""
        own = [each.place.removeprefix("properties.") for each in self.mapping.plain if _is_property(each.place)]
        reference = [self.given.reference] if self.given.reference else []
        return list(dict.fromkeys([self.given.modified, self.merged, *reference, *own]))

    def child_properties(self, children: Children) -> list[str]:
        """Return the properties of its children that are read."""
        collection = self.mapping.collection(self.collection)
        own = [each.place.removeprefix("properties.") for each in collection.fields] if collection else []
        if children.type == PEOPLE:
            own = [*_NAME, *(each for each in own if each != "name")]
        return list(dict.fromkeys([children.modified, *own]))

    def associations(self) -> list[str]:
        """Return the object types whose association is a field of ours."""
        return [each.place.removeprefix(ASSOCIATED) for each in self.mapping.plain if not _is_property(each.place)]

    def observed(self, row: Row, source: Source = Source.FETCHED) -> Observation | Invalid:
        """Return what a record shows."""
        external_id = self.aliases.known_as(row, self.merged)
        if row.get("archived") is True:
            return Observation(self.system, self.entity, external_id, source=source, deleted=True)
        shown = read(self.mapping, {**row, "properties": cleared(row)}, self.habits)
        modified = self.modified(row)
        revision = Revision(modified.isoformat(), microseconds(modified)) if modified else None
        return observation(self.mapping, external_id, shown, revision, modified, source)

    def modified(self, row: Row, name: str | None = None) -> datetime | None:
        """Return when a record was last modified."""
        shown = _properties(row).get(name or self.given.modified) or row.get("updatedAt")
        try:
            return moment(shown) if shown else None
        except MisfitError:
            return None


def cleared(row: Row) -> dict[str, Any]:
    """Return a record's properties with the empty text as nothing, which it means; a contact's name in one."""
    found = {name: None if value == "" else value for name, value in _properties(row).items()}
    if any(name in found for name in _NAME) and "name" not in found:
        found["name"] = " ".join(str(found[name]) for name in _NAME if found.get(name)) or None
    return found


def _properties(row: Row) -> Mapping[str, Any]:
    found = row.get("properties")
    return found if isinstance(found, Mapping) else {}


def _is_property(place: str) -> bool:
    return not place.startswith(ASSOCIATED)
