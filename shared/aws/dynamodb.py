"""Bulk reads and long queries of DynamoDB, complete or `TryAgain`: nothing is left out silently."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from shared.aws.clients import Clients
from shared.aws.failures import explained
from shared.aws.formats import Item
from shared.core.errors import TryAgain

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

KEYS_A_CALL = 100
PUTS_A_CALL = 25
ROUNDS = 6

Key: TypeAlias = Mapping[str, str]
Query: TypeAlias = Mapping[str, Any]


class Dynamo:
    """The calls that the stores share. `sleep` waits between the rounds of a call that was not taken whole."""

    def __init__(self, clients: Clients, sleep: Callable[[float], None] = time.sleep) -> None:
        """Make no call yet."""
        self._clients, self._sleep = clients, sleep

    @property
    def client(self) -> DynamoDBClient:
        """The client itself, for calls on one item."""
        return self._clients.dynamodb

    def get_one(self, table: str, key: Key) -> Item | None:
        """Return one item, read consistently."""
        with explained(f"read {table}"):
            answer = self.client.get_item(TableName=table, Key=_key(key), ConsistentRead=True)
        return answer.get("Item")

    def get_all(self, table: str, keys: Collection[Key]) -> list[Item]:
        """Return the items that exist, read consistently, in no order; keys must differ."""
        found: list[Item] = []
        for some in chunks([_key(key) for key in keys], KEYS_A_CALL):
            wanted: Any = {table: {"Keys": some, "ConsistentRead": True}}
            for seconds in self._rounds(f"read {table}"):
                with explained(f"read {table}"):
                    answer = self.client.batch_get_item(RequestItems=wanted)
                found += answer["Responses"].get(table, [])
                wanted = answer.get("UnprocessedKeys")
                if not wanted:
                    break
                self._sleep(seconds)
        return found

    def put_all(self, table: str, items: Sequence[Item]) -> None:
        """Put items, in no order; keys must differ."""
        self._write_all(table, [{"PutRequest": {"Item": item}} for item in items])

    def delete_all(self, table: str, keys: Collection[Key]) -> None:
        """Delete items, in no order; keys must differ, and need not exist."""
        self._write_all(table, [{"DeleteRequest": {"Key": _key(key)}} for key in keys])

    def _write_all(self, table: str, requests: Sequence[Any]) -> None:
        for some in chunks(requests, PUTS_A_CALL):
            wanted: Any = {table: some}
            for seconds in self._rounds(f"write {table}"):
                with explained(f"write {table}"):
                    answer = self.client.batch_write_item(RequestItems=wanted)
                wanted = answer.get("UnprocessedItems")
                if not wanted:
                    break
                self._sleep(seconds)

    def query(self, table: str, limit: int | None = None, **query: Any) -> list[Item]:
        """Return the items of a query over all its pages, at most `limit`."""
        found: list[Item] = []
        more: dict[str, Any] = {} if limit is None else {"Limit": limit}
        while True:
            with explained(f"query {table}"):
                answer = self.client.query(TableName=table, **query, **more)
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer or (limit is not None and len(found) >= limit):
                return found if limit is None else found[:limit]
            more["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def scan(self, table: str, limit: int, **scan: Any) -> list[Item]:
        """Return at most `limit` items of a whole table, over as many pages as that takes."""
        found: list[Item] = []
        more: dict[str, Any] = scan
        while True:
            with explained(f"scan {table}"):
                answer = self.client.scan(TableName=table, **{**more, "Limit": limit - len(found)})
            found += answer["Items"]
            if "LastEvaluatedKey" not in answer or len(found) >= limit:
                return found
            more = {**more, "ExclusiveStartKey": answer["LastEvaluatedKey"]}

    @staticmethod
    def _rounds(what: str) -> Iterator[float]:
        for number in range(ROUNDS):
            yield 0.05 * 2**number
        raise TryAgain(f"{what}: the table is too busy to take the whole call")


def chunks(things: Sequence[Any], size: int) -> Iterator[list[Any]]:
    """Return the things in lists of at most `size`."""
    left = iter(things)
    while some := list(islice(left, size)):
        yield some


def equals(**values: str) -> dict[str, Any]:
    """Return the key condition of a query: these attributes have these values."""
    return {
        "KeyConditionExpression": " AND ".join(f"#{name} = :{name}" for name in values),
        "ExpressionAttributeNames": {f"#{name}": name for name in values},
        "ExpressionAttributeValues": {f":{name}": {"S": value} for name, value in values.items()},
    }


def _key(key: Key) -> Any:
    return {name: {"S": value} for name, value in key.items()}
