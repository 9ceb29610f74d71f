"""The budget of a partner's quota that workers share: who may make how many calls, or must wait until when.

The state is one value, and `take`, `settle` and `correct` turn it into the next; whoever stores it does so on condition
that nobody else was quicker. Times are seconds since 1970 by the clock of whoever acts.

*Blocks.* A worker takes a block of calls at once, not each call by itself. While a block is open all its calls count,
from the moment at which each may begin (`start + n × pace`), because nobody but its holder knows which were made. The
holder settles it with the next block that it takes: each call that was made is remembered at the moment at which its
answer was there, and what was not needed is free again. A block that nobody settles, because its holder died, counts
as spent at the last moment at which a call of it can have reached the partner.

*Why no window is ever exceeded.* Let every clock be at most `SKEW_SECONDS` off. A call reaches the partner no earlier
than its place in the block and no later than it is remembered, each give or take that skew. Take all calls that reach
the partner within a window, and of the blocks that they belong to the one that was taken last. When it was taken, all
others stood in the budget, and counted at the place of the latest of them: an open one because its place is not later,
a remembered one because it counts for the window's length and twice the skew. So the check at that place, which `take`
makes at every place that is to come, was made with all of them in it.

*Paced blocks.* Where the window is full, calls become free one by one, as old ones leave it. A worker that calls one
after the other needs its second call only when the first is answered; so it is given those that are free by then. That
is how blocks of many calls leave no call of a full window unused.

*No rush.* All classes but orders may make only a little more than a tenth of a window's calls in a tenth of its time.
What comes free then comes free all the time, so that an order never waits for the next rush to be over.

*Whose turn it is.* A class that was refused is noted with what it wished for, until shortly after it is expected back.
Lower classes must leave that much free. Nobody starves: a class that has waited for `PATIENCE_SECONDS` goes before all
others, for one block; so under whatever load each class gets a block at least that often.

*Concurrent calls.* A block is also the right to have one call under way, until it is settled or surely over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from shared.core.quota import Quota, Told, Window
from shared.core.turns import Turn

SKEW_SECONDS = 0.05
"""How far a worker's clock may be off: hosts that are set by a time service keep within a few milliseconds."""

MARGIN_SECONDS = 2 * SKEW_SECONDS
"""How far two clocks may differ."""

SPAN_SECONDS = 5.0
SLOT_SPAN_SECONDS = 30.0
"""For how long calls of a block may begin: in a window, and where only those under way at once are limited."""

TRANSIT_SECONDS = 5.0
"""How long after it began a call may still reach the partner: the time-out of a connection, and a little."""

PATIENCE_SECONDS = 30.0
"""After how long a class that waits goes before all others, for one block."""

BACK_SECONDS = 1.5
"""How long after its time a class that waits is still expected back; a queue counts in whole seconds."""

SLOT_SECONDS = 0.4
"""How long to wait where too many calls are under way: nobody knows when one ends."""

NOTICED_SHARE = 0.05
"""From which share of a window on calls that are not ours are noticed: below it the partner's word is no news."""

TENTHS = 10
"""Into how many parts a window is cut over which lower classes are spread."""

_TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Block:
    """The right to make some calls of a lane: the n-th begins at `start + n × pace` or later, none after `end`."""

    id: str
    lane: str
    calls: int
    start: float
    pace: float
    end: float

    def place(self, number: int) -> float:
        """Return from when on a call may begin; the first is number 0."""
        return self.start + number * self.pace

    def begun(self, at: float) -> int:
        """Return how many of its calls may have begun at a moment."""
        if at < self.start - _TINY:
            return 0
        return self.calls if self.pace <= 0 else min(self.calls, int((at - self.start + _TINY) / self.pace) + 1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A class that was refused: since when it waits, until when it is expected back, and what it wished for."""

    since: float
    until: float
    calls: int


@dataclass(frozen=True, slots=True)
class Budget:
    """What was spent (per window's name and bucket), what is open, who waits, and what the partner told last."""

    spent: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    waiting: Mapping[Turn, Waiting] = field(default_factory=dict)
    told: Mapping[float, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a worker wants: at least so many calls of a lane and at most so many, one each `pace` seconds or slower."""

    id: str
    least: int = 1
    most: int = 1
    lane: str = ""
    turn: Turn = Turn.ORDERS
    pace: float = 0.0


@dataclass(frozen=True, slots=True)
class Taken:
    """The budget after a wish, and the block; without one, until when to wait, and whether that is worth noting."""

    budget: Budget
    block: Block | None = None
    until: float = 0.0
    is_news: bool = True


def take(budget: Budget, quota: Quota, wish: Wish, now: float) -> Taken:
    """Grant what is free, or say until when to wait."""
    budget = _tidied(budget, quota, now)
    wish = _possible(wish, quota)
    reserved = _reserved(budget, wish.turn, now)
    has_slot = not quota.concurrent or len(budget.blocks) < quota.concurrent - _slots_reserved(budget, wish.turn, now)
    block = _largest(budget, quota, wish, now, reserved) if has_slot else None
    if block is not None:
        waiting = dict(budget.waiting)
        if wish.turn in waiting:
            waiting[wish.turn] = replace(waiting[wish.turn], since=now, calls=0)
        return Taken(replace(budget, blocks=(*budget.blocks, block), waiting=waiting), block)
    until = _free_at(budget, quota, wish, now, reserved) if has_slot else now + SLOT_SECONDS
    return _noted(budget, wish, now, until)


def settle(budget: Budget, quota: Quota, id_: str, made_at: Iterable[float]) -> Budget:
    """Return the budget with a block closed: its calls were answered at these moments, the others are free again.

    One that is not open any more was counted as spent already.
    """
    block = next((each for each in budget.blocks if each.id == id_), None)
    if block is None:
        return budget
    rest = tuple(each for each in budget.blocks if each.id != id_)
    return replace(budget, blocks=rest, spent=_remembered(budget.spent, quota.counting(block.lane), made_at))


def correct(budget: Budget, quota: Quota, told: Told) -> Budget:
    """Return the budget after the partner told what is used of a window: what we know nothing of, others have used.

    Only ever downwards, and only from a share on: what is under way just now is never quite known to both.
    """
    newest = budget.told.get(told.seconds)
    if newest is not None and newest.at > told.at:
        return budget
    budget = replace(budget, told={**budget.told, told.seconds: told})
    for window in quota.windows:
        if window.seconds == told.seconds and not window.only:
            used = window.calls - max(0, told.limit - told.used)
            others = used - _used(budget, window, told.at)
            if others > NOTICED_SHARE * window.calls:
                budget = replace(budget, spent=_remembered(budget.spent, [window], [told.at] * others))
    return budget


def used_share(budget: Budget, quota: Quota, now: float, seconds: float = 0.0) -> float | None:
    """Return how much is used, between 0 and 1, of the tightest window of so many seconds or more.

    It is what we know or what the partner told, whichever is more; nothing where there is no such window.
    """
    tidy = _tidied(budget, quota, now)
    ours = [_used(tidy, each, now) / each.calls for each in quota.windows if each.seconds >= seconds]
    told = [each for each in tidy.told.values() if each.seconds >= seconds and each.at > now - each.seconds]
    shares = [*ours, *(each.used / each.limit for each in told)]
    return min(1.0, max(shares)) if shares else None


def _possible(wish: Wish, quota: Quota) -> Wish:
    """Return a wish that a window can ever grant: half of the smallest at most."""
    bound = min((max(1, each.calls // 2) for each in quota.counting(wish.lane)), default=max(1, wish.most))
    least = max(1, min(wish.least, bound))
    return replace(wish, least=least, most=max(least, min(wish.most, bound)))


def _tidied(budget: Budget, quota: Quota, now: float) -> Budget:
    """Return the budget without what counts no more, and with the blocks of the dead as spent."""
    lasts = max(TRANSIT_SECONDS, quota.call_seconds if quota.concurrent else 0.0) + MARGIN_SECONDS
    spent: Mapping[str, Mapping[int, int]] = budget.spent
    for block in budget.blocks:
        if block.end + lasts <= now:
            last = [block.end + TRANSIT_SECONDS] * block.calls
            spent = _remembered(spent, quota.counting(block.lane), last)
    kept = {
        window.name: {
            bucket: calls
            for bucket, calls in spent.get(window.name, {}).items()
            if window.freed((bucket + 1) * window.width, 2 * MARGIN_SECONDS) > now
        }
        for window in quota.windows
    }
    return replace(
        budget,
        spent=kept,
        blocks=tuple(each for each in budget.blocks if each.end + lasts > now),
        waiting={turn: each for turn, each in budget.waiting.items() if each.until > now},
    )


def _remembered(
    spent: Mapping[str, Mapping[int, int]], windows: Sequence[Window], moments: Iterable[float]
) -> dict[str, Mapping[int, int]]:
    """Return what was spent with calls at some moments more."""
    after = dict(spent)
    at = list(moments)
    for window in windows:
        buckets = dict(after.get(window.name, {}))
        for moment in at:
            bucket = int(moment // window.width)
            buckets[bucket] = buckets.get(bucket, 0) + 1
        after[window.name] = buckets
    return after


def _used(budget: Budget, window: Window, at: float) -> int:
    """Return how many calls of a window count at a moment that has not passed."""
    since = window.since(at, MARGIN_SECONDS)
    buckets = budget.spent.get(window.name, {})
    remembered = sum(calls for bucket, calls in buckets.items() if (bucket + 1) * window.width > since)
    return remembered + sum(block.begun(at) for block in budget.blocks if window.counts(block.lane))


def _rank(turn: Turn, budget: Budget, now: float) -> int:
    """Return whose turn it is, lower first: a class that has lost its patience goes before all others."""
    waits = budget.waiting.get(turn)
    return 0 if waits is not None and now - waits.since >= PATIENCE_SECONDS else int(turn)


def _ahead(budget: Budget, turn: Turn, now: float) -> list[Waiting]:
    rank = _rank(turn, budget, now)
    return [each for other, each in budget.waiting.items() if each.calls and _rank(other, budget, now) < rank]


def _reserved(budget: Budget, turn: Turn, now: float) -> int:
    """Return how many calls must be left to those who wait and go before this class."""
    return sum(each.calls for each in _ahead(budget, turn, now))


def _slots_reserved(budget: Budget, turn: Turn, now: float) -> int:
    return len(_ahead(budget, turn, now))


def _largest(budget: Budget, quota: Quota, wish: Wish, now: float, reserved: int) -> Block | None:
    """Return the largest block that fits, at once if it can be, else paced; nothing if the least does not fit."""
    views = _views(budget, quota, wish, now, reserved)
    at_once = _most(views, replace(wish, pace=0.0), now)
    best = Block(wish.id, wish.lane, at_once, now, 0.0, now + (SPAN_SECONDS if views else SLOT_SPAN_SECONDS))
    if at_once < wish.most and wish.pace > 0:
        paced = _most(views, wish, now)
        if paced > at_once:
            best = Block(wish.id, wish.lane, paced, now, wish.pace, now + SPAN_SECONDS)
    return best if best.calls >= wish.least else None


def _views(budget: Budget, quota: Quota, wish: Wish, now: float, reserved: int) -> list[_View]:
    is_evened = _rank(wish.turn, budget, now) > Turn.ORDERS
    return [_View(budget, window, reserved, now, is_evened=is_evened) for window in quota.counting(wish.lane)]


class _View:
    """One window of a budget, made ready for many questions: how many calls count at a moment that is to come?"""

    def __init__(self, budget: Budget, window: Window, reserved: int, now: float, *, is_evened: bool) -> None:
        self.window = window
        self._is_evened = is_evened and window.is_evened
        self.allowed = window.calls - min(reserved, window.calls // 2)
        buckets = sorted(budget.spent.get(window.name, {}).items())
        self._ends = [(bucket + 1) * window.width for bucket, _ in buckets]
        self._totals = list(accumulate((calls for _, calls in buckets), initial=0))
        blocks = [block for block in budget.blocks if window.counts(block.lane)]
        self._starts = sorted(block.place(each) for block in blocks for each in range(block.calls))
        places = (block.place(each) for block in blocks for each in range(block.begun(now), block.calls))
        self.places = sorted(place for place in places if place > now)
        self._begun = sum(block.begun(now) for block in blocks)

    def used(self, at: float) -> int:
        """Return how many calls count at a moment."""
        gone = bisect_right(self._ends, self.window.since(at, MARGIN_SECONDS))
        return self._totals[-1] - self._totals[gone] + self._begun + bisect_right(self.places, at + _TINY)

    def fits(self, block: Block) -> bool:
        """Tell whether a block fits: at each place of its own, and of others that comes later."""
        own = {block.place(number) for number in range(block.calls)}
        if self._is_evened and any(self._lately(place) + block.begun(place) > self.window.evenly for place in own):
            return False
        later = self.places[bisect_right(self.places, block.start) :]
        return all(self.used(place) + block.begun(place) <= self.allowed for place in (*own, *later))

    def _lately(self, at: float) -> int:
        """Return how many calls were begun in the last tenth of the window, as far as can be told."""
        since = at - self.window.seconds / TENTHS
        remembered = self._totals[-1] - self._totals[bisect_right(self._ends, since)]
        return remembered + bisect_right(self._starts, at) - bisect_right(self._starts, since)

    def frees(self, after: float) -> Iterator[float]:
        """Yield when what counts now counts no more."""
        gone = [self.window.freed(end, MARGIN_SECONDS) for end in self._ends]
        if self._is_evened:
            gone += [each + self.window.seconds / TENTHS for each in (*self._ends, *self._starts)]
        return (each for each in gone if each > after)


def _most(views: Sequence[_View], wish: Wish, at: float) -> int:
    """Return how many calls fit from a moment on, by halving."""
    if not views:
        return wish.most
    low, high = 0, wish.most if wish.pace <= 0 else min(wish.most, int(SPAN_SECONDS / wish.pace) + 1)
    while low < high:
        middle = (low + high + 1) // 2
        block = Block(wish.id, wish.lane, middle, at, wish.pace, at)
        if all(view.fits(block) for view in views):
            low = middle
        else:
            high = middle - 1
    return low


def _free_at(budget: Budget, quota: Quota, wish: Wish, now: float, reserved: int) -> float:
    """Return when the least will fit if nobody else takes it first."""
    views = _views(budget, quota, wish, now, reserved)
    moments = sorted({moment + _TINY for view in views for moment in view.frees(now)})
    low, high = 0, len(moments)
    while low < high:
        middle = (low + high) // 2
        block = Block(wish.id, wish.lane, wish.least, moments[middle], wish.pace, moments[middle])
        if all(view.fits(block) for view in views):
            high = middle
        else:
            low = middle + 1
    return moments[low] if low < len(moments) else now + SLOT_SECONDS


def _noted(budget: Budget, wish: Wish, now: float, until: float) -> Taken:
    """Return a refusal; it is news where the class is not expected back, or where others must leave it more."""
    known = budget.waiting.get(wish.turn)
    is_last = wish.turn is max(Turn)
    if known is not None and (is_last or (known.until >= until and known.calls >= wish.least)):
        return Taken(budget, None, until, is_news=False)
    since, calls = (now, 0) if known is None else (known.since, known.calls)
    expected = Waiting(since, until + BACK_SECONDS, max(calls, wish.least))
    return Taken(replace(budget, waiting={**budget.waiting, wish.turn: expected}), None, until)
