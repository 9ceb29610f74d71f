"""Brings back what fan_out gave up on: the changes that a dead letter names are read from the stream once more.

A dead letter of the stream holds no change, only its place: shard, first and last sequence number. The stream keeps
changes for 24 hours; after that their history is lost, while deliveries have long come by the sweep.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.clients import Clients
from shared.aws.failures import code_of, explained

_GONE = frozenset({"TrimmedDataAccessException", "ResourceNotFoundException", "ExpiredIteratorException"})
TOO_LATE = "the stream keeps changes for 24 hours, these are gone: their history is lost, their deliveries are not"
UNREADABLE = "the letter does not say where in the stream the changes are"


class StreamAgain:
    """Reads a place in the stream and hands it to fan_out."""

    def __init__(self, clients: Clients, function: str) -> None:
        """Make no call yet."""
        self._clients, self._function = clients, function

    def carry(self, body: str) -> str:
        """Have fan_out carry the changes on that a letter names; return why that cannot be, or nothing."""
        try:
            place = json.loads(body)["DDBStreamBatchInfo"]
            stream, shard = place["streamArn"], place["shardId"]
            first, last = place["startSequenceNumber"], int(place["endSequenceNumber"])
        except (KeyError, TypeError, ValueError):
            return UNREADABLE
        try:
            records = [*self._read(stream, shard, first, last)]
        except ClientError as error:
            if code_of(error) in _GONE:
                return TOO_LATE
            with explained("read the stream"):
                raise
        return self._hand_over(stream, records) if records else TOO_LATE

    def _read(self, stream: str, shard: str, first: str, last: int) -> Iterator[Mapping[str, Any]]:
        streams = self._clients.streams
        iterator: str | None = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard, ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=first
        )["ShardIterator"]
        while iterator:
            answer: Any = streams.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                if int(record["dynamodb"]["SequenceNumber"]) > last:
                    return
                yield record
                if int(record["dynamodb"]["SequenceNumber"]) == last:
                    return
            iterator = answer.get("NextShardIterator") if answer["Records"] else None

    def _hand_over(self, stream: str, records: list[Mapping[str, Any]]) -> str:
        event = {"Records": [{**record, "eventSourceARN": stream} for record in records]}
        with explained("start fan_out"):
            answer = self._clients.functions.invoke(
                FunctionName=self._function, Payload=json.dumps(event, default=_as_lambda_has_it).encode()
            )
        told = json.loads(answer["Payload"].read() or b"null") or {}
        if answer.get("FunctionError") or told.get("batchItemFailures"):
            return "fan_out failed on it again: its log says why"
        return ""


def _as_lambda_has_it(value: Any) -> Any:
    """Lambda writes bytes in base64 and moments as seconds."""
    return b64encode(value).decode() if isinstance(value, bytes) else value.timestamp()
