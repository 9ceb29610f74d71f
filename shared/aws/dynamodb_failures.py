"""What went wrong with messages, in the state table under `failed/<message id>`: the last error, and how often."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_states import ALONE
from shared.aws.failures import explained
from shared.aws.formats import from_moment, to_moment
from shared.ports.clock import Clock
from shared.ports.dead_letters import Failure

KEPT = timedelta(days=20)
"""Four days in its queue, fourteen as a dead letter, and a little more."""


class DynamoFailures:
    """Failures, over the state table."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def note(self, message_id: str, function: str, why: str) -> None:
        """Note a failure; the number of them grows."""
        now = self._clock.now()
        values: dict[str, Any] = {
            ":function": {"S": function},
            ":why": {"S": why},
            ":at": {"S": from_moment(now)},
            ":one": {"N": "1"},
            ":expires": {"N": str(int((now + KEPT).timestamp()))},
        }
        with explained("note what went wrong with a message"):
            self._dynamo.client.update_item(
                TableName=self._table,
                Key={"pk": {"S": _pk(message_id)}, "sk": {"S": ALONE}},
                UpdateExpression="SET #function = :function, #why = :why, #at = :at, expires_at = :expires "
                "ADD #times :one",
                ExpressionAttributeNames={"#function": "function", "#why": "why", "#at": "at", "#times": "times"},
                ExpressionAttributeValues=values,
            )

    def of(self, message_ids: Collection[str]) -> Mapping[str, Failure]:
        """Return what is noted of these messages."""
        items = self._dynamo.get_all(
            self._table, [{"pk": _pk(message_id), "sk": ALONE} for message_id in sorted(set(message_ids))]
        )
        return {
            item["pk"]["S"].removeprefix(_pk("")): Failure(
                item["function"]["S"], item["why"]["S"], to_moment(item["at"]["S"]), int(item["times"]["N"])
            )
            for item in items
        }


def _pk(message_id: str) -> str:
    return f"failed/{message_id}"
