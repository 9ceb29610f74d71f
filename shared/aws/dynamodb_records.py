"""The golden records in DynamoDB: one conditional put, or one transaction where keys, conflicts or marks change.

A record's item carries its version; a write holds only if the table still has the version before. What does not touch
anything else (the hot path: an absorb, an intent, a confirm) is one `PutItem`. Everything else is one
`TransactWriteItems`, whose actions are built by `dynamodb_actions`.

An answer can get lost on its way here while the client tries again by itself. The second try then finds the version
already written; the item that stood in the way is looked at, and if it bears the name of this very write it holds.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.dynamodb import Dynamo, equals
from shared.aws.dynamodb_actions import ACTIONS, CLOSINGS, Action, Part, Tables, actions_of, closings_of, is_plain
from shared.aws.dynamodb_conflicts import items_of
from shared.aws.failures import BUSY, code_of, explained
from shared.aws.formats import from_moment, to_moment
from shared.aws.record_format import SHARDS, record_of
from shared.aws.trace import current_trace
from shared.core.records import Record
from shared.core.stopping import ASIDE_FROM, ASIDE_UNTIL
from shared.ports.stores import Change, KeysHeld, Lost, Saved, SaveResult

FAILED = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})


class DynamoRecords:
    """Records, over the tables of records, identities and conflicts."""

    def __init__(self, dynamo: Dynamo, tables: Tables) -> None:
        """Make no call yet."""
        self._dynamo, self._tables = dynamo, tables

    def get(self, ids: Collection[str]) -> Mapping[str, Record]:
        """Return the records that exist, read consistently, 100 a call."""
        items = self._dynamo.get_all(self._tables.records, [{"id": id_} for id_ in sorted(set(ids))])
        found = {item["id"]["S"]: record_of(item) for item in items}
        return {id_: found[id_] for id_ in ids if id_ in found}

    def save(self, change: Change) -> SaveResult:
        """Write one change, whole or not at all."""
        change = _with_trace(change)
        actions, closings = actions_of(change, self._tables), self._closings(change)
        with explained(f"save record {change.record.id}"):
            if is_plain(change) and not closings:
                return self._put(actions[0])
            fit = min(CLOSINGS, ACTIONS - len(actions))
            result = self._transact(change, [*actions, *closings[:fit]])
            for action in closings[fit:] if isinstance(result, Saved) else ():
                update: Any = action.request["Update"]
                self._dynamo.client.update_item(**update)
            return result

    def _closings(self, change: Change) -> list[Action]:
        """Return what closes the conflict items that a change answers; the record's version guards what is read."""
        if not change.closes:
            return []
        table = self._tables.conflicts
        return closings_of(change, items_of(self._dynamo, table, change.record.id), table)

    def page(self, after: str | None, limit: int) -> Sequence[Record]:
        """Return a page of the whole table, in the order of its partitions."""
        start: dict[str, Any] = {} if after is None else {"ExclusiveStartKey": {"id": {"S": after}}}
        return [record_of(item) for item in self._dynamo.scan(self._tables.records, limit, **start)]

    def due(self, until: datetime, limit: int) -> Sequence[str]:
        """Return ids of records whose due time has come, over all shards, the oldest first."""
        query = {"KeyConditionExpression": "due_shard = :shard AND due_at <= :until"}
        found = self._over_shards("due", "due_at", limit, query, {":until": {"S": from_moment(until)}})
        return [id_ for _, id_ in found]

    def set_aside(self, after: datetime | None, limit: int) -> Sequence[tuple[datetime, str]]:
        """Return due time and id of records that wait for a resume, over all shards, in order, after a due time."""
        since = ASIDE_FROM if after is None else after + timedelta(microseconds=1)
        query = {"KeyConditionExpression": "due_shard = :shard AND due_at BETWEEN :since AND :until"}
        values = {":since": {"S": from_moment(since)}, ":until": {"S": from_moment(ASIDE_UNTIL)}}
        found = self._over_shards("due", "due_at", limit, query, values)
        return [(to_moment(at), id_) for at, id_ in found]

    def waiting_for(self, record_id: str) -> Sequence[str]:
        """Return ids of records that wait for this one, in order."""
        query = {"IndexName": "waits", "ProjectionExpression": "id", **equals(waits_for=record_id)}
        return [item["id"]["S"] for item in self._dynamo.query(self._tables.records, **query)]

    def parked(self, limit: int) -> Sequence[str]:
        """Return ids of records of which something is parked or held, the oldest first."""
        query = {"KeyConditionExpression": "parked_shard = :shard"}
        return [id_ for _, id_ in self._over_shards("parked", "parked_since", limit, query, {})]

    def _over_shards(
        self, index: str, order: str, limit: int, query: Mapping[str, Any], values: Mapping[str, Any]
    ) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for shard in SHARDS:
            items = self._dynamo.query(
                self._tables.records,
                limit,
                IndexName=index,
                ProjectionExpression=f"id, {order}",
                ExpressionAttributeValues={":shard": {"S": shard}, **values},
                **query,
            )
            found += [(item[order]["S"], item["id"]["S"]) for item in items]
        return sorted(found)[:limit]

    def _put(self, action: Action) -> SaveResult:
        put: Any = action.request["Put"]
        try:
            self._dynamo.client.put_item(**put)
        except ClientError as error:
            return _of_put(error, put["Item"])
        return Saved()

    def _transact(self, change: Change, actions: Sequence[Action]) -> SaveResult:
        requests: Any = [action.request for action in actions]
        try:
            self._dynamo.client.transact_write_items(TransactItems=requests)
        except ClientError as error:
            failed = _failed(error, actions)
            result = _of_transaction(failed, actions)
            if result is not None:
                return result
            lost_keys = frozenset(action.key for action, _ in failed if action.part is Part.GIVEN_BACK)
            return self.save(replace(change, keys_given_back=change.keys_given_back - lost_keys))
        return Saved()


