"""How often a server was called: per resource and method, and by status of the answer."""

from __future__ import annotations

from collections import Counter
from typing import Any

READING = frozenset({"GET", "HEAD"})


class Counts:
    """Calls since the last reset. A batch is one call; refused calls count as well."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start again at nothing."""
        self._calls: Counter[tuple[str, str]] = Counter()
        self._statuses: Counter[str] = Counter()

    def called(self, resource: str, method: str) -> None:
        """Note a call before it is answered."""
        self._calls[resource, method] += 1

    def answered(self, status: int) -> None:
        """Note the status of an answer; 0 is one that was never sent."""
        self._statuses[str(status)] += 1

    def report(self) -> dict[str, Any]:
        """Return reads and writes in all, calls per resource and method, and answers per status."""
        calls: dict[str, dict[str, int]] = {}
        for (resource, method), number in sorted(self._calls.items()):
            each = calls.setdefault(resource, {"read": 0, "write": 0})
            each["read" if method in READING else "write"] += number
            each[method] = number
        sums = {kind: sum(each[kind] for each in calls.values()) for kind in ("read", "write")}
        return {**sums, "calls": calls, "statuses": dict(sorted(self._statuses.items()))}
