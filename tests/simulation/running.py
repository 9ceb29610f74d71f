"""Many histories over all cores, with a progress bar on stderr."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from multiprocessing import get_context

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.outcome import Outcome, run_seeds

CHUNK = 5
"""How many histories a process takes at a time: few enough that all end nearly together."""

CYCLES_AFTER = (200_000, 20, 100)
"""After how many new objects a process looks for cycles: a history leaves few, and looking for them as often as Python
does by itself is a seventh of its time."""

Run = Callable[[range], Outcome]


def run_all(first: int, number: int, processes: int | None = None, run: Run = run_seeds) -> Outcome:
    """Run `number` histories from seed `first` on; the result does not depend on how many processes share the work.

    `run` runs some seeds in one process: on the stores in memory unless said otherwise.
    """
    total = Outcome()
    columns = (TextColumn("histories"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=2) as bar:
        task = bar.add_task("", total=number)
        for outcome in _outcomes(_chunks(first, number), processes or _cores(), run):
            total.add(outcome)
            bar.advance(task, outcome.histories)
    return total


def _cores() -> int:
    """Return how many cores this process may use; where the system does not tell, how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _chunks(first: int, number: int) -> list[range]:
    return [range(start, min(start + CHUNK, first + number)) for start in range(first, first + number, CHUNK)]


def _outcomes(chunks: list[range], processes: int, run: Run) -> Iterator[Outcome]:
    if processes == 1 or len(chunks) == 1:
        yield from map(run, chunks)
        return
    with get_context("spawn").Pool(min(processes, len(chunks)), _look_seldom_for_cycles) as pool:
        yield from pool.imap_unordered(run, chunks)


def _look_seldom_for_cycles() -> None:
    """Let a process look for cycles seldom, and never in what it has imported."""
    gc.freeze()
    gc.set_threshold(*CYCLES_AFTER)
