"""Feeds a function from a table's stream, as Lambda's event source mapping does.

Order is kept: a batch that fails holds up what comes after it, until it succeeds, is halved down to the one record
that fails, or has been tried as often as the mapping allows. What is given up goes to the on-failure destination: not
the records themselves but where in the stream they stand, as on AWS.
"""

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

from local.stack.activity import Activity
from local.stack.deployment import Resource
from local.stack.dynamodb.operations import ItemStore
from local.stack.dynamodb.tables import Table
from local.stack.queues.service import QueueService
from local.stack.runtime.function import Function
from local.stack.sources.queue_mapping import QUIET_SECONDS, failed_ids

_LONGEST_SLEEP_SECONDS = 1.0
_BACK_OFF_SECONDS = 0.05
_FOR_EVER = -1
_SHARD = "shardId-00000000000000000000-00000000"

Records = list[dict[str, Any]]


class StreamMapping:
    """One mapping as deployed. There is one shard, so there is one worker."""

    def __init__(
        self, resource: Resource, function: Function, items: ItemStore, queues: QueueService, activity: Activity
    ) -> None:
        given = resource.properties
        self.logical_id, self.source_arn = resource.logical_id, str(given["EventSourceArn"])
        self.enabled = str(given.get("Enabled", True)).lower() == "true"
        self._batch_size = int(given.get("BatchSize", 100))
        self._window_seconds = float(given.get("MaximumBatchingWindowInSeconds", 0))
        self._retries = int(given.get("MaximumRetryAttempts", _FOR_EVER))
        self._bisects = bool(given.get("BisectBatchOnFunctionError", False))
        self._reports_items = "ReportBatchItemFailures" in given.get("FunctionResponseTypes", [])
        self._given_up_to = given.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        self._function, self._items, self._queues, self._activity = function, items, queues, activity
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name=self.logical_id, daemon=True)
        self._position = 0
        if given.get("StartingPosition") == "LATEST":
            self._position = len(self._table().stream)

    def start(self) -> None:
        """Begins to read."""
        if self.enabled:
            self._thread.start()

    def stop(self) -> None:
        """Ends reading; the batch that runs is waited for."""
        self._stopping.set()
        with self._items.lock:
            self._items.changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def waiting(self) -> int:
        """Records that no invocation has dealt with yet."""
        with self._items.lock:
            return len(self._table().stream) - self._position if self.enabled else 0

    def _table(self) -> Table:
        return self._items.table(self.source_arn.split(":table/", 1)[1].split("/", 1)[0])

    def _work(self) -> None:
        while not self._stopping.is_set():
            batch = self._collect()
            if batch:
                self._hand_over(batch, tried=0)
                self._advance(len(batch))

    def _collect(self) -> Records:
        """The next batch: full, or after the window, or as soon as nothing runs that could still change something."""
        with self._items.lock:
            stream = self._table().stream
            if self._position == len(stream):
                self._items.changed.wait(_LONGEST_SLEEP_SECONDS)
                return []
            ends = time.monotonic() + self._window_seconds
            while len(stream) - self._position < self._batch_size and self._more_may_come(ends):
                pass
            return [] if self._stopping.is_set() else stream[self._position : self._position + self._batch_size]

    def _more_may_come(self, ends: float) -> bool:
        """Waits for a further request on any table; False once the window ends or everything has come to rest."""
        left = min(QUIET_SECONDS, ends - time.monotonic())
        if left <= 0 or self._stopping.is_set():
            return False
        return self._items.changed.wait(left) or self._activity.now()[0] > 0

    def _advance(self, number: int) -> None:
        """Moves on."""
        with self._items.lock:
            self._position += number

    def _hand_over(self, batch: Records, tried: int) -> None:
        rest = batch
        while rest and not self._stopping.is_set():
            at = self._first_failed(rest)
            if at is None:
                return
            rest = rest[at:]
            if self._bisects and len(rest) > 1:
                middle = len(rest) // 2
                self._hand_over(rest[:middle], tried)
                self._hand_over(rest[middle:], tried)
                return
            tried += 1
            if self._retries != _FOR_EVER and tried > self._retries:
                self._give_up(rest, tried)
                return
            self._stopping.wait(_BACK_OFF_SECONDS)

    def _first_failed(self, batch: Records) -> int | None:
        """Where in the batch the first failure stands; None if there is none."""
        records = [{**each, "eventSourceARN": self.source_arn} for each in batch]
        outcome = self._function.invoke({"Records": records})
        if outcome.failed:
            return 0
        if not self._reports_items:
            return None
        numbers = [str(each["dynamodb"]["SequenceNumber"]) for each in batch]
        failed = failed_ids(outcome.payload, set(numbers))
        return min(numbers.index(each) for each in failed) if failed else None

    def _give_up(self, batch: Records, tried: int) -> None:
        if self._given_up_to is None:
            return
        moments = [datetime.fromtimestamp(each["dynamodb"]["ApproximateCreationDateTime"], UTC) for each in batch]
        body = {
            "version": "1.0",
            "timestamp": datetime.now(UTC).isoformat(),
            "requestContext": {
                "functionArn": self._function.arn,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": tried,
            },
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "DDBStreamBatchInfo": {
                "shardId": _SHARD,
                "startSequenceNumber": batch[0]["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": batch[-1]["dynamodb"]["SequenceNumber"],
                "approximateArrivalOfFirstRecord": min(moments).isoformat(),
                "approximateArrivalOfLastRecord": max(moments).isoformat(),
                "batchSize": len(batch),
                "streamArn": self.source_arn,
            },
        }
        self._queues.send(self._given_up_to, json.dumps(body))
