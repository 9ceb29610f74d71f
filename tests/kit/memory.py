"""The stores in memory: the same promises as the tables', kept with plain objects, quickly and in a fixed order.

Values are frozen, so nothing is copied. `Memory` holds one of each store; `records.stream` is what the table's stream
would carry, oldest first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from typing import NamedTuple

from shared.core.decisions import Cause, Decision
from shared.core.records import Record
from shared.core.schema_drift import Schema
from shared.core.stopping import ASIDE_FROM, ASIDE_UNTIL
from shared.ports.clock import Clock
from shared.ports.stores import (
    Change,
    Holder,
    KeysHeld,
    LedgerEntry,
    Lost,
    Note,
    NoteKind,
    OpenCreate,
    Saved,
    SaveResult,
    SystemState,
    SystemStatus,
)
from tests.kit.conflicts import MemoryConflicts
from tests.kit.memory_stopping import MemoryStopping


class Image(NamedTuple):
    """One write as the stream shows it."""

    before: Record | None
    after: Record
    cause: Cause


class Conflict(NamedTuple):
    """One conflict item: the record, the version that decided it, the decision."""

    record_id: str
    version: int
    decision: Decision


class MemoryIdentities:
    """Who is who, in dictionaries."""

    def __init__(self) -> None:
        """Begin empty."""
        self.holding: dict[str, Holder] = {}
        self.notes: dict[str, Note] = {}
        self.creates: dict[tuple[str, str], dict[str, OpenCreate]] = {}
        self.links: dict[tuple[str, str], dict[str, str]] = {}

    def holders(self, keys: Collection[str]) -> Mapping[str, Holder]:
        """Return the holders of the keys that are held or noted."""
        return {key: found for key in keys if (found := self._holder(key)) is not None}

    def note(self, key: str, note: Note) -> None:
        """Put a note at an id key, beside the record that may hold it."""
        self.notes[key] = note

    def forget(self, keys: Collection[str]) -> None:
        """Drop the notes at these id keys."""
        for key in keys:
            self.notes.pop(key, None)

    def due(self, until: datetime, limit: int) -> Sequence[Note]:
        """Return waiting notes whose time has come, oldest first."""
        waiting = [(n.due_at, key, n) for key, n in self.notes.items() if n.kind is NoteKind.WAITING]
        found = [(at, key, note) for at, key, note in waiting if at is not None and at <= until]
        return [note for _, _, note in sorted(found, key=lambda each: each[:2])[:limit]]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[Note]:
        """Return waiting notes that wait for a resume, after a due time."""
        since = ASIDE_FROM if after is None else after + timedelta(microseconds=1)
        return [note for note in self.due(ASIDE_UNTIL, len(self.notes)) if note.due_at and note.due_at >= since][:limit]

    def parked(self, limit: int) -> Sequence[Note]:
        """Return the parked notes, oldest first."""
        found = [(n.since, key, n) for key, n in self.notes.items() if n.kind is NoteKind.PARKED]
        return [note for _, _, note in sorted(found, key=lambda each: each[:2])[:limit]]

    def open_creates(self, system: str, entity: str) -> Sequence[OpenCreate]:
        """Return the creates that are open in a system, by record id."""
        return [create for _, create in sorted(self.creates.get((system, entity), {}).items())]

    def linked(self, system: str, entity: str, after: str | None, limit: int) -> Mapping[str, str]:
        """Return a page of external id → record id."""
        links = self.links.get((system, entity), {})
        return dict(sorted(item for item in links.items() if after is None or item[0] > after)[:limit])

    def held_by_others(self, keys: Collection[str], record_id: str) -> dict[str, str]:
        """Return the keys that another record holds."""
        found = {key: self.holding[key].record_id for key in sorted(keys) if key in self.holding}
        return {key: holder for key, holder in found.items() if holder not in ("", record_id)}

    def apply(self, change: Change) -> None:
        """Do a change's part here; its keys have been found free."""
        record = change.record
        opened = {system: OpenCreate(record.id, lease_end(record, system)) for system in change.creates_opened}
        for key in change.keys_given_back - change.keys_taken:
            if key in self.holding and self.holding[key].record_id == record.id:
                del self.holding[key]
                self._link(key, None)
        for key in change.keys_taken:
            self.holding[key] = Holder(record.id, record.generation)
            self._link(key, record.id)
        for key, generation in change.keys_freed.items():
            self.holding[key] = Holder("", generation)
            self._link(key, None)
        for system in change.creates_closed:
            self.creates.get((system, record.entity), {}).pop(record.id, None)
        for system, create in opened.items():
            self.creates.setdefault((system, record.entity), {})[record.id] = create
        self.forget(change.forgets)

    def _holder(self, key: str) -> Holder | None:
        held, note = self.holding.get(key), self.notes.get(key)
        if note is None:
            return held
        return Holder(note=note) if held is None else Holder(held.record_id, held.generation, note)

    def _link(self, key: str, record_id: str | None) -> None:
        kind, _, rest = key.partition("/")
        if kind != "id":
            return
        system, entity, external_id = rest.split("/", 2)
        links = self.links.setdefault((system, entity), {})
        if record_id is None:
            links.pop(external_id, None)
        else:
            links[external_id] = record_id


