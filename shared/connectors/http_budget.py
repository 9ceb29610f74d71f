"""Calls are counted where they leave: `Meter` holds this process's blocks of a system's shared budget.

A block is taken with the first call that has none, or by a flow that asks beforehand (`shared.ports.budgets`). It is
settled in the same write that takes the next one, and at the end of an invocation only where others may want what is
left of it. Nothing waits here for a budget; a call that has its place in a paced block already (`shared.core.budget`)
is held back until then, for a fraction of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

from shared.connectors.http_told import told
from shared.core.budget import Block, Budget, Taken, Wish, correct, settle, take, used_share
from shared.core.quota import DAY_SECONDS, Quota, Told
from shared.core.turns import Turn
from shared.ports.budgets import Asking, Budgets, NotNow, Pass, asked_for
from shared.ports.clock import Clock

MOST_CALLS = 20
"""How many calls a block holds at most."""

MOST_IN_A_SLOT = 10_000
"""How many calls a block holds where only those under way at once are limited."""

TRIES = 8
"""How often a block is asked for while others are quicker."""

BUSY_SECONDS = 0.5
"""How long to wait where others were quicker each time."""

PAUSE_SECONDS = 0.5
"""The longest that a call is held back until its place in a block."""

LEAST_PAUSE_SECONDS = 0.05
"""The shortest pause of whoever waits for a place: so nobody asks without end."""

TIGHT = 0.5
"""From which share of a window on what is left of a block is given back at once."""

_USUAL_SECONDS = 0.2
_WEIGHT = 0.2


@dataclass(slots=True)
class Held:
    """A block and what became of its calls: when those were answered that are over, and how many are under way."""

    block: Block
    begun: int = 0
    under_way: int = 0
    made_at: list[float] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Return how many calls may still begin."""
        return self.block.calls - self.begun


