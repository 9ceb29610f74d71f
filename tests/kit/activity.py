"""What went on lately, in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from tests.kit.memory import MemoryStates


class MemoryActivity:
    """Moments in a dictionary; the calls are those that the states have counted."""

    def __init__(self, states: MemoryStates) -> None:
        """Begin empty."""
        self._states = states
        self.moments: dict[tuple[str, str], datetime] = {}

    def note_observed(self, system: str, entity: str, at: datetime) -> None:
        """Note when a system showed something."""
        self.moments[system, entity] = max(at, self.moments.get((system, entity), at))

    def observed(self) -> Mapping[tuple[str, str], datetime]:
        """Return when each system last showed something."""
        return dict(self.moments)

    def calls_on(self, day: date) -> Mapping[str, Mapping[str, int]]:
        """Return the calls of a day."""
        return {system: dict(counts) for (on, system), counts in self._states.counts_by_day.items() if on == day}
