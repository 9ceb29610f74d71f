"""Catches what a function prints, apart from what everybody else in the process prints.

A stand-in takes the place of a standard stream: it looks whether a function runs in the current context, and hands
everything else on. Others put streams of their own there too (pytest between the phases of a test, progress bars while
they run), so each invocation sees to it that a stand-in is in front. A stand-in never changes what it hands on to:
a stream that was put in front of one and writes to it in turn would otherwise go round in circles.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TextIO, cast

_lines: ContextVar[list[str] | None] = ContextVar("output of the running function", default=None)
_switch = threading.Lock()


class _StandIn:
    """A running function's text goes to its list, all other text to the stream behind."""

    def __init__(self, behind: TextIO) -> None:
        self.behind = behind

    def write(self, text: str) -> int:
        """As a text stream does. A logger may outlive the stream behind: then nobody hears it any more."""
        caught = _lines.get()
        if caught is not None:
            caught.append(text)
        elif not self.behind.closed:
            return self.behind.write(text)
        return len(text)

    def flush(self) -> None:
        """Only the stream behind has anything to flush."""
        if _lines.get() is None and not self.behind.closed:
            self.behind.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self.behind, name)


@contextmanager
def redirected() -> Iterator[None]:
    """At the end of the block no stand-in is in front of the standard streams any more."""
    _stand_in()
    try:
        yield
    finally:
        with _switch:
            sys.stdout, sys.stderr = _behind(sys.stdout), _behind(sys.stderr)


@contextmanager
def caught() -> Iterator[list[str]]:
    """The pieces of text that are printed inside the block, in this context only."""
    _stand_in()
    pieces: list[str] = []
    token = _lines.set(pieces)
    try:
        yield pieces
    finally:
        _lines.reset(token)


def _stand_in() -> None:
    with _switch:
        if not isinstance(sys.stdout, _StandIn):
            sys.stdout = cast(TextIO, _StandIn(sys.stdout))
        if not isinstance(sys.stderr, _StandIn):
            sys.stderr = cast(TextIO, _StandIn(sys.stderr))


def _behind(stream: TextIO) -> TextIO:
    return stream.behind if isinstance(stream, _StandIn) else stream
