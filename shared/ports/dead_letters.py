"""The ports to messages that no code could process, and to what went wrong with them.

Whoever takes dead letters has them for a minute; nobody else sees them meanwhile. To bring one back is to send it where
it was going and to delete it then: lost in between, it comes twice, which a message may.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message. `about` says what it is of, without anything personal; `receipt` is what deletes it."""

    queue: str
    id: str
    receipt: str
    body: str
    sent_at: datetime
    received: int
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failure:
    """How a message failed the last time: in which function, why, when, and how often in all."""

    function: str
    why: str
    at: datetime
    times: int


class DeadLetters(Protocol):
    """The dead letters by queue (`ChangesDeadLetters`, …)."""

    def waiting(self) -> Mapping[str, int]:
        """Return how many there are in each queue, about."""

    def take(self, queue: str, most: int) -> Sequence[DeadLetter]:
        """Take up to so many letters of a queue; they are hidden from others for a minute."""

    def release(self, letters: Collection[DeadLetter]) -> None:
        """Let others see letters again that were taken."""

    def resend(self, letter: DeadLetter) -> str:
        """Send a letter where it was going; return why that cannot be, or nothing."""

    def delete(self, letter: DeadLetter) -> None:
        """Delete a letter that was taken."""

    def move(self, queue: str) -> bool:
        """Let the queue service move all letters of a queue back by itself; tell whether it can for this queue."""


class Failures(Protocol):
    """What went wrong with messages, by their ids; kept for longer than a queue keeps the message."""

    def note(self, message_id: str, function: str, why: str) -> None:
        """Note that a message failed just now."""

    def of(self, message_ids: Collection[str]) -> Mapping[str, Failure]:
        """Return what is noted of these messages, in bulk."""
