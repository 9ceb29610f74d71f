"""Lets each invocation see only its own function's environment, although all run in one process.

`os.environ` is replaced by a mapping that looks into the current context: inside an invocation it is the function's
own dictionary, everywhere else the real environment. Threads that a handler starts itself see the real one, since
contexts do not pass to threads; shipped code reads its environment in the handler's own thread only.
"""

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[dict[str, str] | None] = ContextVar("environment of the running function", default=None)


class Environment(MutableMapping[str, str]):
    """Stands in for `os.environ`."""

    def __init__(self, real: MutableMapping[str, str]) -> None:
        self.real = real

    def __getitem__(self, name: str) -> str:
        return self._here()[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._here()[name] = value

    def __delitem__(self, name: str) -> None:
        del self._here()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._here()))

    def __len__(self) -> int:
        return len(self._here())

    def __or__(self, other: MutableMapping[str, str]) -> dict[str, str]:
        return {**self._here(), **other}

    def copy(self) -> dict[str, str]:
        """As `os.environ.copy()`."""
        return dict(self._here())

    def _here(self) -> MutableMapping[str, str]:
        own = _current.get()
        return self.real if own is None else own


@contextmanager
def installed() -> Iterator[None]:
    """`os.environ` looks at the context until the end of the block; nested blocks change nothing."""
    real = os.environ
    if isinstance(real, Environment):
        yield
        return
    os.environ = Environment(real)  # type: ignore[assignment]  # noqa: B003 - a view that switches, by design
    try:
        yield
    finally:
        os.environ = real  # noqa: B003 - puts back what stood there


@contextmanager
def seen(variables: dict[str, str]) -> Iterator[None]:
    """Inside the block, and in this context only, `os.environ` is these variables."""
    token = _current.set(variables)
    try:
        yield
    finally:
        _current.reset(token)
