"""Messages: packed up to a bulk call's worth, read back the same, taken whole or tried again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from shared.aws.clients import Clients
from shared.aws.formats import text_of
from shared.aws.message_format import (
    changes_text,
    deliveries_of,
    deliveries_text,
    hints_of,
    opened,
    poll_text,
    polls_of,
    state_json,
    trace_in,
)
from shared.aws.settings import Settings
from shared.aws.sqs import BYTES_A_CALL, SqsMessages
from shared.aws.trace import traced
from shared.core.errors import BadSettings, NeedsAPerson, TryAgain
from shared.core.integration import Integration, Strand
from shared.core.observations import Observation
from shared.core.values import Reference, Value
from shared.ports.messages import Delivery, Event, Poll
from shared.ports.system import Hint
from tests.aws import strategies
from tests.kit.builders import an_observation
from tests.kit.clock import START
from tests.kit.session import fresh_clients

SIZES = Integration("v", {}, {}, {("crm", "customer"): Strand(fetch_size=3, batch_size=2)})


@dataclass
class World:
    """Queues, a bus, and messages that go there."""

    clients: Clients
    settings: Settings
    messages: SqsMessages

    def taken(self, queue: str) -> list[dict[str, Any]]:
        found: list[Any] = []
        while batch := self.clients.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            found += batch
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Fresh queues."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        clients = fresh_clients()
        urls = [clients.sqs.create_queue(QueueName=name)["QueueUrl"] for name in "cdpr"]
        clients.events.create_event_bus(Name="bus")
        settings = Settings(
            "f",
            changes_queue=urls[0],
            deliveries_queue=urls[1],
            polls_queue=urls[2],
            reconcile_queue=urls[3],
            event_bus="bus",
        )
        yield World(clients, settings, SqsMessages(clients, settings, SIZES))


def a_hint(external_id: str, observation: Observation | None = None) -> Hint:
    return Hint("crm", "customer", external_id, observation)


# ── formats ──


@given(st.lists(strategies.observations, max_size=4), st.lists(strategies.names, max_size=4))
def test_hints_read_back_the_same(states: list[Observation], ids: list[str]) -> None:
    same_pair = [Observation(**{**_fields(state), "system": "crm", "entity": "customer"}) for state in states]

    body = opened(changes_text("crm", "customer", "t1", ids, [text_of(state_json(state)) for state in same_pair]))

    expected = [a_hint(id_) for id_ in ids] + [a_hint(state.external_id, state) for state in same_pair]
    assert hints_of(body) == expected
    assert trace_in(body) == "t1"


def _fields(state: Observation) -> dict[str, Any]:
    return {name: getattr(state, name) for name in Observation.__dataclass_fields__}


def test_deliveries_and_polls_read_back_the_same() -> None:
    deliveries = [Delivery("crm", "customer", "a"), Delivery("crm", "customer", "b")]
    poll = Poll("crm", "customer", "run", "cursor", 7)

    assert deliveries_of(opened(deliveries_text("crm", "customer", "t", ["a", "b"]))) == deliveries
    assert polls_of(opened(poll_text(poll, "t"))) == [poll]
    assert polls_of(opened(poll_text(Poll("crm", "customer"), ""))) == [Poll("crm", "customer")]


def test_an_event_from_the_bus_is_a_hint_like_any_other_and_is_traced_by_its_id() -> None:
    event = {
        "id": "e-1",
        "detail-type": "record.changed",
        "detail": {"system": "crm", "entity": "order", "ids": ["1", 2]},
    }

    assert hints_of(event) == [Hint("crm", "order", "1"), Hint("crm", "order", "2")]
    assert trace_in(event) == "e-1"


@pytest.mark.parametrize("body", ["no JSON", "[]", "1", '"text"'])
def test_what_is_no_json_object_needs_a_person(body: str) -> None:
    with pytest.raises(NeedsAPerson):
        opened(body)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "deliveries", "format": 1},
        {"kind": "changes", "format": 99},
        {"kind": "changes"},
        {"detail-type": "record.changed", "detail": {"system": "crm"}},
        {"detail-type": "record.changed", "detail": None},
        {"detail-type": "record.changed", "detail": {"system": "crm", "entity": "order", "ids": None}},
    ],
)
def test_a_message_of_another_kind_or_format_needs_a_person(message: dict[str, Any]) -> None:
    with pytest.raises(NeedsAPerson):
        hints_of(message)


# ── packing ──


def test_hints_are_packed_by_system_and_entity_up_to_a_bulk_call(world: World) -> None:
    world.messages.changes([*(a_hint(str(number)) for number in range(7)), Hint("erp", "order", "1")])

    sent = world.taken(world.settings.changes_queue)
    assert sorted((message["system"], message["ids"]) for message in sent) == [
        ("crm", ["0", "1", "2"]),
        ("crm", ["3", "4", "5"]),
        ("crm", ["6"]),
        ("erp", ["1"]),
    ]


def test_an_id_that_is_hinted_at_twice_is_asked_for_once(world: World) -> None:
    world.messages.changes([a_hint("1"), a_hint("1")])

    (message,) = world.taken(world.settings.changes_queue)
    assert message["ids"] == ["1"]


def test_states_travel_with_their_hints(world: World) -> None:
    state = an_observation("1", fields={"credit_limit": Decimal("1.50"), "order": Reference("crm", "order", "9")})

    world.messages.changes([a_hint("1", state), a_hint("2")])

    (message,) = world.taken(world.settings.changes_queue)
    assert hints_of(message) == [a_hint("2"), a_hint("1", state)]


def test_a_message_never_grows_beyond_what_a_queue_takes(world: World) -> None:
    large = [an_observation(str(number), fields={"name": "x" * 100_000}) for number in range(6)]

    world.messages.changes([a_hint(state.external_id, state) for state in large])

    sent = world.taken(world.settings.changes_queue)
    assert [len(message["states"]) for message in sent] == [2, 2, 2]
    assert all(len(text_of(message).encode()) < BYTES_A_CALL for message in sent)


def test_a_state_too_large_for_any_message_goes_as_an_id(world: World) -> None:
    world.messages.changes([a_hint("1", an_observation("1", fields={"name": "x" * 300_000}))])

    (message,) = world.taken(world.settings.changes_queue)
    assert (message["ids"], message["states"]) == (["1"], [])


def test_deliveries_are_packed_up_to_a_bulk_call_and_asked_for_once(world: World) -> None:
    records = ["a", "b", "a", "c"]

    world.messages.deliveries([Delivery("crm", "customer", record) for record in records])

    sent = world.taken(world.settings.deliveries_queue)
    assert sorted(message["records"] for message in sent) == [["a", "b"], ["c"]]


def test_many_messages_go_in_calls_of_ten(world: World) -> None:
    world.messages.deliveries([Delivery("erp", "order", str(number)) for number in range(25)])

    assert len(world.taken(world.settings.deliveries_queue)) == 25


def test_polls_and_comparisons_go_to_their_own_queues(world: World) -> None:
    world.messages.polls([Poll("crm", "customer"), Poll("crm", "order")])
    world.messages.reconciles([Poll("crm", "customer", "run")])

    assert len(world.taken(world.settings.polls_queue)) == 2
    assert [message["run"] for message in world.taken(world.settings.reconcile_queue)] == ["run"]


def test_every_message_carries_the_trace_and_no_attribute(world: World) -> None:
    with traced("t9"):
        world.messages.changes([a_hint("1")])
        world.messages.deliveries([Delivery("crm", "customer", "a")])
        world.messages.polls([Poll("crm", "customer")])

    for queue in (world.settings.changes_queue, world.settings.deliveries_queue, world.settings.polls_queue):
        (found,) = world.clients.sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
        assert json.loads(found["Body"])["trace"] == "t9"
        assert "MessageAttributes" not in found


def test_nothing_to_send_is_no_call() -> None:
    clients = fresh_clients()
    messages = SqsMessages(clients, Settings("f"), SIZES)

    messages.changes([])
    messages.deliveries([])
    messages.publish([])

    assert not clients._made  # no client was even made


def test_a_delay_stays_within_what_the_queue_can(world: World) -> None:
    with Stubber(world.clients.sqs) as stub:
        for asked, given_ in ((5, 5), (5000, 900), (-1, 0)):
            body = changes_text("crm", "customer", "", ["1"], [])
            entries = [{"Id": "0", "MessageBody": body, "DelaySeconds": given_}]
            expected = {"QueueUrl": world.settings.changes_queue, "Entries": entries}
            stub.add_response("send_message_batch", {"Successful": [], "Failed": []}, expected)
            world.messages.changes([a_hint("1")], asked)
        stub.assert_no_pending_responses()


# ── failures ──


def test_a_call_that_was_taken_in_part_is_tried_again(world: World) -> None:
    failed = [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]
    with Stubber(world.clients.sqs) as stub:
        stub.add_response("send_message_batch", {"Successful": [], "Failed": failed})

        with pytest.raises(TryAgain, match="all but 1 of 1 messages: InternalError"):
            world.messages.changes([a_hint("1")])


def test_a_queue_that_does_not_exist_is_bad_settings(world: World) -> None:
    world.clients.sqs.delete_queue(QueueUrl=world.settings.changes_queue)

    with pytest.raises(BadSettings, match="deploy the template again"):
        world.messages.changes([a_hint("1")])


# ── events ──


def events_on(clients: Clients) -> str:
    """Return a queue that gets every event of the bus."""
    url = clients.sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    clients.events.put_rule(Name="all", EventBusName="bus", EventPattern='{"source": ["tandem"]}')
    clients.events.put_targets(Rule="all", EventBusName="bus", Targets=[{"Id": "q", "Arn": arn}])
    return url


def test_events_go_as_cloudevents_ten_to_a_call(world: World) -> None:
    heard = events_on(world.clients)
    data: dict[str, Value] = {
        "on_hand": Decimal("3.50"),
        "at": START,
        "is_low": True,
        "product": Reference("crm", "product", "7"),
    }
    with traced("t1"):
        world.messages.publish([Event("stock.changed", "stock/1", f"e{number}", data) for number in range(12)])

    found = world.taken(heard)
    assert len(found) == 12
    assert {event["detail-type"] for event in found} == {"stock.changed"}
    assert next(event["detail"] for event in found if event["detail"]["id"] == "e0") == {
        "specversion": "1.0",
        "id": "e0",
        "source": "tandem",
        "type": "stock.changed",
        "subject": "stock/1",
        "datacontenttype": "application/json",
        "dataschema": "urn:tandem:event:stock.changed:1",
        "tandemtrace": "t1",
        "data": {"on_hand": "3.50", "at": "2026-03-02T09:00:00.000000+00:00", "is_low": True, "product": "7"},
    }


def test_events_that_the_bus_did_not_take_are_tried_again(world: World) -> None:
    with Stubber(world.clients.events) as stub:
        stub.add_response("put_events", {"FailedEntryCount": 1, "Entries": []})

        with pytest.raises(TryAgain, match="all but 1"):
            world.messages.publish([Event("a", "b", "c", {})])
