"""What a partner allows: so many calls in so many seconds, and so many at once. Data, named by catalog and settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DAY_SECONDS = 86_400
_FINE = 100
_COARSE = 48
_LONG_SECONDS = 60
_SHORT_SECONDS = 5
_FEW = 40


@dataclass(frozen=True, slots=True)
class Window:
    """So many `calls` in any `seconds` that end now; where it is `fixed`, in each span of so many seconds since 1970.

    A window may count only the calls whose path ends in `only`, or all but those whose path ends in `but`.
    """

    calls: int
    seconds: float
    fixed: bool = False
    only: str = ""
    but: str = ""

    @property
    def name(self) -> str:
        """Return what it is called in a budget."""
        return f"{self.seconds:g}{self.only}"

    @property
    def words(self) -> str:
        """Return it as a person would say it."""
        paths = f" to …{self.only}" if self.only else f" not to …{self.but}" if self.but else ""
        return f"{self.calls} calls{paths} in {self.seconds:g} s"

    @property
    def width(self) -> float:
        """Return the seconds of the buckets by which its calls are remembered: a call counts from its bucket's end."""
        return self.seconds / (_FINE if self.seconds <= _LONG_SECONDS else _COARSE)

    @property
    def is_evened(self) -> bool:
        """Tell whether its calls are spread over it: one that is neither so short nor so small that it makes no
        difference, nor so long that nobody would wait for a part of it."""
        return self.calls >= _FEW and _SHORT_SECONDS <= self.seconds <= _LONG_SECONDS

    @property
    def evenly(self) -> int:
        """Return how many calls lower classes may make in a tenth of it."""
        return round(self.calls / 7)

    def counts(self, lane: str) -> bool:
        """Tell whether it counts the calls of a lane."""
        return lane == self.only if self.only else not self.but or lane != self.but

    def since(self, at: float, margin: float) -> float:
        """Return from when on what was spent counts at a moment (seconds since 1970), `margin` for clocks that
        differ."""
        if self.fixed:
            return (at - margin) // self.seconds * self.seconds - margin
        return at - self.seconds - margin

    def freed(self, spent_at: float, margin: float) -> float:
        """Return when what was spent at a moment counts no more."""
        if self.fixed:
            return ((spent_at + margin) // self.seconds + 1) * self.seconds + margin
        return spent_at + self.seconds + margin


@dataclass(frozen=True, slots=True)
class Quota:
    """The windows of a partner, and how many calls may be under way at once (0: as many as there are).

    `call_seconds` is the longest that a call of a worker that died may still be under way.
    """

    windows: tuple[Window, ...] = ()
    concurrent: int = 0
    call_seconds: float = 60.0

    def __bool__(self) -> bool:
        """Tell whether there is any limit."""
        return bool(self.windows) or self.concurrent > 0

    @property
    def words(self) -> str:
        """Return it as a person would say it; nothing where there is no limit."""
        said = [each.words for each in self.windows]
        return "; ".join([*said, f"{self.concurrent} at once"] if self.concurrent else said)

    def lane_of(self, path: str) -> str:
        """Return the lane of a call: the path's ending that a window names, or nothing."""
        bare = path.split("?", 1)[0]
        endings = (ending for each in self.windows for ending in (each.only, each.but) if ending)
        return next((ending for ending in endings if bare.endswith(ending)), "")

    def counting(self, lane: str) -> Sequence[Window]:
        """Return the windows that count the calls of a lane."""
        return [each for each in self.windows if each.counts(lane)]


UNLIMITED = Quota()


@dataclass(frozen=True, slots=True)
class Told:
    """What a partner's answer told of a window: of `limit` calls in `seconds` so many are `used`, at a moment."""

    seconds: float
    limit: int
    used: int
    at: float = 0.0
