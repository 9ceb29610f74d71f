"""What is read off a stack: the same counts whoever runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws

from operate.failures import Failed
from operate.looking import Stack
from operate.showing_status import stopped
from operate.target import LOCAL_SETTINGS, Target
from shared.aws.counts import QUEUES, InQueues, Waiting
from shared.ports.stores import SystemState, SystemStatus


def table(*keys: str, **indexes: tuple[str, str]) -> dict[str, object]:
    """Return a table of text keys with indexes of text keys."""
    names = sorted({*keys, *(name for pair in indexes.values() for name in pair)})
    return {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in names],
            "KeySchema": schema(*keys),
            "GlobalSecondaryIndexes": [
                {"IndexName": name, "KeySchema": schema(*pair), "Projection": {"ProjectionType": "KEYS_ONLY"}}
                for name, pair in indexes.items()
            ]
            or {"Ref": "AWS::NoValue"},
        },
    }


def schema(*keys: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(keys, ("HASH", "RANGE"), strict=False)]


TEMPLATE = {
    "Resources": {
        "RecordsTable": table("id", due=("due_shard", "due_at"), parked=("parked_shard", "parked_since")),
        "IdentitiesTable": table("pk", "sk", due=("due_shard", "due_at")),
        "ConflictsTable": table("record_id", "sk", open=("open_shard", "sk")),
        "StateTable": table("pk", "sk"),
        **{queue: {"Type": "AWS::SQS::Queue"} for queue in QUEUES},
    },
    "Outputs": {
        **{f"{name}Name": {"Value": {"Ref": name}} for name in ("RecordsTable", "IdentitiesTable", "StateTable")},
        "ConflictsTableName": {"Value": {"Ref": "ConflictsTable"}},
        **{f"{queue}Url": {"Value": {"Ref": queue}} for queue in QUEUES},
    },
}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with mock_aws():
        target = Target("tandem-test", None, LOCAL_SETTINGS)
        cloudformation = target.client("cloudformation")
        cloudformation.create_stack(StackName="tandem-test", TemplateBody=json.dumps(TEMPLATE))
        yield Stack(target)


def put(stack: Stack, table: str, **values: str) -> None:
    item = {name: {"S": value} for name, value in values.items()}
    stack.target.clients.dynamodb.put_item(TableName=stack.target.named(f"{table}Name"), Item=item)


def test_an_empty_stack_owes_nothing(stack: Stack) -> None:
    assert (stack.owed(), stack.parked(), stack.conflicts()) == (0, 0, 0)
    assert stack.in_queues() == InQueues(0, 0)
    assert stack.waiting() is None
    assert stack.last_change() is None


def test_what_is_owed_is_counted_over_all_shards_of_records_and_waiting_hints(stack: Stack) -> None:
    put(stack, "RecordsTable", id="1", due_shard="0", due_at="2026")
    put(stack, "RecordsTable", id="2", due_shard="f", due_at="2027")
    put(stack, "RecordsTable", id="3")
    put(stack, "IdentitiesTable", pk="id/crm/customer/1", sk="note", due_shard="a", due_at="2026")

    assert stack.owed() == 3


def test_what_needs_a_person_is_counted_apart(stack: Stack) -> None:
    put(stack, "RecordsTable", id="1", parked_shard="3", parked_since="2026")
    put(stack, "IdentitiesTable", pk="id/crm/customer/1", sk="note", due_shard="parked", due_at="2026")
    put(stack, "ConflictsTable", record_id="1", sk="2026", open_shard="7")

    assert (stack.owed(), stack.parked(), stack.conflicts()) == (0, 2, 1)


def test_queues_count_what_waits_and_apart_from_it_what_is_delayed(stack: Stack) -> None:
    sqs = stack.target.clients.sqs
    sqs.send_message(QueueUrl=stack.target.named("ChangesQueueUrl"), MessageBody="{}")
    sqs.send_message(QueueUrl=stack.target.named("PollsQueueUrl"), MessageBody="{}", DelaySeconds=900)

    assert stack.in_queues() == InQueues(moving=1, delayed=1)
    assert sum(stack.counts.queued().values()) == 2


def test_hints_that_wait_are_counted_with_the_time_when_the_last_is_due(stack: Stack) -> None:
    put(stack, "IdentitiesTable", pk="id/crm/order/1", sk="note", due_shard="a", due_at="2026-11-22T10:00:00Z")
    put(stack, "IdentitiesTable", pk="id/crm/order/2", sk="note", due_shard="a", due_at="2026-11-22T12:00:00Z")
    put(stack, "IdentitiesTable", pk="id/crm/order/3", sk="note", due_shard="b", due_at="2026-11-22T11:00:00Z")
    put(stack, "IdentitiesTable", pk="id/crm/order/4", sk="note", due_shard="parked", due_at="2027")

    assert stack.waiting() == Waiting(3, "2026-11-22T12:00:00Z")


def test_a_stack_that_is_no_tandem_is_told(stack: Stack) -> None:
    with pytest.raises(Failed, match="has no output NothingName"):
        stack.target.named("NothingName")


def test_a_stack_that_is_not_there_is_told(stack: Stack) -> None:
    with pytest.raises(Failed, match="AWS has no stack elsewhere"):
        Target("elsewhere", None, stack.target.settings).named("RecordsTableName")


def test_a_system_that_is_stopped_before_its_first_call_is_shown_and_told(stack: Stack) -> None:
    stack.states.count_calls("crm", 3, 1)
    stack.states.set_state("erp", SystemState(SystemStatus.TRIPPED, None, "no secret"))

    assert stack.systems() == ["crm", "erp"]
    assert stopped(stack) == ["erp is tripped: no secret"]
