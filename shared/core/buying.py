"""Buying: what the orders of a span say of a product, beside the level that its own system has.

The formulas are those of `reorder`; this puts them together for one product, so that a buyer can compare both levels
and see what is behind them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from shared.core.reorder import (
    SERVICE_LEVEL,
    Counts,
    History,
    LeadTime,
    Level,
    ReorderPoint,
    computed_point,
    days_of_cover,
    history,
    level,
    partner_point,
    suggested,
)
from shared.core.supply import ZERO, Position

WEEK = 7


@dataclass(frozen=True, slots=True)
class Terms:
    """What a buyer decides: over which days to look back (both included), the share of replenishments that shall end
    without a stock-out, and how many days' demand an order at a supplier is meant to last."""

    first: date
    last: date
    service_level: float = SERVICE_LEVEL
    cycle_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Advice:
    """What to say of one product; without a single order in the span there is neither history nor computed point.

    `standing` is against the level of its own system, and where that has none against the computed point.
    """

    weeks: tuple[Decimal, ...]
    past: History | None
    computed: ReorderPoint | None
    own: ReorderPoint | None
    standing: Level | None
    days_of_cover: float | None
    suggested: Decimal | None


def advise(
    position: Position,
    own_level: Decimal | None,
    demand: Mapping[date, Decimal],
    lead: LeadTime,
    terms: Terms,
    *,
    is_discontinued: bool,
) -> Advice:
    """Return what to say of a product, from its position and what was ordered of it by day."""
    past = history(demand, terms.first, terms.last) if any(_within(terms, day) for day in demand) else None
    computed = None if past is None else computed_point(past, lead, terms.service_level)
    own = None if own_level is None else partner_point(own_level)
    standing = _standing(position, own, computed, is_discontinued)
    return Advice(
        weeks=weeks(demand, terms),
        past=past,
        computed=computed,
        own=own,
        standing=standing,
        days_of_cover=None if past is None else days_of_cover(position.on_hand, past),
        suggested=None if past is None or standing is None else suggested(standing, past, terms.cycle_days),
    )


def weeks(demand: Mapping[date, Decimal], terms: Terms) -> tuple[Decimal, ...]:
    """Return what was ordered in each whole week of the span, the oldest first; the last week ends with the span."""
    number = ((terms.last - terms.first).days + 1) // WEEK
    found = [ZERO] * number
    for day, quantity in demand.items():
        place = number - 1 - (terms.last - day).days // WEEK
        if _within(terms, day) and place >= 0:
            found[place] += quantity
    return tuple(found)


def span_until(last: date, days: int) -> tuple[date, date]:
    """Return first and last day of a span of so many days."""
    return last - timedelta(days=days - 1), last


def _standing(
    position: Position, own: ReorderPoint | None, computed: ReorderPoint | None, is_discontinued: bool
) -> Level | None:
    if own is not None:
        return level(position, own, is_discontinued)
    return None if computed is None else level(position, computed, is_discontinued, Counts.POSITION)


def _within(terms: Terms, day: date) -> bool:
    return terms.first <= day <= terms.last
