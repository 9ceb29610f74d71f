"""The real stores under the same histories: effect by effect as in memory, and the same answers throughout."""

from __future__ import annotations

import pytest

from tests.simulation.running import run_all
from tests.simulation.tables import run_on_tables

SEEDS = 320


@pytest.mark.simulation
def test_some_hundred_hostile_histories_on_the_tables_end_as_in_memory() -> None:
    outcome = run_all(0, SEEDS, run=run_on_tables)

    assert outcome.found == {}
    assert outcome.counts["answer of the tables lost"] > SEEDS
    assert outcome.counts["key held"] > 0
    assert outcome.counts["lock lost by itself"] > 0
