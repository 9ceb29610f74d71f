"""Alerts and notices in memory."""

from __future__ import annotations

from datetime import datetime

from shared.core.errors import TryAgain


class MemoryAlerts:
    """Alerts by topic and name."""

    def __init__(self) -> None:
        """Begin without any."""
        self.held: dict[tuple[str, str], datetime] = {}

    def known(self, topic: str) -> frozenset[str]:
        """Return what is remembered."""
        return frozenset(name for kept, name in self.held if kept == topic)

    def begin(self, topic: str, name: str, at: datetime) -> bool:
        """Remember something."""
        is_new = (topic, name) not in self.held
        self.held.setdefault((topic, name), at)
        return is_new

    def end(self, topic: str, name: str) -> None:
        """Forget something."""
        self.held.pop((topic, name), None)


class MemoryNotices:
    """Keeps what people were told; refuses as often as `refusals` says."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self.told: list[tuple[str, str]] = []
        self.refusals = 0

    def tell(self, subject: str, text: str) -> None:
        """Keep a message."""
        if self.refusals:
            self.refusals -= 1
            raise TryAgain("nobody listens")
        self.told.append((subject, text))
