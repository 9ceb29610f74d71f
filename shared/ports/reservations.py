"""The port to what is set aside: reservations and the shelves that they hold goods of (`shared.core.reservations`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from shared.core.reservations import Place, Reservation, Shelf, Transaction


class Reservations(Protocol):
    """Reservations by id and shelves by place; all reads are consistent."""

    def get(self, ids: Collection[str]) -> Mapping[str, Reservation]:
        """Return those that there are; one that has ended is kept for a while."""

    def shelves(self, places: Collection[Place]) -> Mapping[Place, Shelf]:
        """Return shelves as they are stored; one that nobody has touched has a limit of 0 and nothing free."""

    def carry_out(self, transaction: Transaction) -> bool:
        """Make all steps together if every condition holds, else none; tell which. Raises `TryAgain` if it is busy.

        No steps at all are done at once.
        """
