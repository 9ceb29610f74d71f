"""The items of one table, its secondary indexes and its stream. Stored items are never changed, only replaced."""

import itertools
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.dynamodb.models.table import Table as Declared

from local.stack.dynamodb.errors import validation
from local.stack.dynamodb.units import Cost, write_units
from local.stack.dynamodb.values import Item, Key, Value, check, item_size, kind, plain
from local.stack.names import REGION

LARGEST_ITEM = 400 * 1024
Place = tuple[Key, Key | None]

_sequence = itertools.count(100_000_000_000_000_000_001)


@dataclass(slots=True)
class Index:
    """A global secondary index: its key attributes and its entries by hash value."""

    name: str
    hash_attribute: str
    range_attribute: str | None
    kept: frozenset[str] | None
    entries: dict[Key, dict[Place, Item]] = field(default_factory=dict)

    def entry_of(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None where the item lacks a key of the index."""
        if item is None or self.hash_attribute not in item:
            return None
        if self.range_attribute is not None and self.range_attribute not in item:
            return None
        return item if self.kept is None else {name: item[name] for name in self.kept if name in item}


class Table:
    """One table as moto declares it, with items of our own."""

    def __init__(self, declared: Declared) -> None:
        self.name, self.arn = declared.name, declared.table_arn
        self.hash_attribute, self.range_attribute = declared.hash_key_attr, declared.range_key_attr
        self.types = {each["AttributeName"]: each["AttributeType"] for each in declared.attr}
        self.indexes = {each.name: _index(each, declared) for each in declared.global_indexes}
        view = (declared.stream_specification or {}).get("StreamViewType")
        self.stream_view: str | None = view
        self.stream: list[dict[str, Any]] = []
        self.items: dict[Key, dict[Key | None, Item]] = {}

    def place(self, key: Mapping[str, Value], whole: bool = True) -> Place:
        """Where an item with this key stands. With `whole`, the key may hold nothing but the key attributes."""
        names = [self.hash_attribute, *([self.range_attribute] if self.range_attribute else [])]
        if (whole and set(key) != set(names)) or not set(names) <= set(key):
            raise validation("The provided key element does not match the schema")
        values = [self._key_value(name, key[name]) for name in names]
        return values[0], values[1] if len(values) > 1 else None

    def get(self, place: Place) -> Item | None:
        """The stored item."""
        return self.items.get(place[0], {}).get(place[1])

    def key_of(self, item: Item) -> Item:
        """Only the key attributes."""
        return {name: item[name] for name in (self.hash_attribute, self.range_attribute) if name is not None}

    def admit(self, item: Item) -> Place:
        """Checks an item that is about to be stored and gives its place."""
        check(item)
        place = self.place(item, whole=False)
        for index in self.indexes.values():
            for name in (index.hash_attribute, index.range_attribute):
                if name is not None and name in item:
                    self._key_value(name, item[name], f" IndexName: {index.name}, IndexKey: {name}")
        if item_size(item) > LARGEST_ITEM:
            raise validation("Item size has exceeded the maximum allowed size")
        return place

    def put(self, place: Place, new: Item | None) -> Cost:
        """Stores the item, or removes what stands there; notes the change in the stream and says what it costs."""
        old = self.get(place)
        if new is None:
            self._drop(place)
        else:
            self.items.setdefault(place[0], {})[place[1]] = new
        cost = Cost(write=write_units(max(_size(old), _size(new))))
        for index in self.indexes.values():
            units = _reindex(index, place, old, new)
            if units:
                cost.indexes[index.name] = units
        if self.stream_view is not None and old != new:
            self.stream.append(self._change(old, new))
        return cost

    def all_items(self) -> Iterator[Item]:
        """Every item, in an order that stays the same."""
        for partition in self.items.values():
            for _, item in sorted(partition.items(), key=lambda pair: _sortable(pair[0])):
                yield item

    def _drop(self, place: Place) -> None:
        partition = self.items.get(place[0], {})
        partition.pop(place[1], None)
        if not partition:
            self.items.pop(place[0], None)

    def _key_value(self, name: str, value: Value, where: str = "") -> Key:
        expected = self.types[name]
        if kind(value) != expected:
            raise validation(
                f"One or more parameter values were invalid: Type mismatch for key {name} expected: {expected} "
                f"actual: {kind(value)}{where}"
            )
        if value[expected] == "":
            raise validation(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an "
                f"empty string value.{where or ' Key: ' + name}"
            )
        key: Key = plain(value)
        return key

    def _change(self, old: Item | None, new: Item | None) -> dict[str, Any]:
        images: dict[str, Any] = {"Keys": self.key_of(new or old or {})}
        if new is not None and self.stream_view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            images["NewImage"] = new
        if old is not None and self.stream_view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            images["OldImage"] = old
        return {
            "eventID": uuid.uuid4().hex,
            "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": {
                "ApproximateCreationDateTime": float(int(time.time())),
                **images,
                "SequenceNumber": str(next(_sequence)),
                "SizeBytes": sum(item_size(each) for each in images.values()),
                "StreamViewType": self.stream_view,
            },
        }


def _index(declared: Any, table: Declared) -> Index:
    keys = {each["KeyType"]: each["AttributeName"] for each in declared.schema}
    projection = declared.projection or {}
    kept: frozenset[str] | None = None
    if projection.get("ProjectionType", "ALL") != "ALL":
        kept = frozenset([*keys.values(), *table.table_key_attrs, *projection.get("NonKeyAttributes", [])])
    return Index(declared.name, keys["HASH"], keys.get("RANGE"), kept)


def _reindex(index: Index, place: Place, old: Item | None, new: Item | None) -> float:
    """Moves the entry of an item and gives the write units of doing so."""
    before, after = index.entry_of(old), index.entry_of(new)
    if before == after:
        return 0.0
    units = 0.0
    old_hash = plain(before[index.hash_attribute]) if before is not None else None
    new_hash = plain(after[index.hash_attribute]) if after is not None else None
    if before is not None and old_hash is not None:
        index.entries[old_hash].pop(place, None)
        if not index.entries[old_hash]:
            del index.entries[old_hash]
    if after is not None and new_hash is not None:
        index.entries.setdefault(new_hash, {})[place] = after
    moved = before is None or after is None or _keys(index, before) != _keys(index, after)
    if moved:
        units += sum(write_units(item_size(each)) for each in (before, after) if each is not None)
    else:
        units += write_units(max(_size(before), _size(after)))
    return units


def _keys(index: Index, item: Item) -> list[Value | None]:
    return [item.get(index.hash_attribute), item.get(index.range_attribute or "")]


def _size(item: Item | None) -> int:
    return 0 if item is None else item_size(item)


def _sortable(key: Key | None) -> Any:
    return "" if key is None else key
