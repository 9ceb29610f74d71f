"""Why somebody gets what he gets, where else there is some, and who had better wait."""

from __future__ import annotations

from dataclasses import replace

from shared.core.allocate import allocate
from shared.core.explain import explain, late, left_over
from shared.core.priority import Demand, Standing
from shared.core.share import Lot
from tests.core.stock_builders import TODAY, day, demand, lot, units


def words(demands: list[Demand], lots: list[Lot], of: str) -> list[str]:
    """Return one demand's explanation."""
    return [text for line in explain(allocate(demands, {"tea": lots}, TODAY), of) for text in line.words()]


def test_an_explanation_says_who_is_before_what_one_gets_and_what_is_missing() -> None:
    demands = [demand("first", 4, wanted=1), demand("mine", 9, wanted=2)]

    assert words(demands, [lot(6), lot(3, 8)], "mine") == [
        "9 of tea, after 1 demands for 4",
        "2 on hand",
        "3 from PO-8 on 2026-12-01",
        "short by 4",
    ]


def test_another_location_helps_with_as_much_as_is_missing_and_only_if_it_is_sooner() -> None:
    mine = demand("mine", 5, location="Leeds", wanted=2)
    lots = [lot(1, 0, "Leeds"), lot(4, 9, "Leeds"), lot(2, 1, "York"), lot(1, 4, "Hull"), lot(9, 9, "Bath")]

    assert words([mine], lots, "mine") == [
        "5 of tea at Leeds, after 0 demands for 0",
        "1 on hand at Leeds",
        "4 from PO-9 at Leeds on 2026-12-02",
        "could help: 2 from PO-1 at York on 2026-11-24",
        "could help: 1 from PO-4 at Hull on 2026-11-27",
    ]


def test_what_is_short_is_helped_by_whatever_another_location_has_left() -> None:
    lots = [lot(1, 0, "Leeds"), lot(3, 0, "York")]

    assert words([demand("mine", 2, location="Leeds")], lots, "mine")[2:] == [
        "short by 1",
        "could help: 1 on hand at York",
    ]


def test_who_has_time_could_wait_for_the_goods_that_come_later() -> None:
    patient = replace(demand("patient", 4, wanted=20), priority=1)
    urgent = demand("urgent", 6, wanted=2)

    assert words([patient, urgent], [lot(5), lot(9, 7)], "urgent") == [
        "6 of tea, after 1 demands for 4",
        "1 on hand",
        "5 from PO-7 on 2026-11-30",
        "could wait: patient with 4 until 2026-11-30, wanted on 2026-12-13",
    ]


def test_nobody_is_asked_to_wait_who_would_be_late_has_no_day_or_has_goods_set_aside() -> None:
    before = [
        replace(demand("late then", 1, wanted=3), priority=1),
        replace(demand("no day", 1), priority=1),
        replace(demand("set aside", 1, wanted=20), standing=Standing.RESERVED),
        replace(demand("elsewhere", 1, location="York", wanted=20), priority=1),
    ]
    lots = [lot(3), lot(1, 0, "York"), lot(9, 7)]

    assert words([*before, demand("urgent", 2, wanted=2)], lots, "urgent") == [
        "2 of tea, after 4 demands for 4",
        "2 from PO-7 on 2026-11-30",
    ]


def test_several_who_could_wait_are_asked_for_no_more_than_is_needed() -> None:
    patient = [replace(demand(name, 2, wanted=20), priority=1) for name in ("p", "q", "r")]

    told = words([*patient, demand("urgent", 3, wanted=0)], [lot(6), lot(2, 5), lot(9, 7)], "urgent")

    assert told[3:] == [
        "could wait: p with 2 until 2026-11-28, wanted on 2026-12-13",
        "could wait: q with 1 until 2026-11-30, wanted on 2026-12-13",
    ]


def test_a_line_of_nothing_or_of_a_product_that_nobody_has_is_explained_too() -> None:
    demands = [demand("zero", 0), demand("jam", 2, product="jam")]

    assert words(demands, [lot(1)], "zero") == ["0 of tea, after 0 demands for 0"]
    assert words(demands, [lot(1)], "jam") == ["2 of jam, after 0 demands for 0", "short by 2"]


def test_what_is_left_over_is_what_nobody_got() -> None:
    allocation = allocate([demand("a", 4)], {"tea": [lot(3), lot(5, 2), lot(-1, 4)]}, TODAY)

    assert left_over(allocation.pools["tea"]) == (Lot(day(2), units(4), "", "PO-2"),)


def test_late_names_who_is_short_or_late_the_most_important_first() -> None:
    demands = [demand("short", 9, wanted=8), demand("late", 2, wanted=1), demand("fine", 2, wanted=0)]

    assert late(allocate(demands, {"tea": [lot(2), lot(2, 3)]}, TODAY)) == ("late", "short")
