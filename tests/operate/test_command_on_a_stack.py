"""The command against the deployed template on this machine, between two systems of the simplest kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.simple.running import SimpleSystem
from local.stack.stack import LocalStack
from operate.command import main

CONFIG = """
[systems.NAME]
connector = "rest"
side = "SIDE"
base_url = "URL"
[systems.NAME.entities.customer]
path = "/api/v1/customers"
[systems.NAME.entities.customer.fields]
name = "name"
email = "email"
[systems.NAME.entities.order]
path = "/api/v1/orders"
[systems.NAME.entities.order.fields]
customer = "customer_id -> customer"
status = "status"
total = "total"
"""

pytestmark = pytest.mark.whole_stack


@dataclass(frozen=True, slots=True)
class Running:
    """A stack between a shop and a warehouse, and how the command is pointed at it."""

    shop: SimpleSystem
    warehouse: SimpleSystem
    target: str

    def tandem(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
        """Run a verb; return the exit code and the object that it prints last."""
        code = main(["--target", self.target, *arguments, "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with SimpleSystem() as shop, SimpleSystem() as warehouse:
        config = tmp_path / "integration.toml"
        parts = (("shop", "crm", shop.url), ("warehouse", "supply_chain", warehouse.url))
        config.write_text(
            "".join(CONFIG.replace("NAME", name).replace("SIDE", side).replace("URL", url) for name, side, url in parts)
        )
        with LocalStack(config=config) as stack:
            yield Running(shop, warehouse, f"local:{urlsplit(stack.aws).port}")


def add(system: SimpleSystem, resource: str, **fields: object) -> None:
    with system.client() as client:
        client.send("POST", f"/api/v1/{resource}", fields)


def test_settle_works_until_both_systems_show_the_same(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    add(running.shop, "customers", name="Ann", email="ann@example.com")
    add(running.shop, "orders", customer_id=1, status="placed", total="10.50")
    add(running.warehouse, "customers", name="Bob", email="bob@example.com")

    code, answer = running.tandem(capsys, "settle", "--timeout", "60")

    assert code == 0
    assert answer.keys() == {"settled", "owed", "parked", "conflicts", "partner_calls", "seconds"}
    assert (answer["settled"], answer["owed"], answer["parked"], answer["conflicts"]) == (True, 0, 0, 0)
    assert {name: calls["write"] for name, calls in answer["partner_calls"].items()} == {"shop": 1, "warehouse": 2}
    assert {row["name"] for row in running.shop.rows("customers")} == {"Ann", "Bob"}
    assert {row["name"] for row in running.warehouse.rows("customers")} == {"Ann", "Bob"}
    assert len(running.warehouse.rows("orders")) == 1


def test_a_second_settle_with_reconcile_reads_and_writes_nothing(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    add(running.shop, "customers", name="Ann", email="ann@example.com")
    running.tandem(capsys, "settle", "--timeout", "60")

    code, answer = running.tandem(capsys, "settle", "--reconcile", "--timeout", "60")

    assert code == 0
    assert all(calls["read"] > 0 and calls["write"] == 0 for calls in answer["partner_calls"].values())


def test_parts_are_started_by_hand_and_the_status_tells_the_calls(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    started = [running.tandem(capsys, verb) for verb in ("poll", "reconcile", "sweep")]
    running.tandem(capsys, "settle", "--timeout", "60")

    code, answer = running.tandem(capsys, "status")

    assert [(code, started["ok"]) for code, started in started] == [(0, True)] * 3
    assert code == 0
    systems = [(item["system"], item["status"], item["calls"]["write"]) for item in answer["items"]]
    assert systems == [("shop", "running", 0), ("warehouse", "running", 0)]
    assert set(answer["queued"].values()) == {0}
