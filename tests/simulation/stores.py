"""The stores as the flows see them: each call is an effect, locks are lost, indexes lag, the platform has hiccups."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from shared.core.records import Record
from shared.core.schema_drift import Schema
from shared.core.stopping import ASIDE_FROM
from shared.flows.reconcile import MISSING
from shared.ports.conflicts import Conflicts
from shared.ports.stopping import Stopping
from shared.ports.stores import (
    Change,
    Holder,
    Idempotency,
    Identities,
    Ledger,
    LedgerEntry,
    Lost,
    Note,
    OpenCreate,
    Records,
    Saved,
    SaveResult,
    States,
    SystemState,
    SystemStatus,
)
from tests.kit.memory import Image
from tests.simulation.stage import Stage

Answer = TypeVar("Answer")


class StreamedRecords(Records, Protocol):
    """Records whose writes a stream carries, oldest first."""

    @property
    def stream(self) -> list[Image]:
        """Return what nobody has taken from the stream yet."""


class Stores(NamedTuple):
    """What stands behind the stage: one of each store that the flows of the sync write."""

    records: StreamedRecords
    identities: Identities
    conflicts: Conflicts
    ledger: Ledger
    states: States
    stopping: Stopping
    idempotency: Idempotency


HICCUP = "hiccup"
"""The fault of the platform that may come instead of an effect on a store."""


class StagedRecords:
    """The golden records behind the stage."""

    def __init__(self, stage: Stage, inner: Records, indexes: Indexes) -> None:
        """Wrap a store; its sparse indexes are answered by `indexes`, which lag."""
        self._stage, self._inner, self._indexes = stage, inner, indexes

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records that exist, in a fixed order."""
        wanted = sorted(ids)
        return self._stage.effect("records.get", lambda: self._inner.get(wanted), HICCUP)

    def save(self, change: Change) -> SaveResult:
        """Write one change, or lose the lock; now and then a write that was made looks lost."""
        return self._stage.effect("records.save", lambda: self._save(change))

    def page(self, after: str | None, limit: int) -> Sequence[Record]:
        """Return a page of the whole table."""
        return self._inner.page(after, limit)

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        """Return what is due, as the index knows it."""
        return self._stage.effect("records.due", lambda: self._indexes.due(until, limit))

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        """Return what waits for a resume, as the index knows it."""
        return self._stage.effect("records.set_aside", lambda: self._indexes.set_aside(after, limit))

    def waiting_for(self, record_id: str) -> Sequence[str]:
        """Return what waits for a record, as the index knows it."""
        return self._stage.effect("records.waiting_for", lambda: self._indexes.waiting_for(record_id))

    def parked(self, limit: int) -> Sequence[str]:
        """Return what is parked, as the index knows it."""
        return self._stage.effect("records.parked", lambda: self._indexes.parked(limit))

    def _save(self, change: Change) -> SaveResult:
        if self._stage.current is not None and self._stage.chance.strikes("lock lost"):
            return Lost()
        result = self._inner.save(change)
        if isinstance(result, Saved):
            self._indexes.note(change.record)
            if self._stage.current is not None and self._stage.chance.strikes("saved but told lost"):
                return Lost()
        else:
            self._stage.chance.note("lock lost by itself" if isinstance(result, Lost) else "key held")
        return result


