"""What is parked, failing or waiting, in DynamoDB: pages of two sparse indexes."""

from __future__ import annotations

from collections.abc import Sequence

from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_actions import Tables
from shared.aws.dynamodb_pages import SpreadIndex, page_of
from shared.aws.formats import Item, from_moment, to_moment
from shared.aws.identity_format import PARKED_SHARD, note_of
from shared.aws.record_format import FAILING, SHARDS
from shared.ports.failing import NotedSpot, Spot

_FAILING_SHARDS = tuple(FAILING + shard for shard in SHARDS)


class DynamoFailing:
    """Pages over the tables of records and identities."""

    def __init__(self, dynamo: Dynamo, tables: Tables) -> None:
        """Make no call yet."""
        self._dynamo, self._tables = dynamo, tables

    def parked(self, after: Spot | None, limit: int) -> Sequence[Spot]:
        """Return records of which something is parked or held."""
        return self._records(tuple(SHARDS), after, limit)

    def failing(self, after: Spot | None, limit: int) -> Sequence[Spot]:
        """Return records that fail somewhere and are parked nowhere."""
        return self._records(_FAILING_SHARDS, after, limit)

    def parked_notes(self, after: Spot | None, limit: int) -> Sequence[NotedSpot]:
        """Return notes that are parked."""
        return self._notes((PARKED_SHARD,), after, limit)

    def waiting_notes(self, after: Spot | None, limit: int) -> Sequence[NotedSpot]:
        """Return notes that wait."""
        return self._notes(tuple(SHARDS), after, limit)

    def _records(self, shards: Sequence[str], after: Spot | None, limit: int) -> list[Spot]:
        index = SpreadIndex(self._tables.records, "parked", "parked_shard", shards, "parked_since", "id")
        return [_spot(index, item) for item in page_of(self._dynamo, index, _place(after), limit)]

    def _notes(self, shards: Sequence[str], after: Spot | None, limit: int) -> list[NotedSpot]:
        index = SpreadIndex(self._tables.identities, "due", "due_shard", shards, "due_at", "pk")
        items = page_of(self._dynamo, index, _place(after), limit)
        return [NotedSpot(_spot(index, item), note_of(item)) for item in items]


def _place(after: Spot | None) -> tuple[str, str] | None:
    return None if after is None else (from_moment(after.at), after.id)


def _spot(index: SpreadIndex, item: Item) -> Spot:
    at, id_ = index.place(item)
    return Spot(to_moment(at), id_)
