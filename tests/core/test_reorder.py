"""When a product is low, how much to buy, how long it lasts, and one alert for each crossing."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from math import sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.reorder import (
    Counts,
    Crossing,
    History,
    LeadTime,
    Level,
    Packing,
    Watch,
    computed_point,
    days_of_cover,
    demand_by_day,
    history,
    level,
    partner_point,
    suggested,
    watch,
)
from tests.core.stock_builders import TODAY, day, position, units

STEADY = History(30, 4.0, 0.0)


def at(counted: int, point: int = 20) -> Level:
    return level(position(counted), partner_point(units(point)), is_discontinued=False)


@pytest.mark.parametrize(
    ("on_hand", "on_order", "is_discontinued", "is_low"),
    [(10, 10, False, True), (10, 11, False, False), (0, 0, True, False), (-5, 0, False, True)],
)
def test_a_product_is_low_at_or_below_its_point_with_what_is_on_order_unless_it_is_discontinued(
    on_hand: int, on_order: int, is_discontinued: bool, is_low: bool
) -> None:
    tea = position(on_hand, incoming=((-3, on_order),), committed=((0, 99),))

    assert level(tea, partner_point(units(20)), is_discontinued).is_low is is_low


def test_the_level_says_why() -> None:
    tea = position(10, incoming=((3, 5),), committed=((0, 4),))
    point = partner_point(units(20))

    assert level(tea, point, is_discontinued=False).because == "10 on hand + 5 on order ≤ 20"
    assert level(tea, point, is_discontinued=True).because == "10 on hand + 5 on order ≤ 20, but it is discontinued"
    assert level(position(30), point, is_discontinued=False).because == "30 on hand + 0 on order > 20"
    assert point.because == "set to 20 by the stock's own system"


def test_against_a_computed_point_what_is_committed_is_taken_off() -> None:
    tea = position(22, incoming=((3, 5),), committed=((0, 4), (40, 4)))

    standing = level(tea, partner_point(units(20)), is_discontinued=False, counts=Counts.POSITION)

    assert (standing.counted, standing.is_low) == (units(19), True)
    assert standing.because == "22 on hand + 5 on order − 8 committed ≤ 20"


def test_the_computed_point_is_the_textbooks_demand_over_the_lead_time_and_safety_stock() -> None:
    point = computed_point(History(365, 30.0, 5.0), LeadTime(10), 0.95)

    assert (point.level, point.over_lead_time, point.safety_stock) == (units(327), units(300), units("26.01"))
    assert point.because == "30.00 a day × 10 days + 1.64 × 15.81 for a service level of 95.0%, from 365 days"


def test_an_uncertain_lead_time_adds_to_the_safety_stock() -> None:
    point = computed_point(History(365, 30.0, 5.0), LeadTime(10, 2), 0.95)

    assert point.safety_stock == Decimal(repr(round(1.6448536269514722 * sqrt(10 * 25 + 900 * 4), 2)))


def test_steady_demand_needs_no_safety_stock_and_a_low_service_level_none_below_zero() -> None:
    assert computed_point(STEADY, LeadTime(5)).level == 20
    assert computed_point(History(30, 4.0, 9.0), LeadTime(5), 0.2).safety_stock == 0


def test_the_level_keeps_what_it_promises_in_a_simulated_year() -> None:
    chance = Random(7)
    sold = [round(chance.gauss(30, 5)) for _ in range(20_000)]
    past = history({TODAY + timedelta(days=n): Decimal(q) for n, q in enumerate(sold)}, TODAY, day(len(sold) - 1))
    point = computed_point(past, LeadTime(10), 0.95)

    windows = [sum(sold[start : start + 10]) for start in range(0, len(sold), 10)]
    assert 0.93 < sum(window <= point.level for window in windows) / len(windows) < 0.97


def test_days_without_a_sale_count_in_the_history() -> None:
    past = history({TODAY: units(6), day(2): units(3)}, TODAY, day(2))

    assert (past.days, past.mean) == (3, 3.0)
    assert past.deviation == pytest.approx(sqrt(6))


def test_sales_of_a_day_are_added_up_and_returns_left_out() -> None:
    sold = [(TODAY, units(3)), (TODAY, units(2)), (day(1), units(-4)), (day(2), units(0))]

    assert demand_by_day(sold) == {TODAY: units(5)}


def test_cover_is_how_many_days_the_stock_lasts() -> None:
    assert days_of_cover(units(10), STEADY) == 2.5
    assert days_of_cover(units(-3), STEADY) == 0
    assert days_of_cover(units(10), History(30, 0.0, 0.0)) is None


@pytest.mark.parametrize(
    ("counted", "cycle_days", "packing", "quantity"),
    [
        (5, 7, Packing(), 43),
        (5, 7, Packing(size=units(12)), 48),
        (5, 7, Packing(minimum=units(100), size=units(12)), 108),
        (20, 0, Packing(), 1),
        (8, 0, Packing(size=units(12)), 24),
        (21, 7, Packing(), 0),
    ],
)
def test_the_suggestion_reaches_the_point_and_the_next_order_in_whole_packs(
    counted: int, cycle_days: int, packing: Packing, quantity: int
) -> None:
    assert suggested(at(counted), STEADY, cycle_days, packing) == quantity


@given(st.integers(-50, 20), st.floats(0, 30), st.integers(1, 24), st.integers(0, 60))
def test_who_buys_what_is_suggested_is_low_no_longer(counted: int, cycle: float, size: int, minimum: int) -> None:
    quantity = suggested(at(counted), STEADY, cycle, Packing(units(minimum), units(size)))

    assert quantity % size == 0
    assert quantity >= minimum
    assert not at(counted + int(quantity)).is_low


def test_one_alert_for_each_crossing_and_none_again_until_it_has_recovered() -> None:
    told = []
    before = Watch()
    for ahead, counted in enumerate([25, 20, 12, 3, 21, 40, 19, 19, 22]):
        before, crossing = watch(before, at(counted), day(ahead))
        told.append(crossing)

    low, recovered = Crossing.LOW, Crossing.RECOVERED
    assert told == [None, low, None, None, recovered, None, low, None, recovered]


def test_a_watch_remembers_since_when_a_product_is_low() -> None:
    low, _ = watch(Watch(), at(3), TODAY)
    still, _ = watch(low, at(2), day(5))

    assert still.low_since == TODAY


@given(st.lists(st.integers(0, 40)))
def test_alerts_alternate_and_the_last_one_says_how_it_stands(counts: list[int]) -> None:
    told = []
    before = Watch()
    for counted in counts:
        before, crossing = watch(before, at(counted), TODAY)
        told += [crossing] if crossing else []

    assert told == [Crossing.LOW, Crossing.RECOVERED] * (len(told) // 2) + [Crossing.LOW] * (len(told) % 2)
    assert bool(len(told) % 2) is bool(counts and counts[-1] <= 20)
