"""The port to what partners push that cannot be asked: the newest state of each of their records, kept to be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from shared.core.observations import Observation


class Mailbox(Protocol):
    """Pushed states by system, entity and external id; a deletion is a state too."""

    def put(self, observation: Observation) -> bool:
        """Keep a state unless one with a higher revision is there; tell whether it was kept."""

    def get(self, system: str, entity: str, ids: Collection[str]) -> Mapping[str, Observation]:
        """Return the states that are kept of these records."""

    def page(self, system: str, entity: str, after: str | None, limit: int) -> Sequence[Observation]:
        """Return at most `limit` states behind an external id, in the order of ids; fewer are the last ones."""
