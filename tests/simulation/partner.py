"""A fake outside system: its rows, the people who work in it, and what its revisions, times and answers are worth.

People act on the rows at once. The connector port over the same rows, with everything that goes wrong on the way,
is `tests.simulation.connector`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.observations import Gone, Observation, Revision, Shown, Source
from shared.core.paths import element_of, pattern, presence
from shared.core.records import record_id
from shared.core.values import Value
from tests.simulation.kinds import COLLECTIONS, PARTS, PLAIN, Kind
from tests.simulation.stage import Stage
from tests.simulation.truth import Place, Truth

MOST_FIELDS = 150


class Runaway(BaseException):
    """Something multiplies without end: the history stops here."""


@dataclass(slots=True)
class Row:
    """One record as the partner keeps it; `past` are earlier states for partners that read stale.

    `shown` is what was shown of it, by how it was asked for, since it was last changed: most reads are repeated.
    """

    fields: dict[str, Value]
    order: int
    stamp: float
    made_at: float
    reference: str | None = None
    is_deleted: bool = False
    changed_at: float = 0.0
    sequence: int = 0
    read_at: float = -1.0
    past: list[tuple[float, Row]] = field(default_factory=list)
    shown: dict[Source, Observation] = field(default_factory=dict)


class Partner:
    """The rows of one system and what happens to them."""

    def __init__(self, name: str, kind: Kind, stage: Stage, truth: Truth, clock_offset: float) -> None:
        """Begin empty; the partner's own clock is off by `clock_offset` seconds."""
        self.name, self.kind, self.stage, self.truth = name, kind, stage, truth
        self.rows: dict[tuple[str, str], Row] = {}
        self.forgotten: frozenset[tuple[str, str]] = frozenset()
        self.on_change: Callable[[str, str, frozenset[str]], None] = lambda *_: None
        self.offset = clock_offset
        self._order = 0
        self._names = 0
        self._elements = 0
        self._dice = stage.chance.of(f"partner {name}")

    # -- people ------------------------------------------------------------------------------------------------------

    def enter(self, entity: str, fields: Mapping[str, Value], person: str, reference: str | None = None) -> str:
        """Make a record as a person does; return its id."""
        stored = {path: self._spelled(path, value) for path, value in fields.items()}
        name = self._new_row(entity, stored, reference)
        place = self.place(entity, name)
        self.truth.persons[place] = person
        self.truth.origins[record_id(entity, self.name, name)] = person
        for path, value in stored.items():
            self.truth.edit(self.stage.seconds, place, path, value, None)
        self._tell_change(entity, name, frozenset(stored))
        return name

    def edit(self, entity: str, name: str, fields: Mapping[str, Value]) -> None:
        """Change fields as a person does; an element set to False goes with all its fields."""
        row, place = self.rows[entity, name], self.place(entity, name)
        for path, value in fields.items():
            stored = self._spelled(path, value)
            self.truth.edit(self.stage.seconds, place, path, stored, row.fields.get(path))
            self._touch_gone(row, place, path, stored)
        self._change(entity, name, {path: self._spelled(path, value) for path, value in fields.items()})

    def remove(self, entity: str, name: str) -> None:
        """Delete a record as a person does."""
        self.truth.deleted_by_people[self.place(entity, name)] = self.stage.seconds
        self.truth.touched[self.place(entity, name)].append(self.stage.seconds)
        self._delete(entity, name)

    def restore(self, entity: str, name: str) -> None:
        """Bring a deleted record back as a person does."""
        row = self.rows[entity, name]
        self._keep_past(row)
        row.is_deleted = False
        self.truth.restored.add(self.place(entity, name))
        self.truth.deleted_by_people.pop(self.place(entity, name), None)
        self.truth.touched[self.place(entity, name)].append(self.stage.seconds)
        self._stamp(row)
        self._tell_change(entity, name, frozenset(row.fields))

    def new_element(self) -> str:
        """Return the id of an element that is about to be added."""
        self._elements += 1
        return f"{self.name[0]}{self._elements}"

    # -- rows --------------------------------------------------------------------------------------------------------

    def place(self, entity: str, name: str) -> Place:
        """Return how the chronicle names a row."""
        return (self.name, entity, name)

    def ids(self, entity: str, *, deleted: bool = False) -> list[str]:
        """Return the ids of the rows that stand, or of those that are deleted."""
        return [name for (kind, name), row in self.rows.items() if kind == entity and row.is_deleted is deleted]

    def create(self, entity: str, fields: Mapping[str, Value], reference: str | None, record_id: str) -> str:
        """Make a record as our own write does."""
        name = self._new_row(entity, dict(fields), reference)
        self.truth.made_for[self.place(entity, name)] = record_id
        self._tell_change(entity, name, frozenset(fields))
        return name

    def update(self, entity: str, name: str, fields: Mapping[str, Value]) -> None:
        """Change fields as our own write does; those of an element that people removed meanwhile go nowhere."""
        there = {**self.rows[entity, name].fields, **fields}
        kept = {p: v for p, v in fields.items() if (whole := presence(p)) is None or p == whole or there.get(whole)}
        self._change(entity, name, kept)

    def archive(self, entity: str, name: str) -> None:
        """End a record as our own write does."""
        self._delete(entity, name)

    def observe(self, entity: str, name: str, source: Source = Source.FETCHED, as_of: float | None = None) -> Shown:
        """Return what is shown of a row, now or (stale) as of a moment."""
        row = self.rows.get((entity, name))
        if row is not None and as_of is not None:
            row = next((old for until, old in row.past if until > as_of), row)
        if row is None or row.is_deleted or (as_of is not None and row.made_at > as_of):
            return Gone(name)
        if source not in row.shown:
            row.shown[source] = self._whole(entity, name, row, source)
        return row.shown[source]

    def _whole(self, entity: str, name: str, row: Row, source: Source) -> Observation:
        return Observation(
            self.name,
            entity,
            name,
            whole(entity, row.fields),
            self._revision(row),
            self._modified(row),
            COLLECTIONS[entity],
            reference=row.reference if self.kind.carries_reference else None,
            source=source,
        )

    def note_shown(self, entity: str, name: str, paths: Iterable[str]) -> None:
        """Note which fields of a row are shown to somebody now, where it may be that they are not."""
        if self.kind.is_shy:
            place, at = self.place(entity, name), self.stage.seconds
            self.truth.shown_at.update({(place, path): at for path in paths})

    def token(self, row: Row) -> str:
        """Return what a precondition must carry to hold."""
        revision = self._revision(row)
        return revision.token if revision else ""

    def stamp_of(self, row: Row) -> float:
        """Return the modified time that is shown, in seconds: cut as this kind cuts it."""
        return row.stamp - row.stamp % self.cut if self.cut else row.stamp

    @property
    def cut(self) -> float:
        """Return to what its modified times are cut, in seconds; nothing where they are whole."""
        return {"second": 1.0, "minute": 60.0}.get(self.kind.revision, 0.0)

    # -- how ---------------------------------------------------------------------------------------------------------

    def _new_row(self, entity: str, fields: dict[str, Value], reference: str | None) -> str:
        self._names += 1
        name = f"{self.name}-{self._names}"
        kept = reference if self.kind.carries_reference else None
        row = Row(fields, 0, 0.0, self.stage.seconds, kept)
        self._stamp(row)
        self.rows[entity, name] = row
        return name

    def _change(self, entity: str, name: str, fields: Mapping[str, Value]) -> None:
        row = self.rows[entity, name]
        self._keep_past(row)
        kept = dict(row.fields)
        for path, value in fields.items():
            element = element_of(path)
            if value is False and element is not None and not element.field:
                kept = {p: v for p, v in kept.items() if p != path and not p.startswith(path + ".")}
            else:
                kept[path] = value
        if len(kept) > MOST_FIELDS:
            raise Runaway(f"{name} has {len(kept)} fields")
        row.fields = kept
        only_children = all(path.startswith("contacts") for path in fields)
        self._stamp(row, is_covered=not (self.kind.children_apart and only_children))
        self._tell_change(entity, name, frozenset(fields))

    def _delete(self, entity: str, name: str) -> None:
        row = self.rows[entity, name]
        self._keep_past(row)
        self.truth.read_before[self.place(entity, name)] = row.read_at
        row.is_deleted = True
        self._stamp(row)
        self._tell_change(entity, name, frozenset())

    def _touch_gone(self, row: Row, place: Place, path: str, value: Value) -> None:
        """Who removes an element saw its fields, and removed them knowingly."""
        if value is not False:
            return
        for each, shown in row.fields.items():
            if each.startswith(path + "."):
                self.truth.edit(self.stage.seconds, place, each, None, shown)

    def _keep_past(self, row: Row) -> None:
        if self.kind.read_lag:
            old = Row(row.fields, row.order, row.stamp, row.made_at, row.reference, row.is_deleted, row.changed_at)
            row.past.append((self.stage.seconds, old))

    def _stamp(self, row: Row, *, is_covered: bool = True) -> None:
        self._order += 1
        row.shown.clear()
        row.changed_at, row.sequence = self.stage.seconds, self._order
        back = self._dice.uniform(0.0, 3.0) if self.kind.runs_backwards else 0.0
        row.stamp = self.stage.seconds + self.offset - back
        if is_covered:
            row.order = self._order

    def _spelled(self, path: str, value: Value) -> Value:
        return self.kind.spelled(pattern(path), value)

    def _revision(self, row: Row) -> Revision | None:
        kind = self.kind
        if kind.revision == "none":
            return None
        if kind.revision == "counter":
            return Revision(str(row.order), row.order, kind.is_exact)
        order = round(self.stamp_of(row) * 1_000_000)
        return Revision(str(order), order, kind.is_exact)

    def _modified(self, row: Row) -> datetime | None:
        if self.kind.revision == "none":
            return None
        return self.stage.now(self.stamp_of(row) - self.stage.seconds)

    def _tell_change(self, entity: str, name: str, paths: frozenset[str]) -> None:
        self.on_change(entity, name, paths)


def whole(entity: str, fields: Mapping[str, Value]) -> dict[str, Value]:
    """Return a row as a full answer shows it: every mapped field, nothing where it is empty, also of each element."""
    found: dict[str, Value] = dict.fromkeys(PLAIN[entity])
    for path in fields:
        element = element_of(path)
        if element is not None and not element.field:
            found.update(dict.fromkeys(f"{path}.{part}" for part in PARTS[element.collection]))
    found.update(fields)
    return found
