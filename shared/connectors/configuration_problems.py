"""What is wrong with an `integration.toml`: every mistake with file, line and remedy, all of them at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.core.errors import BadSettings

Place = tuple[str | int, ...]
"""Where in the file: the keys from the top, `("systems", "crm", "base_url")`, and numbers inside arrays."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake at a place; its line is looked up when it is reported."""

    place: Place
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake as a person reads it: `integration.toml:12: what - remedy`."""

    file: str
    line: int
    what: str
    remedy: str

    @property
    def where(self) -> str:
        """Return file and line."""
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.where}: {self.what} - {self.remedy}"


class BadIntegration(BadSettings):
    """Everything that is wrong with one file; the text has a line per problem."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.what, first.where, first.remedy)
        self.args = ("\n".join(str(problem) for problem in problems),)
        self.problems = tuple(problems)


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known word that was probably meant; letter case, `-` and spaces make no difference."""
    from difflib import get_close_matches  # here, because only a mistake needs it

    spellings = {_plain(name): name for name in known}
    found = get_close_matches(_plain(word), spellings, n=1, cutoff=likeness)
    return spellings[found[0]] if found else None


def choose(word: str, known: Iterable[str]) -> str:
    """Return the remedy for a word that is none of the known ones."""
    names = list(known)
    meant = nearest(word, names)
    among = ", ".join(names) if names else "none is possible here"
    return f"did you mean {meant}?" if meant else f"use one of: {among}"


def _plain(word: str) -> str:
    return word.strip().lower().replace("-", "_").replace(" ", "_")
