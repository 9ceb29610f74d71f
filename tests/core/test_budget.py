"""The budget of a partner's quota: what is granted, what must wait, and that no window is ever exceeded."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.core.budget import (
    BACK_SECONDS,
    MARGIN_SECONDS,
    PATIENCE_SECONDS,
    SKEW_SECONDS,
    SLOT_SECONDS,
    SLOT_SPAN_SECONDS,
    SPAN_SECONDS,
    TRANSIT_SECONDS,
    Block,
    Budget,
    Taken,
    Waiting,
    Wish,
    correct,
    settle,
    take,
    used_share,
)
from shared.core.quota import DAY_SECONDS, UNLIMITED, Quota, Told, Window
from shared.core.turns import Turn

NOW = 1_772_442_000.0
TEN = Quota((Window(10, 10.0),))
BIG = Quota((Window(190, 10.0),))
SLOTS = Quota(concurrent=2, call_seconds=20.0)
EMPTY = Budget()
ORDER = Wish("o", turn=Turn.ORDERS)
LOAD = Wish("l", turn=Turn.LOAD)


def granted(taken: Taken) -> Block:
    assert taken.block is not None
    return taken.block


def spent(quota: Quota, calls: int, at: float = NOW, budget: Budget = EMPTY) -> Budget:
    """The budget after some calls that were answered at a moment."""
    id_ = f"spent{at}"
    return settle(
        replace(budget, blocks=(*budget.blocks, Block(id_, "", calls, at, 0.0, at))), quota, id_, [at] * calls
    )


def test_a_fresh_budget_grants_what_is_wished_for_but_half_a_window_at_most() -> None:
    assert granted(take(EMPTY, TEN, replace(ORDER, most=3), NOW)).calls == 3
    assert granted(take(EMPTY, TEN, replace(ORDER, most=50), NOW)).calls == 5
    assert granted(take(EMPTY, TEN, replace(ORDER, least=50, most=50), NOW)).calls == 5


def test_a_block_counts_until_it_is_settled_and_then_only_its_calls_do() -> None:
    first = take(EMPTY, TEN, replace(ORDER, most=5), NOW)
    second = take(first.budget, TEN, replace(ORDER, id="p", most=5), NOW)

    assert take(second.budget, TEN, ORDER, NOW + 1).block is None
    settled = settle(second.budget, TEN, "o", [NOW + 0.2, NOW + 0.4])
    assert granted(take(settled, TEN, replace(ORDER, most=5), NOW + 1)).calls == 3


def test_a_block_that_is_not_open_any_more_is_settled_without_effect() -> None:
    assert settle(spent(TEN, 4), TEN, "unknown", [NOW]) == spent(TEN, 4)


def test_calls_come_free_when_they_are_older_than_the_window_and_twice_the_skew() -> None:
    full = spent(TEN, 10)

    refused = take(full, TEN, ORDER, NOW + 1)

    assert refused.block is None
    assert NOW + 10 + MARGIN_SECONDS <= refused.until <= NOW + 10.3
    assert take(full, TEN, ORDER, refused.until - 0.01).block is None
    assert take(full, TEN, ORDER, refused.until).block is not None


def test_a_fixed_window_counts_anew_at_its_border() -> None:
    day = Quota((Window(10, float(DAY_SECONDS), fixed=True),))
    midnight = NOW // DAY_SECONDS * DAY_SECONDS + DAY_SECONDS
    full = spent(day, 10)

    refused = take(full, day, ORDER, NOW + 1)

    assert refused.block is None
    assert midnight <= refused.until <= midnight + 1
    assert take(full, day, ORDER, midnight - 1).block is None
    assert take(full, day, ORDER, midnight + 1).block is not None


def test_at_a_fixed_border_a_clock_that_is_ahead_still_pays_for_the_old_window() -> None:
    minute = Quota((Window(10, 60.0, fixed=True),))

    assert take(spent(minute, 10, NOW + 59), minute, ORDER, NOW + 60 + SKEW_SECONDS).block is None


def test_windows_of_one_path_and_of_all_others_are_counted_apart() -> None:
    quota = Quota((Window(10, 10.0, but="/search"), Window(4, 1.0, only="/search"), Window(12, 60.0)))

    assert quota.lane_of("/crm/companies/search?limit=1") == "/search"
    assert quota.lane_of("/crm/companies/batch/read") == ""
    assert [each.calls for each in quota.counting("")] == [10, 12]
    assert [each.calls for each in quota.counting("/search")] == [4, 12]
    assert granted(take(spent(quota, 9), quota, replace(ORDER, lane="/search", most=9), NOW)).calls == 2
    assert granted(take(spent(quota, 9), quota, replace(ORDER, most=9), NOW)).calls == 1


def test_the_block_of_a_dead_worker_counts_as_spent_when_its_last_call_can_have_arrived() -> None:
    dead = take(EMPTY, TEN, replace(ORDER, most=5), NOW).budget
    over = NOW + SPAN_SECONDS + TRANSIT_SECONDS

    assert granted(take(dead, TEN, replace(ORDER, id="p", most=9), NOW + 1)).calls == 5
    assert [each.id for each in take(dead, TEN, replace(ORDER, id="p"), over + 1).budget.blocks] == ["p"]
    full = spent(TEN, 5, over)
    assert take(spent(TEN, 5, over, dead), TEN, ORDER, over + 9).block is None
    assert take(spent(TEN, 5, over, dead), TEN, ORDER, over + 11).block is not None
    assert granted(take(full, TEN, replace(ORDER, most=5), over + 1)).calls == 5


def test_in_a_full_window_a_worker_gets_what_is_free_by_the_time_at_which_it_needs_it() -> None:
    budget = EMPTY
    for number in range(10):
        budget = spent(TEN, 1, NOW + number, budget)
    wish = replace(ORDER, least=3, most=5, pace=1.0)

    block = granted(take(budget, TEN, wish, NOW + 10.3))

    assert (block.calls, block.pace, block.place(2)) == (5, 1.0, NOW + 12.3)
    assert [block.begun(NOW + each) for each in (10.2, 10.3, 11.2, 11.4, 99)] == [0, 1, 1, 2, 5]
    assert take(budget, TEN, replace(wish, pace=0.0), NOW + 10.3).block is None
    assert take(take(budget, TEN, wish, NOW + 10.3).budget, TEN, replace(ORDER, id="p"), NOW + 11).block is None


def test_a_block_that_is_paced_no_better_is_taken_at_once() -> None:
    block = granted(take(spent(TEN, 7), TEN, replace(ORDER, most=5, pace=0.1), NOW))

    assert (block.calls, block.pace) == (3, 0.0)


def test_lower_classes_leave_what_a_higher_one_waits_for() -> None:
    refused = take(spent(TEN, 10, NOW), TEN, replace(ORDER, least=3, most=3), NOW + 0.5)
    later = refused.until
    half = spent(TEN, 6, NOW + 5, refused.budget)

    assert refused.budget.waiting == {Turn.ORDERS: Waiting(NOW + 0.5, later + BACK_SECONDS, 3)}
    assert take(half, TEN, replace(LOAD, least=2, most=2), later).block is None
    assert granted(take(half, TEN, replace(LOAD, most=2), later)).calls == 1
    assert granted(take(half, TEN, replace(ORDER, most=4), later)).calls == 4
    assert granted(take(half, TEN, replace(LOAD, least=2, most=2), later + BACK_SECONDS)).calls == 2


def test_who_was_served_reserves_nothing_any_more() -> None:
    refused = take(spent(TEN, 10, NOW), TEN, replace(ORDER, least=3, most=3), NOW + 0.5)

    served = take(refused.budget, TEN, replace(ORDER, least=3, most=3), refused.until)

    assert served.budget.waiting[Turn.ORDERS].calls == 0
    assert granted(take(served.budget, TEN, replace(LOAD, most=5), refused.until)).calls == 5


def test_a_class_that_has_waited_long_goes_before_all_others_for_one_block() -> None:
    since = NOW - PATIENCE_SECONDS
    waiting = {Turn.LOAD: Waiting(since, NOW + 1, 5), Turn.ORDERS: Waiting(NOW - 1, NOW + 1, 5)}
    budget = replace(spent(TEN, 4), waiting=waiting)

    assert granted(take(budget, TEN, replace(ORDER, most=6), NOW)).calls == 1
    taken = take(budget, TEN, replace(LOAD, most=5), NOW)
    assert granted(taken).calls == 5
    assert taken.budget.waiting[Turn.LOAD].since == NOW


def test_all_but_orders_are_spread_over_the_window_and_come_back_in_time() -> None:
    """27 calls in a tenth of HubSpot's window, and no rush that an order would have to wait for."""
    rush = spent(BIG, 26)

    assert granted(take(rush, BIG, replace(LOAD, most=20), NOW + 0.2)).calls == 1
    assert granted(take(rush, BIG, replace(ORDER, most=20), NOW + 0.2)).calls == 20
    refused = take(rush, BIG, replace(LOAD, least=5, most=5), NOW + 0.2)
    assert refused.block is None
    assert NOW + 1 <= refused.until <= NOW + 1.2
    assert take(rush, BIG, replace(LOAD, least=5, most=5), refused.until).block is not None


