"""Counts over the stores in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from tests.kit.memory import Memory

_LATER = datetime(9999, 1, 1, tzinfo=UTC)
_ALL = 10**9


class MemoryCounts:
    """Counts what stands; nothing ever waits in a queue here unless a test says so."""

    def __init__(self, memory: Memory) -> None:
        """Count these stores."""
        self._memory = memory
        self.waiting: dict[str, int] = {}

    def owed(self) -> int:
        """Return how much is owed."""
        return len(self._memory.records.due(_LATER, _ALL)) + len(self._memory.identities.due(_LATER, _ALL))

    def parked(self) -> int:
        """Return how much needs a person."""
        return len(self._memory.records.parked(_ALL)) + len(self._memory.identities.parked(_ALL))

    def conflicts(self) -> int:
        """Return how many conflicts are left to a person."""
        return sum(each.decision.is_open for each in self._memory.records.conflicts)

    def queued(self) -> Mapping[str, int]:
        """Return what a test says."""
        return self.waiting
