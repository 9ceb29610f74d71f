"""Relations in DynamoDB: small items of the state table (`about/<parent>`), one query per parent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from shared.aws.dynamodb import Dynamo
from shared.aws.formats import Item
from shared.core.relations import Relation

PREFIX = "about/"
BEHIND = "0"
"""Follows the slash that ends a kind, so that everything of a kind stands before it."""


class DynamoRelations:
    """Relations, over the state table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def put(self, relations: Collection[Relation]) -> None:
        """Put relations, 25 a call."""
        self._dynamo.put_all(self._table, [_item(each) for each in relations])

    def drop(self, relations: Collection[Relation]) -> None:
        """Take relations away, 25 a call."""
        self._dynamo.delete_all(self._table, [_key(each) for each in relations])

    def of(self, parent: str, kind: str = "", since: str = "") -> Sequence[Relation]:
        """Return a parent's relations by one query."""
        condition = "pk = :pk"
        values: dict[str, Any] = {":pk": {"S": PREFIX + parent}}
        if kind:
            condition += " AND sk BETWEEN :first AND :last"
            values |= {":first": {"S": f"{kind}/{since}"}, ":last": {"S": f"{kind}{BEHIND}"}}
        items = self._dynamo.query(
            self._table, ConsistentRead=True, KeyConditionExpression=condition, ExpressionAttributeValues=values
        )
        return [_relation(item) for item in items]


def _key(relation: Relation) -> dict[str, str]:
    parent, place = relation.place
    return {"pk": PREFIX + parent, "sk": place}


def _item(relation: Relation) -> Item:
    item: dict[str, Any] = {name: {"S": value} for name, value in _key(relation).items()}
    if relation.quantity:
        item["quantity"] = {"N": str(relation.quantity)}
    return item


def _relation(item: Item) -> Relation:
    kind, _, place = item["sk"]["S"].partition("/")
    by, _, child = place.rpartition("/")
    quantity = Decimal(item["quantity"]["N"]) if "quantity" in item else Decimal(0)
    return Relation(item["pk"]["S"].removeprefix(PREFIX), kind, child, by, quantity)
