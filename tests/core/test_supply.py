"""What is there, what is taken, what is coming: the one definition, story by story."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.core.supply import (
    Commitment,
    Incoming,
    Position,
    Stock,
    entries,
    incoming_total,
    plain,
    signed,
    signed_balance,
    together,
)
from tests.core.stock_builders import COUNTED, TODAY, day, position, units

BEFORE = COUNTED - timedelta(hours=1)
AFTER = COUNTED + timedelta(hours=1)


def counted(reserved: int | None, *orders: Commitment) -> Position:
    stock = Stock(units(10), None if reserved is None else units(reserved), COUNTED)
    return Position("tea", (stock,), commitments=orders)


def test_the_signed_balance_is_the_count_less_all_that_is_committed_for_whatever_day() -> None:
    assert signed_balance(position(10, committed=((0, 4), (30, 9)), incoming=((2, 50),), buffer=1)) == -3


def test_a_count_below_zero_stays_below_zero() -> None:
    assert signed_balance(position(-5, committed=((0, 2),))) == -7


def test_an_order_that_the_snapshot_knows_is_in_what_its_system_has_reserved() -> None:
    assert signed_balance(counted(4, Commitment("SO-1", units(4), placed_at=BEFORE))) == 6


def test_an_order_newer_than_the_snapshot_is_subtracted_although_its_system_says_what_is_reserved() -> None:
    assert signed_balance(counted(4, Commitment("SO-2", units(3), placed_at=AFTER))) == 3


def test_an_order_of_unknown_age_is_subtracted_to_be_on_the_careful_side() -> None:
    assert signed_balance(counted(4, Commitment("SO-2", units(3)))) == 3


def test_without_a_time_of_the_count_no_order_is_known_to_be_in_it() -> None:
    of_unknown_age = Position(
        "tea", (Stock(units(10), units(4)),), commitments=(Commitment("SO-1", units(4), placed_at=BEFORE),)
    )

    assert signed_balance(of_unknown_age) == 2


def test_a_system_that_does_not_say_what_is_reserved_has_every_open_order_subtracted() -> None:
    assert signed_balance(counted(None, Commitment("SO-1", units(4), placed_at=BEFORE))) == 6


def test_goods_that_left_before_the_count_are_not_in_it_any_more() -> None:
    assert signed_balance(counted(None, Commitment("SO-1", units(4), placed_at=BEFORE, shipped_at=BEFORE))) == 10


def test_goods_that_left_after_the_count_are_still_in_it_and_are_subtracted() -> None:
    assert signed_balance(counted(None, Commitment("SO-1", units(4), placed_at=BEFORE, shipped_at=AFTER))) == 6


def test_goods_that_left_after_the_count_and_were_reserved_in_it_are_subtracted_once() -> None:
    assert signed_balance(counted(4, Commitment("SO-1", units(4), placed_at=BEFORE, shipped_at=AFTER))) == 6


def test_goods_that_left_without_a_time_of_the_count_are_taken_to_be_out_of_it() -> None:
    gone = Position("tea", (Stock(units(10)),), commitments=(Commitment("SO-1", units(4), shipped_at=AFTER),))

    assert signed_balance(gone) == 10


def test_every_movement_is_explained_in_a_line_with_the_balance_that_it_leaves() -> None:
    tea = replace(position(10, committed=((-3, 2), (5, 20)), incoming=((4, 15),), buffer=1), product="tea")
    known = replace(tea, stocks=(Stock(units(10), units(3)),))

    assert [str(entry) for entry in entries(known, TODAY)] == [
        "2026-11-23: +10 on hand = 10",
        "2026-11-23: −3 reserved in the stock's own system = 7",
        "2026-11-23: −1 kept back as safety buffer = 6",
        "2026-11-23: −2 committed to SO-1 = 4",
        "2026-11-27: +15 incoming from PO-1 = 19",
        "2026-11-28: −20 committed to SO-2 = -1",
    ]


def test_what_left_after_the_count_is_said_to_have_left_today() -> None:
    explained = entries(counted(None, Commitment("SO-1", units(4), due=day(9), shipped_at=AFTER)), TODAY)

    assert str(explained[-1]) == "2026-11-23: −4 left after the count, for SO-1 = 6"


def test_a_late_supply_is_named_and_not_counted() -> None:
    explained = entries(position(1, incoming=((-2, 50),)), TODAY)

    assert str(explained[-1]) == ("2026-11-23: +0 overdue and not counted, from PO-1 (50 since 2026-11-21) = 1")


def test_a_late_supply_is_expected_anew_where_the_settings_say_in_how_many_days() -> None:
    explained = entries(position(1, incoming=((-2, 50),), overdue_days=3), TODAY)

    assert str(explained[-1]) == "2026-11-26: +50 overdue and expected anew, from PO-1 = 51"


def test_all_that_is_on_order_counts_as_on_order_late_or_not() -> None:
    assert incoming_total(position(incoming=((-2, 50), (3, 7)))) == 57


def test_locations_together_are_one_position_with_the_longest_lead_time() -> None:
    leeds = replace(position(10, committed=((0, 4),), incoming=((1, 2),), buffer=1, lead_days=5), location="Leeds")
    york = replace(position(-3, incoming=((2, 6),), lead_days=9), location="York", supplier="SUP-1")
    anywhere = Position("tea", (), commitments=(Commitment("SO-9", units(1)),))

    whole = together([leeds, york, anywhere])

    assert (whole.on_hand, signed_balance(whole), incoming_total(whole)) == (units(7), units(2), units(8))
    assert (whole.product, whole.location, whole.buffer) == ("tea", "", units(1))
    assert (whole.lead_days, whole.supplier, together([anywhere]).supplier) == (9, "SUP-1", "")


@pytest.mark.parametrize(("settings", "expected"), [((2, 4), 4), ((2, None), None), ((None, None), None)])
def test_late_supplies_count_for_all_locations_only_where_they_count_for_each(
    settings: tuple[int | None, int | None], expected: int | None
) -> None:
    parts = [position(1, incoming=((-1, 5),), overdue_days=days) for days in settings]

    assert together([*parts, position(3, overdue_days=99)]).overdue_days == expected


def test_no_location_at_all_has_no_product() -> None:
    with pytest.raises(IndexError):
        together([])


@pytest.mark.parametrize(
    ("quantity", "text", "change"),
    [("10.00", "10", "+10"), ("1E+3", "1000", "+1000"), ("-0.50", "-0.5", "−0.5"), ("-0", "0", "+0")],
)
def test_quantities_are_written_as_people_write_them(quantity: str, text: str, change: str) -> None:
    assert (plain(units(quantity)), signed(units(quantity))) == (text, change)


def test_a_supply_of_today_is_there_today() -> None:
    supply = Position("tea", (), incoming=(Incoming("PO-1", units(5), TODAY),))

    assert entries(supply, TODAY)[0].balance == 5
