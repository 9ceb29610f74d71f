"""The stage: workers run the real flows as greenlets and hand over at every effect; one seed, one history.

A flow is plain synchronous code. Each method of a port is an *effect*: before it happens, the worker gives the stage
back, and the stage lets whoever is next in virtual time go on. So two workers interleave effect by effect. A worker
may die before or after any effect; where it died is a *crash point*: (flow, function, port's verb, before or after).
"""

from __future__ import annotations

import heapq
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import inf
from threading import local
from types import CodeType, FrameType
from typing import NoReturn, TypeVar

from greenlet import getcurrent, greenlet

from shared.core.errors import TryAgain
from tests.kit.clock import START
from tests.simulation.chance import Chance

Result = TypeVar("Result")
Site = tuple[str, str]
"""Where an effect stands in the code: `module.function`, and the port's verb."""

Point = tuple[str, str, str, str]
"""A crash point: flow, function, verb, `before` or `after`."""


class Crashed(BaseException):
    """A worker died: no code of ours may catch this."""


@dataclass(slots=True)
class Worker:
    """One invocation of one flow."""

    flow: str
    number: int
    skew: float
    began_at: float
    deadline: float
    on_end: Callable[[str], None]
    fiber: greenlet = field(init=False)
    reads: dict[tuple[str, str, str], float] = field(default_factory=dict)
    has_begun: bool = False


class Stage:
    """Virtual time, and who does what next."""

    def __init__(self, chance: Chance, tell: Callable[[str], None], target: tuple[Site, str] | None = None) -> None:
        """Begin at the start of time; the worker that first reaches `target` dies there."""
        self.chance, self.tell = chance, tell
        self.seconds = 0.0
        self.current: Worker | None = None
        self.events = 0
        self.effects: defaultdict[str, dict[Site, int]] = defaultdict(dict)
        self.crashes: Counter[Point] = Counter()
        self.errors: list[str] = []
        self.slowest = 0.2
        self.crash_target = target
        self.stall_target: tuple[Site, float] | None = None
        self.rare_sites: frozenset[Site] = frozenset()
        self._agenda: list[tuple[float, int, Callable[[], None] | greenlet]] = []
        self._made = 0
        self._until = self._most_events = inf
        self._pace = chance.of("pace")
        self._told_at, self._told = 0.0, START

    def now(self, skew: float = 0.0) -> datetime:
        """Return the moment as a clock that is off by `skew` seconds tells it; who asks mostly asks again at once."""
        at = self.seconds + skew
        if at != self._told_at:
            self._told_at, self._told = at, START + timedelta(0, at)
        return self._told

    def after(self, seconds: float, happening: Callable[[], None] | greenlet) -> None:
        """Let something happen later, or a worker go on."""
        self._made += 1
        heapq.heappush(self._agenda, (self.seconds + seconds, self._made, happening))

    def run_until(self, seconds: float) -> None:
        """Let everything happen that is due until a moment, and go on to it."""
        self._until, self._most_events = seconds, inf
        while self._agenda and self._agenda[0][0] <= seconds:
            self._happen()
        self.seconds = max(self.seconds, seconds)

    def run_out(self, most_events: int, until: float = inf) -> bool:
        """Let everything happen until nothing is to come; false if there were more events than that, or if something is
        to come after that moment. The next thing of all happens whenever it comes."""
        until = max(until, self._agenda[0][0]) if self._agenda else until
        self._until, self._most_events = until, most_events
        while self._agenda and self._agenda[0][0] <= until:
            self._happen()
            if self.events > most_events:
                return False
        return not self._agenda

    def _happen(self) -> None:
        self.seconds, _, happening = heapq.heappop(self._agenda)
        self.events += 1
        if isinstance(happening, greenlet):
            happening.switch()
        else:
            happening()

    def start(
        self, flow: str, work: Callable[[], object], on_end: Callable[[str], None], skew: float, limit: float
    ) -> None:
        """Let a worker begin; `on_end` hears `done`, `failed` or `crashed`."""
        self._made += 1
        worker = Worker(flow, self._made, skew, self.seconds, self.seconds + limit, on_end)
        worker.fiber = _IDLE.fibers.pop() if _IDLE.fibers else greenlet(_labour)
        before, self.current = self.current, worker
        worker.fiber.parent = getcurrent()
        worker.fiber.switch(lambda: self._live(worker, work))
        self.current = before

    def effect(self, verb: str, action: Callable[[], Result], instead: str = "") -> Result:
        """Do one effect of the worker whose turn it is: hand over first, perhaps die before or after.

        `instead` names the fault by which the action is not done, and whoever asked for it is to try again.
        """
        worker = self.current
        if worker is None:
            return action()
        site = _site(verb)
        reached = self.effects[worker.flow]
        reached[site] = reached.get(site, 0) + 1
        self.pause(0.005 + (self.slowest - 0.005) * self._pace.random())
        if self._is_calm() and self.seconds <= worker.deadline:
            return action()
        if verb != "system.write" and self.chance.strikes("worker stalls"):
            self.pause(self._pace.uniform(5.0, 100.0))
        if self.stall_target is not None and self.stall_target[0] == site:
            seconds, self.stall_target = self.stall_target[1], None
            self.pause(seconds)
        if self.seconds > worker.deadline:
            self.chance.note("function timed out")
            raise Crashed
        if self._is_fatal(site, "before"):
            self._crash(worker, site, "before")
        if instead and self.chance.strikes(instead):
            raise TryAgain(f"{verb}: {instead}")
        result = action()
        if self._is_fatal(site, "after"):
            self._crash(worker, site, "after")
        return result

    def _is_calm(self) -> bool:
        """Tell whether nothing can befall a worker any more, but that its time is up; so it is most of the time."""
        return not self.chance.rates and self.crash_target is None and self.stall_target is None

    def pause(self, seconds: float) -> None:
        """Give the stage back for so long; a worker who would be the next anyway keeps it, which is quicker.

        Who begins gives it back to the stage's own loop, because who let it begin may have more to do; so does who is
        followed by something other than a worker.
        """
        worker, agenda = self.current, self._agenda
        assert worker is not None
        self._made += 1
        mine = (self.seconds + seconds, self._made, worker.fiber)
        at, _, happening = mine if not agenda or mine[0] < agenda[0][0] else agenda[0]
        if worker.has_begun and isinstance(happening, greenlet) and self._may_happen(at):
            self.seconds = at
            self.events += 1
            if happening is worker.fiber:
                return
            heapq.heapreplace(agenda, mine)
            taker: greenlet | None = happening
        else:
            heapq.heappush(agenda, mine)
            worker.has_begun, taker = True, worker.fiber.parent
        assert taker is not None
        self.current = None
        taker.switch()
        self.current = worker

    def _may_happen(self, at: float) -> bool:
        """Tell whether the stage's loop goes on as far as that."""
        return at <= self._until and self.events < self._most_events

    def _is_fatal(self, site: Site, when: str) -> bool:
        if not self.chance.rates and self.crash_target is None:
            return False
        is_rare = site in self.rare_sites and self.chance.strikes("crash at a rare place")
        if self.crash_target is not None and self.crash_target == (site, when):
            self.crash_target = None
            self.chance.note("crash")
            return True
        return is_rare or self.chance.strikes("crash")

    def _crash(self, worker: Worker, site: Site, when: str) -> NoReturn:
        self.crashes[worker.flow, *site, when] += 1
        self.tell(f"  ✗ {worker.flow}#{worker.number} dies {when} {site[1]} in {site[0]}")
        raise Crashed

    def _live(self, worker: Worker, work: Callable[[], object]) -> None:
        outcome = "done"
        try:
            work()
        except Crashed:
            outcome = "crashed"
        except TryAgain:
            outcome = "failed"
        except Exception as error:  # the batch border of the real handler; here no flow may ever raise
            outcome = "failed"
            self.errors.append(f"{worker.flow} raised {type(error).__name__}: {error}")
            self.raised = error
        self.current = None
        worker.on_end(outcome)


