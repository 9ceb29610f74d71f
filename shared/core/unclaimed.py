"""Unclaimed: what a position has to give to demands that are shared out, once their own claims are taken off it.

A position says what is free after everything that is committed. The matching decides who gets what of those very
commitments, so they must not be subtracted before it begins: neither as open orders, nor inside the number that the
stock's own system reserved for them. Goods that left after the count are gone, and what that system reserved beyond
the orders that we know is somebody else's: both stay subtracted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from shared.core.supply import ZERO, Commitment, Position


def unclaimed(position: Position) -> Position:
    """Return the position without open orders; `buffer` holds what others than these have reserved."""
    as_of = _moment(position)
    strangers = ZERO if as_of is None else max(ZERO, _reserved(position) - _known(position, as_of))
    return replace(
        position,
        stocks=tuple(replace(each, reserved=None) for each in position.stocks),
        commitments=tuple(each for each in position.commitments if each.shipped_at is not None),
        buffer=position.buffer + strangers,
    )


def _moment(position: Position) -> datetime | None:
    """Return since when all that is reserved is told; nothing where some stock does not tell it."""
    moments = [stock.as_of for stock in position.stocks if stock.reserved is not None]
    dated = [moment for moment in moments if moment is not None]
    return min(dated) if dated and len(dated) == len(position.stocks) else None


def _reserved(position: Position) -> Decimal:
    return sum((stock.reserved or ZERO for stock in position.stocks), ZERO)


def _known(position: Position, as_of: datetime) -> Decimal:
    """Return how many of the reserved are those of orders that we know: placed by then, and not gone by then."""
    return sum((each.quantity for each in position.commitments if _is_reserved(each, as_of)), ZERO)


def _is_reserved(each: Commitment, as_of: datetime) -> bool:
    is_placed = each.placed_at is not None and each.placed_at <= as_of
    return is_placed and (each.shipped_at is None or each.shipped_at > as_of)
