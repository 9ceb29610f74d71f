"""`python -m tests.simulation --seeds 2000 --first 0 [--story]`: prove the sync rules, or tell one history.

`--store dynamodb` puts the real stores behind the same histories, with the stores in memory as their witnesses;
`--connector NAME` a real connector, over the fake of its partner's API, in the place of one system.
Progress and findings go to stderr; the last line of stdout is `histories=N violations=N`. Exit 1 on a violation, or if
a run of 2,000 histories or more never met one of its faults, or met a window more often than its bound says.

The tables and the connectors are imported by who asks for them: that takes longer than fifty histories.
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.drama import perform
from tests.simulation.dramas import drama_of
from tests.simulation.history import Cuts, History
from tests.simulation.measured import beyond, sizes, table
from tests.simulation.outcome import Outcome, judged, run_seeds, silent
from tests.simulation.properties import violations
from tests.simulation.running import Run, run_all
from tests.simulation.shrink import case_of, shrink
from tests.simulation.trials import compare, is_tried

LONG_RUN = 2000


def main() -> int:
    """Run what the command line asks for."""
    asked = _asked()
    if asked.connector:
        from tests.simulation.connectors.command import run_asked

        return run_asked(asked, _report, _say)
    on_tables = asked.store == "dynamodb"
    if asked.story:
        found = story_on_tables(asked.first) if on_tables else tell_story(asked.first, shortest=asked.shortest)
        print(f"histories=1 violations={len(found)}")
        return 1 if found else 0
    start = time.monotonic()
    outcome = run_all(asked.first, asked.seeds, asked.processes, _on_tables() if on_tables else run_seeds)
    _report(outcome, time.monotonic() - start)
    if asked.table:
        _say("\n".join(table(outcome)))
    is_long = outcome.histories >= LONG_RUN and not on_tables
    never, much = (silent(outcome), beyond(outcome)) if is_long else ([], [])
    for name in never:
        _say(f"never happened: {name}")
    for name in much:
        _say(f"beyond its bound: {name}")
    if outcome.found and on_tables:
        story_on_tables(min(outcome.found))
    elif outcome.found:
        tell_story(min(outcome.found), shortest=True)
    print(f"histories={outcome.histories} violations={len(outcome.found)}")
    return 1 if outcome.found or never or much else 0


def tell_story(seed: int, *, shortest: bool) -> list[str]:
    """Tell one history event by event, whole or cut down to what still fails; return its violations."""
    cuts = shrink(case_of(seed)) if shortest and judged(seed) else Cuts()
    history = History(seed, cuts, tell=_say)
    _say(f"seed {seed}: {', '.join(f'{name} is {kind.name}' for name, kind in history.kinds.items())}")
    found = violations(history.run())
    if is_tried(seed) and not found:
        _say("-- the same seed's second run, told twice --")
        found, _ = compare(seed, cuts, tell=_say)
    drama = drama_of(seed)
    if drama is not None and not found:
        _say(f"-- the drama of the same seed: {drama.name} --")
        found, _ = perform(drama, seed, _say)
    for each in found:
        _say(f"VIOLATED {each}")
    if found:
        _say(f"replay: make simulate SEEDS=1 FIRST={seed} STORY=1")
    return found


def story_on_tables(seed: int) -> list[str]:
    """Tell one history on the tables event by event; return its violations."""
    from tests.simulation.tables import table_stores

    with table_stores() as tables:
        found = violations(tables.run(seed, _say))
    for each in found:
        _say(f"VIOLATED {each}")
    if found:
        _say(f"replay: make simulate SEEDS=1 FIRST={seed} STORY=1 STORE=dynamodb")
    return found


def _asked() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    reader.add_argument("--seeds", type=int, help=f"how many histories: {LONG_RUN}, fewer of a connector")
    reader.add_argument("--first", type=int, default=0)
    reader.add_argument("--processes", type=int, default=None)
    reader.add_argument("--store", choices=("memory", "dynamodb"), default="memory")
    reader.add_argument("--connector", type=_connector, help="a connector to run over its fake")
    reader.add_argument("--story", action="store_true", help="tell the first seed's history")
    reader.add_argument("--table", action="store_true", help="tell the windows as docs/guarantees.md does")
    reader.add_argument("--whole", dest="shortest", action="store_false", help="do not cut the story down")
    asked = reader.parse_args()
    asked.seeds = asked.seeds or (_enough() if asked.connector else LONG_RUN)
    return asked


def _connector(name: str) -> str:
    from tests.simulation.connectors.catalog import BINDINGS

    if name not in BINDINGS:
        raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(sorted(BINDINGS))}")
    return name


def _enough() -> int:
    from tests.simulation.connectors.running import ENOUGH

    return ENOUGH


def _on_tables() -> Run:
    from tests.simulation.tables import run_on_tables

    return run_on_tables


def _report(outcome: Outcome, seconds: float) -> None:
    for name, number in sorted(outcome.counts.items()):
        _say(f"{number:>10}  {name}")
    for line in sizes(outcome):
        _say(line)
    _say(f"{len(outcome.points):>10}  crash points, {sum(outcome.points.values())} crashes")
    _say(f"{outcome.histories} histories in {seconds:.0f} s")
    for seed, found in sorted(outcome.found.items()):
        _say(f"seed {seed}: {'; '.join(found[:3])}")


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
