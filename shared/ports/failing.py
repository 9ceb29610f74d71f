"""The port to the lists of what a person may have to look at, in the order in which it began; they may lag."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.ports.stores import Note


class Spot(NamedTuple):
    """A place in a list: since when, and whose; the next page begins beyond the last spot of this one."""

    at: datetime
    id: str


class NotedSpot(NamedTuple):
    """A note and its place in its list."""

    spot: Spot
    note: Note


class Failing(Protocol):
    """Pages of what is parked, held, failing or waiting."""

    def parked(self, after: Spot | None, limit: int) -> Sequence[Spot]:
        """Return records of which something is parked or held, since when; oldest first."""

    def failing(self, after: Spot | None, limit: int) -> Sequence[Spot]:
        """Return records that fail somewhere and are parked nowhere, since their first failure; oldest first."""

    def parked_notes(self, after: Spot | None, limit: int) -> Sequence[NotedSpot]:
        """Return notes that are parked, since when; oldest first."""

    def waiting_notes(self, after: Spot | None, limit: int) -> Sequence[NotedSpot]:
        """Return notes that wait, by when they are due; one that is tried meanwhile moves on in the list."""
