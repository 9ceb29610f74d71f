"""A quota kept by deployed functions: three calls in ten seconds, one poll after the other, in the table of states."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.aws.wiring import App, wired
from shared.core.inspection import Result
from shared.core.turns import Turn
from shared.flows.operating.check_system import check_system
from tests.functions.conftest import FakeContext, handler_of
from tests.kit.aws_world import AwsWorld, aws_world
from tests.kit.rest_server import RestServer, serving

INTEGRATION = """
[systems.crm]
connector = "rest"
side = "crm"
base_url = "{url}"
secret = "crm"
{quota}
[systems.crm.entities.customer]
path = "/api/v1/customers"
id = "id"
can = ["list", "read", "create", "update"]
[systems.crm.entities.customer.fields]
name = "name"

[systems.erp]
connector = "rest"
side = "supply_chain"
base_url = "{url}"
secret = "erp"
[systems.erp.entities.customer]
path = "/api/v1/customers"
id = "id"
can = ["list", "read"]
[systems.erp.entities.customer.fields]
name = "name"

[entities.customer]
systems = ["crm", "erp"]
"""
THREE = "[systems.crm.quota]\nwindows = [{ calls = 3, seconds = 60 }]"


@pytest.fixture
def server() -> Iterator[RestServer]:
    with serving(customers=[{"name": "A"}]) as server:
        yield server


@pytest.fixture
def world(
    server: RestServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[AwsWorld]:
    """A fresh AWS, with the quota that the test names."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    path = tmp_path / "integration.toml"
    path.write_text(INTEGRATION.format(url=server.url, quota=request.param))
    with aws_world(str(path)) as made:
        for name, value in made.variables.items():
            monkeypatch.setenv(name, value)
        yield made


def app_of(world: AwsWorld) -> App:
    return wired("poll_changes", world.environment("poll_changes"))


def budgets(world: AwsWorld) -> list[Any]:
    return [item for item in world.items("state") if item["pk"]["S"].startswith("budget/")]


@pytest.mark.parametrize("world", [THREE], indirect=True)
def test_a_poll_for_which_there_is_no_room_comes_again_and_calls_nobody(world: AwsWorld, server: RestServer) -> None:
    app = app_of(world)
    with app.invocation(FakeContext(), "t"):
        pages = [app.parts.systems.system("crm").changed_since("customer", None) for _ in range(4)]
    calls = len(server.asked("GET"))

    handler_of("poll_changes")({"now": True}, FakeContext())
    (message,) = [each for each in world.messages("polls") if each["system"] == "crm"]
    event = {"Records": [{"messageId": "m", "body": json.dumps(message), "attributes": {}, "eventSource": "aws:sqs"}]}
    answer = handler_of("poll_changes")(event, FakeContext())

    assert [type(page).__name__ for page in pages] == ["Page", "Page", "Page", "Trouble"]
    assert answer == {"batchItemFailures": []}
    assert len(server.asked("GET")) == calls == 3
    assert len(budgets(world)) == 1
    assert not [item for item in world.items("state") if item.get("until")]


@pytest.mark.parametrize("world", [THREE], indirect=True)
def test_who_asks_for_room_is_told_how_long_to_wait(world: AwsWorld) -> None:
    app = app_of(world)
    with app.invocation(FakeContext(), "t"):
        for _ in range(3):
            app.parts.systems.system("crm").changed_since("customer", None)

    assert 50 < app.parts.allowance.wait("crm", "customer", Turn.ORDERS) < 65
    assert not app.parts.allowance.has_room("crm", Turn.ORDERS)
    assert app.parts.allowance.used("crm") is None
    assert app.parts.allowance.wait("erp", "customer", Turn.LOAD) == 0.0
    assert app.parts.allowance.used("erp") is None


@pytest.mark.parametrize("world", [""], indirect=True)
def test_a_system_without_a_quota_costs_no_call_more(world: AwsWorld, server: RestServer) -> None:
    app = app_of(world)
    with app.invocation(FakeContext(), "t"):
        for _ in range(5):
            app.parts.systems.system("crm").changed_since("customer", None)

    assert len(server.asked("GET")) == 5
    assert budgets(world) == []


@pytest.mark.parametrize("world", [THREE], indirect=True)
def test_a_plan_makes_no_call_more_than_is_allowed_and_notes_nothing_but_its_calls(
    world: AwsWorld, server: RestServer
) -> None:
    app = app_of(world)
    with app.invocation(FakeContext(), "t"):
        app.parts.systems.system("crm").changed_since("customer", None)
    before = [item for item in world.items("state") if item not in budgets(world)]
    (budget,) = budgets(world)
    server.log.clear()

    answer = handler_of("plan_changes")({"reconcile": True}, FakeContext())

    unread = {each["system"]: each["why"] for each in answer["unread"]}
    (after,) = budgets(world)
    assert "no time to wait" in unread["crm"]
    assert len(server.asked("GET")) >= 1
    assert int(after["version"]["N"]) > int(budget["version"]["N"])
    assert [item for item in world.items("state") if item not in budgets(world)] == before


@pytest.mark.parametrize("world", [THREE], indirect=True)
def test_a_check_spends_of_the_quota_and_says_so_where_nothing_is_left(world: AwsWorld, server: RestServer) -> None:
    app = app_of(world)
    with app.invocation(FakeContext(), "t"):
        for _ in range(3):
            app.parts.systems.system("crm").changed_since("customer", None)
        calls = len(server.asked("GET"))
        found = check_system(app.parts, "crm")

    assert len(server.asked("GET")) == calls == 3
    (said,) = (each for each in found.findings if each.check == "credentials")
    assert (said.result, said.seen) == (Result.NOT_VISIBLE, "all calls that it allows are in use just now")
    assert found.is_well
