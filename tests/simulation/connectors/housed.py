"""A partner whose rows stand in the fake of a real API: people work at its desk, and the simulation looks in there.

`rows` is what was seen at the last look; there is one after every request that the fake served and after everything
that a person did, so it is always what stands there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from shared.core.paths import element_of, element_path
from shared.core.records import record_id
from shared.core.values import Value
from tests.simulation.connectors.binding import ConnectedKind
from tests.simulation.connectors.desk import Seen
from tests.simulation.partner import MOST_FIELDS, Partner, Row, Runaway
from tests.simulation.stage import Stage
from tests.simulation.truth import Truth

Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Turn:
    """What changed between two looks at one row: nothing before for a new one, nothing after for one that is gone."""

    entity: str
    name: str
    before: Fields | None
    after: Fields | None
    reference: str | None

    def changed(self) -> dict[str, Value]:
        """Return the fields that differ, with what they show now."""
        before, after = self.before or {}, self.after or {}
        paths = dict.fromkeys((*before, *after))
        return {path: after.get(path) for path in paths if before.get(path) != after.get(path)}


class HousedPartner(Partner):
    """The rows of a fake and what people do to them."""

    def __init__(self, name: str, kind: ConnectedKind, stage: Stage, truth: Truth, clock_offset: float) -> None:
        """Open an empty fake, whose clock is off by so many seconds."""
        super().__init__(name, kind, stage, truth, clock_offset)
        self.binding = kind.binding
        self.fake = self.binding.make_fake()
        self.desk = self.binding.desk(self.fake)
        self.tell_time()
        self.look()

    def enter(self, entity: str, fields: Fields, person: str, reference: str | None = None) -> str:
        """Make a record as a person does; nobody can type our reference there."""
        del reference
        self.tell_time()
        name, names = self.desk.enter(entity, self._typed(entity, fields))
        stored = _renamed(self._typed(entity, fields), names)
        place = self.place(entity, name)
        self.truth.persons[place] = person
        self.truth.origins[record_id(entity, self.name, name)] = person
        for path, value in stored.items():
            self.truth.edit(self.stage.seconds, place, path, value, None)
        self.look()
        return name

    def edit(self, entity: str, name: str, fields: Fields) -> None:
        """Change fields as a person does, those that the partner has."""
        typed, before = self._typed(entity, fields), self.rows[entity, name]
        if not typed:
            return
        self.tell_time()
        stored = _renamed(typed, self.desk.edit(entity, name, typed))
        for path, value in stored.items():
            self.truth.edit(self.stage.seconds, self.place(entity, name), path, value, before.fields.get(path))
            self._touch_gone(before, self.place(entity, name), path, value)
        self.look()

    def look(self) -> list[Turn]:
        """Look at the rows; return what changed since the last look."""
        seen = self.desk.rows()
        turns = [turn for key, shown in seen.items() if (turn := self._note_seen(*key, shown)) is not None]
        gone = [key for key, row in self.rows.items() if key not in seen and not row.is_deleted]
        turns += [self._note_gone(*key) for key in gone]
        for turn in turns:
            self.on_change(turn.entity, turn.name, frozenset(turn.changed()))
        return turns

    def tell_time(self) -> None:
        """Let the fake's clock show the stage's time."""
        self.fake.stamp = self.fake.now = self.stage.now(self.offset)

    def _delete(self, entity: str, name: str) -> None:
        self.tell_time()
        self.desk.remove(entity, name)
        self.look()

    def _typed(self, entity: str, fields: Fields) -> dict[str, Value]:
        return {path: self._spelled(path, value) for path, value in fields.items() if self.desk.has(entity, path)}

    def _note_seen(self, entity: str, name: str, shown: Seen) -> Turn | None:
        row = self.rows.get((entity, name))
        fields = {path: self._spelled(path, value) for path, value in shown.fields.items()}
        if row is not None and not row.is_deleted and row.fields == fields and row.reference == shown.reference:
            return None
        if len(fields) > MOST_FIELDS:
            raise Runaway(f"{name} has {len(fields)} fields")
        before = None if row is None or row.is_deleted else row.fields
        turn = Turn(entity, name, before, fields, shown.reference)
        if row is None:
            row = self.rows[entity, name] = Row({}, 0, 0.0, self.stage.seconds)
        if before is None or any(self._is_told(path, value) for path, value in turn.changed().items()):
            row.changed_at = self.stage.seconds
        row.fields, row.reference, row.is_deleted = fields, shown.reference, False
        row.shown.clear()
        return turn

    def _note_gone(self, entity: str, name: str) -> Turn:
        row = self.rows[entity, name]
        self.truth.read_before[self.place(entity, name)] = row.read_at
        row.is_deleted, row.changed_at = True, self.stage.seconds
        return Turn(entity, name, row.fields, None, row.reference)

    def _is_told(self, path: str, value: Value) -> bool:
        """Tell whether a poll must show a change: not where an element that no revision covers was taken out."""
        element = element_of(path)
        if element is None or value is not None:
            return True
        return not self.kind.is_apart(path)


def _renamed(fields: Fields, names: Mapping[str, str]) -> dict[str, Value]:
    """Return fields under the partner's ids of their elements."""
    found: dict[str, Value] = {}
    for path, value in fields.items():
        element = element_of(path)
        if element is not None:
            path = element_path(element.collection, names.get(element.key, element.key), element.field)
        found[path] = value
    return found
