"""Priority: whose turn it is when several want the same goods, by a rule that is data.

A rule is a sequence of criteria, compared one after the other like the letters of a word; the id comes last, so no two
demands ever stand level and the same input always gives the same order. Each criterion puts more important ones first
and looks at nothing but the demand itself, so to raise a demand (a higher priority, a higher value, an earlier wanted
date) can only move it forward and changes the order of no other two. That is what makes the matching fair by the stated
rule, and it can be stated to a customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


class Standing(StrEnum):
    """What a demand is: goods are set aside for it, it was ordered, or it is only hoped for. Firmest first."""

    RESERVED = "reserved"
    ORDER = "order"
    DEAL = "deal"


class By(StrEnum):
    """A criterion, in the word that stands in the settings."""

    STANDING = "standing"
    PRIORITY = "priority"
    WANTED = "wanted"
    EXPECTED_VALUE = "expected_value"
    VALUE = "value"
    PROBABILITY = "probability"
    PLACED = "placed"


@dataclass(frozen=True, slots=True)
class DemandLine:
    """How many of a product, and from which location; "" = from any."""

    product: str
    quantity: Decimal
    location: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """An open order or deal. Value in the company's own currency, probability between 0 and 1, priority: more first."""

    id: str
    lines: tuple[DemandLine, ...]
    standing: Standing = Standing.ORDER
    priority: int = 0
    value: Decimal = Decimal(0)
    probability: Decimal = Decimal(1)
    wanted: date | None = None
    placed_at: datetime | None = None


Rule: TypeAlias = tuple[By, ...]
Measure: TypeAlias = int | Decimal | float
Rank: TypeAlias = tuple[Measure | str, ...]

DEFAULT_RULE: Rule = (By.STANDING, By.PRIORITY, By.WANTED, By.EXPECTED_VALUE, By.PLACED)
"""Who has goods set aside, then orders, then deals; among them by priority, wanted date, value × probability, age."""


def rank(demand: Demand, rule: Rule = DEFAULT_RULE) -> Rank:
    """Return a demand's place in the order: the smallest is served first, and no two are equal."""
    return (*(_MEASURES[criterion](demand) for criterion in rule), demand.id)


_STANDINGS = {standing: place for place, standing in enumerate(Standing)}


def _placed(demand: Demand) -> float:
    """Return the moment in seconds; what has none comes last."""
    return demand.placed_at.timestamp() if demand.placed_at else float("inf")


_MEASURES: Mapping[By, Callable[[Demand], Measure]] = {
    By.STANDING: lambda demand: _STANDINGS[demand.standing],
    By.PRIORITY: lambda demand: -demand.priority,
    By.WANTED: lambda demand: (demand.wanted or date.max).toordinal(),
    By.EXPECTED_VALUE: lambda demand: -(demand.value * demand.probability),
    By.VALUE: lambda demand: -demand.value,
    By.PROBABILITY: lambda demand: -demand.probability,
    By.PLACED: _placed,
}