def test_a_refusal_is_news_only_where_it_changes_what_others_leave() -> None:
    full = spent(TEN, 10)
    order = take(full, TEN, replace(ORDER, least=2), NOW + 1)
    load = take(full, TEN, LOAD, NOW + 1)

    assert (order.is_news, load.is_news) == (True, True)
    assert not take(order.budget, TEN, replace(ORDER, least=2), NOW + 2).is_news
    assert take(order.budget, TEN, replace(ORDER, least=3), NOW + 2).budget.waiting[Turn.ORDERS].calls == 3
    assert not take(load.budget, TEN, replace(LOAD, least=3), NOW + 2).is_news


def test_where_open_blocks_hold_everything_one_asks_again_soon() -> None:
    first = take(EMPTY, TEN, replace(ORDER, most=5), NOW)
    second = take(first.budget, TEN, replace(ORDER, id="p", most=5), NOW)

    assert take(second.budget, TEN, ORDER, NOW + 1).until == NOW + 1 + SLOT_SECONDS


def test_no_more_calls_are_under_way_at_once_than_there_are_slots() -> None:
    one = take(EMPTY, SLOTS, replace(LOAD, id="1", most=99), NOW)
    two = take(one.budget, SLOTS, replace(LOAD, id="2", most=99), NOW)
    three = take(two.budget, SLOTS, replace(LOAD, id="3"), NOW)

    assert (granted(one).calls, granted(one).end) == (99, NOW + SLOT_SPAN_SECONDS)
    assert three.block is None
    assert three.until == NOW + SLOT_SECONDS
    assert take(settle(two.budget, SLOTS, "1", [NOW]), SLOTS, replace(LOAD, id="3"), NOW).block is not None


