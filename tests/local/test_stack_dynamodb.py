"""Our data plane of DynamoDB answers as moto's does where moto is right, and as AWS does where moto is not."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from local.stack.backplane import Backplane, activate
from local.stack.deployment import Deployment
from local.stack.dynamodb.operations import ItemStore
from local.stack.names import REGION
from local.stack.permissions import Permissions
from local.stack.queues.service import QueueService

TABLE = {
    "TableName": "records",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "due_shard", "AttributeType": "S"},
        {"AttributeName": "due", "AttributeType": "S"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "due",
            "KeySchema": [
                {"AttributeName": "due_shard", "KeyType": "HASH"},
                {"AttributeName": "due", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


def key(id_: str, sk: str = "a") -> dict[str, Any]:
    return {"id": {"S": id_}, "sk": {"S": sk}}


class Pair:
    """One client on our data plane and the table it has in moto's."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.store = ItemStore()
        self.backplane = Backplane(self.store, QueueService(), Permissions(Deployment("none", {}, {})))
        self.client.create_table(**TABLE)

    def ours(self, operation: str, **request: Any) -> Any:
        activate(self.backplane)
        try:
            return answered(self.client, operation, request)
        finally:
            activate(None)

    def motos(self, operation: str, **request: Any) -> Any:
        return answered(self.client, operation, request)

    def both(self, operation: str, **request: Any) -> Any:
        """Our answer, once it is sure that moto's is the same."""
        ours, motos = self.ours(operation, **request), self.motos(operation, **request)
        assert ours == motos
        return ours


def answered(client: Any, operation: str, request: dict[str, Any]) -> Any:
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as error:
        response: dict[str, Any] = dict(error.response)
        return {
            "code": response["Error"]["Code"],
            "item": response.get("Item"),
            "why": response.get("CancellationReasons"),
        }
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "ConsumedCapacity")}


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client(
            "dynamodb",
            region_name=REGION,
            aws_access_key_id="x",
            aws_secret_access_key="y",
            config=Config(account_id_endpoint_mode="disabled"),
        )


@pytest.fixture
def pair(client: Any) -> Iterator[Pair]:
    yield Pair(client)
    client.delete_table(TableName="records")


NAMES = {"#s": "status"}
CONDITIONS = [
    ("attribute_not_exists(id)", {}),
    ("attribute_exists(id) AND #s = :v", {":v": {"S": "open"}}),
    ("#s <> :v OR amount > :n", {":v": {"S": "open"}, ":n": {"N": "3"}}),
    ("NOT (amount BETWEEN :a AND :b)", {":a": {"N": "1"}, ":b": {"N": "5"}}),
    ("#s IN (:v, :w)", {":v": {"S": "open"}, ":w": {"S": "done"}}),
    ("begins_with(#s, :v)", {":v": {"S": "o"}}),
    ("contains(tags, :v)", {":v": {"S": "x"}}),
    ("attribute_exists(tags) AND size(tags) >= :n", {":n": {"N": "2"}}),
    ("attribute_type(amount, :t)", {":t": {"S": "N"}}),
]
ITEMS = [
    {},
    {"status": {"S": "open"}, "amount": {"N": "4"}, "tags": {"SS": ["x", "y"]}},
    {"status": {"S": "done"}, "amount": {"N": "7.5"}, "nested": {"M": {"deep": {"L": [{"S": "first"}]}}}},
]


@pytest.mark.parametrize("stored", [None, *ITEMS])
@pytest.mark.parametrize(("condition", "values"), CONDITIONS)
def test_conditions_hold_exactly_when_moto_says_so(
    pair: Pair, stored: dict[str, Any] | None, condition: str, values: dict[str, Any]
) -> None:
    if stored is not None:
        pair.both("put_item", TableName="records", Item={**key("1"), **stored})
    names = NAMES if "#s" in condition else {}
    extra = {"ExpressionAttributeNames": names} if names else {}
    extra |= {"ExpressionAttributeValues": values} if values else {}

    answer = pair.both(
        "put_item",
        TableName="records",
        Item={**key("1"), "new": {"BOOL": True}},
        ConditionExpression=condition,
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
        **extra,
    )

    assert answer.get("code") in (None, "ConditionalCheckFailedException")


