"""Conflict items: what was decided against whom, with both values; the open ones stand in an index by time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.aws.formats import FORMAT, Item, from_decision, from_moment, maybe_moment, readable, text_of, to_decision
from shared.aws.record_format import shard_of
from shared.core.decisions import Cause, Decision
from shared.core.records import Record


@dataclass(frozen=True, slots=True)
class Conflict:
    """One item: the decisions of one write of a record that overwrote, refused, passed or set aside a value."""

    record_id: str
    sk: str
    entity: str
    version: int
    at: datetime | None
    rules: str
    decisions: tuple[Decision, ...]
    is_open: bool


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
    }
    if any(made.is_open for made in decisions):
        item["open_shard"] = {"S": shard_of(record.id)}
    return item


def conflict_of(item: Item) -> Conflict:
    """Return the conflict of an item."""
    readable(int(item["format"]["N"]), f"conflict of record {item['record_id']['S']}")
    return Conflict(
        item["record_id"]["S"],
        item["sk"]["S"],
        item["entity"]["S"],
        int(item["version"]["N"]),
        maybe_moment(item["sk"]["S"].split("/")[0] or None),
        item["rules"]["S"],
        tuple(to_decision(found) for found in json.loads(item["decisions"]["S"])),
        "open_shard" in item,
    )
