"""PutItem, UpdateItem, DeleteItem and BatchWriteItem."""

from typing import Any

from local.stack.dynamodb.errors import ConditionFailed, validation
from local.stack.dynamodb.requests import Json, Request, consumed, copied_item
from local.stack.dynamodb.tables import Place, Table
from local.stack.dynamodb.units import Cost, write_units
from local.stack.dynamodb.updates import read_update, updated
from local.stack.dynamodb.values import Item, check, item_size

_BATCH = 25


def put_item(request: Request) -> Json:
    """Replaces the whole item."""
    place, new = put_result(request)
    return _write(request, place, new)


def delete_item(request: Request) -> Json:
    """Removes the item; one that is not there is no error."""
    return _write(request, request.table.place(request.body["Key"]), None)


def update_item(request: Request) -> Json:
    """Changes the item, or makes it."""
    table = request.table
    place = table.place(request.body["Key"])
    _condition(request, table, place)
    return _store(request, place, update_result(request, place))


def batch_write_item(request: Request) -> Json:
    """Up to 25 puts and deletes; each stands alone."""
    asked: dict[str, list[Json]] = request.body["RequestItems"]
    if not 1 <= sum(len(each) for each in asked.values()) <= _BATCH:
        raise validation("Too many items requested for the BatchWriteItem call")
    planned = [
        (request.store.table(name), *_planned(request, name, each)) for name, all_ in asked.items() for each in all_
    ]
    if len({(table.name, place) for table, place, _ in planned}) != len(planned):
        raise validation("Provided list of item keys contains duplicates")
    shown = []
    for table, place, new in planned:
        cost = table.put(place, new)
        request.store.meter.add(cost)
        shown.append(consumed(request.body.get("ReturnConsumedCapacity", "NONE"), table, cost))
    answer: Json = {"UnprocessedItems": {}}
    return {**answer, "ConsumedCapacity": shown} if any(shown) else answer


def put_result(request: Request) -> tuple[Place, Item]:
    """Where a put goes and what it stores."""
    new: Item = request.body["Item"]
    return request.table.admit(new), new


def update_result(request: Request, place: Place) -> Item:
    """What an update leaves of the stored item; the key cannot be changed."""
    table = request.table
    text = request.body.get("UpdateExpression")
    before = table.get(place) or dict(request.body["Key"])
    after = before
    if text is not None:
        actions, used = read_update(text, tuple(sorted(request.names.items())))
        request.use(used)
        keys = table.key_of(before)
        touched = [each.path.parts[0] for each in actions if each.path.parts[0] in keys]
        if touched:
            raise validation(f"Cannot update attribute {touched[0]}. This attribute is part of the key")
        after = updated(before, actions, request.values)
    request.condition("ConditionExpression")
    request.check_placeholders()
    table.admit(after)
    return after


def check_stored(request: Request, stored: Item | None) -> None:
    """Raises ConditionFailed unless the request's condition holds for what is stored."""
    if "UpdateExpression" in request.body:
        _, used = read_update(request.body["UpdateExpression"], tuple(sorted(request.names.items())))
        request.use(used)
    request.check_condition(stored)


def _planned(request: Request, table: str, each: Json) -> tuple[Place, Item | None]:
    if "PutRequest" in each:
        return put_result(Request(request.store, {"TableName": table, "Item": each["PutRequest"]["Item"]}))
    key: Item = each["DeleteRequest"]["Key"]
    check(key)
    return request.store.table(table).place(key), None


def _write(request: Request, place: Place, new: Item | None) -> Json:
    if request.body.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD"):
        raise validation("Return values set to invalid value")
    _condition(request, request.table, place)
    return _store(request, place, new)


def _condition(request: Request, table: Table, place: Place) -> None:
    stored = table.get(place)
    try:
        check_stored(request, stored)
    except ConditionFailed:
        request.store.meter.add(Cost(write=write_units(0 if stored is None else item_size(stored))))
        raise


def _store(request: Request, place: Place, new: Item | None) -> Json:
    table = request.table
    old = table.get(place)
    cost = table.put(place, new)
    return request.costs(table, cost, _returned(request.body.get("ReturnValues", "NONE"), old, new))


def _returned(wanted: str, old: Item | None, new: Item | None) -> Json:
    shown: dict[str, Any] | None = None
    if wanted == "ALL_OLD":
        shown = old
    elif wanted == "ALL_NEW":
        shown = new
    elif wanted in ("UPDATED_OLD", "UPDATED_NEW"):
        before, after = old or {}, new or {}
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        source = before if wanted == "UPDATED_OLD" else after
        shown = {name: source[name] for name in source if name in changed}
    return {"Attributes": copied_item(shown)} if shown else {}
