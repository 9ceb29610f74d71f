"""Dead letters of SQS: looked at by receiving and releasing them, brought back the way that each queue leads.

| queue                                                      | where a letter was going                              |
|------------------------------------------------------------|-------------------------------------------------------|
| `ChangesDeadLetters`, `DeliveriesDeadLetters`, `Polls…`, `Reconcile…` | the queue whose name it bears              |
| `HintDeadLetters`                                          | the changes queue, as the bus would have put it there |
| `WatchDeadLetters`                                         | the watch queue, as the bus would have put it there   |
| `ScheduleDeadLetters`                                      | the function that the tick was for                    |
| `StreamDeadLetters`                                        | fan_out, with the changes that it names in the stream |
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.aws.clients import Clients
from shared.aws.dynamodb import chunks
from shared.aws.failures import explained
from shared.aws.settings import Settings
from shared.aws.stream_again import StreamAgain
from shared.ports.dead_letters import DeadLetter

HIDDEN_SECONDS = 60
MESSAGES_A_CALL = 10


@dataclass(frozen=True)
class Ways:
    """The addresses: dead letters and queues of work by name, functions by the name of their folder."""

    dead: Mapping[str, str]
    work: Mapping[str, str]
    functions: Mapping[str, str]


class SqsDeadLetters:
    """The dead letters of one installation."""

    def __init__(self, clients: Clients, ways: Ways) -> None:
        """Make no call yet."""
        self._clients, self._ways = clients, ways
        self._again = StreamAgain(clients, ways.functions.get("fan_out", ""))

    def waiting(self) -> Mapping[str, int]:
        """Return how many letters are there, those that somebody looks at included."""
        return {name: self._count(url) for name, url in self._ways.dead.items()}

    def take(self, queue: str, most: int) -> Sequence[DeadLetter]:
        """Receive up to so many letters."""
        found: dict[str, DeadLetter] = {}
        while len(found) < most:
            some = self._received(queue, min(MESSAGES_A_CALL, most - len(found)))
            if not some:
                break
            found |= {each.id: each for each in some}
        return list(found.values())

    def release(self, letters: Collection[DeadLetter]) -> None:
        """End the time for which letters are hidden."""
        for queue, some in _by_queue(letters):
            for ten in chunks(some, MESSAGES_A_CALL):
                entries: Any = [
                    {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
                    for number, each in enumerate(ten)
                ]
                with explained(f"release letters of {queue}"):
                    self._clients.sqs.change_message_visibility_batch(QueueUrl=self._ways.dead[queue], Entries=entries)

    def resend(self, letter: DeadLetter) -> str:
        """Send a letter where it was going."""
        work = _WORK.get(letter.queue)
        if work is not None:
            with explained(f"send a dead letter to {work}"):
                self._clients.sqs.send_message(QueueUrl=self._ways.work[work], MessageBody=letter.body)
            return ""
        if letter.queue == "StreamDeadLetters":
            return self._again.carry(letter.body)
        return self._tick(letter)

    def delete(self, letter: DeadLetter) -> None:
        """Delete a letter."""
        with explained(f"delete a letter of {letter.queue}"):
            self._clients.sqs.delete_message(QueueUrl=self._ways.dead[letter.queue], ReceiptHandle=letter.receipt)

    def move(self, queue: str) -> bool:
        """Start the task of SQS that moves all letters of a queue back to the queue that they come from."""
        if queue not in _OF_WORK:
            return False
        with explained(f"find {queue}"):
            asked = self._clients.sqs.get_queue_attributes(QueueUrl=self._ways.dead[queue], AttributeNames=["QueueArn"])
        with explained(f"move the letters of {queue}"):
            self._clients.sqs.start_message_move_task(SourceArn=asked["Attributes"]["QueueArn"])
        return True

    def _tick(self, letter: DeadLetter) -> str:
        """Start the function that a tick was for; without its name nobody knows which."""
        function = letter.about.get("function", "")
        if function not in self._ways.functions:
            return (
                "the letter does not say which function it was for: start it by its own verb, then discard the letter"
            )
        payload = _payload(letter.body)
        with explained(f"start {function}"):
            self._clients.functions.invoke(
                FunctionName=self._ways.functions[function],
                InvocationType="Event",
                Payload=json.dumps(payload).encode(),
            )
        return ""

    def _received(self, queue: str, most: int) -> list[DeadLetter]:
        with explained(f"look at {queue}"):
            answer = self._clients.sqs.receive_message(
                QueueUrl=self._ways.dead[queue],
                MaxNumberOfMessages=most,
                VisibilityTimeout=HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # asks all servers of the queue, so that none of a few letters is missed
                AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                MessageAttributeNames=["All"],
            )
        return [self._letter(queue, message) for message in answer.get("Messages", [])]

    def _letter(self, queue: str, message: Any) -> DeadLetter:
        system: Mapping[str, str] = message.get("Attributes", {})
        told = {name: str(each.get("StringValue", "")) for name, each in message.get("MessageAttributes", {}).items()}
        return DeadLetter(
            queue,
            message["MessageId"],
            message["ReceiptHandle"],
            message["Body"],
            datetime.fromtimestamp(int(system.get("SentTimestamp", 0)) / 1000, UTC),
            int(system.get("ApproximateReceiveCount", 0)),
            {name: text for name, text in self._about(queue, message["Body"], told).items() if text},
        )

    def _about(self, queue: str, body: str, told: Mapping[str, str]) -> dict[str, str]:
        """Return what a letter is of: system, entity and how many records; the function of a tick; AWS's error."""
        content = _object(body)
        about = {"error": " ".join(part for part in (told.get("ERROR_CODE"), told.get("ERROR_MESSAGE")) if part)}
        if queue == "StreamDeadLetters":
            place = content.get("DDBStreamBatchInfo", {})
            return about | {
                "changes": str(place.get("batchSize", "")),
                "place": str(place.get("startSequenceNumber", "")),
            }
        if queue == "ScheduleDeadLetters":
            return about | self._about_tick(content, told)
        told_of = content.get("detail", content) if isinstance(content.get("detail"), dict) else content
        ids = [*told_of.get("ids", []), *told_of.get("states", []), *told_of.get("records", [])]
        return about | {
            "system": str(told_of.get("system", "")),
            "entity": str(told_of.get("entity", "")),
            "records": str(len(ids)) if ids else "",
        }

    def _about_tick(self, content: Mapping[str, Any], told: Mapping[str, str]) -> dict[str, str]:
        target = told.get("TARGET_ARN") or str(content.get("requestContext", {}).get("functionArn", ""))
        name = target.split(":function:")[-1].split(":")[0]
        found = [folder for folder, function in self._ways.functions.items() if function == name]
        error = content.get("responsePayload") or {}
        return {"function": found[0] if found else ""} | (
            {"error": f"{error.get('errorType', '')}: {error.get('errorMessage', '')}"} if error else {}
        )

    def _count(self, url: str) -> int:
        asked: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        with explained("count dead letters"):
            answer = self._clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        return sum(int(value) for value in answer["Attributes"].values())


