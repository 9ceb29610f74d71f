"""What is parked, failing or waiting, and what people write on it, in memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.ports.failing import NotedSpot, Spot
from shared.ports.remarks import Paper, Remark
from shared.ports.stores import NoteKind
from tests.kit.memory import Memory


class MemoryFailing:
    """Pages over the stores in memory."""

    def __init__(self, memory: Memory) -> None:
        """Look at these stores."""
        self._memory = memory

    def parked(self, after: Spot | None, limit: int) -> Sequence[Spot]:
        """Return records of which something is parked or held."""
        records = self._memory.records.held.values()
        return _page(((record.parked_since, record.id) for record in records), after, limit)

    def failing(self, after: Spot | None, limit: int) -> Sequence[Spot]:
        """Return records that fail somewhere and are parked nowhere."""
        some = (record for record in self._memory.records.held.values() if record.parked_since is None)
        return _page(((record.failing_since, record.id) for record in some), after, limit)

    def parked_notes(self, after: Spot | None, limit: int) -> Sequence[NotedSpot]:
        """Return notes that are parked."""
        notes = self._memory.identities.notes
        some = ((note.since, key) for key, note in notes.items() if note.kind is NoteKind.PARKED)
        return [NotedSpot(spot, notes[spot.id]) for spot in _page(some, after, limit)]

    def waiting_notes(self, after: Spot | None, limit: int) -> Sequence[NotedSpot]:
        """Return notes that wait."""
        notes = self._memory.identities.notes
        some = ((note.due_at, key) for key, note in notes.items() if note.kind is NoteKind.WAITING)
        return [NotedSpot(spot, notes[spot.id]) for spot in _page(some, after, limit)]


class MemoryRemarks:
    """Papers in a dictionary."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: dict[str, Paper] = {}

    def papers(self, cases: Collection[str]) -> Mapping[str, Paper]:
        """Return the papers of those cases that have one."""
        return {case: self.kept[case] for case in cases if case in self.kept}

    def assign(self, case: str, to: str) -> None:
        """Put who looks after a case."""
        self.kept[case] = replace(self.kept.get(case, Paper()), assigned_to=to)

    def add(self, case: str, remark: Remark) -> None:
        """Add a remark."""
        paper = self.kept.get(case, Paper())
        self.kept[case] = replace(paper, remarks=(*paper.remarks, remark))


def _page(found: Iterable[tuple[datetime | None, str]], after: Spot | None, limit: int) -> list[Spot]:
    spots = sorted(Spot(at, id_) for at, id_ in found if at is not None)
    return [spot for spot in spots if after is None or spot > after][:limit]
