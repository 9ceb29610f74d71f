"""Moments as the sample CRM writes them: UTC to the microsecond, with a Z, so that text order is time order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the time of this machine, aware, in UTC."""
    return datetime.now(UTC)


def written(moment: datetime) -> str:
    """Return a moment as text, such as `1998-05-06T00:00:00.000000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read(text: str) -> datetime:
    """Return the moment that a text names; a bare date is its midnight in UTC. ValueError without a zone."""
    moment = datetime.fromisoformat(text)
    if len(text) == len("1998-05-06"):
        return moment.replace(tzinfo=UTC)
    if moment.tzinfo is None:
        raise ValueError("a time needs a zone, such as Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time must lie in the years 1 to 9999, in UTC") from error


class ForwardClock:
    """A clock that never runs backwards and never gives the same microsecond twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> datetime:
        self._last = max(self._clock(), self._last + timedelta(microseconds=1))
        return self._last
