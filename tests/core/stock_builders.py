"""Builders for the tests of supply, promise, sharing and reordering: they show only what matters to a story."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from shared.core.priority import Demand, DemandLine
from shared.core.share import Lot
from shared.core.supply import Commitment, Incoming, Position, Stock

TODAY = date(2026, 11, 23)
COUNTED = datetime(2026, 11, 23, 6, tzinfo=UTC)


def day(ahead: int) -> date:
    """Return the day so many days from today."""
    return TODAY + timedelta(days=ahead)


def units(quantity: int | str) -> Decimal:
    """Return a quantity."""
    return Decimal(quantity)


def position(
    on_hand: int = 0,
    committed: tuple[tuple[int, int], ...] = (),
    incoming: tuple[tuple[int, int], ...] = (),
    buffer: int = 0,
    lead_days: int | None = None,
    overdue_days: int | None = None,
) -> Position:
    """Return a position of tea; what is committed and incoming is (days ahead, quantity)."""
    return Position(
        "tea",
        (Stock(units(on_hand)),),
        commitments=tuple(Commitment(f"SO-{n}", units(q), day(at)) for n, (at, q) in enumerate(committed, 1)),
        incoming=tuple(Incoming(f"PO-{n}", units(q), day(at)) for n, (at, q) in enumerate(incoming, 1)),
        buffer=units(buffer),
        lead_days=lead_days,
        overdue_days=overdue_days,
    )


def lot(quantity: int, ahead: int = 0, location: str = "") -> Lot:
    """Return a lot, from a purchase order if it is not there yet."""
    return Lot(day(ahead) if ahead else TODAY, units(quantity), location, f"PO-{ahead}" if ahead else "")


def demand(name: str, quantity: int, product: str = "tea", location: str = "", wanted: int | None = None) -> Demand:
    """Return an order of one line, wanted so many days from today."""
    line = DemandLine(product, units(quantity), location)
    return Demand(name, (line,), wanted=None if wanted is None else day(wanted))
