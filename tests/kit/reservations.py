"""Reservations in memory: conditions are checked as DynamoDB checks them, all steps of a transaction or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal

from shared.core.reservations import (
    ITEMS_AT_ONCE,
    Place,
    Reservation,
    ReservationStep,
    Shelf,
    ShelfStep,
    State,
    Transaction,
)

ZERO = Decimal(0)


class MemoryReservations:
    """Shelves and reservations by their keys."""

    def __init__(self) -> None:
        """Begin with nothing set aside."""
        self.held: dict[str, Reservation] = {}
        self.kept: dict[Place, Shelf] = {}

    def get(self, ids: Collection[str]) -> Mapping[str, Reservation]:
        """Return those that there are."""
        return {each: self.held[each] for each in ids if each in self.held}

    def shelves(self, places: Collection[Place]) -> Mapping[Place, Shelf]:
        """Return shelves; one that nobody has touched is empty."""
        return {place: self.kept.get(place) or Shelf(place, ZERO, ZERO) for place in places}

    def carry_out(self, transaction: Transaction) -> bool:
        """Change everything if every condition holds, else nothing."""
        keys = [step.place if isinstance(step, ShelfStep) else step.becomes.id for step in transaction]
        assert len(keys) == len(set(keys)) <= ITEMS_AT_ONCE
        if not all(self._holds(step) for step in transaction):
            return False
        for step in transaction:
            self._change(step)
        return True

    def _holds(self, step: ReservationStep | ShelfStep) -> bool:
        if isinstance(step, ReservationStep):
            stored = self.held.get(step.becomes.id)
            if not step.was:
                return stored is None
            return stored is not None and stored.state is State.OPEN and stored.version == step.was
        shelf = self.shelves([step.place])[step.place]
        is_enough = step.at_least is None or shelf.free >= step.at_least
        return is_enough and (step.limit_was is None or shelf.limit == step.limit_was)

    def _change(self, step: ReservationStep | ShelfStep) -> None:
        if isinstance(step, ReservationStep):
            self.held[step.becomes.id] = step.becomes
            return
        shelf = self.shelves([step.place])[step.place]
        self.kept[step.place] = replace(shelf, limit=shelf.limit + step.add_limit, free=shelf.free + step.add_free)
