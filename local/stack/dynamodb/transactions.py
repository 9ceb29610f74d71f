"""TransactWriteItems and TransactGetItems: all or nothing, under the store's one lock.

Everything is decided before anything is written, so nothing ever has to be undone: each action is checked against the
items as they stand, and since one transaction may name an item only once, no action sees another one's result.
"""

from typing import Any

from local.stack.dynamodb.errors import ConditionFailed, Refused, validation
from local.stack.dynamodb.requests import Json, Request, consumed
from local.stack.dynamodb.tables import Place, Table
from local.stack.dynamodb.units import READ_TRANSACTION, Cost, read_units, write_units
from local.stack.dynamodb.values import Item, item_size
from local.stack.dynamodb.writing import check_stored, put_result, update_result

_LARGEST = 100
_ACTIONS = ("ConditionCheck", "Put", "Update", "Delete")
Planned = tuple[Table, Place, Item | None, bool]


def transact_write(request: Request) -> Json:
    """Up to 100 actions on different items; raises TransactionCanceledException with a reason for each."""
    token = request.body.get("ClientRequestToken")
    if token and request.store.remembered(token, request.body):
        return {}
    actions = [_one(each) for each in request.body["TransactItems"]]
    if not 1 <= len(actions) <= _LARGEST:
        raise validation(f"Member must have length less than or equal to {_LARGEST}")
    requests = [Request(request.store, body) for _, body in actions]
    _refuse_doubles([(each.table.name, _place(name, each)) for (name, _), each in zip(actions, requests, strict=True)])
    planned = [_planned(name, each) for (name, _), each in zip(actions, requests, strict=True)]
    reasons = [each if isinstance(each, dict) else {"Code": "None"} for each in planned]
    if any(each["Code"] != "None" for each in reasons):
        _charge_refusal(
            request, [(each.table, _place(name, each)) for (name, _), each in zip(actions, requests, strict=True)]
        )
        raise _cancelled(reasons)
    answer = _carried_out(request, [each for each in planned if not isinstance(each, dict)])
    if token:
        request.store.remember(token, request.body)
    return answer


def transact_get(request: Request) -> Json:
    """Up to 100 items as they stand at one moment."""
    gets = [Request(request.store, each["Get"]) for each in request.body["TransactItems"]]
    if not 1 <= len(gets) <= _LARGEST:
        raise validation(f"Member must have length less than or equal to {_LARGEST}")
    answers, shown = [], []
    for each in gets:
        table = each.table
        item = table.get(table.place(each.body["Key"]))
        each.check_placeholders()
        cost = Cost(read=read_units(0 if item is None else item_size(item), READ_TRANSACTION))
        request.store.meter.add(cost)
        shown.append(consumed(request.body.get("ReturnConsumedCapacity", "NONE"), table, cost))
        answers.append({} if item is None else {"Item": each.projection(item)})
    return {"Responses": answers, **({"ConsumedCapacity": shown} if any(shown) else {})}


def _one(item: Json) -> tuple[str, Json]:
    if len(item) != 1 or next(iter(item)) not in _ACTIONS:
        raise validation("TransactItems can only contain one of Check, Put, Update or Delete")
    return next(iter(item.items()))


def _place(action: str, request: Request) -> Place:
    if action == "Put":
        return request.table.place(request.body["Item"], whole=False)
    return request.table.place(request.body["Key"])


def _refuse_doubles(places: list[tuple[str, Place]]) -> None:
    if len(set(places)) != len(places):
        raise validation("Transaction request cannot include multiple operations on one item")


def _planned(action: str, request: Request) -> Planned | dict[str, Any]:
    """What the action will store, or the reason why the transaction is cancelled."""
    table, place = request.table, _place(action, request)
    try:
        check_stored(request, table.get(place))
    except ConditionFailed as failed:
        reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": failed.message}
        return {**reason, "Item": failed.item} if failed.item is not None else reason
    return table, place, _result(action, request, place), action != "ConditionCheck"


def _result(action: str, request: Request, place: Place) -> Item | None:
    if action == "Update":
        return update_result(request, place)
    return put_result(request)[1] if action == "Put" else None


def _carried_out(request: Request, planned: list[Planned]) -> Json:
    costs: dict[str, tuple[Table, Cost]] = {}
    for table, place, new, writes in planned:
        cost = table.put(place, new) if writes else Cost(write=write_units(_stored_size(table, place)))
        cost.write *= 2
        request.store.meter.add(cost)
        known = costs.setdefault(table.name, (table, Cost()))[1]
        known.write += cost.write
        for index, units in cost.indexes.items():
            known.indexes[index] = known.indexes.get(index, 0.0) + units
    detail = request.body.get("ReturnConsumedCapacity", "NONE")
    shown = [consumed(detail, table, cost) for table, cost in costs.values()]
    return {"ConsumedCapacity": shown} if any(shown) else {}


def _charge_refusal(request: Request, places: list[tuple[Table, Place]]) -> None:
    for table, place in places:
        request.store.meter.add(Cost(write=2 * write_units(_stored_size(table, place))))


def _stored_size(table: Table, place: Place) -> int:
    stored = table.get(place)
    return 0 if stored is None else item_size(stored)


def _cancelled(reasons: list[dict[str, Any]]) -> Refused:
    codes = ", ".join(each["Code"] for each in reasons)
    text = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    return Refused("TransactionCanceledException", text, CancellationReasons=reasons)
