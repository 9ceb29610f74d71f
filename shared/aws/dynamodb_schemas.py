"""What is known of the fields of each entity in each system: one small item each, kept in memory for a minute.

| partition key      | sort key | what                                                           |
|--------------------|----------|----------------------------------------------------------------|
| `schema/<system>`  | entity   | `told`: `schema_format`, packed; `mark`: the digest of its text |
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.aws.dynamodb import Dynamo
from shared.aws.failures import has_held
from shared.aws.formats import attribute, text_in
from shared.aws.schema_format import from_schema, mark_of, to_schema
from shared.core.schema_drift import Schema
from shared.ports.clock import Clock

KEPT = timedelta(minutes=1)


class Schemas:
    """Schemas, over the table of states."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock
        self._known: dict[tuple[str, str], tuple[datetime, Schema | None]] = {}

    def get(self, system: str, entity: str) -> Schema | None:
        """Return what is known; as it was within the last minute."""
        until, known = self._known.get((system, entity), (None, None))
        if until is not None and until > self._clock.now():
            return known
        item = self._dynamo.get_one(self._table, {"pk": f"schema/{system}", "sk": entity})
        found = None if item is None else to_schema(text_in(item["told"]))
        self._known[system, entity] = (self._clock.now() + KEPT, found)
        return found

    def keep(self, system: str, entity: str, before: Schema | None, schema: Schema) -> bool:
        """Write it if what is kept is still `before`; tell whether it was. What was kept in memory is forgotten."""
        self._known.pop((system, entity), None)
        text = from_schema(schema)
        values: dict[str, Any] = {":told": attribute(text), ":mark": {"S": mark_of(text)}}
        condition = "attribute_not_exists(pk)"
        if before is not None:
            condition = "mark = :before"
            values[":before"] = {"S": mark_of(from_schema(before))}
        update = partial(
            self._dynamo.client.update_item,
            TableName=self._table,
            Key={"pk": {"S": f"schema/{system}"}, "sk": {"S": entity}},
            UpdateExpression="SET told = :told, mark = :mark",
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )
        return has_held(update, f"keep the fields of {system} {entity}")
