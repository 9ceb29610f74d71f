"""Budgets in DynamoDB, in the table of states: one item per system, one conditional write per block of calls.

| partition key      | sort key | what                                                                    |
|--------------------|----------|-------------------------------------------------------------------------|
| `budget/<system>`  | `-`      | the budget as text (`shared.aws.budget_format`), its version, its expiry |
"""

from __future__ import annotations

from functools import partial
from typing import Any

from shared.aws.budget_format import text_of_budget, to_budget
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_states import ALONE
from shared.aws.failures import has_held
from shared.core.budget import Budget
from shared.core.quota import DAY_SECONDS
from shared.ports.budgets import Kept
from shared.ports.clock import Clock

KEPT_SECONDS = 2 * DAY_SECONDS


class DynamoBudgets:
    """Budgets over the table of states."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def read(self, system: str) -> Kept:
        """Return what stands there now."""
        item = self._dynamo.get_one(self._table, {"pk": budget_pk(system), "sk": ALONE})
        return Kept(Budget(), 0) if item is None else Kept(to_budget(item["budget"]["S"]), int(item["version"]["N"]))

    def replace(self, system: str, budget: Budget, version: int) -> bool:
        """Keep what follows on a version, on condition that it is still that one."""
        expires = int(self._clock.now().timestamp()) + KEPT_SECONDS
        values: dict[str, Any] = {
            ":budget": {"S": text_of_budget(budget)},
            ":next": {"N": str(version + 1)},
            ":expires": {"N": str(expires)},
        }
        write = partial(
            self._dynamo.client.update_item,
            TableName=self._table,
            Key={"pk": {"S": budget_pk(system)}, "sk": {"S": ALONE}},
            UpdateExpression="SET budget = :budget, #version = :next, expires_at = :expires",
            ConditionExpression="#version = :version" if version else "attribute_not_exists(#version)",
            ExpressionAttributeNames={"#version": "version"},
            ExpressionAttributeValues=values | ({":version": {"N": str(version)}} if version else {}),
        )
        return has_held(write, f"take calls of {system}'s quota")


def budget_pk(system: str) -> str:
    """Return the partition key of a system's budget."""
    return f"budget/{system}"