class _Idle(local):
    """The fibers of a thread that have no worker just now: a new one takes longer to make than many an effect."""

    def __init__(self) -> None:
        self.fibers: list[greenlet] = []


_IDLE = _Idle()


def _labour(live: Callable[[], None]) -> None:
    """Let one worker live after the other in this fiber."""
    fiber = getcurrent()
    while True:
        live()
        del live  # else the fiber would keep the history
        _IDLE.fibers.append(fiber)
        assert fiber.parent is not None
        live = fiber.parent.switch()


_SITES: dict[int, tuple[dict[str, Site] | None, CodeType]] = {}
"""The sites by verb of code that was met before, by its address (code is slow to hash); nothing where it is none of
the flows. The code is kept, lest another one come to stand there."""


def _site(verb: str) -> Site:
    """Return where in the flows the effect is asked for."""
    frame = sys._getframe(3)  # who asked the port, at the earliest
    while frame.f_back is not None:
        code = frame.f_code
        known = _SITES.get(id(code))
        if known is None:
            known = _SITES[id(code)] = {} if _place(frame) else None, code
        sites = known[0]
        if sites is not None:
            return sites.get(verb) or sites.setdefault(verb, (_place(frame), verb))
        frame = frame.f_back
    return frame.f_code.co_name, verb


def _place(frame: FrameType) -> str:
    module, function = str(frame.f_globals["__name__"]), frame.f_code.co_name
    is_flow = module.startswith("shared.flows") and not function.startswith("<")
    return f"{module.rpartition('.')[2]}.{function}" if is_flow else ""
