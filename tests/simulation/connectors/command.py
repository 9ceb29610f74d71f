"""`python -m tests.simulation --connector NAME`: many histories of one connector, or the story of one."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable

from tests.simulation.connectors.running import ENOUGH, run_connector, tell_connected, unseen
from tests.simulation.outcome import Outcome

Say = Callable[[str], None]


def run_asked(asked: Namespace, report: Callable[[Outcome, float], None], say: Say) -> int:
    """Run what the command line asks for; 1 on a violation, or if a long run never met one of its faults."""
    if asked.story:
        found = tell_connected(asked.connector, asked.first, say, shortest=asked.shortest)
        print(f"histories=1 violations={len(found)}")
        return 1 if found else 0
    start = time.monotonic()
    outcome = run_connector(asked.connector, asked.first, asked.seeds, asked.processes)
    report(outcome, time.monotonic() - start)
    never = unseen(asked.connector, outcome.counts) if outcome.histories >= ENOUGH else []
    for name in never:
        say(f"never happened: {name}")
    if outcome.found:
        tell_connected(asked.connector, min(outcome.found), say, shortest=True)
    print(f"histories={outcome.histories} violations={len(outcome.found)}")
    return 1 if outcome.found or never else 0
