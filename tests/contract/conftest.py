"""The stores under contract: in memory, and in DynamoDB as moto and as the local stack play it; empty for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from shared.aws.dynamodb_alerts import DynamoAlerts
from shared.aws.dynamodb_reservations import DynamoReservations
from shared.ports.activity import Activity
from shared.ports.alerts import Alerts
from shared.ports.budgets import Budgets
from shared.ports.conflicts import Conflicts
from shared.ports.counts import Counts
from shared.ports.failing import Failing
from shared.ports.history import History
from shared.ports.relations import Relations
from shared.ports.remarks import Remarks
from shared.ports.reservations import Reservations
from shared.ports.stopping import Stopping
from shared.ports.stores import Idempotency, Identities, Ledger, Records, States
from shared.ports.tokens import Tokens
from tests.kit.activity import MemoryActivity
from tests.kit.alerts import MemoryAlerts
from tests.kit.budgets import MemoryBudgets
from tests.kit.clock import FakeClock
from tests.kit.counts import MemoryCounts
from tests.kit.dynamodb import dynamo_stores
from tests.kit.failing import MemoryFailing, MemoryRemarks
from tests.kit.memory import Memory
from tests.kit.relations import MemoryRelations
from tests.kit.reservations import MemoryReservations
from tests.kit.tokens import MemoryTokens


@dataclass
class Stores:
    """What the flows get, whatever stands behind it."""

    records: Records
    identities: Identities
    states: States
    idempotency: Idempotency
    tokens: Tokens
    clock: FakeClock
    ledger: Ledger
    history: History
    conflicts: Conflicts
    activity: Activity
    counts: Counts
    stopping: Stopping
    failing: Failing
    remarks: Remarks
    relations: Relations
    alerts: Alerts
    reservations: Reservations
    budgets: Budgets


@pytest.fixture(params=["memory", "moto", "local stack"])
def stores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Empty stores of one kind."""
    clock = FakeClock()
    if request.param == "memory":
        memory = Memory()
        tokens = MemoryTokens(memory.states, clock)
        memory.states.clock = clock
        yield Stores(
            records=memory.records,
            identities=memory.identities,
            states=memory.states,
            idempotency=memory.idempotency,
            tokens=tokens,
            clock=clock,
            ledger=memory.ledger,
            history=memory.ledger,
            conflicts=memory.conflicts,
            failing=MemoryFailing(memory),
            remarks=MemoryRemarks(),
            relations=MemoryRelations(),
            alerts=MemoryAlerts(),
            reservations=MemoryReservations(),
            activity=MemoryActivity(memory.states),
            counts=MemoryCounts(memory),
            stopping=memory.stopping,
            budgets=MemoryBudgets(),
        )
        return
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with dynamo_stores(clock, on_local_stack=request.param == "local stack") as made:
        yield Stores(
            records=made.records,
            identities=made.identities,
            states=made.states,
            idempotency=made.idempotency,
            tokens=made.tokens,
            clock=clock,
            ledger=made.ledger,
            history=made.ledger,
            conflicts=made.conflicts,
            failing=made.failing,
            remarks=made.remarks,
            relations=made.relations,
            alerts=DynamoAlerts(made.dynamo, made.state_table),
            reservations=DynamoReservations(made.dynamo, made.state_table, clock),
            activity=made.activity,
            counts=made.counts,
            stopping=made.stopping,
            budgets=made.budgets,
        )
