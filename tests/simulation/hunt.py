"""`python -m tests.simulation.hunt SEEDS [FIRST] [AFTER]`: run seeds until one breaks a property; print it, and which.

A flow that raises proves no property, and is passed over. `FIRST` is the seed that is tried before all others; then
comes one seed per drama, then all the others. `AFTER` is the seed of that order behind which to go on. A seed counts
with its second run, for the properties that hold two runs against each other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from tests.simulation.dramas import drama_of
from tests.simulation.outcome import judged
from tests.simulation.properties import RAISES


def main() -> int:
    """Hunt; exit 1 if something was found."""
    seeds, first, after = int(sys.argv[1]), _read(sys.argv[2]), _read(sys.argv[3])
    order = list(dict.fromkeys((*first, *_one_per_drama(seeds), *range(seeds))))
    for seed in order[order.index(after[0]) + 1 :] if after else order:
        found = [each for each in judged(seed) if not each.startswith(RAISES)]
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
