"""The port to what goes on when a stop ends, and to what one run may write: drains, spent bounds, approvals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Drain:
    """A walk through what is set aside, in order: its id, how far it has come, and what this round has found."""

    id: str
    after: datetime | None = None
    found: int = 0


class Stopping(Protocol):
    """One drain for all systems, and per system and entity what has been written and approved."""

    def drain(self) -> Drain | None:
        """Return the drain that is under way; nothing if nothing has resumed."""

    def begin_drain(self, id_: str) -> None:
        """Begin to walk, from the start and in place of a drain that was under way."""

    def go_on(self, drain: Drain) -> None:
        """Keep how far a drain has come, unless another has begun meanwhile."""

    def end_drain(self, id_: str) -> None:
        """End a drain, unless another has begun meanwhile."""

    def spend(self, run: str, amount: int, bound: int, expires: datetime) -> bool:
        """Add to what a run has written if it stays within the bound; tell whether it did. One conditional write."""

    def approve(self, system: str, entity: str, until: datetime) -> None:
        """Keep until when a person lets a system's entity be written to without a bound."""

    def approved_until(self, system: str, entity: str) -> datetime | None:
        """Return until when a person lets it go on; nothing if nobody did."""
