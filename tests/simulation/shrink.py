"""The shortest history that still fails: acts and faults are left out, one by one, as long as the violation stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tests.simulation.history import Cuts, History
from tests.simulation.outcome import judged
from tests.simulation.trials import is_tried, plan_trial

Part = TypeVar("Part")
MOST_RUNS = 400


def shrink(seed: int) -> Cuts:
    """Return what can be left out of a failing history while it still breaks one of the same properties."""
    wanted = kinds_of(judged(seed))
    runs = 0

    def still_fails(cuts: Cuts) -> bool:
        nonlocal runs
        runs += 1
        return runs <= MOST_RUNS and bool(wanted & kinds_of(judged(seed, cuts)))

    cuts = _without_faults(seed, still_fails)
    cuts = _without_acts(seed, cuts, still_fails)
    return _without_strikes(seed, cuts, still_fails)


def kinds_of(found: list[str]) -> frozenset[str]:
    """Return which properties were broken, without the particulars."""
    return frozenset(each.partition(":")[0] for each in found)


def _without_faults(seed: int, still_fails: Callable[[Cuts], bool]) -> Cuts:
    cuts = Cuts()
    for name in sorted({name for name, _ in History(seed).run().chance.strikes_made} | {"crash"}):
        fewer = Cuts(cuts.acts, cuts.strikes | {(name, -1)})
        if still_fails(fewer):
            cuts = fewer
    return cuts


def _without_acts(seed: int, cuts: Cuts, still_fails: Callable[[Cuts], bool]) -> Cuts:
    numbers = [act.number for act in History(seed).acts]
    if is_tried(seed):
        numbers += [act.number for act in plan_trial(seed).edits]
    for number in numbers:
        fewer = Cuts(cuts.acts | {number}, cuts.strikes)
        if still_fails(fewer):
            cuts = fewer
    return cuts


def _without_strikes(seed: int, cuts: Cuts, still_fails: Callable[[Cuts], bool]) -> Cuts:
    for strike in History(seed, cuts).run().chance.strikes_made:
        fewer = Cuts(cuts.acts, cuts.strikes | {strike})
        if still_fails(fewer):
            cuts = fewer
    return cuts
