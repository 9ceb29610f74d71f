"""What holds for every position: against sums day by day that know nothing of the core."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.promise import available, promise, timeline
from shared.core.supply import Commitment, Position, Stock, entries
from tests.core.stock_builders import TODAY, day, position, units

HORIZON = 14
MOVES = st.lists(st.tuples(st.integers(-3, 10), st.integers(0, 20)), max_size=6).map(tuple)
POSITIONS = st.builds(
    position,
    st.integers(-20, 40),
    committed=MOVES,
    incoming=MOVES,
    buffer=st.integers(0, 5),
    lead_days=st.none() | st.integers(0, 12),
    overdue_days=st.none() | st.integers(0, 5),
)
QUANTITIES = st.integers(0, 60).map(units)


def balance_by_hand(of: Position, when: date) -> Decimal:
    """Add up what is there by the end of a day, event by event."""
    total = of.stocks[0].on_hand - of.buffer
    for order in of.commitments:
        if order.due is None or order.due <= when:
            total -= order.quantity
    for supply in of.incoming:
        if supply.day >= TODAY:
            total += supply.quantity if supply.day <= when else 0
        elif of.overdue_days is not None and day(of.overdue_days) <= when:
            total += supply.quantity
    return total


def available_by_hand(of: Position, ahead: int) -> Decimal:
    return max(Decimal(0), min(balance_by_hand(of, day(later)) for later in range(ahead, HORIZON)))


@given(POSITIONS)
def test_availability_is_the_least_balance_from_that_day_on(of: Position) -> None:
    line = timeline(of, TODAY)

    for ahead in range(HORIZON):
        shown = available(line, day(ahead))
        assert shown.balance == balance_by_hand(of, day(ahead))
        assert shown.quantity == available_by_hand(of, ahead)


@given(POSITIONS, QUANTITIES)
def test_the_promised_day_is_the_first_on_which_all_of_it_is_available(of: Position, quantity: Decimal) -> None:
    days = [day(ahead) for ahead in range(HORIZON) if available_by_hand(of, ahead) >= quantity]

    assert promise(timeline(of, TODAY), quantity).day == (days[0] if days else None)


@given(POSITIONS, QUANTITIES)
def test_parts_and_shortage_make_the_quantity_and_no_part_is_more_than_there_is(
    of: Position, quantity: Decimal
) -> None:
    line = timeline(of, TODAY)
    answer = promise(line, quantity)

    assert sum((part.quantity for part in answer.deliveries), answer.short) == quantity
    assert [part.day for part in answer.deliveries] == sorted(part.day for part in answer.deliveries)
    promised = Decimal(0)
    for part in answer.deliveries:
        promised += part.quantity
        assert part.quantity > 0
        assert promised <= line.available(part.day)


@given(POSITIONS, QUANTITIES, st.integers(1, 20))
def test_more_stock_never_makes_a_promise_later(of: Position, quantity: Decimal, more: int) -> None:
    richer = replace(of, stocks=(Stock(of.on_hand + more),))
    before, after = promise(timeline(of, TODAY), quantity), promise(timeline(richer, TODAY), quantity)

    assert after.short <= before.short
    assert before.day is None or (after.day is not None and after.day <= before.day)


@given(POSITIONS, QUANTITIES)
def test_what_was_promised_can_be_kept_without_breaking_any_other_commitment(of: Position, quantity: Decimal) -> None:
    answer = promise(timeline(of, TODAY), quantity)
    kept = tuple(Commitment("new", part.quantity, part.day) for part in answer.deliveries)
    after = timeline(replace(of, commitments=of.commitments + kept), TODAY)

    for ahead in range(HORIZON):
        assert after.balance(day(ahead)) >= min(Decimal(0), balance_by_hand(of, day(ahead)))


@settings(max_examples=50)
@given(POSITIONS)
def test_the_explanation_adds_up_to_the_answer(of: Position) -> None:
    line = timeline(of, TODAY)

    for ahead in range(HORIZON):
        until = [entry for entry in entries(of, TODAY) if entry.day <= day(ahead)]
        assert until[-1].balance == line.balance(day(ahead))
