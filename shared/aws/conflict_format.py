"""Conflict items: what was decided against whom, with both values, and what became of it since.

One item holds some of the decisions of one write of a record. While one of them waits for a person the item stands in
the index `open` under one of the record tables' 16 shards, from then on under that shard's name as decided. So both
are listed in order of time, and counting the open ones reads only those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.aws.formats import FORMAT, Item, from_decision, from_moment, maybe_moment, readable, text_of, to_decision
from shared.aws.record_format import SHARDS, shard_of
from shared.core.decisions import Cause, Decision
from shared.core.records import Record
from shared.ports.conflicts import Closed, Conflict

DECIDED = "decided/"
OPEN_SHARDS = tuple(SHARDS)
DECIDED_SHARDS = tuple(DECIDED + shard for shard in SHARDS)


def conflict_item(record: Record, cause: Cause, number: int, decisions: Sequence[Decision]) -> dict[str, Any]:
    """Return the item; its sort key is moment, version and number, so that writing it again changes nothing."""
    at = "" if cause.at is None else from_moment(cause.at)
    item: dict[str, Any] = {
        "record_id": {"S": record.id},
        "sk": {"S": f"{at}/{record.version:08d}/{number:04d}"},
        "format": {"N": str(FORMAT)},
        "entity": {"S": record.entity},
        "version": {"N": str(record.version)},
        "rules": {"S": cause.rules},
        "decisions": {"S": text_of([from_decision(made) for made in decisions])},
        "open_shard": {"S": _shard(record.id, any(made.is_open for made in decisions))},
    }
    if by := cause.detail.get("by"):
        item["by"] = {"S": by}
    return item


def conflicts_of(item: Item) -> list[Conflict]:
    """Return the conflicts that an item holds."""
    readable(int(item["format"]["N"]), f"conflict of record {item['record_id']['S']}")
    at, _, number = item["sk"]["S"].split("/")
    closed = _closed(item)
    return [
        Conflict(
            item["record_id"]["S"],
            item["entity"]["S"],
            int(item["version"]["N"]),
            int(number) + offset,
            to_decision(found),
            maybe_moment(at or None),
            item["rules"]["S"],
            item["by"]["S"] if "by" in item else "",
            closed.get(int(number) + offset),
        )
        for offset, found in enumerate(json.loads(item["decisions"]["S"]))
    ]


def closing(item: Item, places: frozenset[int], cause: Cause) -> dict[str, Any]:
    """Return the update that closes some of an item's conflicts, and moves it once none of them is open any more."""
    at = None if cause.at is None else from_moment(cause.at)
    now = {str(place): [at, cause.detail.get("by", ""), cause.operation] for place in sorted(places)}
    before = json.loads(item["closed"]["S"]) if "closed" in item else {}
    left = any(each.is_open and each.place not in places for each in conflicts_of(item))
    return {
        "Key": {"record_id": item["record_id"], "sk": item["sk"]},
        "UpdateExpression": "SET #closed = :closed, #shard = :shard",
        "ExpressionAttributeNames": {"#closed": "closed", "#shard": "open_shard"},
        "ExpressionAttributeValues": {
            ":closed": {"S": text_of(before | now)},
            ":shard": {"S": _shard(item["record_id"]["S"], left)},
        },
    }


def _shard(record_id: str, is_open: bool) -> str:
    return shard_of(record_id) if is_open else DECIDED + shard_of(record_id)


def _closed(item: Item) -> Mapping[int, Closed]:
    found: Mapping[str, tuple[str | None, str, str]] = json.loads(item["closed"]["S"]) if "closed" in item else {}
    return {int(place): Closed(_moment(at), by, because) for place, (at, by, because) in found.items()}


def _moment(text: str | None) -> datetime | None:
    return maybe_moment(text)
