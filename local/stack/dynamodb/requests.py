"""What all requests share: names, values, conditions, cost and the check that every placeholder was used."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from local.stack.dynamodb.conditions import projected, true_of
from local.stack.dynamodb.errors import ConditionFailed, validation
from local.stack.dynamodb.expressions import Condition, read_condition, read_projection
from local.stack.dynamodb.tables import Table
from local.stack.dynamodb.units import Cost
from local.stack.dynamodb.values import Item, Value, check, copied

if TYPE_CHECKING:
    from local.stack.dynamodb.operations import ItemStore

Json = dict[str, Any]

_LEGACY = (
    "AttributesToGet",
    "AttributeUpdates",
    "ConditionalOperator",
    "Expected",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
    "Segment",
    "TotalSegments",
)


class Request:
    """One request, or one action inside a transaction."""

    def __init__(self, store: "ItemStore", body: Json) -> None:
        legacy = [each for each in _LEGACY if each in body]
        if legacy:
            raise validation(f"the local stack does not know the parameter {', '.join(legacy)}")
        self.store, self.body = store, body
        self.names: Mapping[str, str] = body.get("ExpressionAttributeNames", {})
        self.values: Mapping[str, Value] = body.get("ExpressionAttributeValues", {})
        check(self.values)
        self._used: set[str] = set()

    @property
    def table(self) -> Table:
        """The table that it names."""
        return self.store.table(self.body["TableName"])

    def condition(self, parameter: str) -> Condition | None:
        """The tree of one of its expressions."""
        text = self.body.get(parameter)
        if text is None:
            return None
        tree, used = read_condition(text, tuple(sorted(self.names.items())), parameter)
        self._used |= used
        return tree

    def check_condition(self, stored: Item | None) -> None:
        """Raises ConditionFailed unless its ConditionExpression holds for what is stored."""
        tree = self.condition("ConditionExpression")
        self.check_placeholders()
        if tree is not None and not true_of(tree, stored or {}, self.values):
            wanted = self.body.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            raise ConditionFailed(copied(stored) if wanted and stored is not None else None)

    def projection(self, item: Item) -> Item:
        """The item as it asks for it."""
        text = self.body.get("ProjectionExpression")
        if text is None:
            return copied_item(item)
        paths, used = read_projection(text, tuple(sorted(self.names.items())))
        self._used |= used
        return projected(item, paths)

    def use(self, placeholders: frozenset[str]) -> None:
        """Notes placeholders that an update names."""
        self._used |= placeholders

    def check_placeholders(self) -> None:
        """Refuses names and values that no expression uses."""
        if "ProjectionExpression" in self.body:
            self.projection({})
        for word, given in (("Names", self.names), ("Values", self.values)):
            unused = [each for each in given if each not in self._used]
            if unused:
                raise validation(
                    f"Value provided in ExpressionAttribute{word} unused in expressions: keys: {{{', '.join(unused)}}}"
                )

    def costs(self, table: Table, cost: Cost, answer: Json, reads_index: bool = False) -> Json:
        """Counts the cost and shows it in the answer where it is asked for."""
        self.store.meter.add(cost, reads_index)
        shown = consumed(self.body.get("ReturnConsumedCapacity", "NONE"), table, cost)
        return {**answer, "ConsumedCapacity": shown} if shown else answer


def consumed(detail: str, table: Table, cost: Cost) -> Json:
    """The member ConsumedCapacity for one table; empty if nobody asks."""
    if detail == "NONE":
        return {}
    shown: Json = {"TableName": table.name, "CapacityUnits": cost.total}
    if detail == "INDEXES":
        shown["Table"] = {"CapacityUnits": cost.read + cost.write}
        shown["GlobalSecondaryIndexes"] = {name: {"CapacityUnits": units} for name, units in cost.indexes.items()}
    return shown


def copied_item(item: Item) -> Item:
    """An item that shares nothing with the stored one."""
    result: Item = copied(item)
    return result