def test_a_slot_is_left_to_a_higher_class_that_waits() -> None:
    one = take(EMPTY, SLOTS, replace(LOAD, id="1"), NOW)
    two = take(one.budget, SLOTS, replace(LOAD, id="2"), NOW)
    refused = take(two.budget, SLOTS, ORDER, NOW)
    free = settle(refused.budget, SLOTS, "1", [])

    assert take(free, SLOTS, replace(LOAD, id="3"), NOW).block is None
    assert take(free, SLOTS, ORDER, NOW).block is not None


def test_the_slot_of_a_dead_worker_is_free_when_its_call_is_surely_over() -> None:
    one = take(EMPTY, SLOTS, replace(LOAD, id="1"), NOW)
    two = take(one.budget, SLOTS, replace(LOAD, id="2"), NOW)
    over = NOW + SLOT_SPAN_SECONDS + SLOTS.call_seconds + MARGIN_SECONDS

    assert take(two.budget, SLOTS, replace(LOAD, id="3"), over - 0.01).block is None
    assert take(two.budget, SLOTS, replace(LOAD, id="3"), over).block is not None


def test_what_others_have_used_of_a_window_is_learned_from_the_partner() -> None:
    """Ours are 50 of 190; the partner says that 120 are used."""
    told = Told(10.0, 190, 120, NOW)

    corrected = correct(spent(BIG, 50), BIG, told)

    assert used_share(corrected, BIG, NOW) == 120 / 190
    assert used_share(corrected, BIG, NOW + 11) == 0.0
    assert corrected.told == {10.0: told}


