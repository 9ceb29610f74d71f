"""A store of shelves and reservations that checks conditions as DynamoDB does: all steps of a transaction or none."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from shared.core.reservations import (
    Place,
    Reservation,
    ReservationStep,
    Shelf,
    ShelfStep,
    State,
    Transaction,
    shelves_of,
)


@dataclass
class Shelves:
    """Shelves and reservations by their keys; `carry_out` is the only way to change them."""

    shelves: dict[Place, Shelf] = field(default_factory=dict)
    reservations: dict[str, Reservation] = field(default_factory=dict)

    @classmethod
    def holding(cls, limits: dict[Place, int]) -> Shelves:
        """Return shelves that are free up to these limits."""
        return cls({place: Shelf(place, Decimal(limit), Decimal(limit)) for place, limit in limits.items()})

    def carry_out(self, transaction: Transaction) -> bool:
        """Change everything and answer True if every condition holds, else change nothing."""
        keys = [step.place if isinstance(step, ShelfStep) else step.becomes.id for step in transaction]
        assert len(keys) == len(set(keys)) <= 100, "a transaction touches an item once, and a hundred at most"
        if not all(self._holds(step) for step in transaction):
            return False
        for step in transaction:
            self._change(step)
        return True

    def held(self, place: Place) -> Decimal:
        """Add up what the open reservations hold of a shelf."""
        everything = [line for each in self.reservations.values() if each.state is State.OPEN for line in each.lines]
        return sum((quantity for where, quantity in shelves_of(everything) if where == place), Decimal(0))

    def _holds(self, step: ReservationStep | ShelfStep) -> bool:
        if isinstance(step, ReservationStep):
            stored = self.reservations.get(step.becomes.id)
            if not step.was:
                return stored is None
            return stored is not None and stored.state is State.OPEN and stored.version == step.was
        shelf = self.shelves.get(step.place)
        if shelf is None:
            return False
        is_enough = step.at_least is None or shelf.free >= step.at_least
        return is_enough and (step.limit_was is None or shelf.limit == step.limit_was)

    def _change(self, step: ReservationStep | ShelfStep) -> None:
        if isinstance(step, ReservationStep):
            self.reservations[step.becomes.id] = step.becomes
            return
        shelf = self.shelves[step.place]
        self.shelves[step.place] = replace(shelf, limit=shelf.limit + step.add_limit, free=shelf.free + step.add_free)