UPDATES = [
    ("SET amount = amount + :n", {":n": {"N": "2"}}),
    ("SET amount = if_not_exists(amount, :n) - :n, #s = :v", {":n": {"N": "2"}, ":v": {"S": "open"}}),
    ("REMOVE amount SET #s = :v", {":v": {"S": "gone"}}),
    ("ADD amount :n, tags :t", {":n": {"N": "1"}, ":t": {"SS": ["z"]}}),
    ("DELETE tags :t", {":t": {"SS": ["x"]}}),
    ("SET nested.deep[0] = :v", {":v": {"S": "second"}}),
    ("SET nested.deep = list_append(nested.deep, :l)", {":l": {"L": [{"S": "last"}]}}),
    ("REMOVE nested.deep[0]", {}),
]


@pytest.mark.parametrize("returned", ["ALL_NEW", "ALL_OLD", "UPDATED_NEW", "NONE"])
@pytest.mark.parametrize(("update", "values"), UPDATES)
@pytest.mark.parametrize("stored", ITEMS[1:])
def test_updates_leave_what_moto_leaves(
    pair: Pair, stored: dict[str, Any], update: str, values: dict[str, Any], returned: str
) -> None:
    pair.both("put_item", TableName="records", Item={**key("1"), **stored})
    extra: dict[str, Any] = {"ExpressionAttributeNames": NAMES} if "#s" in update else {}
    extra |= {"ExpressionAttributeValues": values} if values else {}
    request = {"TableName": "records", "Key": key("1"), "UpdateExpression": update, "ReturnValues": returned, **extra}

    ours, motos = pair.ours("update_item", **request), pair.motos("update_item", **request)

    if returned != "UPDATED_NEW":  # moto answers with parts of attributes and with empty ones there
        assert as_sets(ours) == as_sets(motos)
    assert as_sets(pair.ours("get_item", TableName="records", Key=key("1"))) == as_sets(
        pair.motos("get_item", TableName="records", Key=key("1"))
    )


def as_sets(value: Any) -> Any:
    """Sets have no order."""
    if isinstance(value, dict):
        return {name: sorted(each) if name == "SS" else as_sets(each) for name, each in value.items()}
    return [as_sets(each) for each in value] if isinstance(value, list) else value


KEYS = st.tuples(st.sampled_from("pq"), st.sampled_from("abcdef"), st.sampled_from(["s1", "s2", None]))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    written=st.lists(KEYS, max_size=12),
    deleted=st.lists(KEYS, max_size=4),
    limit=st.integers(1, 4),
    forward=st.booleans(),
)
def test_queries_walk_through_the_same_pages_as_motos(
    pair: Pair, written: list[Any], deleted: list[Any], limit: int, forward: bool
) -> None:
    pair.store.clear("records")
    for item in pair.motos("scan", TableName="records")["Items"]:
        pair.motos("delete_item", TableName="records", Key={name: item[name] for name in ("id", "sk")})
    for id_, sk, shard in written:
        indexed = {"due_shard": {"S": shard}, "due": {"S": sk + id_}} if shard else {}
        pair.both("put_item", TableName="records", Item={**key(id_, sk), **indexed})
    for id_, sk, _ in deleted:
        pair.both("delete_item", TableName="records", Key=key(id_, sk), ReturnValues="ALL_OLD")

    for index, condition, values in (
        (None, "id = :v AND sk > :b", {":v": {"S": "p"}, ":b": {"S": "a"}}),
        ("due", "due_shard = :v", {":v": {"S": "s1"}}),
        ("due", "due_shard = :v AND due <= :b", {":v": {"S": "s1"}, ":b": {"S": "dz"}}),
    ):
        request = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": forward,
        }
        request |= {"IndexName": index} if index else {}
        assert walked(pair.ours, request, limit) == walked(pair.motos, request, limit)


