"""Sends messages: packed per system and entity up to a bulk call's worth, ten to a call, all or `TryAgain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from shared.aws.clients import Clients
from shared.aws.events import publish
from shared.aws.failures import explained
from shared.aws.formats import text_of
from shared.aws.message_format import changes_text, deliveries_text, poll_text, state_json, touch_text
from shared.aws.settings import Settings
from shared.aws.trace import current_trace
from shared.core.errors import TryAgain
from shared.core.integration import Integration
from shared.ports.messages import Delivery, Event, Poll, Touch
from shared.ports.system import Hint

MESSAGES_A_CALL = 10
BYTES_A_CALL = 256 * 1024
BYTES_A_MESSAGE = 240 * 1024
"""A little under SQS's limit, for what stands around the ids and states."""
LONGEST_DELAY_SECONDS = 900

Thing = TypeVar("Thing", Hint, Delivery)


class SqsMessages:
    """The queues and the bus."""

    def __init__(self, clients: Clients, settings: Settings, integration: Integration) -> None:
        """Make no call yet."""
        self._clients, self._settings, self._integration = clients, settings, integration

    def changes(self, hints: Sequence[Hint], delay_seconds: int = 0) -> None:
        """Queue hints."""
        trace = current_trace()
        texts = [
            changes_text(system, entity, trace, ids, states)
            for (system, entity), some in _by_pair(hints).items()
            for ids, states in _packed(some, self._integration.strand(system, entity).fetch_size)
        ]
        self._send(self._settings.changes_queue, texts, delay_seconds)

    def deliveries(self, deliveries: Sequence[Delivery], delay_seconds: int = 0) -> None:
        """Queue deliveries; a record asked for twice is sent once."""
        trace = current_trace()
        texts = []
        for (system, entity), some in _by_pair(deliveries).items():
            ids = list(dict.fromkeys(delivery.record_id for delivery in some))
            size = self._integration.strand(system, entity).batch_size
            texts += [
                deliveries_text(system, entity, trace, ids[start : start + size]) for start in range(0, len(ids), size)
            ]
        self._send(self._settings.deliveries_queue, texts, delay_seconds)

    def polls(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue one message per poll."""
        self._send(self._settings.polls_queue, [poll_text(poll, current_trace()) for poll in polls], delay_seconds)

    def reconciles(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue one message per comparison."""
        self._send(self._settings.reconcile_queue, [poll_text(poll, current_trace()) for poll in polls], delay_seconds)

    def touch(self, touches: Sequence[Touch]) -> None:
        """Queue one message per touch."""
        self._send(self._settings.watch_queue, [touch_text(each) for each in touches], 0)

    def publish(self, events: Sequence[Event]) -> None:
        """Put events on the bus."""
        publish(self._clients, self._settings.event_bus, events)

    def _send(self, queue: str, texts: Sequence[str], delay_seconds: int) -> None:
        delay = min(max(0, delay_seconds), LONGEST_DELAY_SECONDS)
        for some in _calls(texts):
            entries: Any = [
                {"Id": str(number), "MessageBody": text, "DelaySeconds": delay} for number, text in enumerate(some)
            ]
            with explained("send messages"):
                answer = self._clients.sqs.send_message_batch(QueueUrl=queue, Entries=entries)
            failed = answer.get("Failed", [])
            if failed:
                raise TryAgain(f"the queue took all but {len(failed)} of {len(some)} messages: {failed[0]['Code']}")


def _by_pair(things: Sequence[Thing]) -> Mapping[tuple[str, str], list[Thing]]:
    pairs: dict[tuple[str, str], list[Thing]] = {}
    for thing in things:
        pairs.setdefault((thing.system, thing.entity), []).append(thing)
    return pairs


def _packed(hints: Sequence[Hint], size: int) -> Iterator[tuple[list[str], list[str]]]:
    """Return ids and states, a bulk call's worth each and no larger than a message; ids are asked for once."""
    ids: dict[str, None] = {}
    states: list[str] = []
    used = 0
    for hint in hints:
        text = "" if hint.observation is None else text_of(state_json(hint.observation))
        bytes_ = len((text or hint.external_id).encode()) + 4
        if bytes_ > BYTES_A_MESSAGE:  # a state too large for a message goes as an id and is fetched
            text, bytes_ = "", len(hint.external_id.encode()) + 4
        if len(ids) + len(states) >= size or used + bytes_ > BYTES_A_MESSAGE:
            yield list(ids), states
            ids, states, used = {}, [], 0
        used += bytes_
        if text:
            states.append(text)
        else:
            ids[hint.external_id] = None
    if ids or states:
        yield list(ids), states


def _calls(texts: Sequence[str]) -> Iterator[list[str]]:
    """Return the texts of one call each: at most ten, and within the bytes that a call may have."""
    some: list[str] = []
    used = 0
    for text in texts:
        bytes_ = len(text.encode())
        if some and (len(some) == MESSAGES_A_CALL or used + bytes_ > BYTES_A_CALL):
            yield some
            some, used = [], 0
        some.append(text)
        used += bytes_
    if some:
        yield some
