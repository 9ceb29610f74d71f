"""What can be read off a running stack without touching it: queues, what is owed, parked and open, calls, states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from operate.target import Target
from shared.aws.counts import QUEUES, AwsCounts, InQueues, Waiting
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_actions import Tables
from shared.aws.dynamodb_states import DynamoStates, state_pk
from shared.aws.formats import from_moment
from shared.ports.stores import SystemState


@dataclass(frozen=True)
class Stack:
    """The parts of a running stack that say how far it is."""

    target: Target

    @cached_property
    def states(self) -> DynamoStates:
        """Return states, counts of calls, and when records last changed."""
        return DynamoStates(Dynamo(self.target.clients), self.target.named("StateTableName"), _Now())

    @cached_property
    def counts(self) -> AwsCounts:
        """Return what counts tables and queues."""
        tables = Tables(*(self.target.named(f"{each}TableName") for each in ("Records", "Identities", "Conflicts")))
        return AwsCounts(self.target.clients, tables, {name: self.target.named(f"{name}Url") for name in QUEUES})

    def in_queues(self) -> InQueues:
        """Return the messages of all queues, the delayed ones apart."""
        return self.counts.in_queues()

    def waiting(self) -> Waiting | None:
        """Return the hints that wait for their next try, and until when."""
        return self.counts.waiting()

    def owed(self) -> int:
        """Return how many records owe a system something, and hints that wait for their next try."""
        return self.counts.owed()

    def parked(self) -> int:
        """Return how many records have something parked or held, and partner records parked without one."""
        return self.counts.parked()

    def conflicts(self) -> int:
        """Return how many conflicts wait for a person."""
        return self.counts.conflicts()

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return per system the calls made so far."""
        return self.states.calls()

    def systems(self) -> list[str]:
        """Return the systems that were ever called, or stopped before that."""
        pages = self.target.clients.dynamodb.get_paginator("scan").paginate(
            TableName=self.target.named("StateTableName"),
            ProjectionExpression="pk",
            FilterExpression="begins_with(pk, :of)",
            ExpressionAttributeValues={":of": {"S": state_pk("")}},
        )
        stopped = {item["pk"]["S"].removeprefix(state_pk("")) for page in pages for item in page["Items"]}
        return sorted(stopped | set(self.calls()))

    def state(self, system: str) -> SystemState:
        """Return what may be asked of a system just now."""
        return self.states.state(system)

    def last_change(self) -> datetime | None:
        """Return when records last changed."""
        return self.states.last_change()

    def now(self) -> datetime:
        """Return the present moment."""
        return _Now().now()

    def polls_failed_since(self, since: datetime) -> int:
        """Return how many polls were tried since then and are due again at once: the system could not be asked."""
        window = {":since": {"S": from_moment(since)}, ":now": {"S": from_moment(self.now())}, ":of": {"S": "cursor/"}}
        pages = self.target.clients.dynamodb.get_paginator("scan").paginate(
            TableName=self.target.named("StateTableName"),
            Select="COUNT",
            FilterExpression="begins_with(pk, :of) AND due_at BETWEEN :since AND :now",
            ExpressionAttributeValues=window,
        )
        return sum(page["Count"] for page in pages)

    def invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        """Start a function and return what it answers."""
        return self.target.invoke(function, payload)


class _Now:
    """The clock of the machine that the command runs on."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)

    def new_id(self) -> str:
        """Return a fresh id."""
        return str(uuid4())

    def jitter(self) -> float:
        """Return no spread: nobody else does what this command does."""
        return 0.0
