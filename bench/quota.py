"""`python -m bench.quota`: how much of a quota workers side by side use; a table, then one JSON object.

The meter of the connectors and the decisions of the core run as they are, over one clock that server and limiter share.
Each worker is a greenlet that hands over at every effect: a read or write of the budget, a call on its way to the
partner, its answer on the way back. Each has a clock of its own that is off, and seconds are drawn from a seed. The
partner refuses with 429 whatever would exceed its quota, by its own clock. Messages stand in a queue without order, as
in SQS: one for which there is no room comes back after whole seconds.

Exit 1 where a partner refused a call, or less than 95 % of its quota was used under load.
"""

from __future__ import annotations

import heapq
import json
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from math import ceil
from random import Random
from statistics import median, quantiles

from greenlet import getcurrent, greenlet

from shared.aws.budget_format import text_of_budget, to_budget
from shared.connectors.http_budget import Meter
from shared.core.budget import SKEW_SECONDS, Budget
from shared.core.quota import Quota, Window
from shared.core.turns import Turn
from shared.ports.budgets import Kept, Pass, asking

WRITE_UNIT_BYTES = 1024
ITEM_BYTES = 90
"""What an item has besides the text: names and values of keys, version and expiry."""

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LEAST_USED = 0.95
HUBSPOT = Quota((Window(190, 10.0, but="/search"), Window(5, 1.0, only="/search")))
PATH = "/crm/objects/2026-09/companies/batch/upsert"


class Died(BaseException):
    """A worker died; no code of ours may catch this."""


class Time:
    """One clock for everybody, and who does what next."""

    def __init__(self) -> None:
        """Begin at nought."""
        self.now = 0.0
        self._agenda: list[tuple[float, int, greenlet]] = []
        self._numbers = count()

    def start(self, work: Callable[[], None]) -> None:
        """Let somebody begin now."""
        heapq.heappush(self._agenda, (self.now, next(self._numbers), greenlet(work)))

    def sleep(self, seconds: float) -> None:
        """Hand over for some seconds."""
        heapq.heappush(self._agenda, (self.now + seconds, next(self._numbers), getcurrent()))
        parent = getcurrent().parent
        assert parent is not None
        parent.switch()

    def run(self, until: float) -> None:
        """Let everything happen until a moment."""
        while self._agenda and self._agenda[0][0] <= until:
            self.now, _, who = heapq.heappop(self._agenda)
            who.switch()


@dataclass
class OwnClock:
    """The time as one worker's clock tells it, which is off by `skew` seconds."""

    time: Time
    skew: float
    name: str
    _ids: Iterator[int] = field(default_factory=count)

    def now(self) -> datetime:
        """Return the moment."""
        return START + timedelta(seconds=self.time.now + self.skew)

    def new_id(self) -> str:
        """Return a fresh id."""
        return f"{self.name}{next(self._ids)}"

    def jitter(self) -> float:
        """Return no spread."""
        return 0.0


class Store:
    """One budget for all as text, as in the table, a few milliseconds away."""

    def __init__(self, time: Time, dice: Random) -> None:
        """Begin empty."""
        self._time, self._dice = time, dice
        self._text, self._version = text_of_budget(Budget()), 0
        self.calls: Counter[str] = Counter()

    def read(self, system: str) -> Kept:  # noqa: ARG002  # the port's; there is one system
        """Return what stands there."""
        self.calls["reads"] += 1
        self._time.sleep(self._dice.uniform(0.001, 0.006))
        kept = Kept(to_budget(self._text), self._version)
        self._time.sleep(self._dice.uniform(0.001, 0.006))
        return kept

    def replace(self, system: str, budget: Budget, version: int) -> bool:  # noqa: ARG002  # the port's; there is one
        """Keep what follows on a version; a write that comes too late costs as much as another."""
        text = text_of_budget(budget)
        self.calls["units"] += ceil((ITEM_BYTES + len(text)) / WRITE_UNIT_BYTES)
        self.calls["largest"] = max(self.calls["largest"], ITEM_BYTES + len(text))
        self._time.sleep(self._dice.uniform(0.002, 0.008))
        is_first = self._version == version
        if is_first:
            self._text, self._version = text, version + 1
        else:
            self.calls["lost"] += 1
        self._time.sleep(self._dice.uniform(0.002, 0.008))
        return is_first