def test_a_smaller_plan_than_was_thought_is_learned_in_the_same_way() -> None:
    two = Quota((*BIG.windows, Window(1000, 60.0)))

    corrected = correct(EMPTY, two, Told(10.0, 100, 10, NOW))

    assert used_share(corrected, two, NOW) == 100 / 190


def test_the_partners_word_never_raises_a_budget_and_little_is_no_news() -> None:
    budget = spent(BIG, 50)

    for used in (10, 50, 59):
        assert correct(budget, BIG, Told(10.0, 190, used, NOW)).spent == budget.spent


def test_an_older_word_does_not_undo_a_newer_one() -> None:
    newer = correct(EMPTY, BIG, Told(10.0, 190, 100, NOW))

    assert correct(newer, BIG, Told(10.0, 190, 150, NOW - 1)) == newer


def test_a_word_about_a_window_that_nobody_declared_is_kept_for_the_figures() -> None:
    told = correct(EMPTY, SLOTS, Told(float(DAY_SECONDS), 1000, 800, NOW))

    assert used_share(told, SLOTS, NOW) == 0.8
    assert used_share(correct(told, BIG, Told(10.0, 190, 190, NOW)), BIG, NOW, DAY_SECONDS) == 0.8
    assert used_share(told, SLOTS, NOW + DAY_SECONDS + 1) is None
    assert told.spent == {}


def test_a_quota_can_be_said_in_words() -> None:
    quota = Quota((Window(190, 10.0, but="/search"), Window(5, 1.0, only="/search"), Window(9, 0.5)), concurrent=25)

    assert quota.words == (
        "190 calls not to …/search in 10 s; 5 calls to …/search in 1 s; 9 calls in 0.5 s; 25 at once"
    )
    assert TEN.words == "10 calls in 10 s"
    assert UNLIMITED.words == ""


def test_no_quota_is_no_limit() -> None:
    assert not UNLIMITED
    assert SLOTS
    assert TEN
    assert used_share(EMPTY, UNLIMITED, NOW) is None


@st.composite
def histories(draw: st.DrawFn) -> tuple[Quota, list[tuple[int, float, int, float, bool]]]:
    """A quota, and what workers do one after the other: who, how long after the last, how many, how fast, and dies?"""
    window = Window(draw(st.integers(2, 12)), draw(st.sampled_from([1.0, 3.0, 10.0])), fixed=draw(st.booleans()))
    act = st.tuples(
        st.integers(0, 3), st.floats(0, 2.5), st.integers(1, 6), st.sampled_from([0.0, 0.1, 0.7]), st.booleans()
    )
    return Quota((window,)), draw(st.lists(act, min_size=1, max_size=60))


@given(histories())
@settings(max_examples=150, deadline=None)
def test_no_window_is_ever_exceeded_whatever_workers_with_wrong_clocks_do(
    history: tuple[Quota, list[tuple[int, float, int, float, bool]]],
) -> None:
    """Each call arrives as early as it may; a worker that dies has made all of its calls, as late as can be."""
    quota, acts = history
    (window,) = quota.windows
    skews = (-SKEW_SECONDS, SKEW_SECONDS, 0.0, SKEW_SECONDS)
    budget, at, arrived = EMPTY, NOW, list[float]()
    open_: dict[int, tuple[str, list[float]]] = {}
    for number, (who, after, calls, pace, dies) in enumerate(acts):
        at += after
        clock = at + skews[who]
        if who in open_:
            id_, made = open_.pop(who)
            budget = settle(budget, quota, id_, [each + skews[who] for each in made])
        taken = take(budget, quota, Wish(str(number), 1, calls, turn=Turn(who + 1), pace=pace), clock)
        budget = taken.budget
        if taken.block is None:
            continue
        places = [taken.block.place(each) - skews[who] for each in range(taken.block.calls)]
        if dies:
            arrived += [taken.block.end - skews[who] + TRANSIT_SECONDS] * len(places)
        else:
            made = places[: max(1, len(places) - number % 2)]
            arrived += made
            at = max(at, made[-1])
            open_[who] = (taken.block.id, made)

    arrived.sort()
    for first, last in zip(arrived, arrived[window.calls :], strict=False):
        if window.fixed:
            assert first // window.seconds < last // window.seconds
        else:
            assert last - first >= window.seconds
