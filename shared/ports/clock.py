"""Time and chance as ports, so that every run can be replayed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The present moment and fresh ids."""

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""

    def new_id(self) -> str:
        """Return an id that nobody else has (intents, runs)."""

    def jitter(self) -> float:
        """Return a number from 0 up to 1 by which a back-off is spread."""
