"""Settling: poll everything, work until nothing is due and the queues are empty, and poll again until nothing is new.

A poll round starts a poll of every system and entity whatever its due time. While something is queued the functions
work; while nothing is queued but something is owed the sweep is called early. It is quiet when nothing is queued and
nothing owed several looks in a row. A round in which no record changed, no partner was written to and every system
could be asked is the last one.

A delayed message is apart: what it was sent for has a note that is owed, with its own due time. Where nothing is owed,
somebody else has done the work meanwhile, and the message will find nothing to do. While one is delayed nothing is
swept early: that would use up the attempts of what waits, within seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from operate.failures import Failed
from shared.aws.counts import InQueues, Waiting


class Watched(Protocol):
    """What settling looks at."""

    def in_queues(self) -> InQueues:
        """Return the messages of all queues, the delayed ones apart."""

    def waiting(self) -> Waiting | None:
        """Return the hints that wait for their next try, and until when."""

    def owed(self) -> int:
        """Return how much is owed."""

    def parked(self) -> int:
        """Return how much is parked."""

    def conflicts(self) -> int:
        """Return how many conflicts are open."""

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return calls per system."""

    def last_change(self) -> datetime | None:
        """Return when records last changed."""

    def now(self) -> datetime:
        """Return the present moment."""

    def polls_failed_since(self, since: datetime) -> int:
        """Return how many polls could not ask their system since then."""

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        """Start a function."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look, and how many quiet looks in a row are quiet: counts of real queues lag behind."""

    seconds: float
    looks: int


_AFTER_FAILURE_SECONDS = 1.0
"""How long to leave a system alone that could not be asked."""

LOCAL = Pace(seconds=0.3, looks=2)
AWS = Pace(seconds=3.0, looks=3)


@dataclass(frozen=True, slots=True)
class Settled:
    """How it ended. `partner_calls` are those made meanwhile; `waiting` is what will be tried again, if anything."""

    settled: bool
    owed: int
    parked: int
    conflicts: int
    partner_calls: Mapping[str, Mapping[str, int]]
    seconds: float
    waiting: Waiting | None = None

    def shown(self) -> dict[str, Any]:
        """Return it for JSON, `waiting` only where something does."""
        return {name: value for name, value in asdict(self).items() if name != "waiting" or value}


@dataclass(slots=True)
class Settling:
    """One attempt; `time` and `sleep` are given so that it can be tried without waiting."""

    stack: Watched
    pace: Pace
    timeout: float
    time: Callable[[], float]
    sleep: Callable[[float], None]
    say: Callable[[str], None] = lambda _: None

    def run(self, reconcile: bool = False) -> Settled:
        """Settle, or give up when the time is over."""
        begin, before = self.time(), self.stack.calls()
        settled = self._rounds(begin + self.timeout, reconcile)
        return Settled(
            settled=settled,
            owed=self.stack.owed(),
            parked=self.stack.parked(),
            conflicts=self.stack.conflicts(),
            partner_calls=_difference(before, self.stack.calls()),
            seconds=round(self.time() - begin, 2),
            waiting=None if settled else self.stack.waiting(),
        )

    def _rounds(self, until: float, reconcile: bool) -> bool:
        number = 1
        while True:
            mark, began = self._mark(), self.stack.now()
            self.say(f"round {number}: asking every system what changed")
            self.stack.invoke("PollChanges", {"now": True})
            if reconcile and number == 1:
                self.stack.invoke("Reconcile", {"now": True})
            if not self._becomes_quiet(until, number):
                return False
            failed = self.stack.polls_failed_since(began)
            if self._mark() == mark and not failed:
                return True
            if self.time() >= until:
                return False
            if failed:
                self.sleep(_AFTER_FAILURE_SECONDS)
            number += 1

    def _mark(self) -> tuple[datetime | None, int]:
        """Return what is the same before and after a round in which nothing happened."""
        return self.stack.last_change(), sum(calls["write"] for calls in self.stack.calls().values())

    def _becomes_quiet(self, until: float, number: int) -> bool:
        quiet = stuck = 0
        while True:
            queues = self.stack.in_queues()
            owed = 0 if queues.moving else self.stack.owed()
            quiet = 0 if queues.moving or owed else quiet + 1
            stuck = stuck + 1 if owed and not queues.delayed else 0
            waits = f", {queues.delayed} waiting" if queues.delayed else ""
            self.say(f"round {number}: {queues.moving} queued{waits}, {'…' if queues.moving else owed} owed")
            if quiet >= self.pace.looks:
                return True
            if self.time() >= until:
                return False
            if stuck >= self.pace.looks:
                self.stack.invoke("SweepOverdue", {"early": True})
            self.sleep(self.pace.seconds)


def _difference(
    before: Mapping[str, Mapping[str, int]], after: Mapping[str, Mapping[str, int]]
) -> Mapping[str, Mapping[str, int]]:
    return {
        system: {verb: count - before.get(system, {}).get(verb, 0) for verb, count in calls.items()}
        for system, calls in sorted(after.items())
    }


def pace_of(is_local: bool) -> Pace:
    """Return how often to look at a target."""
    return LOCAL if is_local else AWS


def seconds_of(timeout: float) -> float:
    """Return a time-out that can be; raise `Failed` for one that cannot."""
    if timeout <= 0:
        raise Failed(f"--timeout {timeout} is no time", "write seconds, such as --timeout 120", code=2)
    return timeout
