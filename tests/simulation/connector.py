"""The connector port over a fake system, with everything that goes wrong between us and a partner.

Reads may fail, be throttled, or show an old state. A write may be refused, may be lost on the way there or back, or
may land long after its time-out; the items of a bulk call fare each for itself and land in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from shared.core.commands import Archive, Command, Create, Update
from shared.core.keys import REFERENCE
from shared.core.observations import (
    Accepted,
    Answer,
    Gone,
    Invalid,
    Next,
    Observation,
    Refused,
    Shown,
    Source,
    Stored,
    Trouble,
    Unknown,
)
from shared.core.paths import element_of, element_path, listed, pattern
from shared.core.values import Reference, Value
from shared.ports.system import Entry, Key, Listing, Page
from tests.simulation.kinds import APPLY_SECONDS, FIELDS, OVERLAP_SECONDS
from tests.simulation.partner import Partner, Row
from tests.simulation.stage import Stage

Answered = TypeVar("Answered")
TIME_OUT = 10.0
LONGEST_ZOMBIE = 30.0
PAGE = 3
CONFLICT = Trouble(Next.CONFLICT, "412", "the record was changed there")
REFUSES = {
    "refused 400": Trouble(Next.PERMANENT, "400", "the partner refuses this for good"),
    "refused 503": Trouble(Next.RETRYABLE, "503", "not now", whole_system=False),
    "throttled": Trouble(Next.THROTTLED, "429", "too many calls", wait_seconds=5.0, whole_system=True),
}


class Connector:
    """One outside system as the flows see it."""

    def __init__(self, partner: Partner, stage: Stage) -> None:
        """Speak to a partner."""
        self.name, self.partner, self.stage = partner.name, partner, stage
        self.kind, self.chance = partner.kind, stage.chance
        self.is_locked_out = False
        self.empty_pages = 0
        self.on_touch: Callable[[Partner, str, str], None] = lambda *_: None
        self._dice = stage.chance.of(f"connector {partner.name}")

    # -- reads -------------------------------------------------------------------------------------------------------

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed since a cursor: overlap at the start of a run, keyset inside it."""
        return self.stage.effect("system.changed_since", lambda: self._failing() or self._changed(entity, cursor))

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return a page of all rows; in no stable order where the kind has none."""
        return self.stage.effect("system.list", lambda: self._failing() or self._listed(entity, cursor))

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown of these ids."""
        return self.stage.effect("system.fetch", lambda: self._failing() or self._fetched(entity, ids))

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return what stands under keys; rows made a moment ago may be missing."""
        return self.stage.effect("system.find", lambda: self._failing() or self._found(entity, keys))

    def _failing(self) -> Trouble | None:
        if self.is_locked_out:
            self.chance.note("locked out")
            return Trouble(Next.AUTH, "401", "the token is no longer taken", wait_seconds=20.0, whole_system=True)
        if self.chance.strikes("outage"):
            return Trouble(Next.RETRYABLE, "503", "not now", wait_seconds=3.0, whole_system=True)
        if self.chance.strikes("throttled"):
            return REFUSES["throttled"]
        return None

    def _fetched(self, entity: str, ids: Sequence[str]) -> dict[str, Shown]:
        shown: dict[str, Shown] = {}
        for name in ids:
            as_of = None
            if self.kind.read_lag and self.chance.strikes("stale read"):
                as_of = self.stage.seconds - self._dice.uniform(0.5, self.kind.read_lag)
            shown[name] = self._looked(entity, name, as_of)
        return shown

    def _looked(self, entity: str, name: str, as_of: float | None = None, source: Source = Source.FETCHED) -> Shown:
        row = self.partner.rows.get((entity, name))
        if row is not None:
            row.read_at = self.stage.seconds
            self._touch("edit after our read", entity, name, 0.4)
            if self.stage.current is not None and as_of is None:
                self.stage.current.reads[self.name, entity, name] = self.stage.seconds
        return self.partner.observe(entity, name, source, as_of)

    def _changed(self, entity: str, cursor: str | None) -> Page:
        if self.empty_pages > 0 and self.stage.chance.rates:
            self.empty_pages -= 1
            return Page(next_cursor=cursor, more=True)
        start, after, mark = self._since(cursor)
        rows = sorted(
            (self._mark(row), name, row)
            for (kind, name), row in self.partner.rows.items()
            if kind == entity and (self._mark(row) >= start)
        )
        rows = [each for each in rows if after is None or each[:2] > after]
        some, more = rows[:PAGE], len(rows) > PAGE
        mark = max([mark, *(each[0] for each in some)])
        following = f"{some[-1][0]!r}|{some[-1][1]}|{mark!r}" if more else f"||{mark!r}"
        told = [name for _, name, row in some if self.kind.tells_deletes or not row.is_deleted]
        shown = [self._looked(entity, name, None, Source.MESSAGE) for name in told]
        return Page(
            tuple(each for each in shown if isinstance(each, Observation)),
            tuple(each.external_id for each in shown if isinstance(each, Gone)),
            following,
            more,
        )

    def _since(self, cursor: str | None) -> tuple[float, tuple[float, str] | None, float]:
        """Read a cursor: from where on, behind which row (inside a run), and the highest mark so far."""
        if cursor is None:
            return -1e9, None, -1e9
        stamp, name, mark = cursor.split("|")
        if stamp:
            return float(stamp), (float(stamp), name), float(mark)
        return float(mark) - OVERLAP_SECONDS, None, float(mark)

    def _mark(self, row: Row) -> float:
        return self.partner.stamp_of(row) if self.kind.revision != "counter" else row.changed_at

    def _listed(self, entity: str, cursor: str | None) -> Listing:
        if self.empty_pages > 0 and self.stage.chance.rates:
            self.empty_pages -= 1
            return Listing(next_cursor=cursor, more=True)
        ids = sorted(self.partner.ids(entity))
        if not self.kind.stable_listing and self.chance.strikes("unstable listing"):
            self._dice.shuffle(ids)
        start = int(cursor or 0)
        some = ids[start : start + PAGE]
        entries = []
        for name in some:
            shown = self._looked(entity, name)
            if isinstance(shown, Observation):
                entries.append(Entry(name, shown.revision, shown if self.kind.webhooks == "state" else None))
        return Listing(tuple(entries), str(start + len(some)), start + len(some) < len(ids))

    def _found(self, entity: str, keys: Sequence[Key]) -> dict[Key, tuple[Observation | Invalid, ...]]:
        found: dict[Key, tuple[Observation | Invalid, ...]] = {}
        for key in keys:
            names = [name for name in self.partner.ids(entity) if self._has(entity, name, key)]
            shown = [self._looked(entity, name) for name in names]
            found[key] = tuple(each for each in shown if isinstance(each, Observation))
        return found

    def _has(self, entity: str, name: str, key: Key) -> bool:
        row = self.partner.rows[entity, name]
        if self.kind.find_lag and row.made_at > self.stage.seconds - self.kind.find_lag:
            self.chance.note("look-up lagged")
            return False
        if key.name == REFERENCE:
            return row.reference == key.values[0]
        if len(key.values) > 1:
            return tuple(row.fields.get(path) for path in key.name.split("+")) == key.values
        value = row.fields.get(key.name)
        return isinstance(value, str) and value.strip().casefold() == str(key.values[0]).strip().casefold()

    # -- writes ------------------------------------------------------------------------------------------------------

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands; one answer per command, in their order, whatever order they land in."""
        return self.stage.effect("system.write", lambda: self._written(entity, commands))

    def _written(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        failing = self._failing()
        if failing is not None:
            return [Refused(failing)] * len(commands)
        if self.kind.is_atomic and self.chance.strikes("atomic batch refused"):
            return [Refused(REFUSES["refused 503"])] * len(commands)
        reads = dict(self.stage.current.reads) if self.stage.current else {}
        answers: dict[int, Answer] = {}
        order = list(range(len(commands)))
        self._dice.shuffle(order)
        for index in order:
            answers[index] = self._one(entity, commands[index], reads)
        return [answers[index] for index in range(len(commands))]

    def _one(self, entity: str, command: Command, reads: Mapping[tuple[str, str, str], float]) -> Answer:
        for fault, trouble in REFUSES.items():
            if fault != "throttled" and self.chance.strikes(fault):
                return Refused(trouble)
        if self.chance.strikes("request lost"):
            return Unknown("time-out")
        if self.chance.strikes("zombie request"):
            late = self._dice.uniform(TIME_OUT, LONGEST_ZOMBIE)
            self.stage.after(late, lambda: self._land_late(entity, command, reads))
            return Unknown("time-out")
        answer = self._land(entity, command, reads)
        if self.chance.strikes("reply lost"):
            return Unknown("reset")
        return answer

    def _land_late(self, entity: str, command: Command, reads: Mapping[tuple[str, str, str], float]) -> None:
        answer = self._land(entity, command, reads)
        self.stage.tell(f"  (late) {self.name} carried out {_brief(command)}: {type(answer).__name__}")

    def _land(self, entity: str, command: Command, reads: Mapping[tuple[str, str, str], float]) -> Answer:
        self.partner.truth.writes += 1
        self._check_taken(entity, command)
        refused = self._refusal(entity, command)
        if refused is not None:
            self.chance.note(f"refused {refused.code}")
            return Refused(refused)
        if isinstance(command, Create):
            fields = self._own(command.fields, {})
            name = self.partner.create(entity, fields, command.record_id, command.record_id)
        elif isinstance(command, Archive):
            name = command.external_id
            self.partner.archive(entity, name)
        else:
            name = command.external_id
            self._change(entity, command, reads)
        self._touch("edit after our write", entity, name, 2.0)
        return self._answer(entity, name)

    def _touch(self, fault: str, entity: str, name: str, within: float) -> None:
        """Now and then a person edits a record at the very time when we read or write it."""
        if self.chance.strikes(fault):
            self.stage.after(self._dice.uniform(0.0, within), lambda: self.on_touch(self.partner, entity, name))

    def _change(self, entity: str, command: Update, reads: Mapping[tuple[str, str, str], float]) -> None:
        fields = self._own(command.fields, command.elements)
        kind = self.kind
        now = {p: v for p, v in fields.items() if pattern(p) not in kind.ignores and pattern(p) not in kind.late}
        later = {p: v for p, v in fields.items() if pattern(p) in kind.late}
        self._note_overwritten(entity, command.external_id, now, reads)
        if len(now) + len(later) < len(fields):
            self.chance.note("write ignored")
        if now or not later:
            self.partner.update(entity, command.external_id, now)
        if later:
            self.chance.note("applied late")
            self.stage.after(APPLY_SECONDS - 1, lambda: self._apply_late(entity, command.external_id, later, reads))

    def _apply_late(
        self, entity: str, name: str, fields: Mapping[str, Value], reads: Mapping[tuple[str, str, str], float]
    ) -> None:
        if not self.partner.rows[entity, name].is_deleted:
            self._note_overwritten(entity, name, fields, reads, is_late=True)
            self.partner.update(entity, name, fields)

    def _note_overwritten(
        self,
        entity: str,
        name: str,
        fields: Mapping[str, Value],
        reads: Mapping[tuple[str, str, str], float],
        *,
        is_late: bool = False,
    ) -> None:
        """Note which edits of people this write of ours replaces, and whether we could have known them.

        A partner that applies a change later than it answers does so whatever its precondition said.
        """
        place, row = self.partner.place(entity, name), self.partner.rows[entity, name]
        read_at = reads.get(place, -1.0)
        for path in fields:
            edits = self.partner.truth.by_field.get((place, path))
            if edits and edits[-1].value == row.fields.get(path) and edits[-1].at > read_at:
                apart = self.kind.children_apart and path.startswith("contacts")
                guarded = self.kind.is_exact and not apart and not is_late
                if read_at < 0 and not guarded and not is_late:
                    edits[-1].landed_blindly = True
                elif not guarded:
                    edits[-1].overwritten_in_window = True

    def _refusal(self, entity: str, command: Command) -> Trouble | None:
        if isinstance(command, Create):
            return self._refused_fields(command) or self._taken_number(entity, command)
        row = self.partner.rows.get((entity, command.external_id))
        if row is None or row.is_deleted:
            return Trouble(Next.CONFLICT, "404", "it is not there")
        guard = command.precondition if self.kind.has_precondition else None
        if guard is not None and guard.token != self.partner.token(row):
            return CONFLICT
        return self._refused_fields(command) if isinstance(command, Update) else None

    def _refused_fields(self, command: Create | Update) -> Trouble | None:
        for value in command.fields.values():
            if isinstance(value, Reference):
                parent = self.partner.rows.get((value.entity, value.external_id))
                if parent is None or value.system != self.name:
                    self.partner.truth.violations.append(
                        f"7 no child before its parent: {self.name} was sent {_brief(command)} with {value}"
                    )
                if parent is None or parent.is_deleted:
                    return Trouble(Next.PERMANENT, "parent gone", "what it refers to is not there")
        return None

    def _taken_number(self, entity: str, command: Create) -> Trouble | None:
        unique = {"product": "sku", "order": "number"}.get(entity)
        if unique is None or not self.kind.keeps_numbers_apart:
            return None
        wanted = command.fields.get(unique)
        rows = [self.partner.rows[entity, name] for name in self.partner.ids(entity)]
        if wanted is not None and any(row.fields.get(unique) == wanted for row in rows):
            return Trouble(Next.CONFLICT, "taken", "the number is taken there")
        return None

    def _check_taken(self, entity: str, command: Command) -> None:
        fields = {} if isinstance(command, Archive) else command.fields
        wrong = [path for path in fields if not listed(FIELDS[entity], path)]
        if wrong:
            self.partner.truth.violations.append(f"13 not meant for {self.name}: {wrong}")

    def _own(self, fields: Mapping[str, Value], elements: Mapping[str, str]) -> dict[str, Value]:
        """Return fields under the partner's own element ids, spelled as it spells them."""
        names = dict(elements)
        found: dict[str, Value] = {}
        for path, value in fields.items():
            element = element_of(path)
            own = path
            if element is not None:
                if element.key not in names:
                    names[element.key] = self.partner.new_element()
                own = element_path(element.collection, names[element.key], element.field)
            found[own] = self.kind.spelled(pattern(path), value)
        return found

    def _answer(self, entity: str, name: str) -> Answer:
        shown = self._looked(entity, name, None, Source.ANSWER)
        if not isinstance(shown, Observation):
            return Accepted(name)
        if self.kind.answers == "stored":
            return Stored(name, shown)
        if self.kind.answers == "sparse":
            fields = {path: value for path, value in shown.fields.items() if self._dice.random() < 0.7}
            return Stored(name, replace(shown, fields=fields, complete=False, collections=frozenset()))
        return Accepted(name, shown.revision if self.kind.answers == "revision" else None)


def _brief(command: Command) -> str:
    fields = {} if isinstance(command, Archive) else dict(command.fields)
    return f"{type(command).__name__} {command.record_id[:4]} {fields}"
