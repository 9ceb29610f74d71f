"""Read a partner's record: its fields in canonical form, what it did not carry, and which of its elements is which.

A partner that gives its elements no ids gets them from us: the element's match key (`ELEMENT_MATCH_KEYS`) and a number
that tells equal ones apart, so that the same content always has the same ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from dataclasses import field as field_of
from typing import Any

from shared.connectors.mapping.fields import Collection, EntityMapping, MappedField
from shared.connectors.mapping.habits import ID, Habits
from shared.connectors.mapping.places import MISSING, MisfitError, UnknownValueError, look
from shared.connectors.mapping.values import id_text, incoming
from shared.core.entities import ELEMENT_MATCH_KEYS
from shared.core.observations import Invalid, Observation
from shared.core.paths import element_path, pattern
from shared.core.values import Reference, Value


@dataclass(frozen=True, slots=True)
class Read:
    """What a record shows: fields by path (their element ids), lists shown whole, whether nothing was missing."""

    external_id: str | None
    fields: Mapping[str, Value] = field(default_factory=dict)
    collections: frozenset[str] = frozenset()
    complete: bool = True
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Wrong:
    """A record that cannot be read: whose, which field of ours, and why; without any value.

    `wrong` are the patterns of all fields whose values are of another kind, `rest` what the record shows without them;
    nothing where something else is wrong as well.
    """

    external_id: str | None
    field: str
    reason: str
    wrong: frozenset[str] = field_of(default=frozenset(), compare=False)
    rest: Read | None = field_of(default=None, compare=False)


def read(mapping: EntityMapping, raw: Any, habits: Habits | None = None) -> Read | Wrong:
    """Return what a partner's record shows, or why it cannot be read."""
    if not isinstance(raw, Mapping):
        return Wrong(None, "", "is not an object")
    external_id = external_id_of(mapping, raw)
    if habits is not None and external_id is not None:
        habits.note(mapping.entity, ID, look(raw, mapping.id_place))
    reading = _Reading(mapping, habits)
    for each in mapping.plain:
        if not each.write_only:
            reading.take(each, each.ours, raw)
    for collection in mapping.collections:
        reading.take_elements(collection, raw)
    found = Read(external_id, reading.fields, frozenset(reading.shown), reading.complete, _reference(mapping, raw))
    if reading.wrong:
        first, why = next(iter(reading.wrong.items()))
        wrong = frozenset(pattern(path) for path in reading.wrong if path not in reading.unknown)
        rest = None if reading.unknown else replace(found, complete=False)
        return Wrong(external_id, first.removesuffix("[]"), why, wrong, rest)
    return found


def unless_wrong(observation: Observation, found: Read | Wrong) -> Observation | Invalid:
    """Return what was observed, or that it cannot be read whole, with what can be read of it."""
    if isinstance(found, Read):
        return observation
    return Invalid(observation.external_id, found.field, found.reason, found.wrong, observation)


def external_id_of(mapping: EntityMapping, raw: Any) -> str | None:
    """Return the id of a partner's record as text; nothing where it shows none."""
    try:
        found = look(raw, mapping.id_place)
        return None if found is MISSING else id_text(found)
    except MisfitError:
        return None


def element_ids(mapping: EntityMapping, collection: Collection, elements: list[Any]) -> list[str]:
    """Return the id of each element of a list: the partner's own, else one made from its content."""
    counts: Counter[str] = Counter()
    found = []
    for element in elements:
        own = _own_id(collection, element)
        if own is None:
            sign = _sign(mapping, collection, element)
            counts[sign] += 1
            own = f"{sign}#{counts[sign]}"
        found.append(own)
    return found


def names_its_elements(mapping: EntityMapping, raw: Any) -> bool:
    """Tell whether every element shows its id, where elements have one: an answer that only repeats what was sent
    does not."""
    for collection in mapping.collections:
        try:
            shown = look(raw, collection.place)
        except MisfitError:
            return False
        elements = shown if isinstance(shown, list) and collection.id_place is not None else []
        if any(_own_id(collection, element) is None for element in elements):
            return False
    return True


