"""GetItem, BatchGetItem, Query and Scan."""

import operator
from collections.abc import Iterable
from typing import Any

from local.stack.dynamodb.conditions import true_of
from local.stack.dynamodb.errors import validation
from local.stack.dynamodb.expressions import Between, Call, Compare, Condition, Given, Junction, Path
from local.stack.dynamodb.requests import Json, Request, consumed
from local.stack.dynamodb.tables import Index, Table
from local.stack.dynamodb.units import READ_EVENTUAL, READ_STRONG, Cost, read_units
from local.stack.dynamodb.values import Item, Value, item_size, plain

PAGE_BYTES = 1024 * 1024
BATCH_BYTES = 16 * 1024 * 1024


def get_item(request: Request) -> Json:
    """One item by its key."""
    table = request.table
    item = table.get(table.place(request.body["Key"]))
    request.check_placeholders()
    cost = Cost(read=read_units(0 if item is None else item_size(item), _factor(request.body)))
    return request.costs(table, cost, {} if item is None else {"Item": request.projection(item)})


def batch_get_item(request: Request) -> Json:
    """Up to 100 items by their keys; what does not fit into 16 MB comes back as unprocessed."""
    asked = request.body["RequestItems"]
    if not 1 <= sum(len(each["Keys"]) for each in asked.values()) <= 100:
        raise validation("Too many items requested for the BatchGetItem call")
    responses: dict[str, list[Item]] = {}
    unprocessed: Json = {}
    shown, size = [], 0
    for name, wanted in asked.items():
        inner = Request(request.store, {**wanted, "TableName": name})
        table, cost = inner.table, Cost()
        _refuse_doubles(table, wanted["Keys"])
        found = responses.setdefault(name, [])
        for key in wanted["Keys"]:
            item = table.get(table.place(key))
            if size > BATCH_BYTES:
                unprocessed.setdefault(name, {**wanted, "Keys": []})["Keys"].append(key)
                continue
            cost.read += read_units(0 if item is None else item_size(item), _factor(wanted))
            if item is not None:
                size += item_size(item)
                found.append(inner.projection(item))
        request.store.meter.add(cost)
        shown.append(consumed(request.body.get("ReturnConsumedCapacity", "NONE"), table, cost))
    answer: Json = {"Responses": responses, "UnprocessedKeys": unprocessed}
    return {**answer, "ConsumedCapacity": shown} if any(shown) else answer


def query(request: Request) -> Json:
    """The items of one partition of the table or of an index, in order."""
    table, index = request.table, _asked_index(request)
    tree = request.condition("KeyConditionExpression")
    if tree is None:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    keys = (index.hash_attribute, index.range_attribute) if index else (table.hash_attribute, table.range_attribute)
    partition = _partition(request, tree, keys)
    items = list((index.entries if index else table.items).get(partition, {}).values())
    matching = [item for item in items if true_of(tree, item, request.values)]
    return _page(request, table, index, _in_order(matching, table, index))


def scan(request: Request) -> Json:
    """Every item of the table or of an index."""
    table, index = request.table, _asked_index(request)
    if index is None:
        return _page(request, table, None, list(table.all_items()))
    entries = [item for partition in index.entries.values() for item in partition.values()]
    return _page(request, table, index, _in_order(entries, table, index))


def _asked_index(request: Request) -> Index | None:
    name = request.body.get("IndexName")
    if name is None:
        return None
    if name not in request.table.indexes:
        raise validation(f"The table does not have the specified index: {name}")
    if request.body.get("ConsistentRead"):
        raise validation("Consistent reads are not supported on global secondary indexes")
    return request.table.indexes[name]


def _partition(request: Request, tree: Condition, keys: tuple[str, str | None]) -> Any:
    """The hash value of a key condition, which may hold nothing but an equality and one condition on the range key."""
    parts = tree.parts if isinstance(tree, Junction) and tree.word == "AND" else (tree,)
    hashes = [_hash_value(request, each, keys[0]) for each in parts]
    found = [each for each in hashes if each is not None]
    others = [each for each, value in zip(parts, hashes, strict=True) if value is None]
    if len(found) != 1 or len(others) > 1:
        raise validation(f"Query condition missed key schema element: {keys[0]}")
    for each in others:
        if not _is_range_condition(each, keys[1]):
            raise validation("Query key condition not supported")
    return plain(found[0])


