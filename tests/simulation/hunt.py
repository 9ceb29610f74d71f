"""`python -m tests.simulation.hunt SEEDS FIRST [BEFORE]`: run seeds until one breaks a property; print it, and which.

A flow that raises proves no property, and is passed over. `BEFORE` is a seed that is tried before all others. A seed
counts with its second run, for the properties that hold two runs against each other.
"""

from __future__ import annotations

import sys

from tests.simulation.outcome import judged
from tests.simulation.properties import RAISES


def main() -> int:
    """Hunt; exit 1 if something was found."""
    last, first, *before = map(int, sys.argv[1:])
    for seed in (*before, *range(first, last)):
        found = [each for each in judged(seed) if not each.startswith(RAISES)]
        if found:
            print(f"{seed} {found[0]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
