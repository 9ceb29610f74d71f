"""The port to what can be counted without reading it: how much is owed, needs a person, is open, waits in queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Counts(Protocol):
    """Counts over indexes and queues, which may lag by seconds."""

    def owed(self) -> int:
        """Return how many records owe a system something, and hints that wait for their next try."""

    def parked(self) -> int:
        """Return how many records have something parked or held, and partner records parked without one."""

    def conflicts(self) -> int:
        """Return how many conflicts wait for a person."""

    def queued(self) -> Mapping[str, int]:
        """Return per queue (`ChangesQueue`, …) the messages that wait, run or are delayed."""
