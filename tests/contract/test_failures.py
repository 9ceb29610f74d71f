"""What went wrong with messages is kept by message."""

from __future__ import annotations

import pytest

from shared.aws.dynamodb_failures import DynamoFailures
from shared.ports.dead_letters import Failure
from tests.kit.clock import FakeClock
from tests.kit.dead_letters import MemoryFailures
from tests.kit.dynamodb import dynamo_stores


@pytest.mark.parametrize("kind", ["memory", "moto", "local stack"])
def test_the_last_failure_of_each_message_is_kept_with_their_number(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    clock = FakeClock()
    with dynamo_stores(clock, on_local_stack=kind == "local stack") as made:
        table = made.clients.dynamodb.list_tables()["TableNames"]
        (state,) = [name for name in table if "State" in name]
        failures = MemoryFailures(clock) if kind == "memory" else DynamoFailures(made.dynamo, state, clock)

        failures.note("m1", "absorb_changes", "it is no JSON")
        clock.go_on(60)
        failures.note("m1", "deliver_changes", "too busy")
        failures.note("m2", "absorb_changes", "it is no JSON")

        assert failures.of(["m1", "m3"]) == {"m1": Failure("deliver_changes", "too busy", clock.now(), 2)}
        assert failures.of([]) == {}
