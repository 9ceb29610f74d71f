"""Whose turn it is: by a rule that is data, the same whoever asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.core.priority import By, Demand, Standing, rank
from tests.core.stock_builders import day, demand

PLAIN = demand("m", 1)
SOONER: list[dict[str, Any]] = [
    {"standing": Standing.RESERVED},
    {"priority": 1},
    {"wanted": day(3)},
    {"value": Decimal(9)},
    {"placed_at": datetime(2026, 1, 1, tzinfo=UTC)},
    {"id": "a"},
]


@pytest.mark.parametrize("change", SOONER)
def test_by_the_default_rule_each_of_these_goes_before_a_plain_order(change: dict[str, Any]) -> None:
    assert rank(replace(PLAIN, **change)) < rank(PLAIN)


@pytest.mark.parametrize("place", range(len(SOONER) - 1))
def test_an_earlier_criterion_outweighs_all_that_follow(place: int) -> None:
    later: dict[str, Any] = {}
    for change in SOONER[place + 1 :]:
        later |= change

    assert rank(replace(PLAIN, **SOONER[place])) < rank(replace(PLAIN, **later))


def test_orders_go_before_deals_and_what_is_set_aside_before_both() -> None:
    standings = sorted((replace(PLAIN, standing=each) for each in Standing), key=rank)

    assert [each.standing for each in standings] == [Standing.RESERVED, Standing.ORDER, Standing.DEAL]


def test_a_likely_small_deal_may_go_before_an_unlikely_big_one() -> None:
    likely = replace(PLAIN, id="z", value=Decimal(100), probability=Decimal("0.9"))
    unlikely = replace(PLAIN, id="a", value=Decimal(500), probability=Decimal("0.1"))

    assert rank(likely) < rank(unlikely)


@pytest.mark.parametrize(
    ("rule", "first"),
    [((By.VALUE,), "big"), ((By.PROBABILITY,), "sure"), ((By.PLACED,), "old"), ((), "big"), ((By.WANTED,), "urgent")],
)
def test_the_rule_is_data(rule: tuple[By, ...], first: str) -> None:
    demands = [
        Demand("big", (), value=Decimal(900), probability=Decimal("0.1")),
        Demand("old", (), placed_at=datetime(2025, 1, 1, tzinfo=UTC), probability=Decimal("0.2")),
        Demand("sure", ()),
        Demand("urgent", (), wanted=day(-1), probability=Decimal("0.2")),
    ]

    assert min(demands, key=lambda each: rank(each, rule)).id == first
