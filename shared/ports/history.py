"""The port to what the ledger keeps, for whoever explains or replays a decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shared.ports.stores import LedgerEntry


class History(Protocol):
    """The versions of records, as they were written."""

    def versions(self, record_id: str, after: int, limit: int) -> Sequence[LedgerEntry]:
        """Return a record's entries whose version is greater than `after`, in order of version, at most `limit`."""
