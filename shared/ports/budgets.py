"""The ports to what partners allow: the budget that all workers share, and whether there is room for calls.

A connector asks neither: calls are counted where they leave. A flow asks `Allowance` before it begins what it could
not finish, and puts it off for as long as it is told; that is no attempt and no trouble of the partner's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from shared.core.budget import Budget
from shared.core.turns import Turn


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

    def wait(self, system: str, entity: str, turn: Turn) -> float:
        """Return 0 where the calls for some records of an entity may be made now, else after how many seconds to ask
        again."""

    def has_room(self, system: str, turn: Turn) -> bool:
        """Tell whether a class could make some calls now, without taking any."""

    def used(self, system: str) -> float | None:
        """Return how much of a day's calls is used, from 0 to 1; nothing where neither quota nor partner tells."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A call may be made; to be handed back when it is over. `held` is the door's own."""

    held: object
    since: float


@dataclass(frozen=True, slots=True)
class NotNow:
    """A call may not be made; it may be tried again after some seconds."""

    wait_seconds: float


class Door(Protocol):
    """Where the calls to a system leave: each is let through, or not now."""

    def enter(self, path: str) -> Pass | NotNow:
        """Ask before a call to a path."""

    def leave(self, admitted: Pass, headers: Mapping[str, str], *, was_sent: bool = True) -> None:
        """Tell that a call is over, and what its answer's headers say; one that was not sent counts for nothing."""


@dataclass(frozen=True, slots=True)
class Asking:
    """For whom calls are made just now, how many belong together, and through which door they leave."""

    turn: Turn = Turn.LOAD
    calls: int = 1
    door: Door | None = None


_ANYBODY = Asking()
_asking: ContextVar[Asking] = ContextVar("asking", default=_ANYBODY)


@contextmanager
def asking(turn: Turn, calls: int, door: Door | None = None) -> Iterator[None]:
    """Let what is called inside of it leave through a door, for a class."""
    token = _asking.set(Asking(turn, calls, door))
    try:
        yield
    finally:
        _asking.reset(token)


def asked_for() -> Asking:
    """Return for whom calls are made just now, and through which door they leave."""
    return _asking.get()
