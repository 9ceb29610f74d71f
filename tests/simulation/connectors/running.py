"""Histories of one connector: one, or many over all cores."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.simulation.connectors.catalog import BINDINGS
from tests.simulation.connectors.drawing import draw_connected
from tests.simulation.history import Cuts, History
from tests.simulation.outcome import Outcome, outcome_of
from tests.simulation.running import run_all


def history_of(name: str, seed: int, cuts: Cuts = Cuts(), tell: Callable[[str], None] | None = None) -> History:  # noqa: B008  # frozen
    """Return one history of a connector, ready to be run."""
    return History(seed, cuts, tell, setting=draw_connected(seed, BINDINGS[name]))


def run_connected(name: str, seeds: range) -> Outcome:
    """Run histories of one connector one after the other."""
    total = Outcome()
    for seed in seeds:
        total.add(outcome_of(history_of(name, seed).run()))
    return total


def run_connector(name: str, first: int, number: int, processes: int | None = None) -> Outcome:
    """Run many histories of one connector over all cores."""
    return run_all(first, number, processes, partial(run_connected, name))
