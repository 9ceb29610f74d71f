"""Keys of webhook events in DynamoDB, kept for as long as senders repeat."""

from __future__ import annotations

from datetime import timedelta

from shared.aws.dynamodb import Dynamo
from shared.aws.failures import explained
from shared.ports.clock import Clock

KEPT = timedelta(days=7)
"""Longer than any sender we know repeats an event (three days at most)."""


class DynamoIdempotency:
    """Keys of events that are done with, over their table."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def is_known(self, key: str) -> bool:
        """Tell whether an event was queued before; the table may keep a key for longer than it counts."""
        item = self._dynamo.get_one(self._table, {"id": key})
        return item is not None and int(item["expiration"]["N"]) > self._clock.now().timestamp()

    def remember(self, key: str) -> None:
        """Keep an event's key."""
        expires = int((self._clock.now() + KEPT).timestamp())
        with explained("keep an event's key"):
            self._dynamo.client.put_item(
                TableName=self._table, Item={"id": {"S": key}, "expiration": {"N": str(expires)}}
            )
