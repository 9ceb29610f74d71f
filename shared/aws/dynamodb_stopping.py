"""Drains, spent bounds and approvals in DynamoDB, in the table of states.

| partition key            | sort key     | what                                                          |
|--------------------------|--------------|---------------------------------------------------------------|
| `drain`                  | `-`          | the drain under way: id, how far it has come, what it found   |
| `spent/<run>`            | `-`          | records written in one run, until it expires                  |
| `approved/<system>`      | entity       | until when a person lets it be written to without a bound     |
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_states import ALONE
from shared.aws.failures import explained, has_held
from shared.aws.formats import Item, from_moment, to_moment
from shared.ports.stopping import Drain

_DRAIN = {"pk": {"S": "drain"}, "sk": {"S": ALONE}}


class DynamoStopping:
    """What goes on when a stop ends, over the table of states."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def drain(self) -> Drain | None:
        """Return the drain that is under way."""
        item = self._dynamo.get_one(self._table, {"pk": "drain", "sk": ALONE})
        if item is None:
            return None
        after = to_moment(item["after"]["S"]) if "after" in item else None
        return Drain(item["id"]["S"], after, int(item["found"]["N"]))

    def begin_drain(self, id_: str) -> None:
        """Begin to walk from the start."""
        self._put("begin to drain", _item_of(Drain(id_)))

    def go_on(self, drain: Drain) -> None:
        """Keep how far a drain has come, unless another has begun meanwhile."""
        write = partial(
            self._dynamo.client.put_item,
            TableName=self._table,
            Item=_item_of(drain),
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": drain.id}},
        )
        has_held(write, "go on draining")

    def end_drain(self, id_: str) -> None:
        """End a drain, unless another has begun meanwhile."""
        delete = partial(
            self._dynamo.client.delete_item,
            TableName=self._table,
            Key=_DRAIN,
            ConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": id_}},
        )
        has_held(delete, "end a drain")

    def spend(self, run: str, amount: int, bound: int, expires: datetime) -> bool:
        """Add to what a run has written if it stays within the bound, in one conditional write."""
        if amount > bound:
            return False
        write = partial(
            self._dynamo.client.update_item,
            TableName=self._table,
            Key={"pk": {"S": f"spent/{run}"}, "sk": {"S": ALONE}},
            UpdateExpression="ADD #count :amount SET expires_at = :expires",
            ConditionExpression="attribute_not_exists(#count) OR #count <= :room",
            ExpressionAttributeNames={"#count": "count"},
            ExpressionAttributeValues={
                ":amount": {"N": str(amount)},
                ":room": {"N": str(bound - amount)},
                ":expires": {"N": str(int(expires.timestamp()))},
            },
        )
        return has_held(write, "count what a run writes")

    def approve(self, system: str, entity: str, until: datetime) -> None:
        """Keep until when a person lets it go on."""
        item = {"pk": {"S": f"approved/{system}"}, "sk": {"S": entity}, "until": {"S": from_moment(until)}}
        self._put(f"approve {system} {entity}", {**item, "expires_at": {"N": str(int(until.timestamp()))}})

    def approved_until(self, system: str, entity: str) -> datetime | None:
        """Return until when a person lets it go on."""
        item = self._dynamo.get_one(self._table, {"pk": f"approved/{system}", "sk": entity})
        return None if item is None else to_moment(item["until"]["S"])

    def _put(self, what: str, item: Item) -> None:
        with explained(what):
            self._dynamo.client.put_item(TableName=self._table, Item=item)


def _item_of(drain: Drain) -> Item:
    item: dict[str, Any] = {**_DRAIN, "id": {"S": drain.id}, "found": {"N": str(drain.found)}}
    if drain.after is not None:
        item["after"] = {"S": from_moment(drain.after)}
    return item
