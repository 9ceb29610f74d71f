"""Real time and real chance."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from uuid import uuid4


class SystemClock:
    """The machine's clock and chance."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Return a random id."""
        return uuid4().hex

    def jitter(self) -> float:
        """Return a number from 0 up to 1."""
        return random.random()
