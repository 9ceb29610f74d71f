"""Reservations in DynamoDB, in the table of states; each change is one `TransactWriteItems`.

| partition key                  | sort key | what                                                         |
|--------------------------------|----------|--------------------------------------------------------------|
| `reservation/<id>`             | `-`      | holder, lines, until when, state, version, perhaps customer  |
| `shelf/<product>/<location>`   | `-`      | `limit` and `free`, numbers that only transactions change    |

A reservation that has ended is forgotten after 30 days (`expires_at`), so that its id cannot be used twice meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_states import ALONE
from shared.aws.failures import BUSY, code_of, explained
from shared.aws.formats import FORMAT, Item, from_moment, to_moment
from shared.core.errors import TryAgain
from shared.core.reservations import Place, Reservation, ReservationStep, Shelf, ShelfStep, State, Transaction
from shared.core.supply import ZERO
from shared.ports.clock import Clock

KEPT = timedelta(days=30)
_NAMES = {"#limit": "limit", "#free": "free"}
_NO_CONDITION = "ConditionalCheckFailed"


class DynamoReservations:
    """Reservations, over the table of states."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        """Make no call yet."""
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def get(self, ids: Collection[str]) -> Mapping[str, Reservation]:
        """Return those that there are, in bulk."""
        items = self._dynamo.get_all(self._table, [_key(_reservation(each)) for each in sorted(set(ids))])
        found = (_to_reservation(item) for item in items)
        return {each.id: each for each in found}

    def shelves(self, places: Collection[Place]) -> Mapping[Place, Shelf]:
        """Return shelves in bulk; one that nobody has touched is empty."""
        items = self._dynamo.get_all(self._table, [_key(_shelf(place)) for place in sorted(set(places))])
        stored = {item["pk"]["S"]: item for item in items}
        return {place: _to_shelf(place, stored.get(_shelf(place), {})) for place in places}

    def carry_out(self, transaction: Transaction) -> bool:
        """Make one transaction; False if one of its conditions does not hold. One without steps is done at once."""
        if not transaction:
            return True
        steps: Any = [
            {"Put": self._put(step)} if isinstance(step, ReservationStep) else {"Update": self._add(step)}
            for step in transaction
        ]
        with explained("set goods aside"):
            try:
                self._dynamo.client.transact_write_items(TransactItems=steps)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                return _refused(error)
        return True

    def _put(self, step: ReservationStep) -> dict[str, Any]:
        put = {"TableName": self._table, "Item": self._item(step.becomes)}
        if not step.was:
            return put | {"ConditionExpression": "attribute_not_exists(pk)"}
        return put | {
            "ConditionExpression": "#state = :open AND #version = :was",
            "ExpressionAttributeNames": {"#state": "state", "#version": "version"},
            "ExpressionAttributeValues": {":open": {"S": State.OPEN.value}, ":was": {"N": str(step.was)}},
        }

    def _add(self, step: ShelfStep) -> dict[str, Any]:
        values = {":limit": step.add_limit, ":free": step.add_free}
        conditions = []
        if step.at_least is not None:
            values[":least"] = step.at_least
            conditions.append(_or_new("#free >= :least", is_met_by_nothing=step.at_least <= ZERO))
        if step.limit_was is not None:
            values[":was"] = step.limit_was
            conditions.append(_or_new("#limit = :was", is_met_by_nothing=step.limit_was == ZERO))
        condition = {"ConditionExpression": " AND ".join(conditions)} if conditions else {}
        return condition | {
            "TableName": self._table,
            "Key": {"pk": {"S": _shelf(step.place)}, "sk": {"S": ALONE}},
            "UpdateExpression": "ADD #limit :limit, #free :free",
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {name: {"N": str(value)} for name, value in values.items()},
        }

    def _item(self, each: Reservation) -> Item:
        item: dict[str, Any] = {
            "pk": {"S": _reservation(each.id)},
            "sk": {"S": ALONE},
            "format": {"N": str(FORMAT)},
            "holder": {"S": each.holder},
            **({"customer": {"S": each.customer}} if each.customer else {}),
            "until": {"S": from_moment(each.expires_at)},
            "state": {"S": each.state.value},
            "version": {"N": str(each.version)},
            "lines": {"L": [_from_line(place, quantity) for place, quantity in each.lines]},
        }
        if each.state is not State.OPEN:
            item["expires_at"] = {"N": str(int((self._clock.now() + KEPT).timestamp()))}
        return item


def _or_new(condition: str, *, is_met_by_nothing: bool) -> str:
    """Return a condition that a shelf which nobody has touched meets too, where an empty one would."""
    return f"({condition} OR attribute_not_exists(#limit))" if is_met_by_nothing else condition


def _refused(error: ClientError) -> bool:
    """Return that a condition did not hold; raise `TryAgain` where something else stood in the way."""
    reasons: Any = error.response.get("CancellationReasons", [])
    codes = {str(reason.get("Code")) for reason in reasons} - {"None"}
    if _NO_CONDITION in codes:
        return False
    if codes & BUSY:
        raise TryAgain("set goods aside: somebody else is changing the same shelf") from error
    raise error


def _key(partition: str) -> dict[str, str]:
    return {"pk": partition, "sk": ALONE}


def _reservation(id_: str) -> str:
    return f"reservation/{id_}"


def _shelf(place: Place) -> str:
    return f"shelf/{place.product}/{place.location}"


def _from_line(place: Place, quantity: Decimal) -> Any:
    return {"L": [{"S": place.product}, {"S": place.location}, {"N": str(quantity)}]}


def _to_line(found: Any) -> tuple[Place, Decimal]:
    product, location, quantity = found["L"]
    return Place(product["S"], location["S"]), Decimal(quantity["N"])


def _to_reservation(item: Item) -> Reservation:
    return Reservation(
        id=item["pk"]["S"].removeprefix("reservation/"),
        holder=item["holder"]["S"],
        customer=item["customer"]["S"] if "customer" in item else "",
        lines=tuple(_to_line(each) for each in item["lines"]["L"]),
        expires_at=to_moment(item["until"]["S"]),
        state=State(item["state"]["S"]),
        version=int(item["version"]["N"]),
    )


def _to_shelf(place: Place, item: Item) -> Shelf:
    numbers = {name: Decimal(item[name]["N"]) if name in item else ZERO for name in ("limit", "free")}
    return Shelf(place, numbers["limit"], numbers["free"])
