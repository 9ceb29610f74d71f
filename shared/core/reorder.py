"""Reorder: when a product is low, how much to buy, and for how many days there is enough.

Two ways to a reorder point. The partner's own level is used where there is one; else it is computed from the order
history by the usual model of normally distributed demand over an uncertain lead time:

    reorder point = d̄ · L + z · √(L · σd² + d̄² · σL²)

d̄ and σd are mean and standard deviation of a day's demand (days without any included), L and σL those of the lead time
in days, z the standard normal quantile of the service level: the share of replenishments that end without a stock-out.
The first term is the demand over the lead time, the second the safety stock. Sources: P. L. King, "Crack the code:
understanding safety stock and mastering its equations", APICS Magazine, July/August 2011; E. A. Silver, D. F. Pyke,
D. J. Thomas, *Inventory and Production Management in Supply Chains*, 4th ed. 2017, ch. 6. The model takes days to be
independent and demand not too lumpy; for an article that is sold twice a year a level set by a person is better.

An alert is about the crossing, not the state: one when a product becomes low, none again until it has recovered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from math import sqrt
from statistics import NormalDist, fmean, pstdev

from shared.core.supply import ZERO, Position, incoming_total, plain, signed_balance

SERVICE_LEVEL = 0.95


class Counts(StrEnum):
    """What is held against the reorder point."""

    STOCK = "stock"
    """On hand + on order: the rule of Northwind's own data, and the default."""
    POSITION = "position"
    """On hand + on order − committed: the inventory position of the textbooks, which a computed point is meant for."""


@dataclass(frozen=True, slots=True)
class History:
    """A product's daily demand over a span: mean and standard deviation in units a day."""

    days: int
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class LeadTime:
    """A supplier's lead time and its standard deviation, in days."""

    days: float
    deviation: float = 0.0


@dataclass(frozen=True, slots=True)
class ReorderPoint:
    """The level at which to buy, and how it came about: the demand over the lead time and the safety stock in it."""

    level: Decimal
    over_lead_time: Decimal
    safety_stock: Decimal
    because: str


@dataclass(frozen=True, slots=True)
class Level:
    """How a product stands against its reorder point."""

    counted: Decimal
    level: Decimal
    is_low: bool
    because: str


@dataclass(frozen=True, slots=True)
class Packing:
    """How a supplier sells: at least `minimum` units, in whole packs of `size`."""

    minimum: Decimal = ZERO
    size: Decimal = Decimal(1)


SINGLY = Packing()


class Crossing(StrEnum):
    """What is told to people."""

    LOW = "low"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of a product between two looks: since when it is low, None if it is not."""

    low_since: date | None = None


def history(demand: Mapping[date, Decimal], first: date, last: date) -> History:
    """Return the daily demand from `first` to `last`, both included; a day that is not named had none."""
    span = (last - first).days + 1
    days = (demand.get(first + timedelta(days=ahead), ZERO) for ahead in range(span))
    sold = [float(quantity) for quantity in days]
    return History(span, fmean(sold), pstdev(sold))


def partner_point(level: Decimal) -> ReorderPoint:
    """Return the reorder point that the partner set; it does not say what is in it."""
    return ReorderPoint(level, ZERO, ZERO, f"set to {plain(level)} by the stock's own system")


def computed_point(past: History, lead: LeadTime, service_level: float = SERVICE_LEVEL) -> ReorderPoint:
    """Return the reorder point in whole units, rounded up, for a service level between 0 and 1 (formula above).

    A service level below one half would ask for less than the expected demand; the safety stock is then none.
    """
    z = NormalDist().inv_cdf(service_level)
    expected = past.mean * lead.days
    spread = sqrt(lead.days * past.deviation**2 + past.mean**2 * lead.deviation**2)
    safety = max(0.0, z * spread)
    because = (
        f"{past.mean:.2f} a day × {lead.days:g} days + {z:.2f} × {spread:.2f} "
        f"for a service level of {service_level:.1%}, from {past.days} days"
    )
    return ReorderPoint(_whole(expected + safety), _cents(expected), _cents(safety), because)


def level(position: Position, point: ReorderPoint, is_discontinued: bool, counts: Counts = Counts.STOCK) -> Level:
    """Return whether a product is low: at or below its reorder point with all that is on order, and still sold."""
    taken = ZERO if counts is Counts.STOCK else position.on_hand - signed_balance(position)
    ordered = incoming_total(position)
    counted = position.on_hand + ordered - taken
    less = f" − {plain(taken)} committed" if counts is Counts.POSITION else ""
    sides = f"{plain(position.on_hand)} on hand + {plain(ordered)} on order{less}"
    relation = "≤" if counted <= point.level else ">"
    gone = ", but it is discontinued" if is_discontinued else ""
    is_low = counted <= point.level and not is_discontinued
    return Level(counted, point.level, is_low, f"{sides} {relation} {plain(point.level)}{gone}")


def days_of_cover(quantity: Decimal, past: History) -> float | None:
    """Return for how many days a quantity lasts at the mean demand; 0 below zero, None if nothing is ever sold."""
    return max(0.0, float(quantity)) / past.mean if past.mean > 0 else None


def suggested(standing: Level, past: History, cycle_days: float, packing: Packing = SINGLY) -> Decimal:
    """Return how much to buy: up to the reorder point and the demand until the next order, in whole packs.

    `cycle_days` is how far apart orders are meant to be. Enough in any case that it is low no
    longer; nothing while it is not low.
    """
    if not standing.is_low:
        return ZERO
    wanted = standing.level + _whole(past.mean * cycle_days) - standing.counted
    packs = (max(wanted, packing.minimum) / packing.size).to_integral_value(ROUND_CEILING)
    beyond = (standing.level - standing.counted) // packing.size + 1
    return max(packs, beyond) * packing.size


def watch(before: Watch, standing: Level, today: date) -> tuple[Watch, Crossing | None]:
    """Return what to remember and what to tell: one LOW when it becomes low, one RECOVERED when it no longer is."""
    was_low = before.low_since is not None
    if standing.is_low == was_low:
        return before, None
    if standing.is_low:
        return replace(before, low_since=today), Crossing.LOW
    return replace(before, low_since=None), Crossing.RECOVERED


def demand_by_day(sold: Iterable[tuple[date, Decimal]]) -> dict[date, Decimal]:
    """Add up what was sold on each day; returns (below zero) are left out, they are no negative demand."""
    days: dict[date, Decimal] = {}
    for day, quantity in sold:
        if quantity > 0:
            days[day] = days.get(day, ZERO) + quantity
    return days


def _whole(quantity: float) -> Decimal:
    """Round up to whole units; the last digits of a float are noise and make no unit of their own."""
    return Decimal(repr(round(quantity, 6))).to_integral_value(ROUND_CEILING)


def _cents(quantity: float) -> Decimal:
    return Decimal(repr(round(quantity, 2)))
