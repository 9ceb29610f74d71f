"""What could come if it was ordered today, beside a promise and never in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.core.allocate import allocate, outcome
from shared.core.explain import could_order, explain
from shared.core.priority import Demand, DemandLine
from shared.core.promise import promise, timeline
from shared.core.promised import said_of
from shared.core.supply import Position, Stock
from shared.core.to_order import ToOrder, in_days, longest, to_order
from tests.core.stock_builders import TODAY, day, demand, lot, position, units
from tests.core.test_promise_properties import POSITIONS, QUANTITIES

LEADS = st.integers(0, 400)


@pytest.mark.parametrize(
    ("days", "supplier", "words"),
    [
        (14, "SUP-1", "not yet ordered: 3 could come on 2026-12-07, lead time 14 days of SUP-1"),
        (1, "", "not yet ordered: 3 could come on 2026-11-24, lead time 1 day"),
        (0, "", "not yet ordered: 3 could come on 2026-11-23, lead time 0 days"),
    ],
)
def test_what_could_be_ordered_says_how_many_when_and_on_whose_word(days: int, supplier: str, words: str) -> None:
    tea = replace(position(lead_days=days), supplier=supplier)

    assert str(to_order(tea, units(3), TODAY)) == words


@pytest.mark.parametrize(("days", "short"), [(None, 3), (14, 0), (14, -1)])
def test_nothing_is_said_where_nobody_tells_a_lead_time_or_nothing_is_short(days: int | None, short: int) -> None:
    assert to_order(position(lead_days=days), units(short), TODAY) is None


def test_all_of_it_takes_as_long_as_its_slowest_part_and_is_unknown_if_one_part_is() -> None:
    quick, slow = (ToOrder(units(1), TODAY, days) for days in (3, 9))

    assert longest([quick, slow, quick]) == 9
    assert longest([quick, None]) is None
    assert longest([]) is None


def test_an_explanation_tells_it_after_what_is_short() -> None:
    shared = allocate([demand("mine", 9)], {"tea": [lot(6)]}, TODAY)
    tea = replace(position(lead_days=14), supplier="SUP-1")

    (line,) = explain(shared, "mine", {"tea": tea})

    assert line.words() == (
        "9 of tea, after 0 demands for 0",
        "6 on hand",
        "short by 3",
        "not yet ordered: 3 could come on 2026-12-07, lead time 14 days of SUP-1",
    )


def test_only_the_lines_that_are_short_could_be_ordered() -> None:
    lines = (DemandLine("tea", units(2)), DemandLine("cup", units(5)), DemandLine("pot", units(1)))
    shared = allocate([Demand("mine", lines)], {"tea": [lot(2)], "cup": [lot(1)]}, TODAY)
    known = {name: replace(position(lead_days=days), product=name) for name, days in (("tea", 4), ("cup", 7))}

    found = could_order(shared, "mine", {**known, "pot": Position("pot", ())})

    assert found == (ToOrder(units(4), TODAY, 7), None)


@pytest.mark.parametrize(
    ("stock", "helps", "days", "text"),
    [
        (0, (), 10, "short by 5; 10 days to get more"),
        (0, (), 1, "short by 5; 1 day to get more"),
        (0, ("York",), 10, "short by 5; York could help; 10 days to get more"),
        (0, (), None, "short by 5"),
        (5, (), 10, "available now"),
    ],
)
def test_the_text_for_the_crm_says_it_in_days_that_do_not_move_and_promises_no_date(
    stock: int, helps: tuple[str, ...], days: int | None, text: str
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    today, next_day = (
        said_of(outcome(allocate([demand("mine", 5)], {"tea": [lot(stock)]}, each), "mine"), each, helps, days)
        for each in (TODAY, tomorrow)
    )

    assert (today["promise.text"], today["promise.date"]) == (text, None)
    assert today["promise.text"] == next_day["promise.text"] or stock


def test_days_are_written_as_people_write_them() -> None:
    assert [in_days(each) for each in (0, 1, 2)] == ["0 days", "1 day", "2 days"]


@given(POSITIONS, QUANTITIES, LEADS)
def test_a_lead_time_changes_no_day_and_no_part_of_a_promise(of: Position, quantity: Decimal, lead: int) -> None:
    never, told = (promise(timeline(replace(of, lead_days=days), TODAY), quantity) for days in (None, lead))

    assert (told.day, told.deliveries, told.short) == (never.day, never.deliveries, never.short)
    assert never.not_yet_ordered is None
    assert told.not_yet_ordered == (ToOrder(told.short, TODAY, lead) if told.short else None)


@given(POSITIONS, QUANTITIES, LEADS, st.integers(1, 20))
def test_more_stock_never_makes_what_could_be_ordered_more_or_later(
    of: Position, quantity: Decimal, lead: int, more: int
) -> None:
    poorer = replace(of, lead_days=lead)
    richer = replace(poorer, stocks=(Stock(of.on_hand + more),))
    before, after = (promise(timeline(each, TODAY), quantity).not_yet_ordered for each in (poorer, richer))

    assert after is None or (before is not None and after.quantity <= before.quantity and after.day <= before.day)
    assert after is None or after.day == day(lead)
