"""The records of a dry installation: those of the real one, and over them those that were written here."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.core.records import Record
from shared.core.stopping import is_set_aside
from shared.flows.dry.identities import DryIdentities
from shared.ports.stores import Change, KeysHeld, Lost, Records, Saved, SaveResult


@dataclass(frozen=True, slots=True)
class Written:
    """One write that was kept here: the record before it, and the change."""

    before: Record | None
    change: Change


class DryRecords:
    """Reads through, keeps writes in memory, in one transaction with the dry identities."""

    def __init__(self, base: Records, identities: DryIdentities) -> None:
        """Begin without writes; `written` holds all of them in order, `stream` those that nobody has taken up yet."""
        self._base, self._identities = base, identities
        self.held: dict[str, Record] = {}
        self.written: list[Written] = []
        self.stream: list[Written] = []

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records that exist."""
        rest = [each for each in ids if each not in self.held]
        found = {**(self._base.get(rest) if rest else {}), **self.held}
        return {each: found[each] for each in ids if each in found}

    def save(self, change: Change) -> SaveResult:
        """Keep one change if it would hold."""
        before = self.get([change.record.id]).get(change.record.id)
        if (0 if before is None else before.version) != change.record.version - 1:
            return Lost()
        if others := self._identities.held_by_others(change.keys_taken, change.record.id):
            return KeysHeld(others)
        self._identities.apply(change)
        self.held[change.record.id] = change.record
        written = Written(before, change)
        self.written.append(written)
        self.stream.append(written)
        return Saved()

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        """Return ids of records whose due time has come."""
        mine = [(each.due_at, each.id) for each in self.held.values() if each.due_at is not None]
        ours = [id_ for at, id_ in sorted(mine) if at <= until]
        return [*ours, *self._untouched(self._base.due(until, limit + len(self.held)))][:limit]

    def page(self, after: str | None, limit: int) -> Sequence[Record]:
        """Return a page of the whole table, in its own order; what is new here is not among them."""
        return [self.held.get(each.id, each) for each in self._base.page(after, limit)]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        """Return due time and id of records that wait for a resume, after a due time."""
        base = self._base.set_aside(after, limit + len(self.held))
        mine = ((each.due_at, each.id) for each in self.held.values() if each.due_at and is_set_aside(each.due_at))
        ours = [(at, id_) for at, id_ in mine if after is None or at > after]
        return sorted([*ours, *(each for each in base if each[1] not in self.held)])[:limit]

    def waiting_for(self, record_id: str) -> Sequence[str]:
        """Return ids of records that wait for this one."""
        mine = (each.id for each in self.held.values() if each.waits_for == record_id)
        return sorted({*mine, *self._untouched(self._base.waiting_for(record_id))})

    def parked(self, limit: int) -> Sequence[str]:
        """Return ids of records of which something is parked or held."""
        mine = [(each.parked_since, each.id) for each in self.held.values() if each.parked_since is not None]
        ours = [id_ for _, id_ in sorted(mine)]
        return [*ours, *self._untouched(self._base.parked(limit + len(self.held)))][:limit]

    def _untouched(self, ids: Sequence[str]) -> list[str]:
        return [each for each in ids if each not in self.held]
