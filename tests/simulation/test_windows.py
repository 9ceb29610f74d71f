"""What cannot be promised is counted per kind of partner, and is nothing where a partner is exact."""

from __future__ import annotations

from collections import Counter

from tests.simulation.kinds import KINDS
from tests.simulation.measured import FEW, beyond, exact_and_honest, sizes, table
from tests.simulation.outcome import Outcome
from tests.simulation.windows import (
    ANOTHERS,
    APPLIED_LATE,
    ARCHIVED,
    ENTERED,
    OVERWRITTEN,
    OWN_FORM,
    RENAMED,
    TWICE,
    TWINS,
    WINDOWS,
    WISH,
    shut,
)


def test_what_is_lost_at_an_exact_partner_is_a_violation_and_at_another_it_is_counted() -> None:
    lost = Counter({(OVERWRITTEN, "best"): 1, (OVERWRITTEN, "seconds"): 4, (APPLIED_LATE, "late"): 1})

    assert list(shut(lost, KINDS.values())) == [
        f"2 what is exact keeps its promise: {OVERWRITTEN}, at a partner of kind 'best'"
    ]


def test_no_window_of_a_partners_making_may_open_at_an_exact_and_honest_one() -> None:
    open_ = {name for name, window in WINDOWS.items() if any(window.may_open(kind) for kind in exact_and_honest())}

    assert not {OVERWRITTEN, ARCHIVED, APPLIED_LATE, OWN_FORM, WISH, ANOTHERS, TWICE, RENAMED, ENTERED} & open_


def test_a_window_that_opens_more_often_than_its_bound_says_fails_a_long_run() -> None:
    seldom = Outcome(2000, Counter({"kind: best": 1000}), opened=Counter({(TWINS, "best"): 500}))
    often = Outcome(2000, Counter({"kind: best": 1000}), opened=Counter({(TWINS, "best"): 501}))
    few = Outcome(2000, Counter({"kind: best": 1}), opened=Counter({(TWINS, "best"): FEW}))

    assert (beyond(seldom), beyond(few)) == ([], [])
    assert beyond(often) == [f"{TWINS}: 501 times at best, in 1000 histories"]


def test_the_table_tells_how_large_each_window_measured_at_each_kind_of_partner() -> None:
    outcome = Outcome(
        2000,
        Counter({"kind: best": 100, "kind: seconds": 500, "kind: minutes": 1000}),
        opened=Counter({(OVERWRITTEN, "seconds"): 4, (OVERWRITTEN, "minutes"): 16, (TWINS, "best"): 3}),
    )

    lines = table(outcome)

    assert f"| {OVERWRITTEN} | 0 (asserted) | minutes 16 · seconds 8.0 |" in lines
    assert f"| {TWINS} | 30 | 0 |" in lines
    assert f"         4  window: {OVERWRITTEN}: seconds (8.0 in 1,000 histories)" in list(sizes(outcome))
