"""The ports to what partners allow: the budget that all workers share, and whether there is room for calls.

A connector asks neither: calls are counted where they leave. A flow asks `Allowance` before it begins what it could
not finish, and puts it off for as long as it is told; that is no attempt and no trouble of the partner's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from shared.core.budget import Budget
from shared.core.turns import Turn

USUAL_CALLS = 5
"""How many calls a verb of a connector makes at most, as a rule: a page with its children, a batch with its look."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A system's budget as it stands, and its version; 0 where nobody has taken anything yet."""

    budget: Budget
    version: int


class Budgets(Protocol):
    """One budget per system."""

    def read(self, system: str) -> Kept:
        """Return what stands there now, read consistently."""

    def replace(self, system: str, budget: Budget, version: int) -> bool:
        """Keep what follows on a version; tell whether nobody else was quicker. One conditional write."""


class Allowance(Protocol):
    """Whether calls may be made now; nobody waits inside it."""

    def wait(self, system: str, turn: Turn, calls: int = USUAL_CALLS) -> float:
        """Return 0 where this worker may make so many calls now, else after how many seconds to ask again."""

    def used(self, system: str) -> float | None:
        """Return how much of its tightest window is used, from 0 to 1; nothing for a system without a quota."""


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom calls are made just now, and how many belong together."""

    turn: Turn = Turn.LOAD
    calls: int = 1


_asking: ContextVar[Asking] = ContextVar("asking")
_ANYBODY = Asking()


@contextmanager
def asking(turn: Turn, calls: int = USUAL_CALLS) -> Iterator[None]:
    """Make calls for a class; what is inside of it does not change whom they are made for."""
    if _asking.get(_ANYBODY) is not _ANYBODY:
        yield
        return
    token = _asking.set(Asking(turn, calls))
    try:
        yield
    finally:
        _asking.reset(token)


def asked_for() -> Asking:
    """Return for whom calls are made just now."""
    return _asking.get(_ANYBODY)