_OF_WORK = {
    "ChangesDeadLetters": "ChangesQueue",
    "DeliveriesDeadLetters": "DeliveriesQueue",
    "PollsDeadLetters": "PollsQueue",
    "ReconcileDeadLetters": "ReconcileQueue",
}
_WORK = _OF_WORK | {"HintDeadLetters": "ChangesQueue", "WatchDeadLetters": "WatchQueue"}


def ways_of(settings: Settings, work: Mapping[str, str]) -> Ways:
    """Return the addresses that a function knows."""
    dead = {
        "ChangesDeadLetters": settings.changes_dead_letters,
        "DeliveriesDeadLetters": settings.deliveries_dead_letters,
        "PollsDeadLetters": settings.polls_dead_letters,
        "ReconcileDeadLetters": settings.reconcile_dead_letters,
        "WatchDeadLetters": settings.watch_dead_letters,
        "HintDeadLetters": settings.hint_dead_letters,
        "ScheduleDeadLetters": settings.schedule_dead_letters,
        "StreamDeadLetters": settings.stream_dead_letters,
    }
    functions = {
        "poll_changes": settings.poll_changes_function,
        "sweep_overdue": settings.sweep_overdue_function,
        "reconcile": settings.reconcile_function,
        "watch_stock": settings.watch_stock_function,
        "fan_out": settings.fan_out_function,
    }
    return Ways({name: url for name, url in dead.items() if url}, work, functions)


def _payload(body: str) -> Any:
    """Return what the function was to be started with: the tick, or what it failed with."""
    content = _object(body)
    return content.get("requestPayload", content)


def _object(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _by_queue(letters: Collection[DeadLetter]) -> Iterator[tuple[str, list[DeadLetter]]]:
    for queue in dict.fromkeys(letter.queue for letter in letters):
        yield queue, [letter for letter in letters if letter.queue == queue]
