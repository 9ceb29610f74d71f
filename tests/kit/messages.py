"""Queues and bus as lists that a test looks into and empties."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from shared.core.errors import TryAgain
from shared.ports.messages import Delivery, Event, Poll, Touch
from shared.ports.system import Hint

Thing = TypeVar("Thing")


class Queued(NamedTuple, Generic[Thing]):
    """One thing in a queue and how long it stays hidden."""

    thing: Thing
    delay_seconds: int


@dataclass
class MemoryMessages:
    """Keeps everything sent, in order, one entry per hint, delivery or poll; `delays` are those of polls and
    comparisons, `broken` names verbs that fail."""

    changes_queue: list[Queued[Hint]] = field(default_factory=list)
    deliveries_queue: list[Queued[Delivery]] = field(default_factory=list)
    polls_queue: list[Poll] = field(default_factory=list)
    reconciles_queue: list[Poll] = field(default_factory=list)
    bus: list[Event] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    touched: list[Touch] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def changes(self, hints: Sequence[Hint], delay_seconds: int = 0) -> None:
        """Queue hints."""
        self._work("changes")
        self.changes_queue += [Queued(hint, delay_seconds) for hint in hints]

    def deliveries(self, deliveries: Sequence[Delivery], delay_seconds: int = 0) -> None:
        """Queue deliveries."""
        self._work("deliveries")
        self.deliveries_queue += [Queued(delivery, delay_seconds) for delivery in deliveries]

    def polls(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue polls."""
        self._work("polls")
        self.delays.append(delay_seconds)
        self.polls_queue += polls

    def reconciles(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue comparisons."""
        self._work("reconciles")
        self.delays.append(delay_seconds)
        self.reconciles_queue += polls

    def touch(self, touches: Sequence[Touch]) -> None:
        """Queue what changed about products."""
        self._work("touch")
        self.touched += touches

    def publish(self, events: Sequence[Event]) -> None:
        """Put events on the bus."""
        self._work("publish")
        self.bus += events

    def take_changes(self) -> list[Hint]:
        """Return all hints, whatever their delay, and empty the queue."""
        taken = [queued.thing for queued in self.changes_queue]
        self.changes_queue.clear()
        return taken

    def take_deliveries(self) -> list[Delivery]:
        """Return all deliveries, whatever their delay, and empty the queue."""
        taken = [queued.thing for queued in self.deliveries_queue]
        self.deliveries_queue.clear()
        return taken

    def _work(self, verb: str) -> None:
        if verb in self.broken:
            raise TryAgain(f"{verb}: the queue took nothing")
