"""The shortest history that still fails: acts and faults are left out, one by one, as long as the violation stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tests.simulation.history import Cuts, History
from tests.simulation.outcome import judged
from tests.simulation.trials import is_tried, plan_trial

Part = TypeVar("Part")
MOST_RUNS = 400


@dataclass(frozen=True, slots=True)
class Case:
    """A history that fails: how it is set up and judged with something left out, and which acts can be left out."""

    history: Callable[[Cuts], History]
    judged: Callable[[Cuts], list[str]]
    acts: Sequence[int]


def case_of(seed: int) -> Case:
    """Return the case of a seed: its history, and its second run where it has one."""
    acts = [act.number for act in History(seed).acts]
    if is_tried(seed):
        acts += [act.number for act in plan_trial(seed).edits]
    return Case(lambda cuts: History(seed, cuts), lambda cuts: judged(seed, cuts), acts)


def shrink(case: Case) -> Cuts:
    """Return what can be left out of a failing history while it still breaks one of the same properties."""
    wanted = kinds_of(case.judged(Cuts()))
    runs = 0

    def still_fails(cuts: Cuts) -> bool:
        nonlocal runs
        runs += 1
        return runs <= MOST_RUNS and bool(wanted & kinds_of(case.judged(cuts)))

    cuts = _without_faults(case, still_fails)
    cuts = _without_acts(case, cuts, still_fails)
    return _without_strikes(case, cuts, still_fails)


def kinds_of(found: list[str]) -> frozenset[str]:
    """Return which properties were broken, without the particulars."""
    return frozenset(each.partition(":")[0] for each in found)


def _without_faults(case: Case, still_fails: Callable[[Cuts], bool]) -> Cuts:
    cuts = Cuts()
    for name in sorted({name for name, _ in case.history(Cuts()).run().chance.strikes_made} | {"crash"}):
        fewer = Cuts(cuts.acts, cuts.strikes | {(name, -1)})
        if still_fails(fewer):
            cuts = fewer
    return cuts


def _without_acts(case: Case, cuts: Cuts, still_fails: Callable[[Cuts], bool]) -> Cuts:
    for number in case.acts:
        fewer = Cuts(cuts.acts | {number}, cuts.strikes)
        if still_fails(fewer):
            cuts = fewer
    return cuts


def _without_strikes(case: Case, cuts: Cuts, still_fails: Callable[[Cuts], bool]) -> Cuts:
    for strike in case.history(cuts).run().chance.strikes_made:
        fewer = Cuts(cuts.acts, cuts.strikes | {strike})
        if still_fails(fewer):
            cuts = fewer
    return cuts
