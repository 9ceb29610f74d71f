"""What handlers do themselves: import without anything, need exactly their variables, isolate what fails."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.aws.settings import NEEDS
from shared.core.errors import BadSettings
from tests.functions.conftest import FakeContext, Invoke, handler_of
from tests.kit.aws_world import AwsWorld

PROJECT = Path(__file__).parents[2]
FUNCTIONS = sorted(NEEDS)
MODULES = {"serve_api": 880, "plan_changes": 700}
"""How many modules a function may load beyond 665, which take about 0.3 s with bytecode (the clients, pydantic and the
logger are most of it): the API, which a person waits for, has routes and their models too, a plan every flow."""


def loaded_by(function: str) -> set[str]:
    """Return the modules that importing a handler loads, in a fresh process with an empty environment."""
    code = f"import json, sys; import functions.{function}.handler; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env={}, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_importing_a_handler_does_nothing_and_loads_no_more_than_it_needs(function: str) -> None:
    modules = loaded_by(function)

    assert {"boto3", "shared.aws.wiring"} <= modules
    never = {"shared.connectors.rest.system", "shared.connectors.tryton", "requests", "aws_xray_sdk", "moto", "typer"}
    assert not never & modules
    assert len(modules) < MODULES.get(function, 665)
    others = {f"functions.{other}" for other in FUNCTIONS if other != function}
    assert not others & modules


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_handler_is_short(function: str) -> None:
    source = (PROJECT / "functions" / function / "handler.py").read_text()

    assert len(source.splitlines()) <= 40
    assert sum(isinstance(node, ast.FunctionDef) for node in ast.walk(ast.parse(source))) == 1


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_missing_variable_is_named_with_its_remedy(
    function: str, world: AwsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    for missing in NEEDS[function]:
        with monkeypatch.context() as patched:
            for name, value in world.environment(function).items():
                patched.setenv(name, value)
            patched.delenv(missing)
            with pytest.raises(BadSettings, match=f"{missing} is not set.*template.yaml"):
                handler_of(function)({}, FakeContext())


def changes(*bodies: Any) -> dict[str, Any]:
    """Return an SQS event."""
    return {"Records": [{"messageId": f"m{n}", "body": json.dumps(body)} for n, body in enumerate(bodies)]}


def a_hint(**more: Any) -> dict[str, Any]:
    """Return a message of one hint."""
    return {
        "format": 1,
        "kind": "changes",
        "system": "crm",
        "entity": "customer",
        "trace": "t1",
        "ids": ["17"],
        "states": [],
    } | more


def test_a_hint_that_cannot_be_absorbed_is_noted_and_sent_again_under_the_same_trace(
    invoke: Invoke, world: AwsWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = invoke("absorb_changes", changes(a_hint(trace="t1"), a_hint(trace="t2")))

    assert answer == {"batchItemFailures": []}
    (note,) = [item for item in world.items("identities") if item["sk"]["S"] == "note"]
    assert note["pk"]["S"] == "id/crm/customer/17"
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert lines
    assert all(line["trace"] == "t1,t2" for line in lines if "_aws" not in line)
    assert {line["function"] for line in lines if "_aws" not in line} == {"absorb_changes"}


def test_a_tick_starts_what_is_due_and_now_starts_everything(invoke: Invoke, world: AwsWorld) -> None:
    assert invoke("poll_changes", {}) == {"started": 2}
    assert len(world.messages("polls")) == 2

    assert invoke("poll_changes", {"now": True}) == {"started": 2}
    assert {(poll["system"], poll["kind"]) for poll in world.messages("polls")} == {("crm", "poll"), ("erp", "poll")}


def test_a_comparison_of_everything_is_started_by_any_call(invoke: Invoke, world: AwsWorld) -> None:
    assert invoke("reconcile", {"now": True}) == {"started": 2}

    assert len({poll["run"] for poll in world.messages("reconcile")}) == 2


def test_a_write_is_carried_to_history_deliveries_and_bus(invoke: Invoke, world: AwsWorld) -> None:
    event = json.loads((PROJECT / "tests/events/fan_out/a_new_record_and_its_change.json").read_text())

    assert invoke("fan_out", event) == {"batchItemFailures": []}

    assert [item["sk"]["S"] for item in world.items("ledger")] == ["0000000001", "0000000002"]
    assert [item["pk"]["S"] for item in world.items("state")] == ["change"]


def test_metrics_carry_the_namespace_and_the_one_dimension_of_the_alarms(
    invoke: Invoke, capsys: pytest.CaptureFixture[str]
) -> None:
    invoke("sweep_overdue", {})

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Tandem"
    assert directive["Dimensions"] == [["service"]]
    assert line["service"] == "tandem"
    assert {(metric["Name"], metric["Unit"]) for metric in directive["Metrics"]} == {
        ("RecordsParked", "Count"),
        ("OldestOwedSeconds", "Seconds"),
        ("SalesLagSeconds", "Seconds"),
        ("SupplyChainLagSeconds", "Seconds"),
        ("SystemsStopped", "Count"),
    }


def test_two_environments_never_share_an_application(world: AwsWorld) -> None:
    from shared.aws.wiring import wired

    one = wired("sweep_overdue", world.environment("sweep_overdue"))
    again = wired("sweep_overdue", world.environment("sweep_overdue"))
    other = wired("sweep_overdue", world.environment("sweep_overdue") | {"TANDEM_STATE_TABLE": "another"})

    assert one is again
    assert one is not other
    assert os.environ.get("TANDEM_STATE_TABLE") is None


def test_a_plan_of_systems_that_do_not_answer_says_so_and_writes_nothing(world: AwsWorld, invoke: Invoke) -> None:
    tables = ("records", "identities", "state", "ledger")
    before = [world.items(table) for table in tables]

    plan = invoke("plan_changes", {"reconcile": True})

    assert plan["is_empty"]
    assert not plan["ok"]
    assert {each["system"] for each in plan["unread"]} == {"crm", "erp"}
    assert [world.items(table) for table in tables] == before


def test_a_plan_with_a_wrong_configuration_names_line_and_remedy(invoke: Invoke) -> None:
    plan = invoke("plan_changes", {"config": '[systems.crm]\nconnector = "none"\n'})

    assert plan["problems"][0]["line"] in (1, 2)
    assert plan["problems"][0]["remedy"]
