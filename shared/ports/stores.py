"""The ports to what is stored: records, identities, ledger, states. One conditional write per decision.

Keys are text: `id/<system>/<entity>/<external id>` for what a partner calls a record, `key/<entity>/<name>/<value>`
for a match key (`shared.core.keys` makes both). All reads of records and identities are strongly consistent unless
said otherwise; the indexes (`due`, `waiting_for`, `parked`, `linked`) may lag.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias

from shared.core.decisions import Cause, Decision
from shared.core.questions import Question
from shared.core.records import Record
from shared.core.schema_drift import Schema
from shared.core.stopping import SystemState as SystemState  # the stores' own word for it
from shared.core.stopping import SystemStatus as SystemStatus


@dataclass(frozen=True, slots=True)
class Change:
    """One write of one record, made whole or not at all.

    `record` carries its new version; the write holds only if the store still has `version - 1` (0: no such record).
    `keys_taken` must be free or already this record's, `keys_given_back` are dropped if they are still its own.
    `decisions` that are conflicts become conflict items in the same transaction. `creates_opened` and
    `creates_closed` name the systems in which a create is about to be, or is no longer, open (only noted for systems
    that do not carry our reference). `forgets` are id keys whose waiting hint or parked note ends with this write.
    `keys_freed` are id keys of its own that are nobody's from now on, with the generation that their next holder
    begins. `closes` are the questions that it answers: the record's open conflicts that ask them are closed with it.
    """

    record: Record
    cause: Cause
    keys_taken: frozenset[str] = frozenset()
    keys_given_back: frozenset[str] = frozenset()
    decisions: tuple[Decision, ...] = ()
    creates_opened: frozenset[str] = frozenset()
    creates_closed: frozenset[str] = frozenset()
    forgets: frozenset[str] = frozenset()
    closes: frozenset[Question] = frozenset()
    keys_freed: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Saved:
    """The write holds."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody else wrote the record first, or the store was busy: read again and decide again."""


@dataclass(frozen=True, slots=True)
class KeysHeld:
    """Keys that another record holds, with their holders (an id key may be held by a parked note: empty holder)."""

    holders: Mapping[str, str]


SaveResult: TypeAlias = Saved | Lost | KeysHeld


class Records(Protocol):
    """The golden records."""

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records that exist, in bulk."""

    def save(self, change: Change) -> SaveResult:
        """Write one change; a plain conditional put where no key, conflict or mark is touched, else a transaction."""

    def page(self, after: str | None, limit: int) -> Sequence[Record]:
        """Return at most `limit` records of the whole table behind one of them, in the table's own order, which no
        change moves; fewer are the last ones. What is written meanwhile may show either way."""

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        """Return ids of records whose due time has come, over all index shards, oldest first within a shard."""

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        """Return due time and id of records that wait for a resume, in order of turn and age, after a due time."""

    def waiting_for(self, record_id: str) -> Sequence[str]:
        """Return ids of records that wait for this one."""

    def parked(self, limit: int) -> Sequence[str]:
        """Return ids of records of which something is parked or held, oldest first within a shard."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a key: a record (with its generation), or nobody yet (a note: parked, or a hint that waits)."""

    record_id: str = ""
    generation: int = 0
    note: Note | None = None


class NoteKind(StrEnum):
    """Why a partner's record is noted though it has no record of ours."""

    PARKED = "parked"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Note:
    """A partner's record that could not be absorbed: parked for a person, or a hint that waits until `due_at`.

    `since` is when that began, `last_at` when it was last tried.
    """

    kind: NoteKind
    system: str
    entity: str
    external_id: str
    reason: str
    since: datetime
    due_at: datetime | None = None
    attempts: int = 0
    field: str | None = None
    candidates: tuple[str, ...] = ()
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OpenCreate:
    """A create that is open in a system that does not carry our reference: whose, and its noted lease end."""

    record_id: str
    until: datetime


