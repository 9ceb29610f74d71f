"""`python -m tests.simulation.hunt SEEDS FIRST AFTER CONNECTOR`: run seeds until one breaks a property; print which.

A flow that raises proves no property, and is passed over. `FIRST` is the seed that is tried before all others; then
comes one seed per drama, then all the others. `AFTER` is the seed of that order behind which to go on. A seed counts
with its second run, for the properties that hold two runs against each other. With a `CONNECTOR` its histories are run
(they have no dramas and no second runs). Each but `SEEDS` may be empty.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

from tests.simulation.connectors.running import judged_connected
from tests.simulation.dramas import drama_of
from tests.simulation.outcome import judged
from tests.simulation.properties import RAISES


def main() -> int:
    """Hunt; exit 1 if something was found."""
    seeds, first, after, connector = int(sys.argv[1]), _read(sys.argv[2]), _read(sys.argv[3]), sys.argv[4]
    judge = partial(judged_connected, connector) if connector else judged
    dramas = () if connector else _one_per_drama(seeds)
    order = list(dict.fromkeys((*first, *dramas, *range(seeds))))
    for seed in order[order.index(after[0]) + 1 :] if after else order:
        found = [each for each in judge(seed) if not each.startswith(RAISES)]
        if found:
            print(f"{seed} {found[0]}")
            return 1
    return 0


def _read(text: str) -> list[int]:
    return [int(text)] if text else []


def _one_per_drama(seeds: int) -> Iterator[int]:
    met: set[str] = set()
    for seed in range(seeds):
        drama = drama_of(seed)
        if drama is not None and drama.name not in met:
            met.add(drama.name)
            yield seed


if __name__ == "__main__":
    sys.exit(main())
