"""Standard queues: visibility, delays, redrive and dead letters, with a clock that the test holds."""

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from moto.sqs.models import sqs_backends

from local.stack.names import ACCOUNT, REGION
from local.stack.queues.errors import QueueRefused
from local.stack.queues.queue import Counts
from local.stack.queues.service import QueueService


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queues(clock: Clock) -> Iterator[QueueService]:
    with mock_aws():
        backend = sqs_backends[ACCOUNT][REGION]
        dead = backend.create_queue("dead")
        policy = {"deadLetterTargetArn": dead.queue_arn, "maxReceiveCount": 2}
        backend.create_queue("work", VisibilityTimeout=60, RedrivePolicy=policy)
        yield QueueService(clock)


def ids(queues: QueueService, queue: str = "work", most: int = 10) -> list[str]:
    return [each.body for each in queues.receive(queue, most)]


def test_a_received_message_is_hidden_until_its_time_out_ends(queues: QueueService, clock: Clock) -> None:
    queues.send("work", "m")

    first, at_once = ids(queues), ids(queues)
    clock.now += 60
    later = ids(queues)

    assert (first, at_once, later) == (["m"], [], ["m"])


def test_a_deleted_message_does_not_come_back(queues: QueueService, clock: Clock) -> None:
    queues.send("work", "m")
    (message,) = queues.receive("work", 1)

    queues.delete("work", [str(message.receipt)])
    clock.now += 60

    assert ids(queues) == []


def test_a_message_received_too_often_becomes_a_dead_letter(queues: QueueService, clock: Clock) -> None:
    sent = queues.send("work", "m")

    for _ in range(3):
        ids(queues)
        clock.now += 60
    answer = queues.serve("ReceiveMessage", {"QueueUrl": "https://x/dead"})

    assert ids(queues) == []
    assert answer["Messages"][0]["MessageId"] == sent.id
    assert answer["Messages"][0]["Attributes"]["DeadLetterQueueSourceArn"].endswith(":work")


def test_dead_letters_move_back_to_where_they_came_from(queues: QueueService, clock: Clock) -> None:
    queues.send("work", "m")
    for _ in range(3):
        ids(queues)
        clock.now += 60

    moved = queues.move("dead", None)

    assert (moved, ids(queues, "dead"), ids(queues)) == (1, [], ["m"])


def test_a_delayed_message_waits(queues: QueueService, clock: Clock) -> None:
    queues.serve("SendMessage", {"QueueUrl": "work", "MessageBody": "m", "DelaySeconds": 30})

    counts, before = queues.queue("work").counts(), ids(queues)
    clock.now += 30

    assert (counts, before, ids(queues)) == (Counts(0, 0, 1), [], ["m"])


def test_a_message_older_than_the_retention_is_gone(queues: QueueService, clock: Clock) -> None:
    queues.send("work", "m")

    clock.now += 345_600

    assert ids(queues) == []


def test_changing_the_visibility_to_nothing_gives_the_message_back(queues: QueueService) -> None:
    queues.send("work", "m")
    (message,) = queues.receive("work", 1)

    body = {"QueueUrl": "work", "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
    queues.serve("ChangeMessageVisibility", body)

    assert ids(queues) == ["m"]


@pytest.mark.parametrize(
    ("operation", "body", "code"),
    [
        ("SendMessage", {"QueueUrl": "nobody", "MessageBody": "m"}, "AWS.SimpleQueueService.NonExistentQueue"),
        ("SendMessage", {"MessageBody": "m", "DelaySeconds": 901}, "InvalidParameterValue"),
        ("SendMessage", {"MessageBody": "x" * 1_048_577}, "InvalidParameterValue"),
        ("ReceiveMessage", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
        ("SendMessageBatch", {"Entries": []}, "AWS.SimpleQueueService.EmptyBatchRequest"),
        (
            "SendMessageBatch",
            {"Entries": [{"Id": str(each), "MessageBody": "m"} for each in range(11)]},
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        ),
        ("ChangeMessageVisibility", {"ReceiptHandle": "none", "VisibilityTimeout": 1}, "MessageNotInflight"),
    ],
)
def test_what_sqs_refuses_is_refused(queues: QueueService, operation: str, body: dict[str, Any], code: str) -> None:
    with pytest.raises(QueueRefused) as refused:
        queues.serve(operation, {"QueueUrl": "work", **body})

    assert refused.value.code == code


def test_a_batch_tells_which_entries_failed(queues: QueueService) -> None:
    entries = [{"Id": "a", "MessageBody": "m"}, {"Id": "b", "MessageBody": "m", "DelaySeconds": 1000}]

    answer = queues.serve("SendMessageBatch", {"QueueUrl": "work", "Entries": entries})

    assert [each["Id"] for each in answer["Successful"]] == ["a"]
    assert [each["Id"] for each in answer["Failed"]] == ["b"]
