"""Time and chance that a test holds in its hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class FakeClock:
    """A clock that stands still until it is told to go on; ids count up, jitter is nought unless set."""

    time: datetime = START
    jitters: float = 0.0
    _ids: Iterator[int] = field(default_factory=lambda: count(1))

    def now(self) -> datetime:
        """Return the moment that the test has set."""
        return self.time

    def new_id(self) -> str:
        """Return `1`, `2`, and so on."""
        return str(next(self._ids))

    def jitter(self) -> float:
        """Return what the test has set."""
        return self.jitters

    def go_on(self, seconds: float) -> datetime:
        """Let time pass and return the new moment."""
        self.time += timedelta(seconds=seconds)
        return self.time
