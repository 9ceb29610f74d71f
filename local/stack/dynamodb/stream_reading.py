"""The stream of a table as DynamoDB Streams hands it out: one shard, read from a sequence number on."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from local.stack.dynamodb.errors import Refused

if TYPE_CHECKING:
    from local.stack.dynamodb.operations import ItemStore

Json = dict[str, Any]

LARGEST_PAGE = 1000
_TABLE = re.compile(r":table/([^/]+)/stream/")


def stream_arn_of(body: Mapping[str, Any]) -> str:
    """The stream that a request is about, named or inside its iterator."""
    if "StreamArn" in body:
        return str(body["StreamArn"])
    return str(_opened(str(body.get("ShardIterator", "")))[0])


def get_shard_iterator(store: "ItemStore", body: Json) -> Json:
    """Where to begin: at a sequence number, behind it, or at the beginning."""
    kind = body["ShardIteratorType"]
    if kind not in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "TRIM_HORIZON"):
        raise Refused("ValidationException", f"the local stack does not play ShardIteratorType {kind}")
    first = int(body.get("SequenceNumber", 0)) + (kind == "AFTER_SEQUENCE_NUMBER")
    _records(store, body["StreamArn"])
    return {"ShardIterator": _closed(body["StreamArn"], first)}


def get_records(store: "ItemStore", body: Json) -> Json:
    """A page of changes from there on."""
    arn, first = _opened(body["ShardIterator"])
    behind = [each for each in _records(store, arn) if int(each["dynamodb"]["SequenceNumber"]) >= first]
    page = behind[: min(int(body.get("Limit", LARGEST_PAGE)), LARGEST_PAGE)]
    after = int(page[-1]["dynamodb"]["SequenceNumber"]) + 1 if page else first
    return {"Records": page, "NextShardIterator": _closed(arn, after)}


OPERATIONS: Mapping[str, Callable[["ItemStore", Json], Json]] = {
    "GetShardIterator": get_shard_iterator,
    "GetRecords": get_records,
}


def _records(store: "ItemStore", arn: str) -> list[dict[str, Any]]:
    found = _TABLE.search(arn)
    if found is None:
        raise Refused("ResourceNotFoundException", "Requested resource not found: Stream")
    return list(store.table(found[1]).stream)


def _closed(arn: str, first: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([arn, first]).encode()).decode()


def _opened(iterator: str) -> tuple[str, int]:
    try:
        arn, first = json.loads(base64.urlsafe_b64decode(iterator))
    except ValueError as error:
        raise Refused("ValidationException", "Invalid ShardIterator") from error
    return arn, first
