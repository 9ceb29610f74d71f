"""The trace: one id from a webhook to the confirmation, in log lines, messages and causes.

A batch brings several changes together; what is then written and sent carries the ids of all of them, up to a limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import uuid4

MOST = 10
"""How many ids one trace holds; a batch of more names the first of them."""

_current: ContextVar[str] = ContextVar("trace", default="")


def current_trace() -> str:
    """Return the trace of what is being done now; empty outside of it."""
    return _current.get()


def new_trace() -> str:
    """Return a trace that nobody else has."""
    return uuid4().hex[:16]


def joined(traces: Iterable[str]) -> str:
    """Return one trace for several; a new one if there is none among them."""
    ids = dict.fromkeys(id_ for trace in traces for id_ in trace.split(",") if id_)
    return ",".join(list(ids)[:MOST]) or new_trace()


@contextmanager
def traced(trace: str) -> Iterator[None]:
    """Do what stands in the block under a trace."""
    token = _current.set(trace)
    try:
        yield
    finally:
        _current.reset(token)
