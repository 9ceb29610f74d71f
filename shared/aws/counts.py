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

QUEUES = ("ChangesQueue", "DeliveriesQueue", "PollsQueue", "ReconcileQueue")
"""The queues of work, by the name that a count gets."""

_WAITING = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


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
        return {name: self._messages(url) for name, url in self.queues.items()}

    def _messages(self, url: str) -> int:
        asked: Any = list(_WAITING)
        with explained("count the messages of a queue"):
            answer = self.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
        found: Mapping[str, str] = {str(name): value for name, value in answer.get("Attributes", {}).items()}
        return sum(int(found.get(name, 0)) for name in _WAITING)

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
    addresses = (settings.changes_queue, settings.deliveries_queue, settings.polls_queue, settings.reconcile_queue)
    return {name: address for name, address in zip(QUEUES, addresses, strict=True) if address}
