"""Follow: what becomes of what is set aside for an order or a deal when that changes.

Nothing is remembered of what has been shipped before: what is set aside beyond what an order still takes has left. An
order that has left whole leaves nothing set aside; one that is cancelled or deleted, or a deal that is decided, gives
everything back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from shared.core.demands import wants
from shared.core.open_orders import open_lines
from shared.core.records import Record
from shared.core.reservations import Place, Reservation, Transaction, fulfil, release
from shared.core.supply import ZERO

LEFT_WHOLE = frozenset({"shipped", "delivered"})


def follow(demand: Record, held: Sequence[Reservation]) -> Iterator[tuple[Reservation, Transaction]]:
    """Yield what is to be done to the open reservations of an order or a deal: a transaction for each that changes."""
    if not wants(demand):
        has_left = demand.tombstone is None and demand.entity == "order" and demand.value("status") in LEFT_WHOLE
        yield from ((each, fulfil(each, each.lines) if has_left else release(each)) for each in held)
    elif demand.entity == "order":
        yield from _as_shipped(demand, held)


def _as_shipped(order: Record, held: Sequence[Reservation]) -> Iterator[tuple[Reservation, Transaction]]:
    left: dict[str, Decimal] = {}
    for line in open_lines(order):
        left[line.product] = left.get(line.product, ZERO) + line.quantity
    for each in held:
        gone: list[tuple[Place, Decimal]] = []
        for place, quantity in each.lines:
            kept = min(quantity, left.get(place.product, ZERO))
            left[place.product] = left.get(place.product, ZERO) - kept
            gone.append((place, quantity - kept))
        if steps := fulfil(each, gone):
            yield each, steps
