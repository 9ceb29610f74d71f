"""How much time the running invocation has left: every time-out of a call is shorter than that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

UNLIMITED = 3600.0
MARGIN_SECONDS = 3.0
"""What is kept back for noting how a call ended."""

_until: ContextVar[float | None] = ContextVar("until", default=None)


class Context(Protocol):
    """What Lambda tells a handler about its invocation, as far as we use it."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the time-out."""


@contextmanager
def lasting(context: Context) -> Iterator[None]:
    """Do what stands in the block within an invocation's time."""
    left = context.get_remaining_time_in_millis() / 1000
    token = _until.set(time.monotonic() + left - MARGIN_SECONDS)
    try:
        yield
    finally:
        _until.reset(token)


def seconds_left() -> float:
    """Return the seconds that calls to partners may still take; plenty outside an invocation."""
    until = _until.get()
    return UNLIMITED if until is None else max(0.0, until - time.monotonic())
