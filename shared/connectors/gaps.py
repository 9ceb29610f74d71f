"""Fields that a partner does not have any more, for those partners that then refuse the whole read.

One unknown name must not hold up every record: the partner is asked which fields there are, and the read is made again
without those that are not. What was left out is not carried, which says nothing of its value; who looks at what comes
in notices that it is missing (`shared.core.schema_drift`). After a while it is asked for again, since it may be back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from shared.core.observations import Trouble

KEPT_SECONDS = 900.0

Answer = TypeVar("Answer")


class Gaps:
    """The fields that are missing, per object type; may be asked from many threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._missing: dict[str, tuple[float, frozenset[str]]] = {}

    def missing(self, of: str) -> frozenset[str]:
        """Return the fields that are left out just now."""
        until, names = self._missing.get(of, (0.0, frozenset()))
        return names if self._monotonic() < until else frozenset()

    def read(
        self,
        of: str,
        names: Sequence[str],
        ask: Callable[[list[str]], Answer],
        there: Callable[[Trouble], Collection[str] | None],
        trouble_of: Callable[[Answer], Trouble | None],
    ) -> Answer:
        """Return what `ask` answers for the names that are there. `there` says, after a trouble, which fields there
        are; nothing where it does not know, or where the trouble is another one."""
        answer = ask(self._left(of, names))
        trouble = trouble_of(answer)
        known = None if trouble is None else there(trouble)
        gone = frozenset() if known is None else frozenset(each for each in names if _root(each) not in known)
        if not gone or len(gone) == len(names):
            return answer
        self._missing[of] = (self._monotonic() + KEPT_SECONDS, gone)
        return ask(self._left(of, names))

    def _left(self, of: str, names: Sequence[str]) -> list[str]:
        gone = self.missing(of)
        return [each for each in names if each not in gone]


def _root(name: str) -> str:
    """Return the field of the record itself under which a name lies."""
    return name.partition(".")[0]
