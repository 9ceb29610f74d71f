"""What holds for every matching: nothing is given twice, neither a raise nor more stock makes anybody later."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

from hypothesis import given as given_any
from hypothesis import strategies as st

from shared.core.allocate import Allocation, Change, allocate, demanded, outcome, restocked, withdrawn
from shared.core.explain import explain, late, left_over
from shared.core.priority import DEFAULT_RULE, By, Demand, DemandLine, Standing, rank
from shared.core.share import Lot, Pool, given
from tests.core.stock_builders import COUNTED, TODAY, day, lot, units

PRODUCTS = ("tea", "cup")
PLACES = ("", "Leeds", "York")
Stocks: TypeAlias = dict[str, list[Lot]]

LOTS = st.lists(st.builds(lot, st.integers(-2, 9), st.integers(0, 5), st.sampled_from(PLACES)), max_size=4)
STOCKS = st.fixed_dictionaries(dict.fromkeys(PRODUCTS, LOTS))
LINES = st.lists(
    st.builds(DemandLine, st.sampled_from([*PRODUCTS, "jam"]), st.integers(-1, 7).map(units), st.sampled_from(PLACES)),
    max_size=3,
).map(tuple)
DEMANDS = st.lists(
    st.builds(
        Demand,
        id=st.sampled_from("abcdefgh"),
        lines=LINES,
        standing=st.sampled_from(Standing),
        priority=st.integers(0, 2),
        value=st.integers(0, 3).map(Decimal),
        probability=st.sampled_from([Decimal("0.5"), Decimal(1)]),
        wanted=st.none() | st.integers(-1, 6).map(day),
        placed_at=st.none() | st.integers(0, 3).map(lambda ago: COUNTED - timedelta(days=ago)),
    ),
    min_size=1,
    max_size=7,
    unique_by=lambda demand: demand.id,
)
RULES = st.sampled_from([DEFAULT_RULE, (By.WANTED, By.PRIORITY), (By.EXPECTED_VALUE,), (By.PROBABILITY, By.VALUE), ()])
Badness: TypeAlias = tuple[Decimal, date]


def badness(allocation: Allocation, demand_id: str) -> Badness:
    """Return how bad an answer is: short first, then late."""
    found = outcome(allocation, demand_id)
    return found.short, found.day or date.max


def is_worse(after: Allocation, before: Allocation, demand_id: str) -> bool:
    """Tell whether anything of an answer got worse: more is short, or the day is later."""
    (short, when), (short_before, when_before) = badness(after, demand_id), badness(before, demand_id)
    return short > short_before or when > when_before


def line_answers(allocation: Allocation) -> dict[tuple[str, int], tuple[Decimal, date]]:
    return {
        (name, number): (answer, date.max) if isinstance(answer, Decimal) else (Decimal(0), answer)
        for name, answers in allocation.answers.items()
        for number, answer in enumerate(answers)
    }


@given_any(DEMANDS, STOCKS, RULES)
def test_the_same_unit_is_never_given_twice_and_nobody_gets_more_than_he_asked_for(
    demands: list[Demand], stocks: Stocks, rule: tuple[By, ...]
) -> None:
    for product, pool in allocate(demands, stocks, TODAY, rule).pools.items():
        taken: Counter[int] = Counter()
        for (_, name, number, wanted, location), parts in zip(pool.claims, given(pool), strict=True):
            line = next(each for each in demands if each.id == name).lines[number]
            assert (line.product, line.quantity, line.location) == (product, wanted, location)
            assert sum((quantity for _, quantity in parts), Decimal(0)) <= wanted
            assert all(quantity > 0 and location in ("", pool.lots[number].location) for number, quantity in parts)
            taken.update({number: int(quantity) for number, quantity in parts})
        assert all(taken[number] <= max(Decimal(0), each.quantity) for number, each in enumerate(pool.lots))


@given_any(DEMANDS, STOCKS)
def test_the_quick_answer_is_what_the_goods_given_lot_by_lot_say(demands: list[Demand], stocks: Stocks) -> None:
    allocation = allocate(demands, stocks, TODAY)

    for pool in allocation.pools.values():
        for claim, parts, answer in zip(pool.claims, given(pool), pool.answers, strict=True):
            short = claim[3] - sum((quantity for _, quantity in parts), Decimal(0))
            assert answer == (short or max(pool.lots[number].day for number, _ in parts))
            assert allocation.answers[claim[1]][claim[2]] == answer


@given_any(DEMANDS, STOCKS, RULES, st.integers(1, 3), st.data())
def test_raising_a_demand_never_makes_its_own_answer_worse(
    demands: list[Demand], stocks: Stocks, rule: tuple[By, ...], by: int, data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(demands))
    before = allocate(demands, stocks, TODAY, rule)
    raises: list[Demand] = [
        replace(chosen, priority=chosen.priority + by),
        replace(chosen, value=chosen.value + by),
        replace(chosen, probability=Decimal(1)),
        replace(chosen, wanted=(chosen.wanted or day(9)) - timedelta(days=by)),
        replace(chosen, standing=Standing.RESERVED),
        replace(chosen, placed_at=(chosen.placed_at or COUNTED) - timedelta(days=by)),
    ]

    for raised in raises:
        after = allocate([raised if each is chosen else each for each in demands], stocks, TODAY, rule)
        assert rank(raised, rule) <= rank(chosen, rule)
        assert not is_worse(after, before, chosen.id)
        assert not is_worse(demanded(before, raised).allocation, before, chosen.id)


@given_any(DEMANDS, STOCKS, RULES, st.sampled_from(PRODUCTS), LOTS)
def test_more_stock_never_makes_any_answer_worse(
    demands: list[Demand], stocks: Stocks, rule: tuple[By, ...], product: str, more: list[Lot]
) -> None:
    before = allocate(demands, stocks, TODAY, rule)
    after = restocked(before, product, [*stocks[product], *more]).allocation

    was, now = line_answers(before), line_answers(after)
    assert not any(is_worse(after, before, demand.id) for demand in demands)
    assert not any(now[line][0] > was[line][0] or now[line][1] > was[line][1] for line in was)


@given_any(DEMANDS, STOCKS, st.sampled_from(PRODUCTS), st.data())
def test_a_supply_that_comes_sooner_makes_no_answer_worse_where_all_take_from_all_locations(
    demands: list[Demand], stocks: Stocks, product: str, data: st.DataObject
) -> None:
    free = [replace(each, lines=tuple(replace(line, location="") for line in each.lines)) for each in demands]
    before = allocate(free, stocks, TODAY)
    sooner = [replace(each, day=TODAY if data.draw(st.booleans()) else each.day) for each in stocks[product]]

    after = restocked(before, product, sooner).allocation

    assert not any(is_worse(after, before, demand.id) for demand in demands)


@given_any(DEMANDS, STOCKS)
def test_nobody_waits_for_goods_that_somebody_behind_him_gets(demands: list[Demand], stocks: Stocks) -> None:
    for pool in allocate(demands, stocks, TODAY).pools.values():
        parts = given(pool)
        for place, (_, _, _, _, location) in enumerate(pool.claims):
            for behind in parts[place + 1 :]:
                for number, _ in behind:
                    if location in ("", pool.lots[number].location):
                        assert not isinstance(pool.answers[place], Decimal)
                        assert all(mine <= number for mine, _ in parts[place])


@given_any(DEMANDS, STOCKS)
def test_the_order_in_which_demands_and_stock_are_named_makes_no_difference(
    demands: list[Demand], stocks: Stocks
) -> None:
    named = {product: sorted(lots, key=repr) for product, lots in stocks.items()}
    backwards = {product: named[product][::-1] for product in reversed(PRODUCTS)}

    assert allocate(demands, named, TODAY).answers == allocate(demands[::-1], backwards, TODAY).answers


def assert_same(change: Change, whole: Allocation, before: Allocation) -> None:
    """Check that a change gives what sharing out everything anew gives, and names whose answer it changed."""
    after = change.allocation
    assert after.answers == whole.answers
    assert after.demands == whole.demands
    assert {name: seen(pool) for name, pool in after.pools.items() if pool.claims} == {
        name: seen(pool) for name, pool in whole.pools.items() if pool.claims
    }
    assert change.demands == {
        name for name in after.demands if name not in before.demands or outcome(after, name) != outcome(before, name)
    }


def seen(pool: Pool) -> tuple[object, ...]:
    return pool.lots, list(pool.claims), list(pool.answers)


@given_any(DEMANDS, STOCKS, RULES, st.sampled_from([*PRODUCTS, "jam"]), LOTS)
def test_a_change_of_stock_gives_what_sharing_out_everything_anew_gives(
    demands: list[Demand], stocks: Stocks, rule: tuple[By, ...], product: str, lots: list[Lot]
) -> None:
    before = allocate(demands, stocks, TODAY, rule)

    assert_same(restocked(before, product, lots), allocate(demands, {**stocks, product: lots}, TODAY, rule), before)


@given_any(DEMANDS, STOCKS, RULES, DEMANDS)
def test_a_change_of_demand_gives_what_sharing_out_everything_anew_gives(
    demands: list[Demand], stocks: Stocks, rule: tuple[By, ...], changes: list[Demand]
) -> None:
    book = {each.id: each for each in demands}
    current = allocate(demands, stocks, TODAY, rule)
    for change in changes:
        is_lost = change.priority == 0
        before, book = current, {name: each for name, each in book.items() if name != change.id}
        if not is_lost:
            book[change.id] = change
        made = withdrawn(before, change.id) if is_lost else demanded(before, change)
        assert_same(made, allocate(book.values(), stocks, TODAY, rule), before)
        current = made.allocation


@given_any(DEMANDS, STOCKS)
def test_an_explanation_adds_up_and_its_advice_can_be_followed(demands: list[Demand], stocks: Stocks) -> None:
    allocation = allocate(demands, stocks, TODAY)

    for demand in demands:
        for line in explain(allocation, demand.id):
            got = sum((part.quantity for part in line.parts), line.short)
            rest = left_over(allocation.pools[line.line.product]) if line.line.product in allocation.pools else ()
            assert got == max(Decimal(0), line.line.quantity)
            assert all(each.lot.location != line.line.location for each in line.helps)
            assert all(
                each.quantity <= sum((lot.quantity for lot in rest if lot == each.lot), Decimal(0))
                for each in line.helps
            )
            assert all(each.until <= each.wanted and each.demand != demand.id for each in line.waits)
            assert all(any(part.lot.day == each.until for part in line.parts) for each in line.waits)
            assert len(line.words()) >= 1


@given_any(DEMANDS, STOCKS)
def test_late_are_those_that_are_short_or_come_after_their_day(demands: list[Demand], stocks: Stocks) -> None:
    allocation = allocate(demands, stocks, TODAY)
    waiting = late(allocation)

    assert list(waiting) == sorted(waiting, key=lambda name: rank(allocation.demands[name]))
    for demand in demands:
        found = outcome(allocation, demand.id)
        assert (demand.id in waiting) == (found.day is None or found.day > (demand.wanted or date.max))
