"""`python -m tests.simulation.mutants`: plant each fault in a scratch copy of `shared/` and see that it is caught.

Each mutant gets its own process, whose `shared` is the scratch copy. The report lists mutant, property, seed; the last
line of stdout is `mutants=N caught=N`. Exit 1 if one survives 2,000 seeds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.simulation.mutations import MUTANTS, Mutant
from tests.simulation.outcome import judged

PROJECT = Path(__file__).parents[2]
SEEDS = 2000
SECONDS = 900


class Fate(NamedTuple):
    """What became of a mutant: the first seed that caught it and by which property; empty if it survived."""

    mutant: Mutant
    seed: int
    found: str


def main() -> int:
    """Try every mutant, or those whose name contains what the command line says."""
    reader = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    reader.add_argument("--only", default="")
    reader.add_argument("--seeds", type=int, default=SEEDS)
    reader.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = reader.parse_args()
    chosen = [mutant for mutant in MUTANTS if asked.only in mutant.name]
    with ThreadPoolExecutor(asked.processes) as pool:
        fates = list(pool.map(lambda mutant: _told(try_mutant(mutant, asked.seeds)), chosen))
    caught = sum(bool(fate.found) for fate in fates)
    print(f"mutants={len(fates)} caught={caught}")
    return 0 if caught == len(fates) else 1


def try_mutant(mutant: Mutant, seeds: int = SEEDS) -> Fate:
    """Run seeds against one mutant until one catches it."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        plant(mutant, Path(folder))
        ran = subprocess.run(
            [sys.executable, "-P", "-m", "tests.simulation.hunt", str(seeds)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    seed, _, found = ran.stdout.strip().partition(" ")
    if ran.returncode not in (0, 1):
        return Fate(mutant, -1, f"it does not run: {ran.stderr.strip().splitlines()[-1:]}")
    if found and judged(int(seed)):
        return Fate(mutant, int(seed), "")  # the plain flows fail there too: this proves nothing
    return Fate(mutant, int(seed or -1), found)


def plant(mutant: Mutant, folder: Path) -> None:
    """Copy `shared/` into a folder with the mutant in it; the text that it replaces must stand there exactly once."""
    shutil.copytree(PROJECT / "shared", folder / "shared", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "shared" / mutant.file
    file.write_text(changed(mutant, file.read_text()))


def changed(mutant: Mutant, text: str) -> str:
    """Return a file's text with the mutant in it."""
    if text.count(mutant.old) != 1:
        raise ValueError(f"{mutant.name}: {mutant.file} holds the text {text.count(mutant.old)} times")
    return text.replace(mutant.old, mutant.new)


def _told(fate: Fate) -> Fate:
    verdict = f"seed {fate.seed}: {fate.found}" if fate.found else "SURVIVED"
    print(f"{fate.mutant.rule:>5}  {fate.mutant.name}  →  {verdict}", file=sys.stderr, flush=True)
    return fate


if __name__ == "__main__":
    sys.exit(main())
