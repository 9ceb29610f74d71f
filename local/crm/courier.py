"""The worker that sends webhooks: one thread, one event after the other, tried again on a bounded schedule.

What is still to be sent is kept in memory only: a restart loses it, as real CRMs lose webhooks; the events themselves
stand in the database and can be replayed. Answers: 2xx is done, 410 switches the webhook off, anything else (a
redirect too) is tried again until the schedule is used up.
"""

from __future__ import annotations

import heapq
import threading
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from local.crm.moments import system_clock, written
from local.crm.signing import signed_headers

KEPT_LOG_LINES = 10_000
CONNECT_AND_READ_SECONDS = (2.0, 10.0)
SUCCESS = range(200, 300)
GONE = 410


@dataclass(frozen=True, slots=True)
class Webhook:
    """Who wants to hear of which events (`customer.updated`, `customer.*`, `*`)."""

    id: str
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)

    def wants(self, event_type: str) -> bool:
        """Tell whether events of this type are for this webhook."""
        return bool({"*", event_type, event_type.partition(".")[0] + ".*"} & set(self.events))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as the bytes that are sent; its id is the same at every attempt."""

    id: str
    type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One event on its way to one webhook."""

    webhook: Webhook
    event: Event
    attempt: int = 1


class Courier:
    """Sends letters in the order in which they were handed over, those tried again when they are due."""

    def __init__(self, retry_seconds: Sequence[float]) -> None:
        self._retry_seconds = tuple(retry_seconds)
        self._due: list[tuple[float, int, Letter]] = []
        self._handed = 0
        self._is_sending = False
        self._is_stopped = False
        self._gone: set[str] = set()
        self._log: deque[dict[str, Any]] = deque(maxlen=KEPT_LOG_LINES)
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="courier", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the letter that is under way; what is left is not sent."""
        with self._wake:
            self._is_stopped = True
            self._wake.notify()
        self._thread.join(timeout=1)

    def hand_over(self, letters: Iterable[Letter]) -> None:
        """Send these as soon as possible, in this order."""
        with self._wake:
            for letter in letters:
                self._add(time.monotonic(), letter)
            self._wake.notify()

    def forget(self) -> None:
        """Drop what is still to be sent, and the log."""
        with self._wake:
            self._due.clear()
            self._log.clear()
            self._gone.clear()

    def note(self, letter: Letter, outcome: str, **more: Any) -> None:
        """Write a line into the log of deliveries."""
        line = {"webhook_id": letter.webhook.id, "event_id": letter.event.id, "type": letter.event.type}
        line |= {"attempt": str(letter.attempt), "outcome": outcome, "at": written(system_clock())}
        with self._wake:
            self._log.append({**line, "attempt": letter.attempt, **more})

    def report(self) -> dict[str, Any]:
        """Return how many letters are still to be sent, and the log of all attempts, oldest first."""
        with self._wake:
            return {"pending": len(self._due) + self._is_sending, "data": list(self._log)}

    def _add(self, due: float, letter: Letter) -> None:
        self._handed += 1
        heapq.heappush(self._due, (due, self._handed, letter))

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (letter := self._next()) is not None:
                if letter.webhook.id not in self._gone:
                    self._send(session, letter)
                with self._wake:
                    self._is_sending = False

    def _next(self) -> Letter | None:
        with self._wake:
            while not self._is_stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    self._is_sending = True
                    return heapq.heappop(self._due)[2]
                self._wake.wait(wait)
            return None

    def _send(self, session: requests.Session, letter: Letter) -> None:
        headers = signed_headers(letter.webhook.secret, letter.event.id, int(time.time()), letter.event.body)
        try:
            answer = session.post(
                letter.webhook.url,
                data=letter.event.body,
                headers=headers,
                timeout=CONNECT_AND_READ_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            self._try_again(letter, error=type(error).__name__)
            return
        if answer.status_code in SUCCESS:
            self.note(letter, "sent", status=answer.status_code)
        elif answer.status_code == GONE:
            self._gone.add(letter.webhook.id)
            self.note(letter, "switched off", status=answer.status_code)
        else:
            self._try_again(letter, status=answer.status_code)

    def _try_again(self, letter: Letter, **why: Any) -> None:
        if letter.attempt > len(self._retry_seconds):
            self.note(letter, "given up", **why)
            return
        self.note(letter, "failed", **why)
        with self._wake:
            due = time.monotonic() + self._retry_seconds[letter.attempt - 1]
            self._add(due, replace(letter, attempt=letter.attempt + 1))
