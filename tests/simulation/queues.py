"""The queues, the stream and the bus: standard queues that drop, double, delay and reorder; a stream that repeats.

A message that a worker took comes back when its visibility runs out, also while that worker is still busy; after some
receives it ends in the dead letters. The stream keeps the order of one record and repeats a batch until it is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.ports.messages import Delivery, Event, Poll, Touch
from shared.ports.system import Hint
from tests.simulation.stage import Stage

Thing = TypeVar("Thing")
RECEIVES = 5
DeliverWork = Callable[[Sequence[object]], None]


@dataclass(slots=True)
class Message(Generic[Thing]):
    """One message in a queue: what it says, how often it was received, and whether it is done with."""

    things: tuple[Thing, ...]
    receives: int = 0
    is_done: bool = False
    is_visible: bool = False


@dataclass
class Queue(Generic[Thing]):
    """One standard queue with its consumer."""

    name: str
    stage: Stage
    flow: str
    work: Callable[[Sequence[Thing]], object]
    skew: Callable[[], float]
    pack: int
    visibility: float
    time_limit: float
    batch: int = 10
    window: float = 1.0
    waiting: list[Message[Thing]] = field(default_factory=list)
    dead: list[Message[Thing]] = field(default_factory=list)
    lost: list[Thing] = field(default_factory=list)
    sent: int = 0
    loses: Callable[[Sequence[Thing]], bool] = lambda _: False
    _is_opening: bool = False

    def send(self, things: Sequence[Thing], delay: float = 0.0) -> None:
        """Put things into the queue, packed; some are lost, doubled or late."""
        dice = self.stage.chance.of(f"queue {self.name}")
        for start in range(0, len(things), self.pack):
            message = Message(tuple(things[start : start + self.pack]))
            self.sent += 1
            if self.stage.chance.strikes(f"{self.name} dropped") or self.loses(message.things):
                self.stage.tell(f"  {self.name}: message lost {_brief(message.things)}")
                self.lost += message.things
                continue
            if delay and self.stage.chance.strikes("delayed dropped"):
                self.stage.tell(f"  {self.name}: delayed message lost {_brief(message.things)}")
                continue
            wait = delay + dice.uniform(0.01, 0.4)
            if self.stage.chance.strikes("message late"):
                wait += dice.uniform(1.0, 20.0)
            self.stage.after(wait, lambda message=message: self._arrive(message))  # type: ignore[misc]  # bound now
            if self.stage.chance.strikes("message doubled"):
                twin = Message(message.things)
                self.stage.after(wait + dice.uniform(0.0, 15.0), lambda twin=twin: self._arrive(twin))  # type: ignore[misc]  # bound now

    def _arrive(self, message: Message[Thing]) -> None:
        if message.is_done:
            return
        self.waiting.append(message)
        if not self._is_opening:
            self._is_opening = True
            self.stage.after(self.window, self._open)

    def _open(self) -> None:
        self._is_opening = False
        some, self.waiting = self.waiting[: self.batch], self.waiting[self.batch :]
        some = [message for message in some if not message.is_done]
        if self.waiting:
            self._is_opening = True
            self.stage.after(0.05, self._open)
        if some:
            self._receive(some)

    def _receive(self, messages: list[Message[Thing]]) -> None:
        for message in messages:
            message.receives += 1
        things = [thing for message in messages for thing in message.things]
        visibility = self.visibility
        if self.stage.chance.strikes("visibility ran out"):
            visibility = self.stage.chance.of("visibility").uniform(0.3, 3.0)
        self.stage.after(visibility, lambda: self._come_back(messages))
        self.stage.start(
            self.flow,
            lambda: self.work(things),
            lambda outcome: self._end(messages, outcome),
            self.skew(),
            self.time_limit,
        )

    def _end(self, messages: list[Message[Thing]], outcome: str) -> None:
        if outcome == "done":
            for message in messages:
                message.is_done = True

    def _come_back(self, messages: list[Message[Thing]]) -> None:
        for message in messages:
            if message.is_done:
                continue
            if message.receives >= RECEIVES:
                message.is_done = True
                self.dead.append(message)
                self.stage.chance.note("dead letter")
            else:
                self._arrive(message)


@dataclass
class Stream(Generic[Thing]):
    """The table's stream: batches in order, each repeated until it is taken, and sometimes once more."""

    stage: Stage
    work: Callable[[Sequence[Thing]], object]
    skew: Callable[[], float]
    coming: list[Thing] = field(default_factory=list)
    _is_busy: bool = False

    def put(self, image: Thing) -> None:
        """Take a write in."""
        self.coming.append(image)
        self._wake(0.2)

    def _wake(self, seconds: float) -> None:
        if not self._is_busy and self.coming:
            self._is_busy = True
            self.stage.after(seconds, self._carry)

    def _carry(self) -> None:
        dice = self.stage.chance.of("stream")
        batch = self.coming[: dice.randint(1, 10)]
        self.stage.start(
            "fan_out", lambda: self.work(batch), lambda outcome: self._end(len(batch), outcome), self.skew(), 60
        )

    def _end(self, size: int, outcome: str) -> None:
        self._is_busy = False
        if outcome != "done":
            self._wake(1.0)
        elif self.stage.chance.strikes("stream repeated"):
            self._wake(0.3)
        else:
            del self.coming[:size]
            self._wake(0.2)


@dataclass
class SimMessages:
    """The port to the queues, each send one effect."""

    stage: Stage
    on_hints: Callable[[Sequence[Hint]], None]
    hints: Queue[Hint]
    deliveries_queue: Queue[Delivery]
    polls_queue: Queue[Poll]
    reconciles_queue: Queue[Poll]
    events: Counter[str] = field(default_factory=Counter)

    def changes(self, hints: Sequence[Hint], delay_seconds: int = 0) -> None:
        """Queue hints."""
        self.on_hints(hints)
        self._send("messages.changes", lambda: self.hints.send(hints, delay_seconds))

    def deliveries(self, deliveries: Sequence[Delivery], delay_seconds: int = 0) -> None:
        """Queue deliveries."""
        self._send("messages.deliveries", lambda: self.deliveries_queue.send(deliveries, delay_seconds))

    def polls(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue polls."""
        self._send("messages.polls", lambda: self.polls_queue.send(polls, delay_seconds))

    def reconciles(self, polls: Sequence[Poll], delay_seconds: int = 0) -> None:
        """Queue comparisons."""
        self._send("messages.reconciles", lambda: self.reconciles_queue.send(polls, delay_seconds))

    def touch(self, touches: Sequence[Touch]) -> None:
        """Queue what changed about products; nobody watches here."""
        self._send("messages.touch", lambda: self.events.update("touch" for _ in touches))

    def publish(self, events: Sequence[Event]) -> None:
        """Put events on the bus."""
        self._send("messages.publish", lambda: self.events.update(event.type for event in events))

    def _send(self, verb: str, action: Callable[[], None]) -> None:
        self.stage.effect(verb, action, "queue took nothing")


def _brief(things: Sequence[object]) -> str:
    return ", ".join(
        f"{t.system}/{t.entity}/{getattr(t, 'external_id', getattr(t, 'record_id', ''))}"  # type: ignore[attr-defined]  # every message names them
        for t in things
    )
