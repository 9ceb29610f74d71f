"""A till that can only push, and a warehouse that can be added to: what the till tells stands in the warehouse."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from local.simple.running import SimpleSystem
from operate.command import main
from tests.whole.describing import simplest, written
from tests.whole.running import Whole, running

pytestmark = pytest.mark.whole_stack

TILL = """
[systems.till]
connector = "push"
side = "crm"
[systems.till.entities.customer]
shows = ["name", "email", "phone"]
[systems.till.entities.order]
shows = ["customer", "status", "total"]
"""


@pytest.fixture
def warehouse() -> Iterator[SimpleSystem]:
    with SimpleSystem() as server:
        yield server


@pytest.fixture
def whole(warehouse: SimpleSystem, tmp_path: Path) -> Iterator[Whole]:
    with running(written(tmp_path, TILL, simplest("warehouse", "supply_chain", warehouse.url)), {}) as made:
        yield made


def told(whole: Whole, place: str, fields: dict[str, str | None], **more: object) -> tuple[int, str]:
    """The till calls; gives status and what became of it."""
    headers = {"authorization": f"Bearer {whole.stack.token}", "idempotency-key": f"{place}-{more}"}
    answer = requests.put(
        f"{whole.stack.api}/systems/till/{place}", json={"fields": fields, **more}, headers=headers, timeout=20
    )
    return answer.status_code, str(answer.json().get("taken", answer.text))


def test_what_a_till_pushes_reaches_the_warehouse_and_a_late_push_changes_nothing(
    whole: Whole, warehouse: SimpleSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = {"name": "Ann", "email": "ann@x.example", "phone": None}

    assert told(whole, "order/o%2F1", {"customer": "c1", "status": "placed", "total": "10.50"}, revision=1) == (
        200,
        "queued",
    )
    assert told(whole, "customer/c1", ann, revision=2) == (200, "queued")
    whole.settle(reconcile=True)

    assert [row["name"] for row in warehouse.rows("customers")] == ["Ann"]
    assert [(row["customer_id"], row["total"]) for row in warehouse.rows("orders")] == [(1, "10.50")]
    assert told(whole, "customer/c1", {**ann, "name": "Old"}, revision=1) == (200, "older")
    assert told(whole, "customer/c1", {**ann, "name": "Anna"}, revision=3) == (200, "queued")
    assert told(whole, "customer/c1", {**ann, "name": "Anna"}, revision=3) == (200, "known")
    whole.settle()

    assert whole.records("customer")[0].value("name") == "Anna"
    assert main(["--target", whole.target, "unsupported", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["items"]
    assert [(each["system"], each["field"], each["value"]) for each in listed] == [("warehouse", "name", "Anna")]


def test_what_the_warehouse_has_is_not_owed_to_a_till_that_takes_nothing(whole: Whole, warehouse: SimpleSystem) -> None:
    with warehouse.client() as client:
        client.send("POST", "/api/v1/customers", {"name": "Bob", "email": "bob@x.example", "phone": "2"})

    outcome = whole.settle()

    assert (outcome.owed, outcome.parked) == (0, 0)
    assert len(whole.records("customer")) == 1
