"""The simulation as part of the tests: two thousand histories, all faults seen, every crash point met."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.crash_points import RARE, sites
from tests.simulation.history import Cuts, History
from tests.simulation.measured import beyond
from tests.simulation.mutants import PROJECT, changed
from tests.simulation.mutations import MUTANTS
from tests.simulation.outcome import run_seed, silent
from tests.simulation.running import run_all

SEEDS = 2000


@pytest.mark.simulation
def test_two_thousand_hostile_histories_break_nothing_and_meet_every_fault(capfd: pytest.CaptureFixture[str]) -> None:
    with capfd.disabled():  # so that its progress is seen
        outcome = run_all(0, SEEDS)

    assert outcome.found == {}
    assert silent(outcome) == []
    assert beyond(outcome) == []


@pytest.mark.simulation
def test_a_seed_is_the_same_history_whatever_the_hash_order() -> None:
    told = {_told_under(hash_seed) for hash_seed in ("1", "2", "77")}

    assert len(told) == 1


def test_leaving_a_fault_out_moves_no_other() -> None:
    whole = History(3).run()
    name = whole.chance.strikes_made[0][0]

    cut = History(3, Cuts(strikes=frozenset({(name, -1)}))).run()

    assert name not in {strike for strike, _ in cut.chance.strikes_made}


def test_every_planted_fault_still_finds_its_place() -> None:
    texts = {mutant.file: (PROJECT / "shared" / mutant.file).read_text() for mutant in MUTANTS}

    assert len(MUTANTS) >= 30
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for mutant in MUTANTS:
        assert changed(mutant, texts[mutant.file]) != texts[mutant.file]


def test_every_rare_crash_point_is_one_of_the_code() -> None:
    assert set(RARE) <= set(sites())


def test_all_reached_effects_are_known_as_crash_points() -> None:
    reached = {site for seed in range(12) for _, site in run_seed(seed).reached}

    assert reached <= set(sites())


def _told_under(hash_seed: str) -> str:
    script = (
        "from tests.simulation.history import History\n"
        "lines = []\n"
        "for seed in range(12): History(seed, tell=lines.append).run()\n"
        "print(hash(0), len(lines), *lines, sep='\\n')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout
