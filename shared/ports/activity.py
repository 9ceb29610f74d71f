"""The port to what went on lately: when each system last showed something, and how often it was called today.

Nobody's decision depends on it; it is there for people who look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol


class Activity(Protocol):
    """What went on, per system."""

    def note_observed(self, system: str, entity: str, at: datetime) -> None:
        """Note that a system showed records of an entity; an earlier moment changes nothing."""

    def observed(self) -> Mapping[tuple[str, str], datetime]:
        """Return, per system and entity, when it last showed something."""

    def calls_on(self, day: date) -> Mapping[str, Mapping[str, int]]:
        """Return per system the calls (`read`, `write`) that were made on a day, in UTC; kept for a month."""
