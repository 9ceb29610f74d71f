"""What people write on cases, in DynamoDB: one item of the state table per case (`case/<id>`), for 180 days."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from shared.aws.dynamodb import Dynamo
from shared.aws.failures import explained
from shared.aws.formats import Item, from_moment, text_of, to_moment
from shared.ports.clock import Clock
from shared.ports.remarks import Paper, Remark

ALONE = "-"
PREFIX = "case/"
KEPT = timedelta(days=180)


class DynamoRemarks:
    """Papers, over the state table."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def papers(self, cases: Collection[str]) -> Mapping[str, Paper]:
        """Return the papers of those cases that have one, 100 a call."""
        items = self._dynamo.get_all(self._table, [{"pk": PREFIX + case, "sk": ALONE} for case in sorted(set(cases))])
        return {item["pk"]["S"].removeprefix(PREFIX): _paper(item) for item in items}

    def assign(self, case: str, to: str) -> None:
        """Put who looks after a case."""
        self._update(case, "SET assigned_to = :what", {"S": to})

    def add(self, case: str, remark: Remark) -> None:
        """Add a remark; the table itself appends it, so that two at once both stand."""
        line = text_of([from_moment(remark.at), remark.by, remark.text])
        self._update(
            case, "SET remarks = list_append(if_not_exists(remarks, :none), :what)", {"L": [{"S": line}]}, {"L": []}
        )

    def _update(self, case: str, update: str, what: Any, none: Any = None) -> None:
        values: dict[str, Any] = {":what": what, ":expires": {"N": str(int((self._clock.now() + KEPT).timestamp()))}}
        if none is not None:
            values[":none"] = none
        with explained(f"write on case {case}"):
            self._dynamo.client.update_item(
                TableName=self._table,
                Key={"pk": {"S": PREFIX + case}, "sk": {"S": ALONE}},
                UpdateExpression=f"{update}, expires_at = :expires",
                ExpressionAttributeValues=values,
            )


def _paper(item: Item) -> Paper:
    lines = [json.loads(each["S"]) for each in item["remarks"]["L"]] if "remarks" in item else []
    to = item["assigned_to"]["S"] if "assigned_to" in item else ""
    return Paper(to, tuple(Remark(to_moment(at), by, text) for at, by, text in lines))
