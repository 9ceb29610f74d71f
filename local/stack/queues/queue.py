"""One standard queue: what is visible, what is in flight, what is delayed, and what goes to the dead letters.

A message that was received and not deleted comes back when its visibility time-out ends; once it has been received as
often as the redrive policy allows, the next receive moves it to the dead-letter queue instead.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Clock = Callable[[], float]


@dataclass(slots=True, eq=False)
class Message:
    """One message; times are seconds of the clock of the queues."""

    body: str
    attributes: dict[str, Any]
    sent_at: float
    visible_at: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receipt: str | None = None
    receives: int = 0
    first_received_at: float | None = None
    trace: str | None = None
    dead_letter_source: str | None = None
    receipts: list[str] = field(default_factory=list)

    @property
    def in_flight(self) -> bool:
        """Whether somebody received it and has not deleted it (the time-out may have ended)."""
        return self.receipt is not None


@dataclass(slots=True)
class Settings:
    """What the queue was deployed with; seconds."""

    visibility_seconds: int = 30
    delay_seconds: int = 0
    retention_seconds: int = 345_600
    largest_bytes: int = 1_048_576
    wait_seconds: int = 0
    dead_letters: str | None = None
    receives_allowed: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages of a queue can be received now, are in flight, and wait for their delay."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All messages in the queue."""
        return self.visible + self.in_flight + self.delayed


class Queue:
    """The messages of one queue. Not thread-safe: the caller holds the lock of all queues."""

    def __init__(self, name: str, arn: str, settings: Settings, clock: Clock = time.time) -> None:
        self.name, self.arn, self.settings, self._clock = name, arn, settings, clock
        self._messages: dict[str, Message] = {}
        self._receipts: dict[str, Message] = {}

    def send(
        self, body: str, attributes: dict[str, Any], delay_seconds: int | None, trace: str | None = None
    ) -> Message:
        """Takes a message in."""
        now = self._clock()
        delay = self.settings.delay_seconds if delay_seconds is None else delay_seconds
        message = Message(body, attributes, sent_at=now, visible_at=now + delay, trace=trace)
        self._messages[message.id] = message
        return message

    def adopt(self, message: Message, source_arn: str) -> None:
        """Takes a message over from the queue that it is a dead letter of; it keeps its id and the time it was sent."""
        message.dead_letter_source = source_arn
        message.receipt, message.visible_at = None, self._clock()
        self._messages[message.id] = message

    def receive(self, most: int, visibility_seconds: int | None = None) -> tuple[list[Message], list[Message]]:
        """Up to `most` visible messages, oldest first, and those that are dead letters from now on."""
        now = self._clock()
        hidden_until = now + (self.settings.visibility_seconds if visibility_seconds is None else visibility_seconds)
        received: list[Message] = []
        dead: list[Message] = []
        for message in list(self._messages.values()):
            if len(received) == most:
                break
            if message.visible_at > now:
                continue
            if message.sent_at + self.settings.retention_seconds <= now:
                self._forget(message)
            elif self.settings.dead_letters is not None and message.receives >= self.settings.receives_allowed:
                self._forget(message)
                dead.append(message)
            else:
                self._hand_out(message, now, hidden_until)
                received.append(message)
        return received, dead

    def delete(self, receipt: str) -> bool:
        """Removes the message of a receipt, even when its time-out has ended; False if the receipt is unknown."""
        message = self._receipts.get(receipt)
        if message is not None:
            self._forget(message)
        return message is not None

    def change_visibility(self, receipt: str, seconds: int) -> bool:
        """Hides the message of a receipt for so long from now; False if it is not in flight."""
        message = self._receipts.get(receipt)
        if message is None:
            return False
        message.visible_at = self._clock() + seconds
        if seconds == 0:
            message.receipt = None
        return True

    def drop(self) -> int:
        """Removes every message, in flight or not; gives their number."""
        number = len(self._messages)
        self._messages.clear()
        self._receipts.clear()
        return number

    def make_visible(self, spared: Iterable[str] = ()) -> None:
        """Lets every delay and visibility time-out end now, but those of the messages with these ids."""
        kept = set(spared)
        for message in self._messages.values():
            if message.id not in kept:
                message.visible_at = min(message.visible_at, self._clock())

    def next_visible_at(self) -> float | None:
        """When the first message can be received; None if there is none."""
        return min((each.visible_at for each in self._messages.values()), default=None)

    def counts(self) -> Counts:
        """Visible, in flight and delayed messages now."""
        now = self._clock()
        hidden = [each for each in self._messages.values() if each.visible_at > now]
        flying = sum(each.in_flight for each in hidden)
        return Counts(len(self._messages) - len(hidden), flying, len(hidden) - flying)

    def oldest_sent_at(self) -> float | None:
        """When the oldest message was sent."""
        return min((each.sent_at for each in self._messages.values()), default=None)

    def bodies(self) -> list[str]:
        """The bodies of all messages, for a look from outside; nothing is received by it."""
        return [each.body for each in self._messages.values()]

    def _hand_out(self, message: Message, now: float, hidden_until: float) -> None:
        message.receives += 1
        message.first_received_at = message.first_received_at or now
        message.visible_at = hidden_until
        message.receipt = str(uuid.uuid4())
        message.receipts.append(message.receipt)
        self._receipts[message.receipt] = message

    def _forget(self, message: Message) -> None:
        self._messages.pop(message.id, None)
        for receipt in message.receipts:
            self._receipts.pop(receipt, None)
        message.receipts.clear()


def md5(text: str) -> str:
    """The checksum that SQS answers with."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