def walked(ask: Any, request: dict[str, Any], limit: int) -> list[Any]:
    found: list[Any] = []
    start: dict[str, Any] = {}
    while True:
        answer = ask("query", TableName="records", Limit=limit, **request, **start)
        found += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return found
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def put(id_: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "records", "Item": {**key(id_), "v": {"N": "1"}}, **more}}


def test_a_transaction_writes_all_or_nothing_and_says_why(pair: Pair) -> None:
    pair.ours("put_item", TableName="records", Item={**key("taken"), "v": {"N": "9"}})
    free = {"ConditionExpression": "attribute_not_exists(id)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}

    answer = pair.ours("transact_write_items", TransactItems=[put("new", **free), put("taken", **free)])

    assert answer["code"] == "TransactionCanceledException"
    assert [each["Code"] for each in answer["why"]] == ["None", "ConditionalCheckFailed"]
    assert answer["why"][1]["Item"]["v"] == {"N": "9"}
    assert "Item" not in pair.ours("get_item", TableName="records", Key=key("new"))


def test_a_transaction_with_the_same_token_is_carried_out_once(pair: Pair) -> None:
    add = {"Update": {"TableName": "records", "Key": key("1"), "UpdateExpression": "ADD v :one"}}
    add["Update"]["ExpressionAttributeValues"] = {":one": {"N": "1"}}

    for _ in range(2):
        pair.ours("transact_write_items", TransactItems=[add], ClientRequestToken="once")
    other = pair.ours("transact_write_items", TransactItems=[put("2")], ClientRequestToken="once")

    assert pair.ours("get_item", TableName="records", Key=key("1"))["Item"]["v"] == {"N": "1"}
    assert other["code"] == "IdempotentParameterMismatchException"


def test_twenty_threads_taking_one_key_in_transactions_have_one_wnested(pair: Pair) -> None:
    activate(pair.backplane)
    free = {"ConditionExpression": "attribute_not_exists(id)"}

    def take(number: int) -> bool:
        items = [put("one", **free), put(f"own-{number}")]
        return "code" not in answered(pair.client, "transact_write_items", {"TransactItems": items})

    try:
        with ThreadPoolExecutor(20) as pool:
            wnesteds = sum(pool.map(take, range(100)))
        count = answered(pair.client, "scan", {"TableName": "records", "Select": "COUNT"})["Count"]
    finally:
        activate(None)

    assert (wnesteds, count) == (1, 2)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({"ConditionExpression": "status = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}, "reserved keyword"),
        ({"ConditionExpression": "#x = :v", "ExpressionAttributeValues": {":v": {"S": "x"}}}, "is not defined"),
        ({"ConditionExpression": "a = :v"}, "is not defined"),
        ({"ExpressionAttributeNames": {"#x": "a"}, "ConditionExpression": "attribute_exists(id)"}, "unused"),
        ({"ConditionExpression": "a ="}, "Syntax error"),
        ({"Item": {"id": {"S": "1"}}}, "does not match the schema"),
        ({"Item": {**key("1"), "due_shard": {"N": "1"}}}, "Type mismatch"),
        ({"Item": {**key("1"), "due_shard": {"S": ""}}}, "empty"),
        ({"Item": {**key("1"), "big": {"S": "x" * 410_000}}}, "maximum allowed size"),
    ],
)
def test_what_aws_refuses_is_refused(pair: Pair, request_: dict[str, Any], text: str) -> None:
    activate(pair.backplane)
    try:
        with pytest.raises(ClientError, match=text) as refused:
            pair.client.put_item(**{"TableName": "records", "Item": key("1"), **request_})
    finally:
        activate(None)

    assert refused.value.response["Error"]["Code"] == "ValidationException"


def units(pair: Pair, operation: str, **request: Any) -> tuple[float, float]:
    before = pair.store.meter.totals()
    pair.ours(operation, **request)
    after = pair.store.meter.totals()
    return after["read_units"] - before["read_units"], after["write_units"] - before["write_units"]


def test_units_follow_the_sizes_of_the_items(pair: Pair) -> None:
    big = {**key("big"), "text": {"S": "x" * 5_000}}
    indexed = {**key("due"), "due_shard": {"S": "s1"}, "due": {"S": "now"}}
    get = {"TableName": "records", "Key": key("big")}

    assert units(pair, "put_item", TableName="records", Item=big) == (0, 5)
    assert units(pair, "get_item", **get) == (1, 0)
    assert units(pair, "get_item", **get, ConsistentRead=True) == (2, 0)
    assert units(pair, "transact_get_items", TransactItems=[{"Get": get}]) == (4, 0)
    assert units(pair, "transact_write_items", TransactItems=[put("a"), put("b")]) == (0, 4)
    assert units(pair, "put_item", TableName="records", Item=indexed) == (0, 2)
    assert units(pair, "put_item", TableName="records", Item={**indexed, "due": {"S": "later"}}) == (0, 3)
    assert units(pair, "delete_item", TableName="records", Key=key("due")) == (0, 2)
    request = {"KeyConditionExpression": "id = :v", "ExpressionAttributeValues": {":v": {"S": "big"}}}
    assert units(pair, "query", TableName="records", **request) == (1, 0)


def test_consumed_capacity_is_told_to_whoever_asks(pair: Pair) -> None:
    activate(pair.backplane)
    try:
        item = {**key("big"), "text": {"S": "x" * 5_000}}
        answer = pair.client.put_item(TableName="records", Item=item, ReturnConsumedCapacity="TOTAL")
    finally:
        activate(None)

    assert answer["ConsumedCapacity"] == {"TableName": "records", "CapacityUnits": 5.0}


def test_the_stream_holds_both_images_and_nothing_for_a_write_that_changes_nothing(pair: Pair) -> None:
    item = {**key("1"), "v": {"N": "1"}}

    pair.ours("put_item", TableName="records", Item=item)
    pair.ours("put_item", TableName="records", Item=item)
    pair.ours("put_item", TableName="records", Item={**item, "v": {"N": "2"}})
    pair.ours("delete_item", TableName="records", Key=key("1"))

    stream = pair.store.table("records").stream
    assert [each["eventName"] for each in stream] == ["INSERT", "MODIFY", "REMOVE"]
    assert stream[1]["dynamodb"]["OldImage"] == item
    assert stream[1]["dynamodb"]["NewImage"]["v"] == {"N": "2"}
    assert stream[2]["dynamodb"]["Keys"] == key("1")
    numbers = [int(each["dynamodb"]["SequenceNumber"]) for each in stream]
    assert numbers == sorted(numbers)
    assert json.loads(json.dumps(stream)) == stream


def test_conditions_and_projections_reach_into_maps_and_lists(pair: Pair) -> None:
    pair.ours("put_item", TableName="records", Item={**key("1"), **ITEMS[2]})
    first = {"ConditionExpression": "nested.deep[0] = :v", "ExpressionAttributeValues": {":v": {"S": "first"}}}

    held = pair.ours("delete_item", TableName="records", Key=key("2"), **first)
    found = pair.ours("get_item", TableName="records", Key=key("1"), ProjectionExpression="amount, nested.deep[0]")
    deleted = pair.ours("delete_item", TableName="records", Key=key("1"), **first)

    assert held["code"] == "ConditionalCheckFailedException"
    assert found["Item"] == {name: ITEMS[2][name] for name in ("amount", "nested")}
    assert deleted == {}


def test_binary_goes_in_and_out_as_bytes(pair: Pair) -> None:
    pair.both("put_item", TableName="records", Item={**key("1"), "digest": {"B": b"\x00\xff"}})

    found = pair.both("get_item", TableName="records", Key=key("1"))

    assert found["Item"]["digest"] == {"B": b"\x00\xff"}
