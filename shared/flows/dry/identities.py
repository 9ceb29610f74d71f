"""Who is who in a dry installation: as in the real one, but for what was taken, given back, noted or opened here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from shared.core.keys import id_key
from shared.core.records import Record
from shared.core.stopping import is_set_aside
from shared.ports.stores import Change, Holder, Identities, Note, NoteKind, OpenCreate

_Place = tuple[str, str]
_NOBODY = Holder()


class DryIdentities:
    """Reads through, keeps changes in memory. Nothing stands for a key that was given back, or a note dropped here."""

    def __init__(self, base: Identities) -> None:
        """Begin without changes."""
        self._base = base
        self._holding: dict[str, Holder | None] = {}
        self.notes: dict[str, Note | None] = {}
        self._creates: dict[_Place, dict[str, OpenCreate | None]] = {}
        self._links: dict[_Place, dict[str, str]] = {}

    def holders(self, keys: Collection[str]) -> Mapping[str, Holder]:
        """Return the holders of the keys that are held or noted."""
        known = self._base.holders(keys) if keys else {}
        found = {key: self._holder(key, known.get(key)) for key in keys}
        return {key: holder for key, holder in found.items() if holder != _NOBODY}

    def note(self, key: str, note: Note) -> None:
        """Put a note at an id key."""
        self.notes[key] = note

    def forget(self, keys: Collection[str]) -> None:
        """Drop the notes at these id keys."""
        self.notes.update(dict.fromkeys(keys))

    def due(self, until: datetime, limit: int) -> Sequence[Note]:
        """Return waiting notes whose time has come."""
        waiting = (each for each in self.notes.values() if each is not None and each.kind is NoteKind.WAITING)
        mine = [each for each in waiting if each.due_at is not None and each.due_at <= until]
        found = [*mine, *self._untouched(self._base.due(until, limit + len(self.notes)))]
        return sorted(found, key=lambda each: each.due_at or until)[:limit]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[Note]:
        """Return waiting notes that wait for a resume, after a due time."""
        mine = [each for each in self.notes.values() if each is not None and is_set_aside(each.due_at)]
        ours = [each for each in mine if after is None or (each.due_at is not None and each.due_at > after)]
        found = [*ours, *self._untouched(self._base.set_aside(after, limit + len(self.notes)))]
        return sorted(found, key=lambda each: each.due_at or each.since)[:limit]

    def parked(self, limit: int) -> Sequence[Note]:
        """Return the parked notes."""
        mine = [each for each in self.notes.values() if each is not None and each.kind is NoteKind.PARKED]
        found = [*mine, *self._untouched(self._base.parked(limit + len(self.notes)))]
        return sorted(found, key=lambda each: each.since)[:limit]

    def open_creates(self, system: str, entity: str) -> Sequence[OpenCreate]:
        """Return the creates that are open in a system."""
        mine = self._creates.get((system, entity), {})
        base = [each for each in self._base.open_creates(system, entity) if each.record_id not in mine]
        return [*base, *(each for each in mine.values() if each is not None)]

    def linked(self, system: str, entity: str, after: str | None, limit: int) -> Mapping[str, str]:
        """Return a page of external id → record id, in order of external id."""
        mine = self._links.get((system, entity), {})
        base = self._base.linked(system, entity, after, limit + len(mine))
        ours = {each: record_id for each, record_id in mine.items() if after is None or each > after}
        found = {each: record_id for each, record_id in {**base, **ours}.items() if record_id}
        return dict(sorted(found.items())[:limit])

    def held_by_others(self, keys: Collection[str], record_id: str) -> dict[str, str]:
        """Return the keys that another record holds."""
        found = self.holders(keys)
        return {key: each.record_id for key, each in found.items() if each.record_id not in ("", record_id)}

    def apply(self, change: Change) -> None:
        """Do a change's part here; its keys have been found free."""
        record = change.record
        opened = {system: OpenCreate(record.id, _lease_end(record, system)) for system in change.creates_opened}
        held = self.holders(change.keys_given_back - change.keys_taken)
        for key in (key for key, each in held.items() if each.record_id == record.id):
            self._holding[key] = None
            self._link(key, "")
        for key in change.keys_taken:
            self._holding[key] = Holder(record.id, record.generation)
            self._link(key, record.id)
        for key, generation in change.keys_freed.items():
            self._holding[key] = Holder("", generation)
            self._link(key, "")
        for system in change.creates_closed:
            self._creates.setdefault((system, record.entity), {})[record.id] = None
        for system in change.creates_opened:
            self._creates.setdefault((system, record.entity), {})[record.id] = opened[system]
        self.forget(change.forgets)

    def _holder(self, key: str, base: Holder | None) -> Holder:
        """Return who holds a key, with its note; an empty holder where nobody does and nothing is noted."""
        base = base or _NOBODY
        held = (self._holding[key] or _NOBODY) if key in self._holding else base
        return Holder(held.record_id, held.generation, self.notes.get(key, base.note))

    def _untouched(self, notes: Sequence[Note]) -> list[Note]:
        return [each for each in notes if id_key(each.system, each.entity, each.external_id) not in self.notes]

    def _link(self, key: str, record_id: str) -> None:
        kind, _, rest = key.partition("/")
        if kind == "id":
            system, entity, external_id = rest.split("/", 2)
            self._links.setdefault((system, entity), {})[external_id] = record_id


def _lease_end(record: Record, system: str) -> datetime:
    intent = record.link(system).intent
    if intent is None:
        raise ValueError(f"record {record.id} opens a create in {system} without an intent")
    return intent.until
