"""All queues of the account under one lock, and the requests of the API on their messages."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.sqs.models import Queue as Declared
from moto.sqs.models import sqs_backends

from local.stack.names import ACCOUNT, REGION
from local.stack.queues.errors import QueueRefused
from local.stack.queues.queue import Message, Queue, Settings, md5

Json = dict[str, Any]

_LARGEST_DELAY, _LARGEST_VISIBILITY, _LARGEST_BATCH, _LARGEST_RECEIVE = 900, 43_200, 10, 10


class QueueService:
    """Sends, receives and deletes; `arrived` wakes whoever waits for a message."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.arrived = threading.Condition(self.lock)
        self._clock = clock
        self._queues: dict[str, Queue] = {}
        self._faults: list[tuple[str, str]] = []

    def now(self) -> float:
        """The clock of the queues, seconds."""
        return self._clock()

    def queue(self, url_or_arn: str) -> Queue:
        """The queue with this URL, ARN or name, as moto has it declared."""
        name = url_or_arn.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        declared = sqs_backends[ACCOUNT][REGION].queues.get(name)
        if declared is None:
            raise QueueRefused("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
        with self.lock:
            known = self._queues.get(name)
            if known is None:
                known = self._queues[name] = Queue(name, declared.queue_arn, Settings(), self._clock)
            known.settings = _settings(declared)
            return known

    def send(
        self, url_or_arn: str, body: str, attributes: Json | None = None, delay_seconds: int | None = None
    ) -> Message:
        """Puts one message into a queue and wakes its consumers."""
        with self.lock:
            message = self.queue(url_or_arn).send(body, attributes or {}, delay_seconds)
            self.arrived.notify_all()
            return message

    def receive(self, url_or_arn: str, most: int, visibility_seconds: int | None = None) -> list[Message]:
        """Up to `most` visible messages at once; what was received too often moves to the dead letters."""
        with self.lock:
            queue = self.queue(url_or_arn)
            received, dead = queue.receive(most, visibility_seconds)
            for message in dead:
                self.queue(str(queue.settings.dead_letters)).adopt(message, queue.arn)
            if dead:
                self.arrived.notify_all()
            return received

    def delete(self, url_or_arn: str, receipts: Iterable[str]) -> None:
        """Removes the messages of these receipts; unknown receipts are no error."""
        with self.lock:
            queue = self.queue(url_or_arn)
            for receipt in receipts:
                queue.delete(receipt)

    def fail_next(self, operation: str, url_or_arn: str) -> None:
        """Makes the next request of this operation on this queue fail as if SQS were away."""
        with self.lock:
            self._faults.append((operation, self.queue(url_or_arn).name))

    def serve(self, operation: str, body: Json) -> Json:
        """The answer to one request of the API; raises QueueRefused as AWS would refuse."""
        with self.lock:
            queue = self.queue(body["QueueUrl"])
            if (operation, queue.name) in self._faults:
                self._faults.remove((operation, queue.name))
                raise QueueRefused("ServiceUnavailable", "The service is unavailable (a fault asked for by a test).")
        if operation == "ReceiveMessage":
            return self._receive(queue, body)
        with self.lock:
            return _OPERATIONS[operation](self, queue, body)

    def _send(self, queue: Queue, body: Json) -> Json:
        _check_size(queue, [body])
        delay = body.get("DelaySeconds")
        if delay is not None and not 0 <= delay <= _LARGEST_DELAY:
            raise QueueRefused("InvalidParameterValue", f"Value {delay} for parameter DelaySeconds is invalid.")
        message = queue.send(body["MessageBody"], body.get("MessageAttributes", {}), delay, _trace(body))
        self.arrived.notify_all()
        return {"MessageId": message.id, "MD5OfMessageBody": md5(message.body)}

    def _send_batch(self, queue: Queue, body: Json) -> Json:
        entries = _entries(body)
        _check_size(queue, entries)
        sent: list[Json] = []
        failed: list[Json] = []
        for entry in entries:
            try:
                sent.append({"Id": entry["Id"], **self._send(queue, entry)})
            except QueueRefused as refused:
                failed.append(
                    {"Id": entry["Id"], "SenderFault": True, "Code": refused.code, "Message": refused.message}
                )
        return {"Successful": sent, **({"Failed": failed} if failed else {})}

    def _receive(self, queue: Queue, body: Json) -> Json:
        most = body.get("MaxNumberOfMessages", 1)
        if not 1 <= most <= _LARGEST_RECEIVE:
            raise QueueRefused("InvalidParameterValue", f"Value {most} for parameter MaxNumberOfMessages is invalid.")
        wait = min(body.get("WaitTimeSeconds", queue.settings.wait_seconds), 20)
        deadline = time.monotonic() + wait
        with self.lock:
            received = self.receive(queue.arn, most, body.get("VisibilityTimeout"))
            while not received and (left := deadline - time.monotonic()) > 0:
                self.arrived.wait(min(left, 0.5))
                received = self.receive(queue.arn, most, body.get("VisibilityTimeout"))
        return {"Messages": [_shown(each) for each in received]} if received else {}

    def _delete(self, queue: Queue, body: Json) -> Json:
        queue.delete(body["ReceiptHandle"])
        return {}

    def _delete_batch(self, queue: Queue, body: Json) -> Json:
        entries = _entries(body)
        for entry in entries:
            queue.delete(entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in entries]}

    def _hide(self, queue: Queue, body: Json) -> Json:
        seconds = body["VisibilityTimeout"]
        if not 0 <= seconds <= _LARGEST_VISIBILITY:
            raise QueueRefused("InvalidParameterValue", f"Value {seconds} for parameter VisibilityTimeout is invalid.")
        if not queue.change_visibility(body["ReceiptHandle"], seconds):
            raise QueueRefused("MessageNotInflight", "The specified message isn't in flight.")
        self.arrived.notify_all()
        return {}

    def _hide_batch(self, queue: Queue, body: Json) -> Json:
        entries = _entries(body)
        for entry in entries:
            self._hide(queue, entry)
        return {"Successful": [{"Id": entry["Id"]} for entry in entries]}

    def _purge(self, queue: Queue, body: Json) -> Json:
        del body
        queue.drop()
        return {}

    def _attributes(self, queue: Queue, body: Json) -> Json:
        asked = body.get("AttributeNames", [])
        backend = sqs_backends[ACCOUNT][REGION]
        declared = backend.get_queue_attributes(queue.name, asked)
        counts = queue.counts()
        live = {
            "ApproximateNumberOfMessages": counts.visible,
            "ApproximateNumberOfMessagesNotVisible": counts.in_flight,
            "ApproximateNumberOfMessagesDelayed": counts.delayed,
        }
        shown = {**declared, **{name: value for name, value in live.items() if name in asked or "All" in asked}}
        return {"Attributes": {name: str(value) for name, value in shown.items() if value is not None}}

    def move(self, source_arn: str, target_arn: str | None) -> int:
        """StartMessageMoveTask: every dead letter goes back to the queue it came from, or to the one that is named."""
        with self.lock:
            source = self.queue(source_arn)
            received, _ = source.receive(1_000_000)
            for message in received:
                source.delete(str(message.receipt))
                target = self.queue(target_arn or str(message.dead_letter_source))
                message.receives, message.first_received_at = 0, None
                target.adopt(message, "")
                message.dead_letter_source = None
            self.arrived.notify_all()
            return len(received)


