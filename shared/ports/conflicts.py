"""The port to the conflict items: what was overwritten, refused, passed or set aside, open or decided.

They are written, and closed, by `Records.save` in the record's own transaction; here they are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.core.decisions import Decision


@dataclass(frozen=True, slots=True)
class Closed:
    """When an open conflict was answered, by whom (nobody: by itself), and by what kind of write."""

    at: datetime | None
    by: str
    because: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One decision that set a value aside: by which write of which record, and what became of it since.

    `place` is its number among the conflicts of that write; `by` the operator, if a person decided it.
    """

    record_id: str
    entity: str
    version: int
    place: int
    decision: Decision
    at: datetime | None = None
    rules: str = ""
    by: str = ""
    closed: Closed | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether a person is still waited for."""
        return self.decision.is_open and self.closed is None


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """Some conflicts, and where the list goes on; nothing at its end."""

    conflicts: Sequence[Conflict]
    next: str | None = None


class Conflicts(Protocol):
    """The conflict items; the lists may lag, `of` does not."""

    def page(self, *, is_open: bool, after: str | None, limit: int) -> ConflictPage:
        """Return a page of the open ones, oldest first, or of the others, newest first. `limit` counts items, of which
        one holds what one write decided: a page may show some more conflicts than that."""

    def of(self, record_id: str) -> Sequence[Conflict]:
        """Return all conflicts of a record, the oldest first, read consistently."""