class _Reading:
    """The fields read so far, and what is wrong, in order."""

    def __init__(self, mapping: EntityMapping, habits: Habits | None) -> None:
        self.mapping = mapping
        self.habits = habits
        self.fields: dict[str, Value] = {}
        self.shown: set[str] = set()
        self.complete = True
        self.wrong: dict[str, str] = {}
        self.unknown: set[str] = set()

    def take(self, mapped: MappedField, path: str, record: Any) -> None:
        """Take one field from a record, or from an element."""
        try:
            raw = self._look(record, mapped.place)
            if raw is MISSING:
                self.complete = False
                return
            value = incoming(self.mapping.system, self.mapping.entity, mapped, raw)
        except MisfitError as error:
            self.wrong[path] = str(error)
            self.unknown |= {path} if isinstance(error, UnknownValueError) else set()
            return
        self.fields[path] = value
        if self.habits is not None:
            self.habits.note(self.mapping.entity, mapped.ours, raw, value)

    def take_elements(self, collection: Collection, record: Any) -> None:
        """Take the elements of a list; one that is null shows that there are none."""
        try:
            raw = self._look(record, collection.place)
        except MisfitError as error:
            self.wrong[element_path(collection.name, "")] = str(error)
            return
        if raw is MISSING:
            self.complete = False
            return
        elements = [] if raw is None else raw
        if not isinstance(elements, list) or not all(isinstance(each, Mapping) for each in elements):
            self.wrong[element_path(collection.name, "")] = "is not a list of objects"
            return
        self.shown.add(collection.name)
        for element_id, element in zip(element_ids(self.mapping, collection, elements), elements, strict=True):
            self._take_element(collection, element_id, element)

    def _look(self, record: Any, place: str) -> Any:
        found = look(record, place)
        return None if found is MISSING and self.mapping.omits_null else found

    def _take_element(self, collection: Collection, element_id: str, element: Any) -> None:
        self.fields[element_path(collection.name, element_id)] = True
        if self.habits is not None and collection.id_place is not None:
            self.habits.note(self.mapping.entity, f"{collection.name}[]{ID}", _raw_id(collection, element))
        for mapped in collection.fields:
            if not mapped.write_only:
                name = mapped.ours.partition("[].")[2]
                self.take(mapped, element_path(collection.name, element_id, name), element)


def _own_id(collection: Collection, element: Any) -> str | None:
    try:
        return _safe(id_text(_raw_id(collection, element)))
    except MisfitError:
        return None


def _raw_id(collection: Collection, element: Any) -> Any:
    if collection.id_place is None:
        return None
    try:
        found = look(element, collection.id_place)
    except MisfitError:
        return None
    return None if found is MISSING else found


def _sign(mapping: EntityMapping, collection: Collection, element: Any) -> str:
    return next(_signs(mapping, collection, element), "")


def _signs(mapping: EntityMapping, collection: Collection, element: Any) -> Iterator[str]:
    by_name = {each.ours.partition("[].")[2]: each for each in collection.fields}
    for name in ELEMENT_MATCH_KEYS[collection.name]:
        mapped = by_name.get(name)
        if mapped is None:
            continue
        try:
            raw = look(element, mapped.place)
            value = None if raw is MISSING else incoming(mapping.system, mapping.entity, mapped, raw)
        except MisfitError:
            continue
        if value not in (None, ""):
            yield _safe(value.external_id if isinstance(value, Reference) else str(value)) or ""


def _safe(element_id: str | None) -> str | None:
    """Return an element id without the bracket that ends it in a path."""
    return None if element_id is None else element_id.replace("]", "%5D")


def _reference(mapping: EntityMapping, raw: Any) -> str | None:
    if mapping.reference is None:
        return None
    try:
        found = look(raw, mapping.reference)
        return None if found is MISSING else id_text(found)
    except MisfitError:
        return None
