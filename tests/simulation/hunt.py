"""`python -m tests.simulation.hunt SEEDS`: run seeds until one shows a violation; print that seed and the violation."""

from __future__ import annotations

import sys

from tests.simulation.outcome import judged


def main() -> int:
    """Hunt; exit 1 if something was found."""
    for seed in range(int(sys.argv[1])):
        found = judged(seed)
        if found:
            print(f"{seed} {found[0]}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
