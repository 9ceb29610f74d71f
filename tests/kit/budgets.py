"""Budgets in memory, and an allowance that a test sets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock

from shared.core.budget import Budget
from shared.core.turns import Turn
from shared.ports.budgets import Kept


@dataclass
class MemoryBudgets:
    """Budgets by system; `calls` counts reads and writes, `lost` the writes that came too late."""

    held: dict[str, Kept] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def read(self, system: str) -> Kept:
        """Return what stands there now."""
        self.calls["read"] += 1
        return self.held.get(system, Kept(Budget(), 0))

    def replace(self, system: str, budget: Budget, version: int) -> bool:
        """Keep what follows on a version."""
        with self._lock:
            self.calls["write"] += 1
            if self.held.get(system, Kept(Budget(), 0)).version != version:
                self.calls["lost"] += 1
                return False
            self.held[system] = Kept(budget, version + 1)
            return True


@dataclass
class SetAllowance:
    """Says what the test has set: seconds to wait per system and turn, or per system; and what is used."""

    waits: dict[tuple[str, Turn] | str, float] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)
    asked: list[tuple[str, str, Turn]] = field(default_factory=list)
    peeked: list[tuple[str, Turn]] = field(default_factory=list)

    def wait(self, system: str, entity: str, turn: Turn) -> float:
        """Return what was set."""
        self.asked.append((system, entity, turn))
        return self.waits.get((system, turn), self.waits.get(system, 0.0))

    def has_room(self, system: str, turn: Turn) -> bool:
        """Tell what was set."""
        self.peeked.append((system, turn))
        return not self.waits.get((system, turn), self.waits.get(system, 0.0))

    def used(self, system: str) -> float | None:
        """Return what was set."""
        return self.shares.get(system)
