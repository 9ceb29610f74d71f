"""Planted faults: each leaves one rule out, or turns one step round, as a small patch of the text of core or flows.

A simulation that cannot fail proves nothing, so each of these must be caught by it. They stand in `mutations.txt`:
a name, the rule that the fault goes against (the story F1 … F17 behind the sync rules, or their paragraph) with the
file below `shared/`, the lines that stand there exactly once, and the lines that take their place.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).with_suffix(".txt")


class Mutant(NamedTuple):
    """One planted fault."""

    name: str
    rule: str
    file: str
    old: str
    new: str


def read_mutants() -> tuple[Mutant, ...]:
    """Return all planted faults, in the order of the file."""
    return tuple(_read(block) for block in _FILE.read_text().split("=== ")[1:])


def _read(block: str) -> Mutant:
    head, _, rest = block.partition("--- instead of\n")
    old, _, new = rest.partition("+++ there is\n")
    name, where = head.strip().split("\n")
    rule, file = where.split(" ")
    return Mutant(name, rule, file, old, new)


MUTANTS = read_mutants()
