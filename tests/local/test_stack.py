"""The toy application on the local stack: every event source, driven from the template as deployed."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from rich.console import Console
from rich.progress import Progress

from local.stack import LocalStack
from local.stack.names import REGION
from local.stack.permissions import Denied
from local.stack.resource_types import UnknownResource
from local.stack.template import Template, read_template

TOYS = Path(__file__).parent / "stack_toys"


@pytest.fixture
def template(monkeypatch: pytest.MonkeyPatch) -> Template:
    monkeypatch.syspath_prepend(str(TOYS))
    return read_template(TOYS / "template.yaml")


@pytest.fixture
def stack(template: Template) -> Iterator[LocalStack]:
    with LocalStack(template, secrets={"crm": {"token": "t"}}) as running:
        yield running


def post(stack: LocalStack, order: str, **more: Any) -> requests.Response:
    return requests.post(f"{stack.api}/orders/oslo", json={"id": order}, timeout=10, **more)


def send(stack: LocalStack, *orders: str) -> None:
    queue = stack.deployment.named("OrdersQueue").physical_id
    for order in orders:
        stack.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps({"id": order, "shop": "oslo"}))


def stored(stack: LocalStack) -> set[str]:
    table = stack.deployment.named("OrdersTable").physical_id
    return {item["id"]["S"] for item in stack.client("dynamodb").scan(TableName=table)["Items"]}


def test_a_request_goes_through_queue_table_stream_and_bus(stack: LocalStack) -> None:
    answer = post(stack, "o1")

    assert answer.status_code == 202
    assert stack.drain()
    assert stored(stack) == {"o1"}
    assert [datum.value for datum in stack.metrics.of("OrdersTold")] == [1.0]
    assert stack.metrics.of("OrdersTold")[0].dimensions == (("service", "toys"),)
    assert stack.units()["write_units"] == 2.0


def test_a_handler_gets_the_event_of_payload_format_two(stack: LocalStack) -> None:
    url = f"{stack.api}/orders/b%C3%A4r?a=1&b=2&a=3"

    answer = requests.post(
        url, data=b'{"id": "o1"}', headers={"X-One": "1", "Content-Type": "application/json"}, timeout=10
    )

    event = answer.json()["event"]
    assert (event["version"], event["routeKey"]) == ("2.0", "POST /orders/{shop}")
    assert event["pathParameters"] == {"shop": "bär"}
    assert event["queryStringParameters"] == {"a": "1,3", "b": "2"}
    assert event["rawQueryString"] == "a=1&b=2&a=3"
    assert event["headers"]["x-one"] == "1"
    assert (event["body"], event["isBase64Encoded"]) == ('{"id": "o1"}', False)
    assert event["requestContext"]["http"]["method"] == "POST"
    assert answer.headers["Content-Type"] == "application/json"


def test_what_has_no_route_or_is_too_long_is_refused_in_the_words_of_api_gateway(stack: LocalStack) -> None:
    unknown = requests.get(f"{stack.api}/orders/oslo", timeout=10)
    too_long = requests.post(f"{stack.api}/orders/oslo", data=b"x" * (10 * 1024 * 1024 + 1), timeout=20)

    assert (unknown.status_code, unknown.json()) == (404, {"message": "Not Found"})
    assert (too_long.status_code, too_long.json()) == (413, {"message": "Request Entity Too Large"})


def test_a_crash_behind_the_api_is_an_internal_server_error(stack: LocalStack) -> None:
    answer = requests.post(f"{stack.api}/orders/oslo", data="no json", timeout=10)

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Server Error"})
    assert stack.function("ReceiveOrder").outcomes[-1].failed


def test_a_function_sees_its_own_variables_and_nothing_of_this_machine(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOMETHING_OF_THE_HOST", "here")

    variables = post(stack, "o1").json()["variables"]

    own = {name for name in variables if not name.startswith(("AWS_", "LAMBDA_"))}
    assert own == {"TOY_QUEUE", "TOY_PREFIX", "LANG", "TZ", "_HANDLER"}
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == stack.function("ReceiveOrder").name


def test_variables_of_functions_that_run_at_once_do_not_mix(stack: LocalStack) -> None:
    def names(logical_id: str, event: dict[str, Any]) -> str:
        payload = stack.invoke(logical_id, event).payload
        return str(json.loads(payload["body"])["variables"]["_HANDLER"]) if "body" in payload else "count"

    order = {"body": '{"id": "o"}', "pathParameters": {"shop": "oslo"}}
    jobs: list[tuple[str, dict[str, Any]]] = [("ReceiveOrder", order), ("CountOrders", {})] * 10
    with ThreadPoolExecutor(8) as pool:
        seen = list(pool.map(lambda job: names(*job), jobs))

    assert seen == ["toy_functions.receive_order", "count"] * 10


def test_only_the_reported_message_comes_back_and_ends_in_the_dead_letters(stack: LocalStack) -> None:
    send(stack, "good", "bad")
    assert stack.drain(but_hidden=True)
    assert stack.queue_counts()["OrdersQueue"].in_flight == 1
    assert not stack.is_idle()

    for _ in range(3):
        stack.hurry()
        assert stack.drain(but_hidden=True)

    assert stored(stack) == {"good"}
    assert [json.loads(body)["id"] for body in stack.messages("OrdersDeadLetters")] == ["bad"]
    assert stack.drain()


def test_a_crash_brings_the_whole_batch_back(stack: LocalStack) -> None:
    send(stack, "crash")

    assert stack.drain(but_hidden=True)

    assert stack.queue_counts()["OrdersQueue"].in_flight == 1
    assert stack.function("StoreOrders").outcomes[-1].error is not None
    assert "nobody can bear" in stack.function("StoreOrders").logs[-1]


def test_a_record_that_always_fails_goes_to_the_streams_dead_letters_and_holds_nobody_up(stack: LocalStack) -> None:
    send(stack, "a", "poison", "b")

    assert stack.drain()

    told = len(stack.metrics.of("OrdersTold"))
    assert told == 2
    given_up = json.loads(stack.messages("StreamDeadLetters")[0])
    assert given_up["DDBStreamBatchInfo"]["batchSize"] == 1
    assert stack.deployment.named("OrdersTable").arn in given_up["DDBStreamBatchInfo"]["streamArn"]


def test_an_event_that_a_rule_wants_comes_into_the_queue_without_code(stack: LocalStack) -> None:
    detail = json.dumps({"id": "by-event", "shop": "oslo"})
    bus = stack.deployment.named("Bus").physical_id
    entries = [
        {"Source": "s", "DetailType": kind, "Detail": detail, "EventBusName": bus} for kind in ("order.wanted", "other")
    ]

    answer = stack.client("events").put_events(Entries=entries)

    assert answer["FailedEntryCount"] == 0
    assert stack.drain()
    assert stored(stack) == {"by-event"}


def test_a_schedule_fires_with_its_input_when_it_is_told_to(stack: LocalStack) -> None:
    send(stack, "o1")
    assert stack.drain()

    outcomes = stack.tick("CountOrdersEachMinute")

    assert [each.payload for each in outcomes] == [{"event": {"kind": "count"}, "orders": 1}]


def test_another_process_reaches_the_same_state_over_the_port(stack: LocalStack) -> None:
    send(stack, "o1")
    assert stack.drain()
    settings: dict[str, Any] = {"endpoint_url": stack.aws, "region_name": REGION}
    settings |= {"aws_access_key_id": "x", "aws_secret_access_key": "y"}
    make: Any = boto3.client

    table = make("cloudformation", **settings).describe_stack_resource(
        StackName=stack.name, LogicalResourceId="OrdersTable"
    )["StackResourceDetail"]["PhysicalResourceId"]
    items = make("dynamodb", **settings).scan(TableName=table)["Items"]
    queue = make("sqs", **settings).get_queue_attributes(
        QueueUrl=stack.deployment.named("OrdersQueue").physical_id,
        AttributeNames=["ApproximateNumberOfMessages", "VisibilityTimeout"],
    )["Attributes"]
    answer = make("lambda", **settings).invoke(
        FunctionName=stack.function("CountOrders").name, Payload=b'{"by": "port"}'
    )

    assert items == [{"id": {"S": "o1"}, "shop": {"S": "oslo"}}]
    assert queue == {"ApproximateNumberOfMessages": "0", "VisibilityTimeout": "60"}
    assert json.loads(answer["Payload"].read()) == {"event": {"by": "port"}, "orders": 1}
    assert requests.get(f"{stack.api}/_local/units", timeout=10).json() == stack.units()
    assert requests.get(f"{stack.api}/_local/idle", timeout=10).json() is True


def test_what_people_were_told_can_be_looked_at_from_outside_in_order(stack: LocalStack) -> None:
    sns = stack.client("sns")
    topic = stack.deployment.named("AlarmTopic").physical_id
    sns.publish(TopicArn=topic, Subject="one", Message="first")
    sns.publish(TopicArn=topic, Message="second")

    told = requests.get(f"{stack.api}/_local/notices", timeout=10).json()

    assert [(each["subject"], each["text"]) for each in told] == [("one", "first"), ("", "second")]
    assert {each["topic"] for each in told} == {topic.rsplit(":", 1)[-1]}


def test_the_secrets_stand_under_the_prefix(stack: LocalStack) -> None:
    found = stack.client("secretsmanager").get_secret_value(SecretId="toys/crm")

    assert json.loads(found["SecretString"]) == {"token": "t"}


def test_what_moto_would_drop_is_deployed(stack: LocalStack) -> None:
    table = stack.deployment.named("OrdersTable").physical_id
    dynamodb = stack.client("dynamodb")

    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    ttl = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    alarms = stack.client("cloudwatch").describe_alarms()["MetricAlarms"]

    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert [each["Dimensions"][0]["Value"].split("-")[2] for each in alarms] == ["OrdersDeadLetters"]


def test_a_call_that_the_role_does_not_allow_is_denied(template: Template) -> None:
    policies = template["Resources"]["ReceiveOrder"]["Properties"].pop("Policies")
    assert policies

    with LocalStack(template) as stack:
        assert post(stack, "o1").status_code == 500
        assert "not authorized to perform: sqs:SendMessage" in stack.function("ReceiveOrder").logs[-1]


def test_a_mapping_whose_role_may_not_feed_its_dead_letters_does_not_start(template: Template) -> None:
    template["Resources"]["TellOthers"]["Properties"]["Policies"][0]["Statement"].pop()

    with pytest.raises(Denied, match="sqs:SendMessage"), LocalStack(template):
        pass


def test_a_type_or_property_that_nobody_drives_is_refused_by_name(template: Template) -> None:
    template["Resources"]["Pipe"] = {"Type": "AWS::Pipes::Pipe", "Properties": {}}
    template["Resources"]["OrdersQueue"]["Properties"]["FifoQueue"] = True

    with pytest.raises(UnknownResource, match=r"FifoQueue.*AWS::Pipes::Pipe"), LocalStack(template):
        pass


def test_a_fault_makes_one_send_fail_and_the_next_one_succeed(stack: LocalStack) -> None:
    stack.fail_next("SendMessage", "OrdersQueue")

    assert [post(stack, "o1").status_code for _ in range(2)] == [500, 202]


def test_dropped_messages_are_gone(stack: LocalStack) -> None:
    stack.fail_next("ReceiveMessage", "OrdersQueue")
    queue = stack.deployment.named("OrdersQueue").physical_id
    stack.client("sqs").send_message(QueueUrl=queue, MessageBody='{"id": "late", "shop": "oslo"}', DelaySeconds=900)
    assert not stack.is_idle()

    assert stack.drop_messages("OrdersQueue") == 1

    assert stack.drain()
    assert stored(stack) == set()


def test_a_batch_is_as_large_as_the_mapping_allows(stack: LocalStack) -> None:
    queue = stack.deployment.named("OrdersQueue").physical_id
    stack.queues.send(queue, json.dumps({"id": "first", "shop": "oslo"}))
    with stack.queues.lock:
        for number in range(150):
            stack.queues.send(queue, json.dumps({"id": str(number), "shop": "oslo"}))

    assert stack.drain()

    batches = [json.loads(line)["batch"] for line in stack.function("StoreOrders").logs]
    assert (sum(batches), max(batches)) == (151, 100)


def test_what_a_function_prints_is_caught_while_a_progress_bar_runs(
    stack: LocalStack, capsys: pytest.CaptureFixture[str]
) -> None:
    with Progress(console=Console(stderr=True, force_terminal=True)) as progress:
        progress.add_task("orders")
        send(stack, "o1")
        assert stack.drain()
        print("from outside")

    assert json.loads(stack.function("StoreOrders").logs[0])["batch"] == 1
    shown = capsys.readouterr()
    assert "from outside" in shown.out + shown.err
    assert "batch" not in shown.out + shown.err


def test_a_held_queue_keeps_its_messages_until_it_is_released(stack: LocalStack) -> None:
    stack.hold("OrdersQueue")
    send(stack, "o1")

    assert stack.drain()
    assert (stored(stack), stack.queue_counts()["OrdersQueue"].visible) == (set(), 1)

    stack.release("OrdersQueue")
    assert stack.drain()
    assert stored(stack) == {"o1"}
