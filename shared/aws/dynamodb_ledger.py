"""The ledger in DynamoDB: one item per version of a record, kept for a while."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from shared.aws.cause_format import from_cause, to_cause
from shared.aws.dynamodb import Dynamo
from shared.aws.formats import FORMAT, Item, attribute, from_moment, readable, text_in, text_of, to_moment
from shared.aws.record_format import is_listed_as_failing, record_item, record_of
from shared.ports.stores import LedgerEntry

KEPT = timedelta(days=400)


class DynamoLedger:
    """History, over its table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def append(self, entries: Sequence[LedgerEntry]) -> None:
        """Write entries, 25 a call; repeating one writes the same item again."""
        items = {(entry.record_id, entry.version): ledger_item(entry) for entry in entries}
        self._dynamo.put_all(self._table, list(items.values()))

    def known(self, versions: Collection[tuple[str, int]]) -> frozenset[tuple[str, int]]:
        """Return which of these versions stand in the ledger, 100 a call."""
        keys = [{"record_id": record_id, "sk": version_key(version)} for record_id, version in sorted(versions)]
        found = self._dynamo.get_all(self._table, keys)
        return frozenset((item["record_id"]["S"], int(item["sk"]["S"])) for item in found)

    def versions(self, record_id: str, after: int, limit: int) -> Sequence[LedgerEntry]:
        """Return a record's entries after a version, in order of version (`shared.ports.history`)."""
        query = {
            "KeyConditionExpression": "record_id = :record AND sk > :after",
            "ExpressionAttributeValues": {":record": {"S": record_id}, ":after": {"S": version_key(after)}},
        }
        return [entry_of(item) for item in self._dynamo.query(self._table, limit, **query)]


def version_key(version: int) -> str:
    """Return a version as the ledger sorts it."""
    return f"{version:010d}"


def ledger_item(entry: LedgerEntry) -> dict[str, Any]:
    """Return the item of an entry; it sorts by version within its record.

    Beside cause and changes it has the attributes of the record's own item as it then stood, but for index keys.
    """
    kept = {} if entry.record is None else record_item(entry.record, entry.cause)
    if is_listed_as_failing(kept):
        del kept["parked_since"]
    return {
        **{name: kept[name] for name in _OF_RECORD if name in kept},
        "record_id": {"S": entry.record_id},
        "sk": {"S": version_key(entry.version)},
        "format": {"N": str(FORMAT)},
        "entity": {"S": entry.entity},
        "at": {"S": from_moment(entry.at)},
        "cause": attribute(text_of(from_cause(entry.cause))),
        "changed": attribute(text_of({path: list(pair) for path, pair in entry.changed.items()})),
        "expires_at": {"N": str(int((entry.at + KEPT).timestamp()))},
    }


def entry_of(item: Item) -> LedgerEntry:
    """Return the entry of an item; one that was written before history kept records has none."""
    record_id, version = item["record_id"]["S"], int(item["sk"]["S"])
    readable(int(item["format"]["N"]), f"version {version} of record {record_id}")
    own = {"id": item["record_id"], "version": {"N": str(version)}}
    return LedgerEntry(
        record_id,
        item["entity"]["S"],
        version,
        to_moment(item["at"]["S"]),
        to_cause(json.loads(text_in(item["cause"]))),
        {path: (before, after) for path, (before, after) in json.loads(text_in(item["changed"])).items()},
        record_of({**item, **own}) if "body" in item else None,
    )


_OF_RECORD = ("body", "due_at", "parked_since", "waits_for")