class Meter:
    """The calls of one process to one system; may be asked from many threads."""

    def __init__(
        self, system: str, quota: Quota, budgets: Budgets, clock: Clock, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """Take nothing yet."""
        self._system, self._quota, self._budgets, self._clock = system, quota, budgets, clock
        self._sleep = sleep
        self._held: list[Held] = []
        self._call_seconds = _USUAL_SECONDS
        self._is_tight = False
        self._refused: dict[tuple[str, Turn], float] = {}
        self._lock = Lock()

    def wait(self, turn: Turn, calls: int) -> float:
        """Return 0 where so many calls may be made now, else after how many seconds to ask again."""
        with self._lock:
            if self._usable("", calls) is not None:
                return 0.0
            taken = self._take("", Asking(turn, calls))
            return taken.wait_seconds if isinstance(taken, NotNow) else 0.0

    def has_room(self, turn: Turn, calls: int) -> bool:
        """Tell whether so many calls could be made now; one read, and nothing is taken."""
        kept = self._budgets.read(self._system)
        return take(kept.budget, self._quota, self._wish("", Asking(turn, calls)), self._now()).block is not None

    def enter(self, path: str) -> Pass | NotNow:
        """Ask before a call to a path."""
        lane = self._quota.lane_of(path)
        with self._lock:
            held = self._usable(lane, 1) or self._take(lane, asked_for())
            if isinstance(held, NotNow):
                return held
            place = held.block.place(held.begun) - self._now()
            if place > PAUSE_SECONDS:
                return NotNow(place)
            held.begun += 1
            held.under_way += 1
        if place > 0:
            self._sleep(place)
        return Pass(held, self._now())

    def leave(self, admitted: Pass, headers: Mapping[str, str], *, was_sent: bool = True) -> None:
        """Tell that a call is over, and what its answer's headers say; one that was not sent counts for nothing."""
        held, now = admitted.held, self._now()
        assert isinstance(held, Held)
        with self._lock:
            held.under_way -= 1
            if was_sent:
                held.made_at.append(now)
                held.told[:] = told(headers, now) or held.told
                self._call_seconds += _WEIGHT * (now - admitted.since - self._call_seconds)

    def settle(self) -> None:
        """Give back what others may want, at the end of an invocation."""
        with self._lock:
            over = [each for each in self._held if not each.under_way]
            if over and (self._quota.concurrent or (self._is_tight and any(each.left for each in over))):
                for _ in range(TRIES):
                    kept = self._budgets.read(self._system)
                    if self._budgets.replace(self._system, self._settled(kept.budget, over), kept.version):
                        break
                self._held = [each for each in self._held if each not in over]

    def used(self) -> float | None:
        """Return how much of a day's calls is used, from 0 to 1; nothing where nobody tells."""
        return used_share(self._budgets.read(self._system).budget, self._quota, self._now(), DAY_SECONDS)

    def _usable(self, lane: str, calls: int) -> Held | None:
        now = self._now()
        for each in self._held:
            is_free = not each.under_way or not self._quota.concurrent
            if each.block.lane == lane and each.left >= calls and now <= each.block.end and is_free:
                return each
        return None

    def _take(self, lane: str, wanted: Asking) -> Held | NotNow:
        """Take a block, and settle those of the same lane, or that are past, with the same write."""
        now = self._now()
        again = self._refused.get((lane, wanted.turn), 0.0)
        if again > now:
            return NotNow(again - now)
        over = [each for each in self._held if not each.under_way and (each.block.lane == lane or each.block.end < now)]
        wish = self._wish(lane, wanted)
        for _ in range(TRIES):
            kept = self._budgets.read(self._system)
            now = self._now()
            taken = take(self._settled(kept.budget, over), self._quota, wish, now)
            if taken.block is None and not taken.is_news and not over:
                self._refused[lane, wanted.turn] = taken.until
                return NotNow(taken.until - now)
            if self._budgets.replace(self._system, taken.budget, kept.version):
                return self._begun(taken, wish, over, now)
        return NotNow(BUSY_SECONDS)

    def _wish(self, lane: str, wanted: Asking) -> Wish:
        most = MOST_CALLS if self._quota.counting(lane) else MOST_IN_A_SLOT
        least = 1 if lane else min(wanted.calls, most)
        id_ = self._clock.new_id()[-8:]
        return Wish(id_, least, least if self._is_tight else most, lane, wanted.turn, self._call_seconds)

    def _begun(self, taken: Taken, wish: Wish, over: Sequence[Held], now: float) -> Held | NotNow:
        self._held = [each for each in self._held if each not in over]
        self._is_tight = (used_share(taken.budget, self._quota, now) or 0.0) >= TIGHT
        if taken.block is None:
            self._refused[wish.lane, wish.turn] = taken.until
            return NotNow(taken.until - now)
        held = Held(taken.block)
        self._held.append(held)
        return held

    def _settled(self, budget: Budget, over: Sequence[Held]) -> Budget:
        for each in over:
            budget = settle(budget, self._quota, each.block.id, each.made_at)
            for word in each.told:
                budget = correct(budget, self._quota, word)
        return budget

    def _now(self) -> float:
        return self._clock.now().timestamp()


class PatientMeter(Meter):
    """The meter of whoever cannot come again, such as a plan: its calls are a load's, and wait for their places."""

    def __init__(
        self,
        system: str,
        quota: Quota,
        budgets: Budgets,
        clock: Clock,
        patience: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take nothing yet; `patience` returns for how many seconds may be waited from now on."""
        super().__init__(system, quota, budgets, clock, sleep)
        self._patience = patience

    def wait(self, turn: Turn, calls: int) -> float:
        """Return 0: nothing is put off, since each call waits by itself."""
        del turn, calls
        return 0.0

    def has_room(self, turn: Turn, calls: int) -> bool:
        """Tell that there is room: sooner or later."""
        del turn, calls
        return True

    def enter(self, path: str) -> Pass | NotNow:
        """Ask before a call to a path, again and again while there is patience."""
        admitted = super().enter(path)
        while isinstance(admitted, NotNow) and admitted.wait_seconds <= self._patience():
            self._sleep(max(admitted.wait_seconds, LEAST_PAUSE_SECONDS))
            admitted = super().enter(path)
        return admitted

    def _take(self, lane: str, wanted: Asking) -> Held | NotNow:
        return super()._take(lane, replace(wanted, turn=Turn.LOAD))