class Server:
    """A partner that refuses what exceeds its quota: calls in a rolling window, and calls under way at once."""

    def __init__(self, time: Time, dice: Random, quota: Quota, least: float, most: float) -> None:
        """Answer within `least` to `most` seconds."""
        self._time, self._dice, self._quota = time, dice, quota
        self._seconds = (least, most)
        self.arrived: list[float] = []
        self.under_way = 0
        self.refused = 0
        self.busy_seconds = 0.0

    def call(self) -> bool:
        """Carry one call there and back; tell whether it was taken."""
        self._time.sleep(self._dice.uniform(0.005, 0.03))
        is_taken = self._is_taken()
        if is_taken:
            self.under_way += 1
            took = self._dice.uniform(*self._seconds)
            self._time.sleep(took)
            self.under_way -= 1
            self.busy_seconds += took
        self._time.sleep(self._dice.uniform(0.005, 0.03))
        return is_taken

    def _is_taken(self) -> bool:
        now = self._time.now
        is_full = any(self._counting(window, now) >= window.calls for window in self._quota.counting(""))
        if is_full or (self._quota.concurrent and self.under_way >= self._quota.concurrent):
            self.refused += 1
            return False
        self.arrived.append(now)
        return True

    def _counting(self, window: Window, now: float) -> int:
        """Return how many of the calls so far count: the moments of arrival stand in order."""
        if window.fixed:
            return len(self.arrived) - bisect_left(self.arrived, now // window.seconds * window.seconds)
        return len(self.arrived) - bisect_right(self.arrived, now - window.seconds)


@dataclass
class Message:
    """Something to be done by some calls, for a class; when it came into the queue."""

    turn: Turn
    calls: int
    at: float


@dataclass(frozen=True, slots=True)
class Trial:
    """One installation under load: its quota, workers, and how long the partner's answers take."""

    name: str
    quota: Quota
    workers: int = 8
    least_seconds: float = 0.05
    most_seconds: float = 0.2
    seconds: float = 120.0
    order_every: float = 2.0
    waiting: int = 40
    dying: float = 0.0
    is_full: bool = True
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Figures:
    """What a trial showed. `used` is the share of the quota from the second window on; seconds are until done."""

    name: str
    workers: int
    calls: int
    refused: int
    used: float
    write_units_a_call: float
    reads_a_call: float
    item_bytes: int
    order_seconds_median: float
    order_seconds_p99: float
    load_seconds_median: float
    died: int


class Run:
    """One trial, carried out."""

    def __init__(self, trial: Trial) -> None:
        """Set everything up."""
        self.trial, self.dice, self.time = trial, Random(trial.seed), Time()
        self.store = Store(self.time, self.dice)
        self.server = Server(self.time, self.dice, trial.quota, trial.least_seconds, trial.most_seconds)
        self.queue: list[tuple[float, float, Message]] = []
        self.done: dict[Turn, list[float]] = {turn: [] for turn in Turn}
        self.died = 0

    def figures(self) -> Figures:
        """Run it and return what it showed."""
        for number in range(self.trial.workers):
            self.time.start(partial(self._worker, number))
        self.time.start(self._arrive)
        self.time.run(self.trial.seconds)
        calls, orders, load = len(self.server.arrived), self.done[Turn.ORDERS], self.done[Turn.LOAD]
        return Figures(
            self.trial.name,
            self.trial.workers,
            calls,
            self.server.refused,
            round(self._used(), 4),
            round(self.store.calls["units"] / calls, 3),
            round(self.store.calls["reads"] / calls, 3),
            self.store.calls["largest"],
            round(median(orders), 2) if orders else 0.0,
            round(quantiles(orders, n=100, method="inclusive")[98], 2) if len(orders) > 1 else 0.0,
            round(median(load), 2) if load else 0.0,
            self.died,
        )

    def _used(self) -> float:
        if self.trial.quota.concurrent:
            return self.server.busy_seconds / (self.trial.quota.concurrent * self.trial.seconds)
        window = self.trial.quota.windows[0]
        after = [each for each in self.server.arrived if each > window.seconds]
        return len(after) / (window.calls * (self.trial.seconds - window.seconds) / window.seconds)

    def _arrive(self) -> None:
        """Keep a load in the queue that is more than can be done, and let orders come now and then."""
        while True:
            while len(self.queue) < self.trial.waiting * self.trial.workers:
                self._send(Message(Turn.LOAD, self.dice.randint(2, 6), self.time.now), 0)
            if self.trial.order_every:
                self.time.sleep(self.dice.expovariate(1 / self.trial.order_every))
                self._send(Message(Turn.ORDERS, self.dice.randint(2, 5), self.time.now), 0)
            else:
                self.time.sleep(1.0)

    def _send(self, message: Message, delay: int) -> None:
        received = self.dice.uniform(0.02, 0.3)
        heapq.heappush(self.queue, (self.time.now + delay + received, self.dice.random(), message))

    def _worker(self, number: int) -> None:
        """Do one message after the other; who dies is followed by another."""
        for life in count():
            clock = OwnClock(self.time, self.dice.uniform(-SKEW_SECONDS, SKEW_SECONDS), f"w{number}-{life}-")
            meter = Meter("crm", self.trial.quota, self.store, clock, self.time.sleep)
            try:
                while True:
                    self._invocation(meter)
            except Died:
                self.died += 1

    def _invocation(self, meter: Meter) -> None:
        self.time.sleep(self.dice.uniform(0.005, 0.02))
        if not self.queue or self.queue[0][0] > self.time.now:
            self.time.sleep(0.05)
            return
        message = self._received()
        wait = meter.wait(message.turn, message.calls)
        if wait > 0:
            self._send(message, round(wait))
            return
        if self._handled(meter, message):
            self.done[message.turn].append(self.time.now - message.at)
        else:
            self._send(message, 1)
        meter.settle()

    def _received(self) -> Message:
        """Take any message that is visible: a queue has no order."""
        visible = [each for each in self.queue if each[0] <= self.time.now]
        chosen = self.dice.choice(visible)
        self.queue.remove(chosen)
        heapq.heapify(self.queue)
        return chosen[2]

    def _handled(self, meter: Meter, message: Message) -> bool:
        with asking(message.turn, message.calls):
            for _ in range(message.calls):
                admitted = meter.enter(PATH)
                if not isinstance(admitted, Pass):
                    return False
                if self.dice.random() < self.trial.dying:
                    raise Died
                self.server.call()
                meter.leave(admitted, {})
        return True


SALESFORCE = Quota(concurrent=25)
TRIALS = (
    Trial("HubSpot: 190 calls in 10 s", HUBSPOT),
    Trial("HubSpot: load alone", HUBSPOT, order_every=0.0),
    Trial("HubSpot: workers die", HUBSPOT, dying=0.003, is_full=False),
    Trial("HubSpot: little to do", HUBSPOT, order_every=1.0, waiting=0, is_full=False),
    Trial("Salesforce: 5 calls at once", Quota(concurrent=5), 8, 1.0, 6.0, 600.0, 15.0),
    Trial("Salesforce: 25 calls at once", SALESFORCE, 32, 1.0, 6.0, 300.0, 15.0, 10),
)


def main() -> int:
    """Run, print, and answer 0 if nothing was refused and the quotas were used."""
    found = {trial: Run(trial).figures() for trial in TRIALS}
    is_ok = all(each.refused == 0 and (each.used >= LEAST_USED or not trial.is_full) for trial, each in found.items())
    heads = ("workers", "calls", "429s", "used", "units/call", "orders p50", "p99", "load p50")
    print(f"{'':32}" + "".join(f"{head:>12}" for head in heads))
    for each in found.values():
        columns = [f"{each.workers}", f"{each.calls}", f"{each.refused}", f"{each.used:.1%}"]
        seconds = (each.order_seconds_median, each.order_seconds_p99, each.load_seconds_median)
        columns += [f"{each.write_units_a_call:.2f}", *(f"{some:.1f} s" for some in seconds)]
        print(f"{each.name:32}" + "".join(f"{column:>12}" for column in columns))
    print(json.dumps({"ok": is_ok, "trials": [asdict(each) for each in found.values()]}))
    return 0 if is_ok else 1


if __name__ == "__main__":
    sys.exit(main())
