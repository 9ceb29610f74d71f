"""What went on lately, in the state table.

| partition key  | sort key            | what                                  |
|----------------|---------------------|---------------------------------------|
| `observed`     | `<system>/<entity>` | when the system last showed something |
| `usage/<day>`  | system              | calls on that day; for a month        |
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from shared.aws.dynamodb import Dynamo, equals
from shared.aws.failures import explained, has_held
from shared.aws.formats import from_moment, to_moment

KEPT = timedelta(days=31)


class DynamoActivity:
    """Activity, over the state table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def note_observed(self, system: str, entity: str, at: datetime) -> None:
        """Note when a system showed something; an earlier moment changes nothing."""
        update = partial(
            self._dynamo.client.update_item,
            TableName=self._table,
            Key={"pk": {"S": "observed"}, "sk": {"S": f"{system}/{entity}"}},
            UpdateExpression="SET #at = :at",
            ConditionExpression="attribute_not_exists(#at) OR #at < :at",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":at": {"S": from_moment(at)}},
        )
        has_held(update, f"note that {system} showed {entity}")

    def observed(self) -> Mapping[tuple[str, str], datetime]:
        """Return when each system last showed something."""
        items = self._dynamo.query(self._table, **equals(pk="observed"))
        pairs = {tuple(item["sk"]["S"].split("/", 1)): to_moment(item["at"]["S"]) for item in items}
        return {(system, entity): at for (system, entity), at in pairs.items()}

    def calls_on(self, day: date) -> Mapping[str, Mapping[str, int]]:
        """Return the calls of a day."""
        items = self._dynamo.query(self._table, **equals(pk=usage_pk(day)))
        return {item["sk"]["S"]: {"read": int(item["read"]["N"]), "write": int(item["write"]["N"])} for item in items}


def usage_pk(day: date) -> str:
    """Return the partition key of a day's calls."""
    return f"usage/{day.isoformat()}"


def count_on(dynamo: Dynamo, table: str, day: date, system: str, reads: int, writes: int) -> None:
    """Add to the calls of a day."""
    expires = datetime.combine(day, time(tzinfo=UTC)) + KEPT
    values: dict[str, Any] = {
        ":reads": {"N": str(reads)},
        ":writes": {"N": str(writes)},
        ":expires": {"N": str(int(expires.timestamp()))},
    }
    with explained(f"count the calls to {system}"):
        dynamo.client.update_item(
            TableName=table,
            Key={"pk": {"S": usage_pk(day)}, "sk": {"S": system}},
            UpdateExpression="ADD #read :reads, #write :writes SET expires_at = :expires",
            ExpressionAttributeNames={"#read": "read", "#write": "write"},
            ExpressionAttributeValues=values,
        )
