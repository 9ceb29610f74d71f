"""Feeds a function from a queue, as Lambda's event source mapping does.

A batch is sent when it is full, when the batching window ends, or, so that nobody waits for nothing on one machine,
when nothing runs that could still send a message. Messages of a failed batch stay hidden until their visibility
time-out.
"""

import threading
import time
from typing import Any

from local.stack.activity import Activity
from local.stack.deployment import Resource
from local.stack.names import REGION
from local.stack.queues.queue import Message, md5
from local.stack.queues.service import QueueService, system_attributes
from local.stack.runtime.function import Function, Outcome

QUIET_SECONDS = 0.02
_LONGEST_SLEEP_SECONDS = 1.0
_PAYLOAD_BYTES = 6 * 1024 * 1024 - 64 * 1024
_AT_ONCE = 10


class QueueMapping:
    """One mapping as deployed; `start` makes as many workers as it may have, `stop` ends them."""

    def __init__(
        self, resource: Resource, function: Function, queues: QueueService, activity: Activity, workers: int
    ) -> None:
        given = resource.properties
        self.logical_id, self.source_arn = resource.logical_id, str(given["EventSourceArn"])
        self.enabled = str(given.get("Enabled", True)).lower() == "true"
        self._batch_size = int(given.get("BatchSize", 10))
        self._window_seconds = float(given.get("MaximumBatchingWindowInSeconds", 0))
        self._reports_items = "ReportBatchItemFailures" in given.get("FunctionResponseTypes", [])
        allowed = given.get("ScalingConfig", {}).get("MaximumConcurrency", workers)
        self._workers = min(workers, int(allowed))
        self._function, self._queues, self._activity = function, queues, activity
        self._collecting = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.busy: set[str] = set()
        self.held = False

    def hold(self, held: bool) -> None:
        """Stops taking messages, or goes on; a batch that runs is not touched."""
        with self._queues.lock:
            self.held = held
            self._queues.arrived.notify_all()

    def start(self) -> None:
        """Begins to poll."""
        for number in range(self._workers if self.enabled else 0):
            thread = threading.Thread(target=self._work, name=f"{self.logical_id}-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Ends polling; batches that run are waited for."""
        self._stopping.set()
        with self._queues.lock:
            self._queues.arrived.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            with self._collecting:
                self._wait_for_a_message()
                batch = [] if self._stopping.is_set() else self._collect()
            if batch:
                self._hand_over(batch)

    def _wait_for_a_message(self) -> None:
        with self._queues.lock:
            queue = self._queues.queue(self.source_arn)
            while not self._stopping.is_set():
                due = None if self.held else queue.next_visible_at()
                wait = _LONGEST_SLEEP_SECONDS if due is None else min(due - self._queues.now(), _LONGEST_SLEEP_SECONDS)
                if wait <= 0:
                    return
                self._queues.arrived.wait(wait)

    def _collect(self) -> list[Message]:
        batch: list[Message] = []
        size = 0
        ends = time.monotonic() + self._window_seconds
        with self._queues.lock:
            while len(batch) < self._batch_size and size < _PAYLOAD_BYTES:
                more = self._queues.receive(self.source_arn, min(_AT_ONCE, self._batch_size - len(batch)))
                batch += more
                self.busy.update(each.id for each in more)
                size += sum(len(each.body) for each in more)
                if not more and not self._more_may_come(ends):
                    break
        return batch

    def _more_may_come(self, ends: float) -> bool:
        """Waits for a further message; False once the window ends or everything else has come to rest."""
        while not self._stopping.is_set():
            left = min(QUIET_SECONDS, ends - time.monotonic())
            if left <= 0:
                return False
            if self._queues.arrived.wait(left):
                return True
            if self._activity.now()[0] == 0:
                return False
        return False

    def _hand_over(self, batch: list[Message]) -> None:
        outcome = self._function.invoke({"Records": [self._record(each) for each in batch]})
        failed = self._failed(batch, outcome)
        self._queues.delete(self.source_arn, [str(each.receipt) for each in batch if each.id not in failed])
        self.busy.difference_update(each.id for each in batch)

    def _failed(self, batch: list[Message], outcome: Outcome) -> set[str]:
        every = {each.id for each in batch}
        if outcome.failed:
            return every
        if not self._reports_items:
            return set()
        return failed_ids(outcome.payload, every)

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": system_attributes(message),
            "messageAttributes": {name: _lower(value) for name, value in message.attributes.items()},
            "md5OfBody": md5(message.body),
            "eventSource": "aws:sqs",
            "eventSourceARN": self.source_arn,
            "awsRegion": REGION,
        }


def failed_ids(answer: Any, every: set[str]) -> set[str]:
    """The failed items of a partial answer; all of them where the answer is not one (Lambda's rule)."""
    if answer is None or answer == {}:
        return set()
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None:
        return set()
    ids = {each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures}
    return {str(each) for each in ids} if ids <= every else every


def _lower(attribute: dict[str, Any]) -> dict[str, Any]:
    shown = {name[0].lower() + name[1:]: value for name, value in attribute.items()}
    return {**shown, "stringListValues": [], "binaryListValues": []}
