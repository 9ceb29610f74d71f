"""The connector port over a fake system, with everything that goes wrong between us and a partner.

Reads may fail, be throttled, or show an old state. A write may be refused, may be lost on the way there or back, or
may land long after its time-out (`tests.simulation.landing`); the items of a bulk call fare each for itself and land in
any order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from shared.core.commands import Command
from shared.core.keys import REFERENCE
from shared.core.observations import (
    Answer,
    Gone,
    Invalid,
    Next,
    Observation,
    Refused,
    Shown,
    Source,
    Trouble,
)
from shared.core.replacing import replace
from shared.ports.system import Entry, Key, Listing, Page
from tests.simulation.kinds import OVERLAP_SECONDS, SHY
from tests.simulation.landing import REFUSES, Landing
from tests.simulation.partner import Partner, Row
from tests.simulation.stage import Stage
from tests.simulation.stingy import BUDGET, NOT_MADE
from tests.simulation.truth import ASKED

Result = TypeVar("Result")
PAGE = 3
CLOCKS = 5.0
"""Seconds by which the clocks of a person's worker and of another may be apart, and a little more."""


class Connector:
    """One outside system as the flows see it."""

    def __init__(self, partner: Partner, stage: Stage) -> None:
        """Speak to a partner."""
        self.name, self.partner, self.stage = partner.name, partner, stage
        self.kind, self.chance = partner.kind, stage.chance
        self.is_locked_out = False
        self.trouble: Trouble | None = None
        self.trouble_of_writes: Trouble | None = None
        self.in_vain = 0
        self.hidden: frozenset[str] = frozenset()
        self.answers_after = 0.0
        self.empty_pages = 0
        self.unlisted: frozenset[tuple[str, str]] = frozenset()
        self.ever_unlisted: frozenset[tuple[str, str]] = frozenset()
        self.lost_at = 0.0
        self.paused_since: Callable[[str], float | None] = lambda _: None
        self.on_touch: Callable[[Partner, str, str], None] = lambda *_: None
        self.carries: Callable[[str, str], Callable[[str], bool]] = lambda *_: lambda _: True
        self._dice = stage.chance.of(f"connector {partner.name}")
        self.landing = Landing(self)

    # -- reads -------------------------------------------------------------------------------------------------------

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed since a cursor: overlap at the start of a run, keyset inside it."""
        return self._called(entity, "system.changed_since", lambda: self._failing() or self._changed(entity, cursor))

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return a page of all rows; in no stable order where the kind has none."""
        return self._called(entity, "system.list", lambda: self._failing() or self._listed(entity, cursor))

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown of these ids."""
        return self._called(entity, "system.fetch", lambda: self._failing() or self._fetched(entity, ids))

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return what stands under keys; rows made a moment ago may be missing."""
        return self._called(entity, "system.find", lambda: self._failing() or self._found(entity, keys))

    def _called(self, entity: str, verb: str, action: Callable[[], Result]) -> Result:
        """Let a worker call; whoever began while a person had the system paused should not have."""
        worker, since = self.stage.current, self.paused_since(entity)
        if worker is not None and since is not None and worker.began_at > since + CLOCKS:
            self.partner.truth.violations.append(f"11 what is paused is not called: {worker.flow} called {self.name}")
        return self.stage.effect(verb, action)

    def _failing(self) -> Trouble | None:
        if self.trouble is not None:
            self.in_vain += 1
            return self.trouble
        if self.is_locked_out:
            self.chance.note("locked out")
            return Trouble(Next.AUTH, "401", "the token is no longer taken", wait_seconds=20.0, whole_system=True)
        if self.chance.strikes("outage"):
            return Trouble(Next.RETRYABLE, "503", "not now", wait_seconds=3.0, whole_system=True)
        if self.chance.strikes(BUDGET):
            return NOT_MADE
        if self.chance.strikes("throttled"):
            return REFUSES["throttled"]
        return None

    def _fetched(self, entity: str, ids: Sequence[str]) -> dict[str, Shown]:
        shown: dict[str, Shown] = {}
        for name in ids:
            as_of = None
            if self.kind.read_lag and self.chance.strikes("stale read"):
                as_of = self.stage.seconds - self._dice.uniform(0.5, self.kind.read_lag)
            shown[name] = self.looked(entity, name, as_of)
        return shown

    def looked(self, entity: str, name: str, as_of: float | None = None, source: Source = Source.FETCHED) -> Shown:
        """Return what a read shows of a row, and note that it was read."""
        if (entity, name) in self.partner.forgotten:
            return Gone(name)
        row = self.partner.rows.get((entity, name))
        if row is not None:
            row.read_at = self.stage.seconds
            self.touch("edit after our read", entity, name, 0.4)
            if self.stage.current is not None and as_of is None:
                self.stage.current.reads[self.name, entity, name] = self.stage.seconds
        return self._shyly(self.mapped(self.partner.observe(entity, name, source, as_of)))

    def mapped(self, shown: Shown) -> Shown:
        """Return what is shown without the fields that are not in the mapping."""
        if not isinstance(shown, Observation):
            return shown
        carried = self.carries(self.name, shown.entity)
        if not self.hidden and all(map(carried, shown.fields)):
            return shown
        fields = {path: value for path, value in shown.fields.items() if carried(path) and path not in self.hidden}
        return replace(shown, fields=fields)

    def _shyly(self, shown: Shown) -> Shown:
        """A shy partner now and then leaves fields out of what it shows (a permission, a narrow view)."""
        if not self.kind.is_shy or not isinstance(shown, Observation):
            return shown
        is_narrow = self.chance.strikes("shy read")
        hidden = {path for path in sorted(shown.fields) if is_narrow and path in SHY and self._dice.random() < 0.5}
        if self.stage.current is not None:
            reads = self.stage.current.reads
            for path in shown.fields:
                place = self.partner.place(shown.entity, f"{shown.external_id}#{path}")
                reads.pop(place, None)
                reads.update({place: self.stage.seconds} if path in hidden else {})
        self.partner.note_shown(shown.entity, shown.external_id, shown.fields.keys() - hidden)
        fields = {path: value for path, value in shown.fields.items() if path not in hidden}
        return replace(shown, fields=fields, complete=not hidden)

    def touch(self, fault: str, entity: str, name: str, within: float) -> None:
        """Now and then a person edits a record at the very time when we read or write it."""
        if self.chance.strikes(fault):
            self.stage.after(self._dice.uniform(0.0, within), lambda: self.on_touch(self.partner, entity, name))

    def _changed(self, entity: str, cursor: str | None) -> Page:
        if self.empty_pages > 0 and self.stage.chance.rates:
            self.empty_pages -= 1
            return Page(next_cursor=cursor, more=True)
        start, after, mark, began = self._since(cursor)
        rows = sorted(
            (self._mark(row), name, row)
            for (kind, name), row in self.partner.rows.items()
            if kind == entity and (self._mark(row) >= start) and (kind, name) not in self.unlisted
        )
        rows = [each for each in rows if after is None or each[:2] > after]
        some, more = rows[:PAGE], len(rows) > PAGE
        mark = max([mark, *(each[0] for each in some)])
        following = f"{some[-1][0]!r}|{some[-1][1]}|{mark!r}|{began!r}" if more else f"||{min(mark, began)!r}|"
        told = [name for _, name, row in some if self.kind.tells_deletes or not row.is_deleted]
        shown = [self.looked(entity, name, None, Source.MESSAGE) for name in told]
        return Page(
            tuple(each for each in shown if isinstance(each, Observation)),
            tuple(each.external_id for each in shown if isinstance(each, Gone)),
            following,
            more,
        )

    def _since(self, cursor: str | None) -> tuple[float, tuple[float, str] | None, float, float]:
        """Read a cursor: from where on, behind which row (inside a run), the highest mark so far, and when the run
        began by the partner's clock. What changes while it goes on may stand behind it already, where times are cut."""
        now = self.stage.seconds + (self.partner.offset if self.kind.revision != "counter" else 0.0)
        if cursor is None:
            return -1e9, None, -1e9, now
        stamp, name, mark, began = cursor.split("|")
        if stamp:
            return float(stamp), (float(stamp), name), float(mark), float(began)
        return float(mark) - OVERLAP_SECONDS - self.partner.cut, None, float(mark), now

    def _mark(self, row: Row) -> float:
        return self.partner.stamp_of(row) if self.kind.revision != "counter" else row.changed_at

    def _listed(self, entity: str, cursor: str | None) -> Listing:
        if self.empty_pages > 0 and self.stage.chance.rates:
            self.empty_pages -= 1
            return Listing(next_cursor=cursor, more=True)
        ids = sorted(name for name in self.partner.ids(entity) if (entity, name) not in self.unlisted)
        if not self.kind.stable_listing and self.chance.strikes("unstable listing"):
            self._dice.shuffle(ids)
        start = int(cursor or 0)
        some = ids[start : start + PAGE]
        entries = []
        for name in some:
            shown = self.looked(entity, name)
            if isinstance(shown, Observation):
                entries.append(Entry(name, shown.revision, shown if self.kind.webhooks == "state" else None))
        return Listing(tuple(entries), str(start + len(some)), start + len(some) < len(ids))

    def _found(self, entity: str, keys: Sequence[Key]) -> dict[Key, tuple[Observation | Invalid, ...]]:
        found: dict[Key, tuple[Observation | Invalid, ...]] = {}
        if self.stage.current is not None:
            self.stage.current.reads[self.name, entity, ASKED] = self.stage.seconds
        for key in keys:
            names = [name for name in self.partner.ids(entity) if self._has(entity, name, key)]
            shown = [self.looked(entity, name) for name in names]
            found[key] = tuple(each for each in shown if isinstance(each, Observation))
        return found

    def _has(self, entity: str, name: str, key: Key) -> bool:
        row = self.partner.rows[entity, name]
        if (entity, name) in self.partner.forgotten:
            return False
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
        answers = self._called(entity, "system.write", lambda: self._written(entity, commands))
        if self.answers_after and self.stage.current is not None:
            self.stage.pause(self.answers_after)
        return answers

    def _written(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        failing = self._failing() or self.trouble_of_writes
        if failing is not None:
            return [Refused(failing)] * len(commands)
        if self.kind.is_atomic and self.chance.strikes("atomic batch refused"):
            return [Refused(REFUSES["refused 503"])] * len(commands)
        reads = dict(self.stage.current.reads) if self.stage.current else {}
        answers: dict[int, Answer] = {}
        order = list(range(len(commands)))
        self._dice.shuffle(order)
        for index in order:
            answers[index] = self.landing.one(entity, commands[index], reads)
        return [answers[index] for index in range(len(commands))]