class Indexes:
    """The sparse indexes of the records, which lag behind them."""

    def __init__(self, stage: Stage) -> None:
        """Begin empty."""
        self._stage = stage
        self._coming: deque[tuple[float, Record]] = deque()
        self._shown: dict[str, Record] = {}
        self._dice = stage.chance.of("index lag")

    def note(self, record: Record) -> None:
        """Take a write in; it is shown now or, if the index lags, some seconds later."""
        lag = self._dice.uniform(0.5, 4.0) if self._stage.chance.strikes("stale index") else 0.0
        self._coming.append((self._stage.seconds + lag, record))

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        """Return ids of records whose due time has come, oldest first."""
        found = [(record.due_at, id_) for id_, record in self._read().items() if record.due_at is not None]
        return [id_ for at, id_ in sorted(found) if at <= until][:limit]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        """Return due time and id of records that wait for a resume, after a due time."""
        found = [(record.due_at, id_) for id_, record in self._read().items() if record.due_at is not None]
        aside = sorted((at, id_) for at, id_ in found if at >= ASIDE_FROM)
        return [each for each in aside if after is None or each[0] > after][:limit]

    def waiting_for(self, record_id: str) -> Sequence[str]:
        """Return ids of records that wait for this one."""
        return sorted(id_ for id_, record in self._read().items() if record.waits_for == record_id)

    def parked(self, limit: int) -> Sequence[str]:
        """Return ids of records of which something is parked, oldest first."""
        found = [(r.parked_since, id_) for id_, r in self._read().items() if r.parked_since is not None]
        return [id_ for _, id_ in sorted(found)[:limit]]

    def _read(self) -> Mapping[str, Record]:
        while self._coming and self._coming[0][0] <= self._stage.seconds:
            record = self._coming.popleft()[1]
            self._shown[record.id] = record
        return self._shown


class StagedIdentities:
    """Who is who, behind the stage."""

    def __init__(self, stage: Stage, inner: Identities, noted: list[str]) -> None:
        """Wrap a store; `noted` gets the kind of every note that is put."""
        self._stage, self._inner, self._noted = stage, inner, noted

    def holders(self, keys: Collection[str]) -> Mapping[str, Holder]:
        """Return the holders of keys, in a fixed order."""
        wanted = sorted(keys)
        return self._do("identities.holders", lambda: self._inner.holders(wanted))

    def note(self, key: str, note: Note) -> None:
        """Put a note at an id key."""
        self._noted.append("beyond the cap" if note.reason == MISSING else note.kind.value)
        self._do("identities.note", lambda: self._inner.note(key, note))

    def forget(self, keys: Collection[str]) -> None:
        """Drop notes."""
        self._do("identities.forget", lambda: self._inner.forget(sorted(keys)))

    def due(self, until: datetime, limit: int) -> Sequence[Note]:
        """Return waiting notes whose time has come."""
        return self._do("identities.due", lambda: self._inner.due(until, limit))

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[Note]:
        """Return notes that wait for a resume."""
        return self._do("identities.set_aside", lambda: self._inner.set_aside(after, limit))

    def parked(self, limit: int) -> Sequence[Note]:
        """Return the parked notes."""
        return self._do("identities.parked", lambda: self._inner.parked(limit))

    def open_creates(self, system: str, entity: str) -> Sequence[OpenCreate]:
        """Return the creates that are open in a system."""
        return self._do("identities.open_creates", lambda: self._inner.open_creates(system, entity))

    def linked(self, system: str, entity: str, after: str | None, limit: int) -> Mapping[str, str]:
        """Return a page of external id → record id."""
        return self._do("identities.linked", lambda: self._inner.linked(system, entity, after, limit))

    def _do(self, verb: str, action: Callable[[], Answer]) -> Answer:
        return self._stage.effect(verb, action, HICCUP)


