"""Alerts in DynamoDB: small items of the state table (`alert/<topic>`), one per thing that has been told."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from shared.aws.dynamodb import Dynamo, equals
from shared.aws.failures import explained, has_held
from shared.aws.formats import from_moment


class DynamoAlerts:
    """Alerts, over the state table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def known(self, topic: str) -> frozenset[str]:
        """Return what a topic is alerted about, by one query."""
        items = self._dynamo.query(self._table, ConsistentRead=True, **equals(pk=_partition(topic)))
        return frozenset(item["sk"]["S"] for item in items)

    def begin(self, topic: str, name: str, at: datetime) -> bool:
        """Put an item where there is none; tell whether there was none."""
        write = partial(
            self._dynamo.client.put_item,
            TableName=self._table,
            Item={"pk": {"S": _partition(topic)}, "sk": {"S": name}, "at": {"S": from_moment(at)}},
            ConditionExpression="attribute_not_exists(pk)",
        )
        return has_held(write, "begin an alert")

    def end(self, topic: str, name: str) -> None:
        """Take the item away."""
        with explained("end an alert"):
            key = {"pk": {"S": _partition(topic)}, "sk": {"S": name}}
            self._dynamo.client.delete_item(TableName=self._table, Key=key)


def _partition(topic: str) -> str:
    return f"alert/{topic}"