def _with_trace(change: Change) -> Change:
    """Return the change with the present trace in its cause, so that whoever reads the stream goes on with it."""
    return change if change.cause.trace else replace(change, cause=replace(change.cause, trace=current_trace()))


def _of_put(error: ClientError, item: Mapping[str, Any]) -> SaveResult:
    code = code_of(error)
    if code in FAILED:
        standing: Any = error.response.get("Item", {})
        return Saved() if _is_same(standing, item) else Lost()
    if code in BUSY:
        return Lost()
    raise error


def _is_same(standing: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    return bool(standing.get("write") == item["write"])


def _failed(error: ClientError, actions: Sequence[Action]) -> list[tuple[Action, Mapping[str, Any]]]:
    """Return the actions that stopped a transaction, each with its reason; raise what is no matter of conditions."""
    if code_of(error) in BUSY:
        return [(actions[0], {"Code": code_of(error)})]
    reasons: Any = error.response.get("CancellationReasons", [])
    found = [
        (action, reason)
        for action, reason in zip(actions, reasons, strict=False)
        if reason.get("Code", "None") != "None"
    ]
    if not found or any(reason["Code"] not in FAILED | BUSY for _, reason in found):
        raise error
    return found


def _of_transaction(failed: Sequence[tuple[Action, Mapping[str, Any]]], actions: Sequence[Action]) -> SaveResult | None:
    """Return what a cancelled transaction means; nothing if only keys to be given back were somebody else's."""
    if any(reason["Code"] in BUSY for _, reason in failed):
        return Lost()
    by_part = {action.part: reason for action, reason in failed}
    if Part.RECORD in by_part:
        return Saved() if _is_same(by_part[Part.RECORD].get("Item", {}), actions[0].request["Put"]["Item"]) else Lost()
    holders = {
        action.key: reason.get("Item", {}).get("record_id", {}).get("S", "")
        for action, reason in failed
        if action.part is Part.TAKEN
    }
    return KeysHeld(holders) if holders else None
