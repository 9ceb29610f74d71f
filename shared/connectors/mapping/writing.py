"""Write our fields as the partner takes them: a body for a new record, a body of the differences for a known one.

Nothing of the partner's that is not mapped may be erased. A list that must be sent whole is the list as it was just
read, with our changes laid in; so is an object inside the record, unless the partner merges such objects itself. What
the partner has no value for is left out and named, so that the rest still goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from shared.connectors.mapping.fields import Collection, EntityMapping, MappedField
from shared.connectors.mapping.habits import ID, Habit, Habits
from shared.connectors.mapping.places import MISSING, MisfitError, has_list, is_plain, look, put, top
from shared.connectors.mapping.reading import element_ids
from shared.connectors.mapping.values import NoSuchValueError, outgoing
from shared.core.commands import Update
from shared.core.entities import Kind
from shared.core.paths import element_of
from shared.core.values import Value

Elements = dict[str, dict[str, Value]]


@dataclass(frozen=True, slots=True)
class Body:
    """What is to be sent, and the paths that were left out because the partner has no such value or place."""

    content: dict[str, Any]
    left_out: tuple[str, ...] = ()


def for_create(mapping: EntityMapping, fields: Mapping[str, Value], record_id: str, habits: Habits) -> Body:
    """Return the body of a new record; it carries our reference where the partner has a place for it."""
    writing = _Writing(mapping, habits)
    if mapping.reference is not None:
        put(writing.content, mapping.reference, record_id)
    for path, value in fields.items():
        if element_of(path) is None:
            writing.set_plain(path, value)
    for collection in mapping.collections:
        touched = _elements(fields, collection.name)
        if touched:
            new = [
                writing.new_element(collection, values) for values in touched.values() if values.get("") is not False
            ]
            put(writing.content, collection.place, new)
    return writing.body()


def for_update(
    mapping: EntityMapping, update: Update, raw: Any, habits: Habits, *, merges: bool = False, whole: bool = False
) -> Body:
    """Return the body of the differences. `raw` is the record as just read, or None where it could not be.

    `merges` says that the partner lays objects over its own, `whole` that it wants the whole record back (PUT).
    """
    writing = _Writing(mapping, habits)
    known = raw if isinstance(raw, Mapping) else None
    if whole and known is not None:
        writing.content = deepcopy(dict(known))
    for path, value in update.fields.items():
        if element_of(path) is None:
            writing.lay(path, value, None if merges else known, known)
    for collection in mapping.collections:
        if _elements(update.fields, collection.name):
            writing.lay_elements(collection, update, known, merges)
    return writing.body()


def needs_raw(mapping: EntityMapping, fields: Mapping[str, Value], *, merges: bool) -> bool:
    """Tell whether an update must know the partner's record, so that nothing unmapped is erased."""
    for path in fields:
        if element_of(path) is not None:
            return True
        mapped = mapping.by_ours.get(path)
        if mapped is not None and (has_list(mapped.place) or not (merges or is_plain(mapped.place))):
            return True
    return False


