"""Who gets which goods and when, story by story."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from shared.core.allocate import Outcome, allocate, demanded, outcome, restocked, withdrawn
from shared.core.priority import By, Demand, DemandLine, Standing
from shared.core.share import Lot, given, lots_of
from shared.core.supply import Position, Stock
from tests.core.stock_builders import TODAY, day, demand, lot, position, units


def words(demands: list[Demand], lots: dict[str, list[Lot]]) -> dict[str, str]:
    """Return what is written into the CRM for each demand."""
    allocation = allocate(demands, lots, TODAY)
    return {each.id: outcome(allocation, each.id).words(TODAY) for each in demands}


def test_the_first_in_line_gets_what_is_there_the_next_what_comes_and_the_last_what_is_left() -> None:
    demands = [demand(name, 5, wanted=at) for at, name in enumerate(("first", "next", "last"))]

    assert words(demands, {"tea": [lot(6), lot(6, ahead=7)]}) == {
        "first": "available now",
        "next": "available on 2026-11-30",
        "last": "short by 3",
    }


def test_an_order_is_ready_when_its_last_line_is_and_short_if_one_line_is() -> None:
    tea_and_cup = Demand("both", (DemandLine("tea", units(1)), DemandLine("cup", units(2))))
    tea_and_jam = Demand(
        "none", (DemandLine("tea", units(1)), DemandLine("jam", units(2)), DemandLine("tin", units(1)))
    )

    assert words([tea_and_cup, tea_and_jam], {"tea": [lot(9)], "cup": [lot(1), lot(1, ahead=4)]}) == {
        "both": "available on 2026-11-27",
        "none": "short by 3",
    }


def test_a_short_line_keeps_what_it_got_so_that_its_order_can_go_in_part() -> None:
    allocation = allocate([demand("a", 9), demand("b", 1)], {"tea": [lot(5)]}, TODAY)

    assert outcome(allocation, "a") == Outcome(None, units(4))
    assert outcome(allocation, "b") == Outcome(None, units(1))
    assert given(allocation.pools["tea"]) == [((0, units(5)),), ()]


def test_a_demand_takes_only_from_its_own_location_and_one_without_from_wherever_it_is_first() -> None:
    demands = [demand("at york", 3, location="York", wanted=1), demand("anywhere", 4, wanted=2)]

    assert words(demands, {"tea": [lot(4, 3, "Leeds"), lot(1, 0, "York"), lot(2, 5, "York")]}) == {
        "at york": "available on 2026-11-28",
        "anywhere": "available on 2026-11-26",
    }


def test_a_line_of_nothing_takes_nothing_and_is_available_now() -> None:
    allocation = allocate([demand("zero", 0), demand("back", -5), Demand("empty", ())], {"tea": [lot(5, 3)]}, TODAY)

    assert {outcome(allocation, name) for name in ("zero", "back", "empty")} == {Outcome(TODAY, units(0))}
    assert allocation.pools["tea"].claims == []


def test_a_lot_below_zero_gives_nothing() -> None:
    assert words([demand("a", 1)], {"tea": [lot(-5), lot(1, 2)]}) == {"a": "available on 2026-11-25"}


def test_a_rule_of_ones_own_decides_whose_turn_it_is() -> None:
    rich, urgent = replace(demand("rich", 5), value=Decimal(900)), demand("urgent", 5, wanted=0)

    by_value = allocate([rich, urgent], {"tea": [lot(5)]}, TODAY, (By.VALUE,))

    assert outcome(by_value, "rich").words(TODAY) == "available now"
    assert outcome(by_value, "urgent").words(TODAY) == "short by 5"


def test_a_purchase_order_that_arrives_moves_the_waiting_deals_date_and_names_it() -> None:
    deal = replace(demand("deal", 4), standing=Standing.DEAL)
    before = allocate([demand("order", 5), deal], {"tea": [lot(5), lot(10, 9)]}, TODAY)
    assert outcome(before, "deal").words(TODAY) == "available on 2026-12-02"

    change = restocked(before, "tea", [lot(15)])

    assert change.demands == {"deal"}
    assert outcome(change.allocation, "deal").words(TODAY) == "available now"
    assert outcome(before, "deal").words(TODAY) == "available on 2026-12-02"


def test_a_product_that_nobody_wants_yet_can_be_stocked() -> None:
    empty = allocate([], {}, TODAY)

    stocked = restocked(empty, "tea", [lot(5)]).allocation

    assert demanded(stocked, demand("a", 5)).demands == {"a"}
    assert outcome(demanded(stocked, demand("a", 5)).allocation, "a").words(TODAY) == "available now"


def test_a_new_urgent_order_takes_its_turn_and_both_it_and_who_waits_now_are_named() -> None:
    before = allocate([demand("a", 3, wanted=5), demand("b", 2, wanted=6)], {"tea": [lot(5)]}, TODAY)

    change = demanded(before, demand("urgent", 2, wanted=1))

    assert change.demands == {"urgent", "b"}
    assert outcome(change.allocation, "b").words(TODAY) == "short by 2"


def test_an_order_that_asks_for_another_product_leaves_the_old_one_to_others() -> None:
    before = allocate([demand("a", 5), demand("b", 5)], {"tea": [lot(5)], "cup": [lot(5)]}, TODAY)

    change = demanded(before, demand("a", 5, product="cup"))

    assert change.demands == {"b"}
    assert outcome(change.allocation, "a").words(TODAY) == "available now"


def test_a_withdrawn_order_leaves_its_goods_to_the_next() -> None:
    before = allocate([demand("a", 5), demand("b", 5)], {"tea": [lot(5)]}, TODAY)

    change = withdrawn(before, "a")

    assert change.demands == {"b"}
    assert "a" not in change.allocation.demands


def test_to_withdraw_what_is_unknown_changes_nothing() -> None:
    before = allocate([demand("a", 5)], {"tea": [lot(5)]}, TODAY)

    assert withdrawn(before, "x").demands == frozenset()


def test_while_an_order_stays_as_short_as_it_was_a_line_that_comes_sooner_is_no_news() -> None:
    both = Demand("both", (DemandLine("tea", units(1)), DemandLine("jam", units(2))))
    before = allocate([both], {"tea": [lot(1, 5)]}, TODAY)

    assert restocked(before, "tea", [lot(1)]).demands == frozenset()


def test_a_line_that_comes_sooner_is_no_news_while_a_later_one_holds_the_order_up() -> None:
    both = Demand("both", (DemandLine("tea", units(1)), DemandLine("cup", units(2))))
    before = allocate([both], {"tea": [lot(1, 5)], "cup": [lot(2, 9)]}, TODAY)

    assert restocked(before, "tea", [lot(1)]).demands == frozenset()
    assert restocked(before, "tea", [lot(1, 10)]).demands == {"both"}


@pytest.mark.parametrize(
    ("ready", "wanted", "is_late"),
    [(day(3), day(3), False), (day(4), day(3), True), (None, day(3), True), (day(4), None, False), (None, None, False)],
)
def test_late_is_what_comes_after_the_day_that_it_is_wanted_on(
    ready: date | None, wanted: date | None, is_late: bool
) -> None:
    assert Outcome(ready, units(0)).is_late(wanted) is is_late


def test_a_position_gives_what_is_free_now_and_then_what_comes() -> None:
    at_york = replace(position(10, incoming=((3, 4),), buffer=2), location="York")

    assert lots_of(at_york, TODAY) == (Lot(TODAY, units(8), "York"), Lot(day(3), units(4), "York", "PO-1"))


def test_what_is_taken_already_is_filled_from_the_earliest_goods() -> None:
    assert lots_of(position(10, committed=((9, 12),), incoming=((3, 4),)), TODAY) == (
        Lot(day(3), units(2), "", "PO-1"),
    )


def test_a_count_below_zero_is_filled_by_what_comes() -> None:
    assert lots_of(position(-5, incoming=((3, 4), (5, 4))), TODAY) == (Lot(day(5), units(3), "", "PO-2"),)


def test_two_counts_of_one_location_are_filled_from_each_other() -> None:
    twice = Position("tea", (Stock(units(-5)), Stock(units(8))))

    assert lots_of(twice, TODAY) == (Lot(TODAY, units(3)),)
