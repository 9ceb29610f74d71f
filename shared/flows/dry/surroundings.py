"""Clock, queues, ledger, activity and metrics of a dry installation."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from shared.ports.activity import Activity
from shared.ports.clock import Clock
from shared.ports.messages import Delivery, Event, Poll, Touch
from shared.ports.stores import LedgerEntry
from shared.ports.system import Hint

Thing = TypeVar("Thing")


class DryClock:
    """The real clock, moved on by as much as a run would have waited; no spread of back-offs."""

    def __init__(self, base: Clock) -> None:
        """Begin with the present moment."""
        self._base = base
        self.waited = timedelta()

    def now(self) -> datetime:
        """Return the moment that it would be."""
        return self._base.now() + self.waited

    def go_to(self, moment: datetime) -> None:
        """Let it be that moment, if it has not come yet."""
        self.waited += max(timedelta(), moment - self.now())

    def new_id(self) -> str:
        """Return a fresh id."""
        return self._base.new_id()

    def jitter(self) -> float:
        """Return no spread: a plan is the same each time."""
        return 0.0


@dataclass(slots=True)
class DryMessages:
    """Queues in memory: each hint and delivery stands with the moment from which it may be taken."""

    clock: DryClock
    hints: list[tuple[datetime, Hint]] = field(default_factory=list)
    waiting: list[tuple[datetime, Delivery]] = field(default_factory=list)
    to_poll: list[Poll] = field(default_factory=list)
    to_compare: list[Poll] = field(default_factory=list)

    def changes(self, hints: Sequence[Hint], delay_seconds: int = 0) -> None:
        """Queue hints."""
        at = self.clock.now() + timedelta(seconds=delay_seconds)
        self.hints += [(at, hint) for hint in hints]

    def deliveries(self, deliveries: Sequence[Delivery], delay_seconds: int = 0) -> None:
        """Queue deliveries."""
        at = self.clock.now() + timedelta(seconds=delay_seconds)
        self.waiting += [(at, delivery) for delivery in deliveries]

    def polls(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:  # noqa: ARG002  # the next round takes them
        """Queue polls."""
        self.to_poll += polls

    def reconciles(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:  # noqa: ARG002  # as above
        """Queue comparisons."""
        self.to_compare += polls

    def touch(self, touches: Sequence[Touch]) -> None:
        """Queue nothing: nobody watches here."""

    def publish(self, events: Sequence[Event]) -> None:
        """Tell nobody."""

    def take_hints(self, most: int) -> list[Hint]:
        """Take hints whose time has come off their queue."""
        taken, self.hints = _taken(self.hints, self.clock.now(), most)
        return taken

    def take_deliveries(self, most: int) -> list[Delivery]:
        """Take deliveries whose time has come off their queue."""
        taken, self.waiting = _taken(self.waiting, self.clock.now(), most)
        return taken

    def next_at(self) -> datetime | None:
        """Return when the next message may be taken."""
        return min((at for at, _ in (*self.hints, *self.waiting)), default=None)


def _taken(
    queue: list[tuple[datetime, Thing]], now: datetime, most: int
) -> tuple[list[Thing], list[tuple[datetime, Thing]]]:
    taken: list[Thing] = []
    left: list[tuple[datetime, Thing]] = []
    for at, thing in queue:
        if at <= now and len(taken) < most:
            taken.append(thing)
        else:
            left.append((at, thing))
    return taken, left


class DryLedger:
    """Keeps no history, and misses none."""

    def append(self, entries: Sequence[LedgerEntry]) -> None:
        """Write nothing."""

    def known(self, versions: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return all that is asked for: a dry run is no place to look for gaps."""
        return frozenset(versions)


class DryIdempotency:
    """Knows no event: a dry run receives none."""

    def is_known(self, key: str) -> bool:  # noqa: ARG002  # the port's shape
        """Tell that an event is new."""
        return False

    def remember(self, key: str) -> None:
        """Keep nothing."""


class DryActivity:
    """What went on lately is as it is; what is seen here was not observed."""

    def __init__(self, base: Activity) -> None:
        """Read it through."""
        self._base = base

    def note_observed(self, system: str, entity: str, at: datetime) -> None:
        """Note nothing."""

    def observed(self) -> Mapping[tuple[str, str], datetime]:
        """Return when each system last showed something."""
        return self._base.observed()

    def calls_on(self, day: date) -> Mapping[str, Mapping[str, int]]:
        """Return the calls that were made on a day."""
        return self._base.calls_on(day)


class Silence:
    """Counts and tells nothing: what a plan does happens to nobody."""

    def count(self, metric: str, value: float = 1) -> None:
        """Count nothing."""

    def tell(self, event: str, **facts: str | int | float | None) -> None:
        """Tell nothing."""
