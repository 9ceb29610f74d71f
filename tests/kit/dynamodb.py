"""The DynamoDB stores on moto, with every call counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from moto import mock_aws

from local.stack.backplane import Backplane, activate
from local.stack.deployment import Deployment
from local.stack.dynamodb.operations import ItemStore
from local.stack.permissions import Permissions
from local.stack.queues.service import QueueService
from shared.aws.clients import Clients
from shared.aws.counts import AwsCounts
from shared.aws.dynamodb import Dynamo
from shared.aws.dynamodb_actions import Tables
from shared.aws.dynamodb_activity import DynamoActivity
from shared.aws.dynamodb_budgets import DynamoBudgets
from shared.aws.dynamodb_conflicts import DynamoConflicts
from shared.aws.dynamodb_failing import DynamoFailing
from shared.aws.dynamodb_idempotency import DynamoIdempotency
from shared.aws.dynamodb_identities import DynamoIdentities
from shared.aws.dynamodb_ledger import DynamoLedger
from shared.aws.dynamodb_records import DynamoRecords
from shared.aws.dynamodb_relations import DynamoRelations
from shared.aws.dynamodb_remarks import DynamoRemarks
from shared.aws.dynamodb_states import DynamoStates
from shared.aws.dynamodb_stopping import DynamoStopping
from shared.aws.dynamodb_tokens import DynamoTokens
from tests.kit.clock import FakeClock
from tests.kit.session import fresh_clients
from tests.kit.tables import create_tables


@dataclass
class DynamoStores:
    """One of each store on fresh tables; `calls` counts requests by operation since the last `clear`."""

    clients: Clients
    dynamo: Dynamo
    clock: FakeClock
    records: DynamoRecords
    identities: DynamoIdentities
    conflicts: DynamoConflicts
    ledger: DynamoLedger
    states: DynamoStates
    idempotency: DynamoIdempotency
    tokens: DynamoTokens
    activity: DynamoActivity
    counts: AwsCounts
    stopping: DynamoStopping
    calls: Counter[str]
    tripped: list[str]
    failing: DynamoFailing
    remarks: DynamoRemarks
    relations: DynamoRelations
    state_table: str
    budgets: DynamoBudgets


@contextmanager
def dynamo_stores(clock: FakeClock, *, on_local_stack: bool = False) -> Iterator[DynamoStores]:
    """Make the stores on moto, gone afterwards; on the local stack's data plane they may be used by many threads."""
    with mock_aws(), local_data_plane() if on_local_stack else nullcontext():
        clients = fresh_clients()
        names = create_tables(clients.dynamodb)
        key = clients.kms.create_key()["KeyMetadata"]["KeyId"]
        dynamo = Dynamo(clients, sleep=lambda _: None)
        calls: Counter[str] = Counter()
        tripped: list[str] = []
        _count(clients.dynamodb, calls)
        tables = Tables(names["RecordsTable"], names["IdentitiesTable"], names["ConflictsTable"])
        yield DynamoStores(
            clients,
            dynamo,
            clock,
            DynamoRecords(dynamo, tables),
            DynamoIdentities(dynamo, tables.identities),
            DynamoConflicts(dynamo, tables.conflicts),
            DynamoLedger(dynamo, names["LedgerTable"]),
            DynamoStates(dynamo, names["StateTable"], clock),
            DynamoIdempotency(dynamo, names["IdempotencyTable"], clock),
            DynamoTokens(clients, dynamo, names["StateTable"], key, clock, tripped.append),
            DynamoActivity(dynamo, names["StateTable"]),
            AwsCounts(clients, tables, {}),
            DynamoStopping(dynamo, names["StateTable"]),
            calls,
            tripped,
            DynamoFailing(dynamo, tables),
            DynamoRemarks(dynamo, names["StateTable"], clock),
            DynamoRelations(dynamo, names["StateTable"]),
            names["StateTable"],
            DynamoBudgets(dynamo, names["StateTable"], clock),
        )


@contextmanager
def local_data_plane() -> Iterator[None]:
    """Let the local stack answer calls to tables and queues, in place of moto."""
    activate(Backplane(ItemStore(), QueueService(), Permissions(Deployment("none", {}, {}))))
    try:
        yield
    finally:
        activate(None)


def _count(client: Any, calls: Counter[str]) -> None:
    def note(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    client.meta.events.register("before-call.dynamodb", note)