def lease_end(record: Record, system: str) -> datetime:
    """Return until when a record's create in a system is open."""
    intent = record.link(system).intent
    if intent is None:
        raise ValueError(f"record {record.id} opens a create in {system} without an intent")
    return intent.until


class MemoryRecords:
    """The golden records, in a dictionary; `save` is one step."""

    def __init__(self, identities: MemoryIdentities) -> None:
        """Begin empty, in one transaction with these identities."""
        self.held: dict[str, Record] = {}
        self.stream: list[Image] = []
        self.conflicts: list[Conflict] = []
        self.conflict_items = MemoryConflicts()
        self.writes = 0
        self._identities = identities
        self._due: dict[str, datetime] = {}
        self._parked: dict[str, datetime] = {}
        self._waits: dict[str, dict[str, None]] = {}
        self._lock = Lock()

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records that exist."""
        return {id_: self.held[id_] for id_ in ids if id_ in self.held}

    def save(self, change: Change) -> SaveResult:
        """Write one change, whole or not at all."""
        with self._lock:
            before = self.held.get(change.record.id)
            if (0 if before is None else before.version) != change.record.version - 1:
                return Lost()
            if others := self._identities.held_by_others(change.keys_taken, change.record.id):
                return KeysHeld(others)
            self._identities.apply(change)
            self._put(before, change)
            return Saved()

    def page(self, after: str | None, limit: int) -> Sequence[Record]:
        """Return a page of all records, in the order of their ids."""
        return [self.held[id_] for id_ in sorted(self.held) if after is None or id_ > after][:limit]

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        """Return ids of records whose due time has come, oldest first."""
        return [id_ for at, id_ in sorted((at, id_) for id_, at in self._due.items() if at <= until)[:limit]]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        """Return due time and id of records that wait for a resume, after a due time."""
        aside = sorted((at, id_) for id_, at in self._due.items() if at >= ASIDE_FROM)
        return [each for each in aside if after is None or each[0] > after][:limit]

    def waiting_for(self, record_id: str) -> Sequence[str]:
        """Return ids of records that wait for this one."""
        return sorted(self._waits.get(record_id, ()))

    def parked(self, limit: int) -> Sequence[str]:
        """Return ids of records of which something is parked or held, oldest first."""
        return [id_ for since, id_ in sorted((since, id_) for id_, since in self._parked.items())[:limit]]

    def _put(self, before: Record | None, change: Change) -> None:
        after = change.record
        self.held[after.id] = after
        self.writes += 1
        self.stream.append(Image(before, after, change.cause))
        self.conflict_items.apply(change)
        self.conflicts += [Conflict(after.id, after.version, made) for made in change.decisions if made.is_conflict]
        _index(self._due, after.id, after.due_at)
        _index(self._parked, after.id, after.parked_since)
        if before is not None and before.waits_for is not None:
            self._waits.get(before.waits_for, {}).pop(after.id, None)
        if after.waits_for is not None:
            self._waits.setdefault(after.waits_for, {})[after.id] = None


def _index(index: dict[str, datetime], id_: str, at: datetime | None) -> None:
    if at is None:
        index.pop(id_, None)
    else:
        index[id_] = at


class MemoryLedger:
    """History in a dictionary by record and version."""

    def __init__(self) -> None:
        """Begin empty."""
        self.entries: dict[tuple[str, int], LedgerEntry] = {}

    def append(self, entries: Sequence[LedgerEntry]) -> None:
        """Write entries; repeating one changes nothing."""
        for entry in entries:
            self.entries.setdefault((entry.record_id, entry.version), entry)

    def known(self, versions: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return which of these versions stand."""
        return frozenset(each for each in versions if each in self.entries)

    def versions(self, record_id: str, after: int, limit: int) -> Sequence[LedgerEntry]:
        """Return a record's entries after a version, in order of version."""
        found = sorted(version for id_, version in self.entries if id_ == record_id and version > after)
        return [self.entries[record_id, version] for version in found[:limit]]


