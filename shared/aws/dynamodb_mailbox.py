"""What partners push, in the state table: `pushed/<system>/<entity>` and the external id, with the state packed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from shared.aws.dynamodb import Dynamo, equals
from shared.aws.failures import has_held
from shared.aws.formats import FORMAT, Item, readable, text_of
from shared.aws.message_format import state_json, state_of
from shared.core.observations import Observation


class DynamoMailbox:
    """Pushed states, over the state table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        """Make no call yet."""
        self._dynamo, self._table = dynamo, table

    def put(self, observation: Observation) -> bool:
        """Keep a state; the table's own condition keeps the one with the highest revision."""
        order = observation.revision.order if observation.revision else None
        item: dict[str, Any] = {
            "pk": {"S": _pk(observation.system, observation.entity)},
            "sk": {"S": observation.external_id},
            "format": {"N": str(FORMAT)},
            "state": {"B": gzip.compress(text_of(state_json(observation)).encode(), mtime=0)},
        }
        more: dict[str, Any] = {}
        if order is not None:
            item["order"] = {"N": str(order)}
            more = {
                "ConditionExpression": "attribute_not_exists(#order) OR #order <= :order",
                "ExpressionAttributeNames": {"#order": "order"},
                "ExpressionAttributeValues": {":order": {"N": str(order)}},
            }
        put = partial(self._dynamo.client.put_item, TableName=self._table, Item=item, **more)
        return has_held(put, f"keep what {observation.system} pushed")

    def get(self, system: str, entity: str, ids: Collection[str]) -> Mapping[str, Observation]:
        """Return the states of these records, read consistently."""
        keys = [{"pk": _pk(system, entity), "sk": id_} for id_ in sorted(set(ids))]
        found = (_state(system, entity, item) for item in self._dynamo.get_all(self._table, keys))
        return {state.external_id: state for state in found}

    def page(self, system: str, entity: str, after: str | None, limit: int) -> Sequence[Observation]:
        """Return a page of states, read consistently."""
        query: dict[str, Any] = equals(pk=_pk(system, entity))
        if after is not None:
            query["ExclusiveStartKey"] = {"pk": {"S": _pk(system, entity)}, "sk": {"S": after}}
        items = self._dynamo.query(self._table, limit, ConsistentRead=True, **query)
        return [_state(system, entity, item) for item in items]


def _pk(system: str, entity: str) -> str:
    return f"pushed/{system}/{entity}"


def _state(system: str, entity: str, item: Item) -> Observation:
    readable(int(item["format"]["N"]), f"what {system} pushed")
    return state_of(system, entity, json.loads(gzip.decompress(item["state"]["B"])))