def _hash_value(request: Request, part: Condition, attribute: str) -> Value | None:
    match part:
        case Compare("=", Path((name,)), Given(given)) if name == attribute:
            if given not in request.values:
                raise validation(f"An expression attribute value used in expression is not defined: {given}")
            return request.values[given]
    return None


def _is_range_condition(part: Condition, attribute: str | None) -> bool:
    match part:
        case Compare(sign, Path((name,)), Given()):
            return name == attribute and sign != "<>"
        case Between(Path((name,)), Given(), Given()) | Call("begins_with", (Path((name,)), Given())):
            return name == attribute
    return False


def _in_order(items: list[Item], table: Table, index: Index | None) -> list[Item]:
    names = [table.hash_attribute, table.range_attribute]
    if index is not None:
        names = [index.hash_attribute, index.range_attribute, *names]
    present = [name for name in names if name is not None]
    return sorted(items, key=lambda item: [plain(item[name]) for name in present])


def _page(request: Request, table: Table, index: Index | None, items: list[Item]) -> Json:
    """One page: order, start key, limit and 1 MB first, the filter afterwards, as AWS does."""
    if request.body.get("ScanIndexForward", True) is False:
        items.reverse()
    rest = items[_start(request, table, index, items) :]
    examined = _that_fit(rest, request.body.get("Limit"))
    tree = request.condition("FilterExpression")
    request.check_placeholders()
    kept = [item for item in examined if tree is None or true_of(tree, item, request.values)]
    answer: Json = {"Count": len(kept), "ScannedCount": len(examined)}
    if request.body.get("Select") != "COUNT":
        answer["Items"] = [request.projection(item) for item in kept]
    if len(examined) < len(rest) or (examined and len(examined) == request.body.get("Limit")):
        answer["LastEvaluatedKey"] = _key(table, index, examined[-1])
    return _charged(request, table, index, examined, answer)


def _start(request: Request, table: Table, index: Index | None, items: list[Item]) -> int:
    after = request.body.get("ExclusiveStartKey")
    if after is None:
        return 0
    for position, item in enumerate(items):
        if _key(table, index, item) == after:
            return position + 1
    return _where_it_would_stand(request, table, index, items, after)


def _where_it_would_stand(request: Request, table: Table, index: Index | None, items: list[Item], after: Item) -> int:
    """The item of the start key is gone: go on where it stood."""
    if "KeyConditionExpression" not in request.body:
        raise validation("The provided starting key is invalid: the item is gone")
    names = [index.range_attribute if index else None, table.range_attribute or table.hash_attribute]
    present = [name for name in names if name is not None and name in after]
    forward = request.body.get("ScanIndexForward", True)
    test = operator.gt if forward else operator.lt
    place = [plain(after[name]) for name in present]
    later = (position for position, item in enumerate(items) if test([plain(item[n]) for n in present], place))
    return next(later, len(items))


def _that_fit(items: list[Item], limit: int | None) -> list[Item]:
    size, fitting = 0, []
    for item in items if limit is None else items[:limit]:
        fitting.append(item)
        size += item_size(item)
        if size > PAGE_BYTES:
            break
    return fitting


def _key(table: Table, index: Index | None, item: Item) -> Item:
    names: Iterable[str | None] = (table.hash_attribute, table.range_attribute)
    if index is not None:
        names = (*names, index.hash_attribute, index.range_attribute)
    return {name: item[name] for name in names if name is not None}


def _charged(request: Request, table: Table, index: Index | None, examined: list[Item], answer: Json) -> Json:
    units = read_units(sum(item_size(item) for item in examined), _factor(request.body))
    if index is None:
        return request.costs(table, Cost(read=units), answer)
    return request.costs(table, Cost(indexes={index.name: units}), answer, reads_index=True)


def _refuse_doubles(table: Table, keys: list[Item]) -> None:
    places = [table.place(key) for key in keys]
    if len(set(places)) != len(places):
        raise validation("Provided list of item keys contains duplicates")


def _factor(body: Json) -> float:
    return READ_STRONG if body.get("ConsistentRead") else READ_EVENTUAL
