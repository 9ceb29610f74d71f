"""`python -m tests.simulation.hunt SEEDS [FIRST]`: run seeds until one breaks a property; print that seed and which.

A flow that raises proves no property, and is passed over. `FIRST` is a seed that is tried before all others.
"""

from __future__ import annotations

import sys

from tests.simulation.outcome import judged
from tests.simulation.properties import RAISES


def main() -> int:
    """Hunt; exit 1 if something was found."""
    for seed in (*map(int, sys.argv[2:]), *range(int(sys.argv[1]))):
        found = [each for each in judged(seed) if not each.startswith(RAISES)]
        if found:
            print(f"{seed} {found[0]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
