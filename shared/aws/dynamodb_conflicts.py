"""The conflict items in DynamoDB, which `DynamoRecords.save` writes and closes, for whoever reads them."""

from __future__ import annotations

from collections.abc import Sequence

from shared.aws.conflict_format import DECIDED_SHARDS, OPEN_SHARDS, conflicts_of
from shared.aws.dynamodb import Dynamo, equals
from shared.aws.dynamodb_pages import SpreadIndex, page_of
from shared.aws.formats import Item
from shared.ports.conflicts import Conflict, ConflictPage


class DynamoConflicts:
    """Conflicts, over their table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def page(self, *, is_open: bool, after: str | None, limit: int) -> ConflictPage:
        """Return the conflicts of at most `limit` items, over all shards."""
        shards = OPEN_SHARDS if is_open else DECIDED_SHARDS
        index = SpreadIndex(self._table, "open", "open_shard", shards, "sk", "record_id", newest_first=not is_open)
        items = page_of(self._dynamo, index, None if after is None else _place(after), limit)
        found = [each for item in items for each in conflicts_of(item)]
        more = " ".join(index.place(items[-1])) if len(items) == limit else None
        return ConflictPage([each for each in found if each.is_open or not is_open], more)

    def of(self, record_id: str) -> Sequence[Conflict]:
        """Return all conflicts of a record, the oldest first."""
        return [each for item in items_of(self._dynamo, self._table, record_id) for each in conflicts_of(item)]


def items_of(dynamo: Dynamo, table: str, record_id: str) -> list[Item]:
    """Return a record's conflict items, read consistently."""
    return dynamo.query(table, ConsistentRead=True, **equals(record_id=record_id))


def _place(after: str) -> tuple[str, str]:
    moment, _, record_id = after.partition(" ")
    return moment, record_id