def _settings(declared: Declared) -> Settings:
    given: Any = declared
    redrive = given.redrive_policy or {}
    return Settings(
        visibility_seconds=int(given.visibility_timeout),
        delay_seconds=int(given.delay_seconds),
        retention_seconds=int(given.message_retention_period),
        largest_bytes=int(given.maximum_message_size),
        wait_seconds=int(given.receive_message_wait_time_seconds),
        dead_letters=redrive.get("deadLetterTargetArn"),
        receives_allowed=int(redrive.get("maxReceiveCount", 0)),
    )


def _entries(body: Json) -> list[Json]:
    entries: list[Json] = body.get("Entries", [])
    if not entries:
        raise QueueRefused("AWS.SimpleQueueService.EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _LARGEST_BATCH:
        raise QueueRefused(
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10."
        )
    if len({entry["Id"] for entry in entries}) != len(entries):
        raise QueueRefused(
            "AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "Two or more batch entries have the same Id."
        )
    return entries


def _check_size(queue: Queue, entries: Iterable[Json]) -> None:
    if sum(len(each["MessageBody"].encode()) for each in entries) > queue.settings.largest_bytes:
        raise QueueRefused(
            "InvalidParameterValue",
            f"Reason: Message must be shorter than {queue.settings.largest_bytes} bytes.",
        )


def _trace(body: Json) -> str | None:
    header: Mapping[str, Any] = body.get("MessageSystemAttributes", {}).get("AWSTraceHeader", {})
    return header.get("StringValue")


def _shown(message: Message) -> Json:
    shown = {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": md5(message.body),
        "Body": message.body,
        "Attributes": system_attributes(message),
    }
    return {**shown, "MessageAttributes": message.attributes} if message.attributes else shown


def system_attributes(message: Message) -> dict[str, str]:
    """The attributes that SQS itself adds; times are milliseconds since 1970."""
    attributes = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(int(message.sent_at * 1000)),
        "SenderId": ACCOUNT,
        "ApproximateFirstReceiveTimestamp": str(int((message.first_received_at or 0) * 1000)),
    }
    if message.trace is not None:
        attributes["AWSTraceHeader"] = message.trace
    if message.dead_letter_source:
        attributes["DeadLetterQueueSourceArn"] = message.dead_letter_source
    return attributes


_OPERATIONS: Mapping[str, Callable[[QueueService, Queue, Json], Json]] = {
    "SendMessage": QueueService._send,
    "SendMessageBatch": QueueService._send_batch,
    "DeleteMessage": QueueService._delete,
    "DeleteMessageBatch": QueueService._delete_batch,
    "ChangeMessageVisibility": QueueService._hide,
    "ChangeMessageVisibilityBatch": QueueService._hide_batch,
    "PurgeQueue": QueueService._purge,
    "GetQueueAttributes": QueueService._attributes,
}
OPERATIONS = frozenset([*_OPERATIONS, "ReceiveMessage"])
