"""Counts over the sparse indexes of the tables and the attributes of the queues; nothing is read or received."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.aws.clients import Clients
from shared.aws.dynamodb_actions import Tables
from shared.aws.failures import explained
from shared.aws.identity_format import PARKED_SHARD
from shared.aws.record_format import SHARDS
from shared.aws.settings import Settings

QUEUES = ("ChangesQueue", "DeliveriesQueue", "PollsQueue", "ReconcileQueue", "WatchQueue")
"""The queues of work, by the name that a count gets."""

_MOVING = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
_DELAYED = "ApproximateNumberOfMessagesDelayed"


@dataclass(frozen=True, slots=True)
class InQueues:
    """Messages of all queues together: those that wait for a worker or run, and those whose time has not come."""

    moving: int
    delayed: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hints that wait for their next try: how many, and when the last of them is due."""

    hints: int
    until: str


@dataclass(frozen=True)
class AwsCounts:
    """Counts of one installation; `queues` are URLs by the name that the count gets."""

    clients: Clients
    tables: Tables
    queues: Mapping[str, str]

    def owed(self) -> int:
        """Return how much is owed, over the due indexes of records and identities."""
        return self._count(self.tables.records, "due", "due_shard", SHARDS) + self._count(
            self.tables.identities, "due", "due_shard", SHARDS
        )

    def parked(self) -> int:
        """Return how much needs a person, over the parked index of records and the parked notes."""
        return self._count(self.tables.records, "parked", "parked_shard", SHARDS) + self._count(
            self.tables.identities, "due", "due_shard", (PARKED_SHARD,)
        )

    def conflicts(self) -> int:
        """Return how many conflict items are open."""
        return self._count(self.tables.conflicts, "open", "open_shard", SHARDS)

    def queued(self) -> Mapping[str, int]:
        """Return per queue the messages that wait, run or are delayed."""
        found = {name: self._messages(url) for name, url in self.queues.items()}
        return {name: each.moving + each.delayed for name, each in found.items()}

    def in_queues(self) -> InQueues:
        """Return the messages of all queues, the delayed ones apart."""
        found = [self._messages(url) for url in self.queues.values()]
        return InQueues(sum(each.moving for each in found), sum(each.delayed for each in found))

    def waiting(self) -> Waiting | None:
        """Return what waits for its next try; nothing where nothing does."""
        hints = self._count(self.tables.identities, "due", "due_shard", SHARDS)
        last = [moment for moment in map(self._last_due, SHARDS) if moment]
        return Waiting(hints, max(last)) if last else None

    def _last_due(self, shard: str) -> str:
        with explained(f"look into {self.tables.identities}"):
            answer = self.clients.dynamodb.query(
                TableName=self.tables.identities,
                IndexName="due",
                KeyConditionExpression="due_shard = :shard",
                ExpressionAttributeValues={":shard": {"S": shard}},
                ScanIndexForward=False,
                Limit=1,
            )
        return next((item["due_at"]["S"] for item in answer["Items"]), "")

    def _messages(self, url: str) -> InQueues:
        asked: Any = [*_MOVING, _DELAYED]
        with explained("count the messages of a queue"):
            answer = self.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        found: Mapping[str, str] = {str(name): value for name, value in answer.get("Attributes", {}).items()}
        return InQueues(sum(int(found.get(name, 0)) for name in _MOVING), int(found.get(_DELAYED, 0)))

    def _count(self, table: str, index: str, key: str, shards: Iterable[str]) -> int:
        return sum(self._count_shard(table, index, key, shard) for shard in shards)

    def _count_shard(self, table: str, index: str, key: str, shard: str) -> int:
        with explained(f"count {table}"):
            pages = self.clients.dynamodb.get_paginator("query").paginate(
                TableName=table,
                IndexName=index,
                Select="COUNT",
                KeyConditionExpression="#key = :shard",
                ExpressionAttributeNames={"#key": key},
                ExpressionAttributeValues={":shard": {"S": shard}},
            )
            return sum(page["Count"] for page in pages)


def queues_of(settings: Settings) -> Mapping[str, str]:
    """Return the addresses of the queues that a function knows."""
    addresses = (
        settings.changes_queue,
        settings.deliveries_queue,
        settings.polls_queue,
        settings.reconcile_queue,
        settings.watch_queue,
    )
    return {name: address for name, address in zip(QUEUES, addresses, strict=True) if address}
