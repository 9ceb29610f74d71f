"""Drains, spent bounds and approvals in memory: the same promises as the table's."""

from __future__ import annotations

from datetime import datetime

from shared.ports.stopping import Drain


class MemoryStopping:
    """What goes on when a stop ends, in dictionaries."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.kept: Drain | None = None
        self.spent: dict[str, tuple[int, datetime]] = {}
        self.approved: dict[tuple[str, str], datetime] = {}

    def drain(self) -> Drain | None:
        """Return the drain that is under way."""
        return self.kept

    def begin_drain(self, id_: str) -> None:
        """Begin to walk from the start."""
        self.kept = Drain(id_)

    def go_on(self, drain: Drain) -> None:
        """Keep how far a drain has come."""
        if self.kept is not None and self.kept.id == drain.id:
            self.kept = drain

    def end_drain(self, id_: str) -> None:
        """End a drain."""
        if self.kept is not None and self.kept.id == id_:
            self.kept = None

    def spend(self, run: str, amount: int, bound: int, expires: datetime) -> bool:
        """Add to what a run has written if it stays within the bound."""
        after = self.spent.get(run, (0, expires))[0] + amount
        if after > bound:
            return False
        self.spent[run] = (after, expires)
        return True

    def approve(self, system: str, entity: str, until: datetime) -> None:
        """Keep until when a person lets it go on."""
        self.approved[system, entity] = until

    def approved_until(self, system: str, entity: str) -> datetime | None:
        """Return until when a person lets it go on."""
        return self.approved.get((system, entity))
