"""A record as one item: keys and index attributes by name, everything else as one JSON text, `body`.

One text instead of nested attributes: the client then walks ten attributes instead of four hundred, and a path, which
is the longest thing in a record, is written once. `body` opens with the table of all paths (`p`) and of all stamps
(`s`: who set a field, when, at which version). Fields (`f`) and what each link has seen stand in the order of that
table: a field as `[value, stamp]`, a seen field as one digest, or as two where a link stands for another value.

30 fields in three systems come to about 3 kB of text, which is packed to less than 1 kB: one write unit. So values of
any length stand in the item itself.

`cause` is an attribute of its own, so that the stream shows what the write was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from shared.aws.cause_format import from_cause, to_cause
from shared.aws.formats import (
    FORMAT,
    Item,
    Json,
    attribute,
    filled,
    from_moment,
    from_value,
    maybe_moment,
    readable,
    text_in,
    text_of,
    to_moment,
    to_value,
)
from shared.aws.link_format import from_link, to_link
from shared.core.decisions import Cause
from shared.core.records import Field, Record, Tombstone

SHARDS = "0123456789abcdef"

FAILING = "failing/"
"""What opens the key values under which failing records stand in the index of the parked, since their first try."""


def shard_of(id_: str) -> str:
    """Return which of the 16 key values of an index an id stands under."""
    return blake2b(id_.encode(), digest_size=1).hexdigest()[0]


def record_item(record: Record, cause: Cause) -> dict[str, dict[str, Any]]:
    """Return the item of a record; it stands in an index only if it has that index's attributes."""
    item = {
        "id": {"S": record.id},
        "format": {"N": str(FORMAT)},
        "entity": {"S": record.entity},
        "version": {"N": str(record.version)},
        "body": attribute(text_of(_body(record))),
        "cause": attribute(text_of(from_cause(cause))),
    }
    item |= _indexed("due_shard", "due_at", record.id, record.due_at)
    item |= _indexed("parked_shard", "parked_since", record.id, record.parked_since)
    if record.parked_since is None:
        item |= _indexed("parked_shard", "parked_since", record.id, record.failing_since, FAILING)
    if record.waits_for is not None:
        item["waits_for"] = {"S": record.waits_for}
    return item


def record_of(item: Item) -> Record:
    """Return the record of an item or of a stream's image."""
    readable(int(item["format"]["N"]), f"record {item['id']['S']}")
    body = json.loads(text_in(item["body"]))
    paths, stamps = body["p"], [(by, to_moment(at), version) for by, at, version in body["s"]]
    fields = {paths[n]: Field(to_value(held[0]), *stamps[held[1]]) for n, held in enumerate(body["f"]) if held}
    return Record(
        item["id"]["S"],
        item["entity"]["S"],
        int(item["version"]["N"]),
        body.get("generation", 0),
        fields,
        {system: to_link(link, paths) for system, link in body.get("links", {}).items()},
        _to_tombstone(body.get("tombstone")),
        frozenset(body.get("without_keys", ())),
        _moment_in(item, "due_at"),
        None if is_listed_as_failing(item) else _moment_in(item, "parked_since"),
        item["waits_for"]["S"] if "waits_for" in item else None,
        maybe_moment(body.get("failing_since")),
    )


def is_listed_as_failing(item: Item) -> bool:
    """Tell whether `parked_since` of an item says since when the record fails: it is parked nowhere."""
    return "parked_shard" in item and str(item["parked_shard"]["S"]).startswith(FAILING)


def cause_of(item: Item) -> Cause:
    """Return what the last write of a record was."""
    return to_cause(json.loads(text_in(item["cause"])))


def _body(record: Record) -> Json:
    paths = _Table()
    stamps = _Table()
    for path in record.fields:
        paths.add(path)
    fields = [
        [from_value(held.value), stamps.add((held.by, from_moment(held.at), held.version))]
        for held in record.fields.values()
    ]
    links = {system: from_link(link, paths.add) for system, link in record.links.items()}
    return {
        "p": paths.rows,
        "s": stamps.rows,
        "f": fields,
        **filled(
            {
                "generation": record.generation,
                "links": links,
                "tombstone": _from_tombstone(record.tombstone),
                "without_keys": sorted(record.without_keys),
                "failing_since": None if record.failing_since is None else from_moment(record.failing_since),
            }
        ),
    }


class _Table:
    """Numbers things in the order in which they come."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._places: dict[Json, int] = {}

    def add(self, row: Json) -> int:
        """Return the place of a row, a new one if it was not there."""
        place = self._places.setdefault(row, len(self.rows))
        if place == len(self.rows):
            self.rows.append(row)
        return place


def _indexed(
    shard: str, attribute: str, id_: str, at: datetime | None, prefix: str = ""
) -> Mapping[str, dict[str, str]]:
    return {} if at is None else {shard: {"S": prefix + shard_of(id_)}, attribute: {"S": from_moment(at)}}


def _moment_in(item: Item, attribute: str) -> datetime | None:
    return maybe_moment(item[attribute]["S"]) if attribute in item else None


def _from_tombstone(tombstone: Tombstone | None) -> Json:
    return None if tombstone is None else [tombstone.by, from_moment(tombstone.at)]


def _to_tombstone(found: Json) -> Tombstone | None:
    return None if found is None else Tombstone(found[0], to_moment(found[1]))