class StagedLedger:
    """History, behind the stage."""

    def __init__(self, stage: Stage, inner: Ledger) -> None:
        """Wrap a store."""
        self._stage, self._inner = stage, inner

    def append(self, entries: Sequence[LedgerEntry]) -> None:
        """Write entries."""
        self._stage.effect("ledger.append", lambda: self._inner.append(entries), HICCUP)

    def known(self, versions: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return which of these versions stand in the ledger."""
        wanted = sorted(versions)
        return self._stage.effect("ledger.known", lambda: self._inner.known(wanted), HICCUP)


class StagedIdempotency:
    """Keys of webhook events, behind the stage."""

    def __init__(self, stage: Stage, inner: Idempotency) -> None:
        """Wrap a store."""
        self._stage, self._inner = stage, inner

    def is_known(self, key: str) -> bool:
        """Tell whether an event was queued before."""
        return self._stage.effect("idempotency.is_known", lambda: self._inner.is_known(key))

    def remember(self, key: str) -> None:
        """Keep an event's key."""
        self._stage.effect("idempotency.remember", lambda: self._inner.remember(key))


class StagedStates:
    """States, cursors and listings, behind the stage."""

    def __init__(self, stage: Stage, inner: States) -> None:
        """Wrap a store."""
        self._stage, self._inner = stage, inner
        self.paused_at: dict[tuple[str, str], float] = {}
        """When a system, or an entity in it, was last paused: whoever paused it may have been slow to write it."""

    def state(self, system: str, entity: str = "") -> SystemState:
        """Return the state of a system, or of one entity in it."""
        return self._do("states.state", lambda: self._inner.state(system, entity))

    def stops(self, system: str) -> Mapping[str, SystemState]:
        """Return all that is kept of a system."""
        return self._do("states.stops", lambda: self._inner.stops(system))

    def set_state(self, system: str, state: SystemState, entity: str = "") -> bool:
        """Put a state."""

        def put() -> bool:
            if state.status is SystemStatus.PAUSED:
                self.paused_at[system, entity] = self._stage.seconds
            return self._inner.set_state(system, state, entity)

        return self._do("states.set_state", put)

    def recover(self, system: str, entity: str = "") -> bool:
        """Let what was slowed or tripped run again."""
        return self._do("states.recover", lambda: self._inner.recover(system, entity))

    def claim_probe(self, system: str, entity: str, now: datetime, until: datetime) -> bool:
        """Tell whether this caller may try a tripped system."""
        return self._do("states.claim_probe", lambda: self._inner.claim_probe(system, entity, now, until))

    def cursor(self, system: str, entity: str) -> tuple[str | None, datetime | None]:
        """Return the cursor of a poll and when the next is due."""
        return self._do("states.cursor", lambda: self._inner.cursor(system, entity))

    def move_cursor(self, system: str, entity: str, cursor: str | None, due_at: datetime) -> None:
        """Put cursor and due time."""
        self._do("states.move_cursor", lambda: self._inner.move_cursor(system, entity, cursor, due_at))

    def read_by(self, system: str, entity: str) -> str:
        """Return by which version of the rules a system was last read whole."""
        return self._do("states.read_by", lambda: self._inner.read_by(system, entity))

    def note_read(self, system: str, entity: str, rules: str) -> None:
        """Note the version of the rules by which a system was read whole."""
        self._do("states.note_read", lambda: self._inner.note_read(system, entity, rules))

    def schema(self, system: str, entity: str) -> Schema | None:
        """Return what is known of the fields of an entity in a system."""
        return self._do("states.schema", lambda: self._inner.schema(system, entity))

    def keep_schema(self, system: str, entity: str, before: Schema | None, schema: Schema) -> bool:
        """Put it if what is kept is still the one before."""
        return self._do("states.keep_schema", lambda: self._inner.keep_schema(system, entity, before, schema))

    def keep_page(self, run: str, page: int, ids: Sequence[str]) -> None:
        """Keep the ids of one page of a listing."""
        self._do("states.keep_page", lambda: self._inner.keep_page(run, page, ids))

    def pages(self, run: str) -> frozenset[str]:
        """Return all ids that a reconcile has listed."""
        return self._do("states.pages", lambda: self._inner.pages(run))

    def count_calls(self, system: str, reads: int, writes: int) -> None:
        """Count calls; nobody's decision depends on it, so it is no effect."""
        self._inner.count_calls(system, reads, writes)

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return the calls made so far."""
        return self._inner.calls()

    def note_change(self, at: datetime) -> None:
        """Note that records changed."""
        self._do("states.note_change", lambda: self._inner.note_change(at))

    def last_change(self) -> datetime | None:
        """Return when records last changed."""
        return self._inner.last_change()

    def _do(self, verb: str, action: Callable[[], Answer]) -> Answer:
        return self._stage.effect(verb, action, HICCUP)
