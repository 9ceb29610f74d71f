"""Who is who in DynamoDB: holders of keys, notes, open creates, links of a system."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from shared.aws.dynamodb import Dynamo, equals
from shared.aws.failures import explained
from shared.aws.formats import Item, from_moment
from shared.aws.identity_format import (
    HOLDER,
    ID_PREFIX,
    NOTE,
    PARKED_SHARD,
    create_pk,
    holder_of,
    note_item,
    note_of,
    open_create_of,
    pair_of,
    pk_of,
)
from shared.aws.record_format import SHARDS
from shared.core.stopping import ASIDE_FROM, ASIDE_UNTIL
from shared.ports.stores import Holder, Note, OpenCreate

UNTIL = "due_shard = :shard AND due_at <= :until"


class DynamoIdentities:
    """Identities, over their table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def holders(self, keys: Collection[str]) -> Mapping[str, Holder]:
        """Return the holders of the keys that are held or noted; 50 id keys or 100 match keys a call."""
        wanted = [{"pk": pk_of(key), "sk": HOLDER} for key in sorted(set(keys))]
        wanted += [{"pk": pk_of(key), "sk": NOTE} for key in sorted(set(keys)) if key.startswith(ID_PREFIX)]
        items: dict[tuple[str, str], Item] = {
            (item["pk"]["S"], item["sk"]["S"]): item for item in self._dynamo.get_all(self._table, wanted)
        }
        found = {key: (items.get((pk_of(key), HOLDER)), items.get((pk_of(key), NOTE))) for key in keys}
        return {key: holder_of(held, noted) for key, (held, noted) in found.items() if held or noted}

    def note(self, key: str, note: Note) -> None:
        """Put a note at an id key, beside the record that may hold it."""
        with explained(f"note {key}"):
            self._dynamo.client.put_item(TableName=self._table, Item=note_item(key, note))

    def forget(self, keys: Collection[str]) -> None:
        """Drop the notes at these id keys."""
        for key in sorted(keys):
            with explained(f"forget {key}"):
                self._dynamo.client.delete_item(TableName=self._table, Key={"pk": {"S": pk_of(key)}, "sk": {"S": NOTE}})

    def due(self, until: datetime, limit: int) -> Sequence[Note]:
        """Return waiting notes whose time has come, over all shards, the oldest first."""
        found: list[Item] = []
        for shard in SHARDS:
            found += self._in_due_index(shard, until, limit)
        return [note_of(item) for item in sorted(found, key=_when)[:limit]]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[Note]:
        """Return waiting notes that wait for a resume, over all shards, in order, after a due time."""
        since = ASIDE_FROM if after is None else after + timedelta(microseconds=1)
        found: list[Item] = []
        for shard in SHARDS:
            values = {":shard": shard, ":since": from_moment(since), ":until": from_moment(ASIDE_UNTIL)}
            found += self._dynamo.query(
                self._table,
                limit,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard AND due_at BETWEEN :since AND :until",
                ExpressionAttributeValues={name: {"S": text} for name, text in values.items()},
            )
        return [note_of(item) for item in sorted(found, key=_when)[:limit]]

    def parked(self, limit: int) -> Sequence[Note]:
        """Return the parked notes, the oldest first."""
        return [note_of(item) for item in self._in_due_index(PARKED_SHARD, None, limit)]

    def open_creates(self, system: str, entity: str) -> Sequence[OpenCreate]:
        """Return the creates that are open in a system, read consistently, by record id."""
        items = self._dynamo.query(self._table, ConsistentRead=True, **equals(pk=create_pk(system, entity)))
        return [open_create_of(item) for item in items]

    def linked(self, system: str, entity: str, after: str | None, limit: int) -> Mapping[str, str]:
        """Return a page of external id → record id."""
        query = equals(system_entity=pair_of(system, entity))
        if after is not None:
            query["KeyConditionExpression"] += " AND external_id > :after"
            query["ExpressionAttributeValues"][":after"] = {"S": after}
        items = self._dynamo.query(self._table, limit, IndexName="by_system", **query)
        return {item["external_id"]["S"]: item["record_id"]["S"] for item in items}

    def _in_due_index(self, shard: str, until: datetime | None, limit: int) -> list[Item]:
        if until is None:
            return self._dynamo.query(self._table, limit, IndexName="due", **equals(due_shard=shard))
        values = {":shard": {"S": shard}, ":until": {"S": from_moment(until)}}
        return self._dynamo.query(
            self._table, limit, IndexName="due", KeyConditionExpression=UNTIL, ExpressionAttributeValues=values
        )


def _when(item: Item) -> tuple[str, str]:
    return item["due_at"]["S"], item["pk"]["S"]
