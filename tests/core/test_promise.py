"""What can be promised, for which day, in which parts, and why."""

from __future__ import annotations

from decimal import Decimal

import pytest

from shared.core.promise import Delivery, available, per_day, promise, timeline
from shared.core.supply import Position
from tests.core.stock_builders import TODAY, day, position, units


def test_what_is_free_today_is_what_no_later_commitment_needs() -> None:
    line = timeline(position(10, committed=((7, 8),)), TODAY)

    shown = available(line)

    assert (shown.quantity, shown.balance) == (units(2), units(10))
    assert shown.because == "2 are free on 2026-11-23: 10 by then, less what 2026-11-30 needs"


def test_a_later_commitment_that_later_supply_covers_leaves_todays_stock_free() -> None:
    line = timeline(position(10, committed=((7, 8),), incoming=((6, 8),)), TODAY)

    assert available(line).because == "10 are free on 2026-11-23"


def test_each_day_has_its_own_answer() -> None:
    line = timeline(position(5, committed=((0, 3),), incoming=((2, 10),), buffer=1), TODAY)

    assert [each.quantity for each in per_day(line, day(3))] == [1, 1, 11, 11]
    assert [each.day for each in per_day(line, day(1))] == [TODAY, day(1)]


def test_a_day_that_has_passed_is_answered_as_today() -> None:
    line = timeline(position(5, incoming=((1, 4),)), TODAY)

    assert available(line, day(-9)) == available(line)
    assert (line.balance(day(-9)), line.available(day(-9))) == (units(5), units(5))


@pytest.mark.parametrize(
    ("of", "because"),
    [
        (position(-5), "none: the count itself is below zero (-5 on hand)"),
        (position(3, committed=((0, 3),)), "none: everything is taken by 2026-11-23"),
        (position(3, committed=((4, 3),)), "none: everything is taken by 2026-11-27"),
        (position(3, buffer=5), "none: 2 more are taken or kept back than there will be on 2026-11-23"),
        (position(3, committed=((4, 9),)), "none: 6 more are taken or kept back than there will be on 2026-11-27"),
        (position(), "none: nothing is on hand on 2026-11-23"),
    ],
)
def test_nothing_to_promise_says_why(of: Position, because: str) -> None:
    shown = available(timeline(of, TODAY))

    assert (shown.quantity, shown.because) == (units(0), because)


def test_what_comes_in_fills_the_hole_of_a_count_below_zero_first() -> None:
    line = timeline(position(-5, incoming=((3, 8),)), TODAY)

    assert [available(line, day(ahead)).quantity for ahead in (0, 3)] == [0, 3]
    assert available(line, day(3)).balance == 3


def test_an_answer_explains_itself_line_by_line() -> None:
    shown = available(timeline(position(2, incoming=((3, 8),)), TODAY))

    assert [str(entry) for entry in shown.explanation()] == [
        "2026-11-23: +2 on hand = 2",
        "2026-11-26: +8 incoming from PO-1 = 10",
    ]


def test_a_quantity_that_is_there_is_promised_for_today_in_one_delivery() -> None:
    answer = promise(timeline(position(5), TODAY), units(5))

    assert (answer.day, answer.deliveries, answer.short) == (TODAY, (Delivery(TODAY, units(5)),), units(0))


def test_a_greater_quantity_is_promised_for_the_day_on_which_its_last_unit_comes_and_in_parts_before() -> None:
    line = timeline(position(5, incoming=((3, 4), (9, 4)), committed=((0, 1),)), TODAY)

    answer = promise(line, units(10))

    assert answer.day == day(9)
    assert answer.deliveries == (Delivery(TODAY, units(4)), Delivery(day(3), units(4)), Delivery(day(9), units(2)))


def test_what_no_supply_covers_is_short_without_a_lead_time() -> None:
    answer = promise(timeline(position(5), TODAY), units(8))

    assert (answer.day, answer.short) == (None, units(3))
    assert answer.explanation() == (
        "2026-11-23: 5 can be delivered",
        "short by 3: nothing more is coming and no lead time is known",
        "2026-11-23: +5 on hand = 5",
    )


def test_what_no_supply_covers_is_short_and_told_beside_the_promise_as_not_yet_ordered() -> None:
    answer = promise(timeline(position(5, lead_days=14), TODAY), units(8))

    assert (answer.day, answer.short) == (None, units(3))
    assert answer.explanation()[:3] == (
        "2026-11-23: 5 can be delivered",
        "short by 3: nothing more is coming",
        "not yet ordered: 3 could come on 2026-12-07, lead time 14 days",
    )


def test_a_promise_stands_on_what_is_ordered_even_where_one_could_buy_sooner() -> None:
    answer = promise(timeline(position(5, incoming=((60, 9),), lead_days=14), TODAY), units(8))

    assert (answer.day, answer.not_yet_ordered) == (day(60), None)
    assert answer.deliveries == (Delivery(TODAY, units(5)), Delivery(day(60), units(3)))
    assert answer.explanation()[:3] == (
        "2026-11-23: 5 can be delivered",
        "2027-01-22: 3 can be delivered",
        "2026-11-23: +5 on hand = 5",
    )


@pytest.mark.parametrize("quantity", [0, -4])
def test_asked_for_nothing_the_answer_is_today(quantity: int) -> None:
    answer = promise(timeline(position(-5), TODAY), units(quantity))

    assert (answer.day, answer.deliveries, answer.short) == (TODAY, (), Decimal(0))
