"""Chance that can be replayed: one stream of numbers per question, all from one seed.

Every fault has a name and a rate. Because each name draws from a stream of its own, leaving one fault out (to find
the shortest story of a failure) moves no other fault.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from random import Random

Strike = tuple[str, int]
"""A fault that struck: its name, and the how-manieth of its kind it was."""


class Chance:
    """The dice of one history."""

    def __init__(self, seed: int, rates: Mapping[str, float], without: frozenset[Strike] = frozenset()) -> None:
        """Begin; `without` names the strikes that are left out, (name, -1) a fault that is left out whole."""
        self.seed = seed
        self.rates = {name: rate for name, rate in rates.items() if (name, -1) not in without}
        self.struck: Counter[str] = Counter()
        self.strikes_made: list[Strike] = []
        self._without = without
        self._ordinals: Counter[str] = Counter()
        self._randoms: dict[str, Random] = {}
        self._rolls: dict[str, Callable[[], float]] = {}

    def of(self, name: str) -> Random:
        """Return the stream of numbers for one question."""
        found = self._randoms.get(name)
        if found is None:
            found = self._randoms[name] = Random(f"{self.seed}/{name}")
        return found

    def strikes(self, fault: str) -> bool:
        """Tell whether a fault happens now."""
        rate = self.rates.get(fault)
        if not rate:
            return False
        roll = self._rolls.get(fault)
        if roll is None:
            roll = self._rolls[fault] = self.of(fault).random
        if roll() >= rate:
            return False
        strike = (fault, self._ordinals[fault])
        self._ordinals[fault] += 1
        if strike in self._without:
            return False
        self.note(fault)
        self.strikes_made.append(strike)
        return True

    def note(self, happening: str) -> None:
        """Count something that happened without being a fault drawn here."""
        self.struck[happening] += 1

    def calm(self) -> None:
        """Let no fault happen any more."""
        self.rates = {}
