"""The ports to what is remembered of alerts, and to the people who are told: one notification per crossing."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Alerts(Protocol):
    """What has been told and has not ended, by topic; each change is one conditional write."""

    def known(self, topic: str) -> frozenset[str]:
        """Return what a topic is alerted about now, read consistently."""

    def begin(self, topic: str, name: str, at: datetime) -> bool:
        """Remember that something began; tell whether this call was the one that did, so that one caller tells it."""

    def end(self, topic: str, name: str) -> None:
        """Forget it: the next time that it begins is told again; what is not remembered is no error."""


class Notices(Protocol):
    """Messages to people."""

    def tell(self, subject: str, text: str) -> None:
        """Send a message, without personal data; raise `TryAgain` if it was not taken."""
