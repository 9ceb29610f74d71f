"""Knows what runs, so that "idle" is never said while something is on its way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Activity:
    """Counts running invocations, and how many there ever were."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._started = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Something runs inside the block."""
        with self._lock:
            self._running += 1
            self._started += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def now(self) -> tuple[int, int]:
        """(running, started ever)."""
        with self._lock:
            return self._running, self._started