class _Writing:
    """A body in the making."""

    def __init__(self, mapping: EntityMapping, habits: Habits) -> None:
        self.mapping = mapping
        self.habits = habits
        self.content: dict[str, Any] = {}
        self.left_out: list[str] = []

    def body(self) -> Body:
        """Return what was made."""
        return Body(self.content, tuple(self.left_out))

    def set_plain(self, path: str, value: Value) -> None:
        """Set a field outside all elements."""
        mapped = self.mapping.by_ours.get(path)
        if mapped is None or mapped.read_only:
            self.left_out.append(path)
            return
        self._set(self.content, mapped, path, value)

    def lay(self, path: str, value: Value, below: Mapping[str, Any] | None, known: Mapping[str, Any] | None) -> None:
        """Set a field of a known record; its parent is sent as it was read where the partner would replace it."""
        mapped = self.mapping.by_ours.get(path)
        if mapped is not None and not is_plain(mapped.place):
            key = top(mapped.place)
            parent = (known if has_list(mapped.place) else below) or {}
            if key not in self.content and parent.get(key) is not None:
                self.content[key] = deepcopy(parent[key])
        self.set_plain(path, value)

    def lay_elements(
        self, collection: Collection, update: Update, known: Mapping[str, Any] | None, merges: bool
    ) -> None:
        """Set a list: as it was read, with the changed, new and removed elements laid in."""
        shown = _list_at(known, collection)
        elements = self._from_record(collection, update) if shown is None else self._over(collection, update, shown)
        key = top(collection.place)
        if not is_plain(collection.place) and known is not None and not merges and key not in self.content:
            self.content[key] = deepcopy(known.get(key)) or {}
        put(self.content, collection.place, elements)

    def new_element(self, collection: Collection, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return a new element."""
        made: dict[str, Any] = {}
        self._set_element(made, collection, values)
        return made

    def _over(self, collection: Collection, update: Update, shown: list[Any]) -> list[Any]:
        theirs = dict(zip(element_ids(self.mapping, collection, shown), deepcopy(shown), strict=True))
        for ours, values in _elements(update.fields, collection.name).items():
            their_id = update.elements.get(ours)
            if values.get("") is False:
                theirs.pop(their_id or "", None)
            elif their_id is None:
                theirs[f"new {ours}"] = self.new_element(collection, self._whole(collection, update, ours, values))
            elif their_id in theirs:
                self._set_element(theirs[their_id], collection, values)
        return list(theirs.values())

    def _from_record(self, collection: Collection, update: Update) -> list[Any]:
        changed = _elements(update.fields, collection.name)
        made = []
        for ours in {**_elements(update.whole, collection.name), **changed}:
            values = self._whole(collection, update, ours, changed.get(ours, {}))
            if values.get("") is False:
                continue
            element = self.new_element(collection, values)
            their_id = update.elements.get(ours)
            if their_id is not None and collection.id_place is not None:
                habit = self.habits.get(self.mapping.entity, f"{collection.name}[]{ID}")
                put(element, collection.id_place, int(their_id) if habit and habit.json == "number" else their_id)
            made.append(element)
        return made

    def _whole(
        self, collection: Collection, update: Update, ours: str, values: Mapping[str, Value]
    ) -> Mapping[str, Value]:
        return {**_elements(update.whole, collection.name).get(ours, {}), **values}

    def _set_element(self, element: dict[str, Any], collection: Collection, values: Mapping[str, Value]) -> None:
        by_name = {each.ours.partition("[].")[2]: each for each in collection.fields}
        for name, value in values.items():
            mapped = by_name.get(name)
            if not name:
                continue
            if mapped is None or mapped.read_only:
                self.left_out.append(f"{collection.name}[].{name}")
            else:
                self._set(element, mapped, mapped.ours, value)

    def _set(self, record: dict[str, Any], mapped: MappedField, path: str, value: Value) -> None:
        try:
            put(record, mapped.place, outgoing(self.mapping.entity, mapped, value, self._habit(mapped)))
        except (NoSuchValueError, MisfitError):
            self.left_out.append(path)

    def _habit(self, mapped: MappedField) -> Habit | None:
        known = self.habits.get(self.mapping.entity, mapped.ours)
        if known is None and mapped.kind is Kind.REFERENCE and mapped.refers is not None:
            return self.habits.get(mapped.refers, ID)
        return known


def _elements(fields: Mapping[str, Value], collection: str) -> Elements:
    """Return the elements of a collection among paths: our key → field → value; presence stands under no name."""
    found: Elements = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None and element.collection == collection:
            found.setdefault(element.key, {})[element.field] = value
    return found


def _list_at(record: Mapping[str, Any] | None, collection: Collection) -> list[Any] | None:
    if record is None:
        return None
    try:
        found = look(record, collection.place)
    except MisfitError:
        return None
    if found is MISSING:
        return None
    return found if isinstance(found, list) else []