class Identities(Protocol):
    """Who is who: external ids, match keys, notes, open creates."""

    def holders(self, keys: Collection[str]) -> Mapping[str, Holder]:
        """Return the holders of the keys that are held or noted, in bulk."""

    def note(self, key: str, note: Note) -> None:
        """Put a note at an id key, replacing an older note; a record that holds the key keeps it (the note is then
        kept beside it and shown by `holders` with both)."""

    def forget(self, keys: Collection[str]) -> None:
        """Drop the notes at these id keys; what records hold stays."""

    def due(self, until: datetime, limit: int) -> Sequence[Note]:
        """Return waiting notes whose time has come."""

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[Note]:
        """Return waiting notes that wait for a resume, in order of turn and age, after a due time."""

    def parked(self, limit: int) -> Sequence[Note]:
        """Return the parked notes."""

    def open_creates(self, system: str, entity: str) -> Sequence[OpenCreate]:
        """Return the creates that are open in a system, by a strongly consistent read."""

    def linked(self, system: str, entity: str, after: str | None, limit: int) -> Mapping[str, str]:
        """Return a page of external id → record id, in order of external id."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One version of a record as history keeps it: what changed, why, and the record as it then stood.

    `changed` holds per field the digests before and after. `record` is nothing for what was written before history
    kept records.
    """

    record_id: str
    entity: str
    version: int
    at: datetime
    cause: Cause
    changed: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    record: Record | None = None


class Ledger(Protocol):
    """Append-only history."""

    def append(self, entries: Sequence[LedgerEntry]) -> None:
        """Write entries; repeating one changes nothing."""

    def known(self, versions: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return which of these versions (record id, version) stand in the ledger, in bulk."""


class States(Protocol):
    """States of systems, cursors of polls, pages of a reconcile, counts: small items that everybody shares."""

    def state(self, system: str, entity: str = "") -> SystemState:
        """Return the state of a system, or of one entity in it; running where none is kept."""

    def stops(self, system: str) -> Mapping[str, SystemState]:
        """Return all that is kept of a system, by one read: its own state under "", and by entity."""

    def set_state(self, system: str, state: SystemState, entity: str = "") -> bool:
        """Put a state; tell whether this call was the one that changed its status (first to trip it)."""

    def recover(self, system: str, entity: str = "") -> bool:
        """Let what was slowed or tripped run again; a pause and a wait for approval stay. Tell whether it did."""

    def claim_probe(self, system: str, entity: str, now: datetime, until: datetime) -> bool:
        """Tell whether this caller is the one that may try a tripped system until then."""

    def cursor(self, system: str, entity: str) -> tuple[str | None, datetime | None]:
        """Return the cursor of a poll and when the next poll is due."""

    def move_cursor(self, system: str, entity: str, cursor: str | None, due_at: datetime) -> None:
        """Put cursor and due time."""

    def read_by(self, system: str, entity: str) -> str:
        """Return by which version of the rules a system was last read whole; empty if it never was."""

    def note_read(self, system: str, entity: str, rules: str) -> None:
        """Note that a system was read whole by this version of the rules."""

    def schema(self, system: str, entity: str) -> Schema | None:
        """Return what is known of the fields of an entity in a system; may lag by a minute, nothing where none is."""

    def keep_schema(self, system: str, entity: str, before: Schema | None, schema: Schema) -> bool:
        """Put it if what is kept is still `before`; tell whether it was."""

    def keep_page(self, run: str, page: int, ids: Sequence[str]) -> None:
        """Keep the ids of one page of a reconcile's listing for a day."""

    def pages(self, run: str) -> frozenset[str]:
        """Return all ids that a reconcile has listed."""

    def count_calls(self, system: str, reads: int, writes: int) -> None:
        """Add to the number of calls made to a system, in all and today."""

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return per system the calls made so far: `read` and `write`."""

    def note_change(self, at: datetime) -> None:
        """Note that records changed (so that somebody who waits for quiet can tell)."""

    def last_change(self) -> datetime | None:
        """Return when records last changed."""


class Idempotency(Protocol):
    """Keys of webhook events that are done with."""

    def is_known(self, key: str) -> bool:
        """Tell whether an event was queued before."""

    def remember(self, key: str) -> None:
        """Keep an event's key for as long as its sender may repeat it."""
