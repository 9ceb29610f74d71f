"""Histories of one connector: one as a story, or many over all cores, and what they must have met."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tests.simulation.connectors.binding import Binding
from tests.simulation.connectors.catalog import BINDINGS
from tests.simulation.connectors.drawing import draw_connected
from tests.simulation.connectors.wire import HIGHEST
from tests.simulation.history import Cuts, History
from tests.simulation.outcome import Outcome, outcome_of
from tests.simulation.properties import violations
from tests.simulation.running import run_all
from tests.simulation.shrink import Case, shrink

MUST_HAPPEN = (
    *("taken", "won", "lost", "tombstoned", "look", "intent", "confirm", "absorb", "delete", "postpone"),
    *("people: enter customer", "people: edit customer", "people: delete", "people: merge", "people: import"),
    *("people: enter same customer", "people: add contact", "people: remove contact", "people: change email"),
    *("people: clear field", "edit after our read", "edit after our write", "locked out", "credentials changed"),
    *("paused", "resumed", "crash", "edits by people", "partner writes", "calls"),
)
"""What a run of two hundred histories must have seen at least once, besides every fault of the wire."""

OF_ORDERS = (
    "passed",
    "people: set status",
    "people: add line",
    "people: remove line",
    "people: edit order",
    "people: enter order",
)
"""What such a run must have seen besides where the partner has orders."""

ENOUGH = 200
"""From how many histories on everything must have happened."""


def history_of(
    binding: Binding,
    seed: int,
    cuts: Cuts = Cuts(),  # noqa: B008  # frozen
    tell: Callable[[str], None] | None = None,
) -> History:
    """Return one history of a connector, ready to be run."""
    return History(seed, cuts, tell, setting=draw_connected(seed, binding))


def run_connected(name: str, seeds: range) -> Outcome:
    """Run histories of one connector one after the other."""
    total = Outcome()
    for seed in seeds:
        total.add(outcome_of(history_of(BINDINGS[name], seed).run()))
    return total


def judged_connected(name: str, seed: int) -> list[str]:
    """Return which properties one history of a connector breaks."""
    return violations(history_of(BINDINGS[name], seed).run())


def run_connector(name: str, first: int, number: int, processes: int | None = None) -> Outcome:
    """Run many histories of one connector over all cores."""
    return run_all(first, number, processes, partial(run_connected, name))


def unseen(name: str, counts: Mapping[str, int]) -> list[str]:
    """Return what never happened in a long run of a connector, though it must for the run to prove anything."""
    wanted = (*HIGHEST, *MUST_HAPPEN, *(OF_ORDERS if "order" in BINDINGS[name].offers else ()))
    return [each for each in wanted if not counts.get(each)]


def tell_connected(name: str, seed: int, say: Callable[[str], None], *, shortest: bool) -> list[str]:
    """Tell one history of a connector, whole or cut down to what still fails; return its violations."""
    binding = BINDINGS[name]

    def judged(cuts: Cuts) -> list[str]:
        return violations(history_of(binding, seed, cuts).run())

    case = Case(partial(history_of, binding, seed), judged, [act.number for act in history_of(binding, seed).acts])
    cuts = shrink(case) if shortest and judged(Cuts()) else Cuts()
    history = history_of(binding, seed, cuts, say)
    say(f"seed {seed}: {', '.join(f'{system} is {kind.name}' for system, kind in history.kinds.items())}")
    found = violations(history.run())
    for each in found:
        say(f"VIOLATED {each}")
    if found:
        say(f"replay: make simulate CONNECTOR={name} SEEDS=1 FIRST={seed} STORY=1")
    return found
