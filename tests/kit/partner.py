"""A fake outside system over plain Python objects: its people, its habits, and how it fails.

People `enter`, `edit`, `remove` and `restore` records; the connector port reads and writes the same rows. Rows keep
the partner's own element ids and references. What a write does can be scripted (`next_writes`), and so can the habits:
which fields it ignores, how it spells what it is sent, what its answers show. `old` holds states that the next fetch
shows instead of the present ones, `narrow` the fields that a fetch leaves out and says so, `before` what happens right
before the next call of a verb.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.core.commands import Archive, Command, Create
from shared.core.keys import REFERENCE
from shared.core.observations import (
    Accepted,
    Answer,
    Gone,
    Invalid,
    Next,
    Observation,
    Refused,
    Revision,
    Shown,
    Source,
    Stored,
    Trouble,
    Unknown,
)
from shared.core.paths import element_of, element_path, pattern
from shared.core.values import Value
from shared.ports.clock import Clock
from shared.ports.system import Entry, Key, Listing, Page
from tests.kit.rules import COLLECTIONS

LOST_REPLY = "lost reply"
"""The write is carried out, but nobody hears of it."""

LOST_REQUEST = "lost request"
"""The write never arrives, and nobody knows."""

NO_EFFECT = "no effect"
"""The write is taken with a friendly answer and ignored."""

CONFLICT = Trouble(Next.CONFLICT, "412")
OUTAGE = Trouble(Next.RETRYABLE, "503", whole_system=True)


@dataclass
class Row:
    """One record as the partner keeps it."""

    fields: dict[str, Value]
    order: int
    changed_at: datetime
    reference: str | None = None
    is_deleted: bool = False


@dataclass
class Habits:
    """What a partner does differently from a perfect one."""

    carries_reference: bool = True
    answers: str = "stored"  # stored | id | revision
    lists: str = "states"  # states | revisions | ids
    is_exact: bool = True
    ignores: set[str] = field(default_factory=set)
    hides: set[str] = field(default_factory=set)
    spells: dict[str, Callable[[Value], Value]] = field(default_factory=dict)


class Partner:
    """A system that does what its connector port says, over rows in a dictionary."""

    def __init__(self, name: str, clock: Clock, **habits: Any) -> None:
        """Begin empty."""
        self.name = name
        self.clock = clock
        self.habits = replace(Habits(), **habits)
        self.rows: dict[tuple[str, str], Row] = {}
        self.invalid: dict[tuple[str, str], Invalid] = {}
        self.next_writes: list[str | Trouble] = []
        self.trouble: Trouble | None = None
        self.unlisted: set[str] = set()
        self.old: dict[tuple[str, str], Row] = {}
        self.narrow: set[str] = set()
        self.before: dict[str, list[Callable[[], object]]] = {}
        self.calls: list[tuple[str, int]] = []
        self.page_size = 1000
        self._counter = 0
        self._elements = 100

    # -- people ------------------------------------------------------------------------------------------------------

    def enter(self, entity: str, fields: Mapping[str, Any], reference: str | None = None) -> str:
        """Make a record as a person does; return its id."""
        external_id = f"{self.name}-{len(self.rows) + 1}"
        self.rows[entity, external_id] = Row(dict(fields), self._next(), self.clock.now(), reference)
        return external_id

    def edit(self, entity: str, external_id: str, fields: Mapping[str, Any]) -> None:
        """Change fields as a person does; an element set to False goes with all its fields."""
        row = self.rows[entity, external_id]
        for path, value in fields.items():
            element = element_of(path)
            if value is False and element is not None and not element.field:
                row.fields = {p: v for p, v in row.fields.items() if p != path and not p.startswith(path + ".")}
            else:
                row.fields[path] = value
        row.order, row.changed_at = self._next(), self.clock.now()

    def remove(self, entity: str, external_id: str) -> None:
        """Delete a record as a person does."""
        row = self.rows[entity, external_id]
        row.is_deleted, row.order = True, self._next()

    def restore(self, entity: str, external_id: str) -> None:
        """Bring a deleted record back as a person does."""
        row = self.rows[entity, external_id]
        row.is_deleted, row.order = False, self._next()

    def ids(self, entity: str) -> list[str]:
        """Return the ids of the records that stand."""
        return [each for (kind, each), row in self.rows.items() if kind == entity and not row.is_deleted]

    def shown(self, entity: str, external_id: str | None = None) -> dict[str, Value]:
        """Return the fields of a record; of the only one where no id is given."""
        (only,) = [external_id] if external_id else self.ids(entity)
        return dict(self.rows[entity, only].fields)

    def values(self, entity: str, name: str, external_id: str | None = None) -> list[Value]:
        """Return what stands under a field or a pattern (`lines[].quantity`) of a record, in order."""
        return [value for path, value in self.shown(entity, external_id).items() if pattern(path) == name]

    # -- the port ----------------------------------------------------------------------------------------------------

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return what changed after the cursor, a page at a time, deleted ones as ids."""
        if (trouble := self._called("changed_since", 1)) is not None:
            return trouble
        since = int(cursor or 0)
        rows = sorted((row.order, i) for (e, i), row in self.rows.items() if e == entity and row.order > since)
        some = rows[: self.page_size]
        shown = [self.look(entity, each, Source.MESSAGE) for _, each in some]
        return Page(
            tuple(each for each in shown if isinstance(each, Observation | Invalid)),
            tuple(each.external_id for each in shown if isinstance(each, Gone)),
            str(some[-1][0]) if some else cursor,
            len(rows) > len(some),
        )

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return a page of what stands."""
        if (trouble := self._called("list", 1)) is not None:
            return trouble
        start = int(cursor or 0)
        ids = [each for each in self.ids(entity) if each not in self.unlisted]
        some = ids[start : start + self.page_size]
        entries = tuple(self._entry(entity, each) for each in some)
        end = start + len(some)
        return Listing(entries, str(end), end < len(ids))

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown now."""
        return self._called("fetch", len(ids)) or {each: self._fetched(entity, each) for each in ids}

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return what stands under keys."""
        return self._called("find", len(keys)) or {key: tuple(self._found(entity, key)) for key in keys}

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands, as the script and the habits have it."""
        self._called("write", len(commands))
        return [self._write(entity, command) for command in commands]

    def called(self, verb: str) -> int:
        """Return how often a verb was called."""
        return sum(name == verb for name, _ in self.calls)

    # -- how ---------------------------------------------------------------------------------------------------------

    def state(self, entity: str, external_id: str, source: Source = Source.MESSAGE) -> Observation:
        """Return a record as a message of this system would carry it."""
        shown = self.look(entity, external_id, source)
        assert isinstance(shown, Observation)
        return shown

    def _called(self, verb: str, size: int) -> Trouble | None:
        self.calls.append((verb, size))
        for happening in self.before.pop(verb, []):
            happening()
        return self.trouble

    def _next(self) -> int:
        self._counter += 1
        return self._counter

    def look(self, entity: str, external_id: str, source: Source = Source.FETCHED) -> Shown:
        if (entity, external_id) in self.invalid:
            return self.invalid[entity, external_id]
        row = self.rows.get((entity, external_id))
        if row is None or row.is_deleted:
            return Gone(external_id)
        fields = {path: value for path, value in row.fields.items() if pattern(path) not in self.habits.hides}
        return Observation(
            self.name,
            entity,
            external_id,
            fields,
            Revision(str(row.order), row.order, self.habits.is_exact),
            row.changed_at,
            COLLECTIONS[entity],
            reference=row.reference if self.habits.carries_reference else None,
            source=source,
        )

    def _fetched(self, entity: str, external_id: str) -> Shown:
        row = self.rows.get((entity, external_id))
        if row is not None and (entity, external_id) in self.old:
            self.rows[entity, external_id] = self.old.pop((entity, external_id))
        shown = self.look(entity, external_id)
        if row is not None:
            self.rows[entity, external_id] = row
        if not self.narrow or not isinstance(shown, Observation):
            return shown
        fields = {path: value for path, value in shown.fields.items() if path not in self.narrow}
        return replace(shown, fields=fields, complete=False)

    def _entry(self, entity: str, external_id: str) -> Entry:
        shown, lists = self.look(entity, external_id), self.habits.lists
        revision = shown.revision if isinstance(shown, Observation) and lists != "ids" else None
        return Entry(external_id, revision, None if lists != "states" or isinstance(shown, Gone) else shown)

    def _found(self, entity: str, key: Key) -> Sequence[Observation | Invalid]:
        found = []
        for external_id in self.ids(entity):
            row = self.rows[entity, external_id]
            is_ours = self.habits.carries_reference and row.reference == key.values[0]
            if is_ours if key.name == REFERENCE else row.fields.get(key.name) == key.values[0]:
                shown = self.look(entity, external_id)
                found += [shown] if isinstance(shown, Observation | Invalid) else []
        return found

    def _write(self, entity: str, command: Command) -> Answer:
        script = self.next_writes.pop(0) if self.next_writes else ""
        if isinstance(script, Trouble):
            return Refused(script)
        if script == LOST_REQUEST:
            return Unknown("time-out")
        if not self._holds(entity, command):
            return Refused(CONFLICT)
        external_id = self._carry_out(entity, command, ignored=script == NO_EFFECT)
        return Unknown("time-out") if script == LOST_REPLY else self._answer(entity, external_id)

    def _holds(self, entity: str, command: Command) -> bool:
        """Tell whether the precondition of a command, if it has one, still holds."""
        if isinstance(command, Create) or command.precondition is None:
            return True
        return command.precondition.token == str(self.rows[entity, command.external_id].order)

    def _carry_out(self, entity: str, command: Command, *, ignored: bool) -> str:
        if isinstance(command, Create):
            fields = self._stored(command.fields, {})
            return self.enter(entity, fields, command.record_id if self.habits.carries_reference else None)
        if ignored:
            return command.external_id
        if isinstance(command, Archive):
            self.remove(entity, command.external_id)
        else:
            self.edit(entity, command.external_id, self._stored(command.fields, command.elements))
        return command.external_id

    def _stored(self, fields: Mapping[str, Value], elements: Mapping[str, str]) -> dict[str, Value]:
        """Return fields under our own element ids, spelled as we spell them, without what we ignore."""
        names = dict(elements)
        found: dict[str, Value] = {}
        for path, value in fields.items():
            if pattern(path) in self.habits.ignores:
                continue
            spell = self.habits.spells.get(pattern(path))
            found[self._own_path(path, names)] = spell(value) if spell else value
        return found

    def _own_path(self, path: str, names: dict[str, str]) -> str:
        element = element_of(path)
        if element is None:
            return path
        if element.key not in names:
            self._elements += 1
            names[element.key] = str(self._elements)
        return element_path(element.collection, names[element.key], element.field)

    def _answer(self, entity: str, external_id: str) -> Answer:
        shown = self.look(entity, external_id, Source.ANSWER)
        if isinstance(shown, Observation) and self.habits.answers == "stored":
            return Stored(external_id, shown)
        known = isinstance(shown, Observation) and self.habits.answers == "revision"
        return Accepted(external_id, shown.revision if known and isinstance(shown, Observation) else None)
