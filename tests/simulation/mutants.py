"""`python -m tests.simulation.mutants`: plant each fault in a scratch copy of `shared/` and see that it is caught.

Each mutant gets its own process, whose `shared` is the scratch copy. It is caught if a property breaks within 2,000
seeds of which none breaks without it; a flow that merely raises does not count. The seed that caught it last
(`caught.txt`, written anew by `--note`) is tried first, so that the whole takes minutes. Progress and the table of
mutant, property and seed go to stderr; the last line of stdout is `mutants=N caught=N`. Exit 1 if one survives.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.simulation.connectors.running import judged_connected
from tests.simulation.mutations import MUTANTS, Mutant
from tests.simulation.outcome import judged

PROJECT = Path(__file__).parents[2]
CAUGHT = Path(__file__).with_name("caught.txt")
SEEDS = 2000
SECONDS = 900
LONGEST = 160
"""How much of what was found the table tells."""


class Fate(NamedTuple):
    """What became of a mutant: the first seed that caught it and by which property; empty if it survived."""

    mutant: Mutant
    seed: int
    found: str


def main() -> int:
    """Try every mutant, or those whose name contains what the command line says."""
    reader = argparse.ArgumentParser(prog="python -m tests.simulation.mutants", description=__doc__)
    reader.add_argument("--only", nargs="+", default=[""], help="parts of the names of those to try")
    reader.add_argument("--seeds", type=int, default=SEEDS)
    reader.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    reader.add_argument("--note", action="store_true", help="keep the seeds for the next time")
    asked = reader.parse_args()
    chosen = [mutant for mutant in MUTANTS if any(part in mutant.name for part in asked.only)]
    start, fates = time.monotonic(), {}
    for fate in _tried(chosen, asked.seeds, asked.processes):
        fates[fate.mutant.name] = fate
        if asked.note:
            note_seed(fate)
    _report([fates[mutant.name] for mutant in chosen], time.monotonic() - start)
    caught = sum(bool(fate.found) for fate in fates.values())
    print(f"mutants={len(fates)} caught={caught}")
    return 0 if caught == len(fates) else 1


def _tried(chosen: Sequence[Mutant], seeds: int, processes: int) -> Iterator[Fate]:
    """Yield the fate of each mutant as soon as it is known, with a progress bar."""
    last = last_seeds()
    columns = (
        TextColumn("mutants"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar, ThreadPoolExecutor(processes) as pool:
        task = bar.add_task("", total=len(chosen))
        running = [pool.submit(try_mutant, each, seeds, last.get(each.name)) for each in chosen]
        for each in as_completed(running):
            fate = each.result()
            if not fate.found:
                bar.console.print(f"SURVIVED {fate.mutant.name}", soft_wrap=True)
            bar.update(task, advance=1, description=fate.mutant.name)
            yield fate


def try_mutant(mutant: Mutant, seeds: int = SEEDS, first: int | None = None) -> Fate:
    """Run seeds against one mutant until one catches it, `first` before the others."""
    after: int | None = None
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        plant(mutant, Path(folder))
        while True:
            seed, found = _hunted(mutant, Path(folder), seeds, first, after)
            if not found or not _judged(mutant, seed):
                return Fate(mutant, seed, found)
            after = seed  # without the fault it fails there too


def _judged(mutant: Mutant, seed: int) -> list[str]:
    """Return which properties a seed breaks without the fault."""
    return judged_connected(mutant.connector, seed) if mutant.connector else judged(seed)


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


def last_seeds() -> Mapping[str, int]:
    """Return per mutant's name the seed that caught it last."""
    lines = CAUGHT.read_text().splitlines() if CAUGHT.exists() else []
    return {name: int(seed) for seed, _, name in (line.partition(" ") for line in lines)}


def note_seed(fate: Fate) -> None:
    """Keep the seed that caught a mutant, and nothing of one that survived, beside what is known of the others."""
    known = {**last_seeds(), fate.mutant.name: fate.seed}
    kept = [each.name for each in MUTANTS if known.get(each.name, -1) >= 0]
    CAUGHT.write_text("".join(f"{known[name]} {name}\n" for name in kept))


def _hunted(mutant: Mutant, folder: Path, seeds: int, first: int | None, after: int | None) -> tuple[int, str]:
    """Return the next seed that breaks a property, and how; nothing if none does, or none can be run."""
    try:
        ran = _hunt(mutant, folder, seeds, first, after)
    except subprocess.TimeoutExpired:
        return -1, ""
    if ran.returncode not in (0, 1) or (ran.returncode and not ran.stdout):
        print(f"\n{mutant.name} does not run: {ran.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return -1, ""
    seed, _, found = ran.stdout.strip().partition(" ")
    return int(seed or -1), found


def _hunt(
    mutant: Mutant, folder: Path, seeds: int, first: int | None, after: int | None
) -> subprocess.CompletedProcess[str]:
    places = ["" if each is None else str(each) for each in (first, after)]
    return subprocess.run(
        [sys.executable, "-P", "-m", "tests.simulation.hunt", str(seeds), *places, mutant.connector],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{PROJECT}"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def _report(fates: Sequence[Fate], seconds: float) -> None:
    widest = max((len(fate.mutant.name) for fate in fates), default=0)
    for fate in fates:
        verdict = f"seed {fate.seed:>4}  {fate.found[:LONGEST]}" if fate.found else "SURVIVED"
        print(f"{fate.mutant.rule:>5}  {fate.mutant.name:<{widest}}  {verdict}", file=sys.stderr)
    print(f"{len(fates)} mutants in {seconds:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
