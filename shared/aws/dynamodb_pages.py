"""Pages of an index that is spread over several key values, in one order of time.

A page begins right after the place that the one before ended at: moment and id, so that what comes or goes meanwhile
neither repeats nor hides an entry that stands where it stood. Entries of one moment are never cut apart by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.aws.dynamodb import Dynamo
from shared.aws.formats import Item


@dataclass(frozen=True, slots=True)
class SpreadIndex:
    """An index: its table, name, the attribute that spreads it with its values, those of the order and of the id."""

    table: str
    name: str
    key: str
    values: Sequence[str]
    order: str
    id: str
    newest_first: bool = False

    def place(self, item: Item) -> tuple[str, str]:
        """Return where an item stands."""
        return item[self.order]["S"], item[self.id]["S"]

    def is_beyond(self, place: tuple[str, str], other: tuple[str, str]) -> bool:
        """Tell whether a place comes after another."""
        return place < other if self.newest_first else place > other


def page_of(dynamo: Dynamo, index: SpreadIndex, after: tuple[str, str] | None, limit: int) -> list[Item]:
    """Return at most `limit` items beyond a place, over all key values, in order."""
    found = [item for value in index.values for item in _of_value(dynamo, index, value, after, limit)]
    return sorted(found, key=index.place, reverse=index.newest_first)[:limit]


def _of_value(
    dynamo: Dynamo, index: SpreadIndex, value: str, after: tuple[str, str] | None, limit: int
) -> Iterator[Item]:
    if after is not None:
        ties = _query(dynamo, index, value, "=", after[0], None)
        yield from (item for item in ties if index.is_beyond(index.place(item), after))
    beyond = "<" if index.newest_first else ">"
    some = _query(dynamo, index, value, beyond, None if after is None else after[0], limit)
    if len(some) < limit:
        yield from some
        return
    last = index.place(some[-1])[0]
    yield from (item for item in some if index.place(item)[0] != last)
    yield from _query(dynamo, index, value, "=", last, None)


def _query(
    dynamo: Dynamo, index: SpreadIndex, value: str, compared: str, moment: str | None, limit: int | None
) -> list[Item]:
    query: dict[str, Any] = {
        "IndexName": index.name,
        "ScanIndexForward": not index.newest_first,
        "KeyConditionExpression": "#key = :value",
        "ExpressionAttributeNames": {"#key": index.key},
        "ExpressionAttributeValues": {":value": {"S": value}},
    }
    if moment is not None:
        query["KeyConditionExpression"] += f" AND #order {compared} :moment"
        query["ExpressionAttributeNames"]["#order"] = index.order
        query["ExpressionAttributeValues"][":moment"] = {"S": moment}
    return dynamo.query(index.table, limit, **query)
