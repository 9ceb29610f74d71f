"""The port to the queues and the bus. A message holds no truth: losing one costs a delay (SYNC §7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.core.values import Value
from shared.ports.system import Hint


@dataclass(frozen=True, slots=True)
class Delivery:
    """A record may owe a system something."""

    system: str
    entity: str
    record_id: str


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask one system for the changes of one entity; `cursor` and `run` go on with a reconcile that was cut short."""

    system: str
    entity: str
    run: str = ""
    cursor: str | None = None
    page: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """A business event for the bus, as CloudEvents 1.0 has it: type, subject, and data without personal data."""

    type: str
    subject: str
    id: str
    data: Mapping[str, Value]


TOUCHED = "products.touched"
"""The event by which the matching learns of which products something changed; its form is our own affair."""


@dataclass(frozen=True, slots=True)
class Touch:
    """Such an event: the products, and the record that changed."""

    products: frozenset[str]
    record: str


class Messages(Protocol):
    """Sends; each verb packs as much as fits and raises `TryAgain` if the queue took less than everything."""

    def changes(self, hints: Sequence[Hint], delay_seconds: int = 0) -> None:
        """Queue hints, packed per system and entity up to a bulk call's worth."""

    def deliveries(self, deliveries: Sequence[Delivery], delay_seconds: int = 0) -> None:
        """Queue deliveries, packed per system and entity up to a bulk call's worth."""

    def polls(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue one message per system and entity to be polled."""

    def reconciles(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue one message per system and entity to be reconciled, or to go on with."""

    def touch(self, touches: Sequence[Touch]) -> None:
        """Queue what changed about products, as the bus would have queued it."""

    def publish(self, events: Sequence[Event]) -> None:
        """Put business events on the bus."""