class MemoryStates:
    """States, cursors, listings and counts in dictionaries."""

    def __init__(self) -> None:
        """Begin empty."""
        self.states: dict[str, SystemState] = {}
        self.probes: dict[str, datetime] = {}
        self.cursors: dict[tuple[str, str], tuple[str | None, datetime | None]] = {}
        self.reads: dict[tuple[str, str], str] = {}
        self.schemas: dict[tuple[str, str], Schema] = {}
        self.listings: dict[str, dict[int, tuple[str, ...]]] = {}
        self.counts: dict[str, dict[str, int]] = {}
        self.counts_by_day: dict[tuple[date, str], dict[str, int]] = {}
        self.clock: Clock | None = None
        self.changed_at: datetime | None = None

    def state(self, system: str, entity: str = "") -> SystemState:
        """Return the state of a system, or of one entity in it."""
        return self.states.get(_place(system, entity)) or _RUNNING

    def stops(self, system: str) -> Mapping[str, SystemState]:
        """Return all that is kept of a system."""
        parts = ((place.partition("/"), state) for place, state in self.states.items())
        return {entity: state for (name, _, entity), state in parts if name == system}

    def set_state(self, system: str, state: SystemState, entity: str = "") -> bool:
        """Put a state; tell whether its status changed.

        An operator's word (paused, or running without an end) always holds. What a partner does neither ends a pause
        nor, where it only slows the system, shortens what holds it back already.
        """
        before = self.state(system, entity)
        if state.is_by_partner and before.status is SystemStatus.PAUSED:
            return False
        if state.status is SystemStatus.RUNNING and state.until and before.until and before.until >= state.until:
            return False
        self.states[_place(system, entity)] = state
        self.probes.pop(_place(system, entity), None)
        return before.status is not state.status

    def recover(self, system: str, entity: str = "") -> bool:
        """Let what was slowed or tripped run again."""
        before = self.state(system, entity)
        if before.status not in (SystemStatus.TRIPPED, SystemStatus.RUNNING) or before == _RUNNING:
            return False
        self.states[_place(system, entity)] = _RUNNING
        self.probes.pop(_place(system, entity), None)
        return True

    def claim_probe(self, system: str, entity: str, now: datetime, until: datetime) -> bool:
        """Tell whether this caller is the one that may try."""
        place = _place(system, entity)
        claimed = self.probes.get(place)
        if self.state(system, entity).status is not SystemStatus.TRIPPED or (claimed and claimed > now):
            return False
        self.probes[place] = until
        return True

    def cursor(self, system: str, entity: str) -> tuple[str | None, datetime | None]:
        """Return cursor and due time of a poll."""
        return self.cursors.get((system, entity), (None, None))

    def move_cursor(self, system: str, entity: str, cursor: str | None, due_at: datetime) -> None:
        """Put cursor and due time."""
        self.cursors[system, entity] = (cursor, due_at)

    def read_by(self, system: str, entity: str) -> str:
        """Return by which version of the rules a system was last read whole."""
        return self.reads.get((system, entity), "")

    def note_read(self, system: str, entity: str, rules: str) -> None:
        """Note the version of the rules by which a system was read whole."""
        self.reads[system, entity] = rules

    def schema(self, system: str, entity: str) -> Schema | None:
        """Return what is known of the fields of an entity in a system."""
        return self.schemas.get((system, entity))

    def keep_schema(self, system: str, entity: str, before: Schema | None, schema: Schema) -> bool:
        """Put it if what is kept is still the one before."""
        is_same = self.schemas.get((system, entity)) == before
        if is_same:
            self.schemas[system, entity] = schema
        return is_same

    def keep_page(self, run: str, page: int, ids: Sequence[str]) -> None:
        """Keep the ids of one page."""
        self.listings.setdefault(run, {})[page] = tuple(ids)

    def pages(self, run: str) -> frozenset[str]:
        """Return all ids of a run."""
        return frozenset(id_ for ids in self.listings.get(run, {}).values() for id_ in ids)

    def count_calls(self, system: str, reads: int, writes: int) -> None:
        """Add to the number of calls."""
        today = (self.clock.now().date() if self.clock else date.min, system)
        for counts in (self.counts.setdefault(system, _no_calls()), self.counts_by_day.setdefault(today, _no_calls())):
            counts["read"] += reads
            counts["write"] += writes

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return the calls made so far."""
        return {system: dict(counts) for system, counts in self.counts.items()}

    def note_change(self, at: datetime) -> None:
        """Note when records changed; an earlier moment changes nothing."""
        self.changed_at = at if self.changed_at is None else max(self.changed_at, at)

    def last_change(self) -> datetime | None:
        """Return when records last changed."""
        return self.changed_at


_RUNNING = SystemState()


def _no_calls() -> dict[str, int]:
    return {"read": 0, "write": 0}


def _place(system: str, entity: str) -> str:
    return f"{system}/{entity}" if entity else system


class MemoryIdempotency:
    """Keys of events that are done with."""

    def __init__(self) -> None:
        """Begin empty."""
        self.keys: set[str] = set()

    def is_known(self, key: str) -> bool:
        """Tell whether an event was queued before."""
        return key in self.keys

    def remember(self, key: str) -> None:
        """Keep an event's key."""
        self.keys.add(key)


class Memory:
    """One of each store, empty."""

    def __init__(self) -> None:
        """Make them; records and identities share their transactions."""
        self.identities = MemoryIdentities()
        self.records = MemoryRecords(self.identities)
        self.conflicts = self.records.conflict_items
        self.ledger = MemoryLedger()
        self.states = MemoryStates()
        self.idempotency = MemoryIdempotency()
        self.stopping = MemoryStopping()
