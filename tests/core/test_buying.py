"""What the orders of a span say of a product, beside the level that its own system has."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.buying import Advice, Terms, advise, span_until, weeks
from shared.core.reorder import LeadTime
from tests.core.stock_builders import TODAY, day, position, units

TERMS = Terms(*span_until(TODAY, 28))


def advice(on_hand: int, own: int | None, sold: dict[int, int], lead: int = 7, **more: bool) -> Advice:
    demand = {day(-ago): units(quantity) for ago, quantity in sold.items()}
    level = None if own is None else units(own)
    return advise(
        position(on_hand, committed=((1, 3),), incoming=((2, 5),)),
        level,
        demand,
        LeadTime(lead),
        TERMS,
        is_discontinued=more.get("is_discontinued", False),
    )


def test_a_span_holds_as_many_days_as_it_says_both_ends_included() -> None:
    first, last = span_until(TODAY, 28)
    assert (last - first).days == 27


def test_both_levels_are_told_and_the_one_that_is_set_decides_what_is_low() -> None:
    found = advice(20, 30, dict.fromkeys(range(28), 2))

    assert found.computed is not None
    assert found.own is not None
    assert (found.computed.level, found.own.level) == (units(14), units(30))
    assert found.standing is not None
    assert (found.standing.is_low, found.standing.counted) == (True, units(25))
    assert found.days_of_cover == pytest.approx(10.0)
    assert found.suggested == units(65)


def test_without_a_level_the_computed_one_decides_against_what_is_not_committed() -> None:
    found = advice(11, None, dict.fromkeys(range(28), 2))

    assert found.own is None
    assert found.standing is not None
    assert (found.standing.is_low, found.standing.counted) == (True, units(13))
    assert "3 committed" in found.standing.because


def test_without_an_order_in_the_span_only_the_level_that_is_set_speaks() -> None:
    found = advice(4, 10, {28: 100, -1: 100})

    assert (found.past, found.computed, found.days_of_cover, found.suggested) == (None, None, None, None)
    assert found.standing is not None
    assert found.standing.is_low
    assert advice(4, None, {}).standing is None


def test_the_first_and_the_last_day_of_the_span_count() -> None:
    assert advice(4, None, {0: 28}).past == advice(4, None, {27: 28}).past
    assert advice(4, None, {0: 28}).past is not None


def test_what_is_discontinued_is_not_bought() -> None:
    found = advice(0, 30, dict.fromkeys(range(28), 2), is_discontinued=True)

    assert found.standing is not None
    assert (found.standing.is_low, found.suggested) == (False, Decimal(0))


def test_weeks_end_with_the_span_and_what_fills_no_whole_week_is_left_out() -> None:
    terms = Terms(*span_until(TODAY, 16))
    sold = {day(-15): units(100), day(-13): units(1), day(-7): units(2), day(-6): units(4), TODAY: units(8)}

    assert weeks(sold, terms) == (units(3), units(12))


@given(st.dictionaries(st.integers(-5, 40), st.integers(0, 9)))
def test_the_weeks_of_a_span_of_whole_weeks_hold_all_that_was_ordered_in_it(sold: dict[int, int]) -> None:
    demand = {day(-ago): units(quantity) for ago, quantity in sold.items()}

    total = sum((quantity for at, quantity in demand.items() if TERMS.first <= at <= TERMS.last), Decimal(0))
    assert sum(weeks(demand, TERMS), Decimal(0)) == total
