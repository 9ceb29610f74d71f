"""Planted faults: each leaves one rule out, or turns one step round, as a small patch of the text of the product.

A simulation that cannot fail proves nothing, so each of these must be caught by it. They stand in `mutations.txt`
(core and flows) and in `mutations_connectors.txt` (what connectors decide): a name, the rule that the fault goes
against (the story F1 … F17 behind the sync rules, or their paragraph) with the file below `shared/` and, of a
connector's, the one whose histories must catch it; the lines that stand there exactly once, and the lines that take
their place.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FILES = ("mutations.txt", "mutations_connectors.txt")


class Mutant(NamedTuple):
    """One planted fault; `connector` is the one over whose fake it is hunted, if it is not one of core or flows."""

    name: str
    rule: str
    file: str
    old: str
    new: str
    connector: str = ""


def read_mutants() -> tuple[Mutant, ...]:
    """Return all planted faults, in the order of the files."""
    texts = [Path(__file__).with_name(name).read_text() for name in _FILES]
    return tuple(_read(block) for text in texts for block in text.split("=== ")[1:])


def _read(block: str) -> Mutant:
    head, _, rest = block.partition("--- instead of\n")
    old, _, new = rest.partition("+++ there is\n")
    name, where = head.strip().split("\n")
    rule, file, *connector = where.split(" ")
    return Mutant(name, rule, file, old, new, *connector)


MUTANTS = read_mutants()
