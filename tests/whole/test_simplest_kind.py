"""Two systems of the simplest kind, list and create only, kept in step by the deployed template and `tandem settle`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.simple.running import SimpleSystem
from operate.command import main
from operate.failures import DONE, NOT_SETTLED
from tests.kit.rest_server import Manners, RestServer, serving
from tests.whole.describing import simplest, written
from tests.whole.running import Whole, running

pytestmark = pytest.mark.whole_stack


@pytest.fixture(scope="module")
def warehouse_server() -> Iterator[SimpleSystem]:
    with SimpleSystem() as server:
        yield server


@pytest.fixture
def warehouse(warehouse_server: SimpleSystem) -> SimpleSystem:
    """The supply chain, empty."""
    with warehouse_server.client() as client:
        client.reset(forget="records")
    return warehouse_server


@pytest.fixture
def shop() -> Iterator[RestServer]:
    """The CRM: its own people can change what it shows, its API cannot."""
    with serving(Manners(wrap=None, can=frozenset({"list", "create"}))) as server:
        yield server


@pytest.fixture
def between(shop: RestServer, warehouse: SimpleSystem, tmp_path: Path) -> Iterator[Whole]:
    config = written(tmp_path, simplest("shop", "crm", shop.url), simplest("warehouse", "supply_chain", warehouse.url))
    with running(config, {}) as whole:
        yield whole


def settle(whole: Whole, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """Run `tandem settle --json`; its exit code and what it prints."""
    capsys.readouterr()
    code = main(["--target", whole.target, "settle", "--json", "--timeout", "20", *options])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def enter(shop: RestServer, warehouse: SimpleSystem) -> None:
    """Two customers with an order each here, one there."""
    shop.put("customers", {"name": "Ann", "email": "ann@x", "phone": "1"}, {"name": "Bob", "email": "bob@x"})
    orders = ({"customer_id": 1, "status": "open", "total": "10.50"}, {"customer_id": 2, "status": "open", "total": 7})
    shop.put("orders", *orders)
    with warehouse.client() as client:
        client.send("POST", "/api/v1/customers", {"name": "Cid", "email": "cid@x", "phone": "3"})


def shown(shop: RestServer, warehouse: SimpleSystem) -> tuple[list[str], list[str], list[Decimal]]:
    """The customers of both systems by name, and the orders of the warehouse by total."""
    ours, theirs = shop.rows("customers"), warehouse.rows("customers")
    totals = sorted(Decimal(str(row["total"])) for row in warehouse.rows("orders"))
    return sorted(str(row["name"]) for row in ours), sorted(str(row["name"]) for row in theirs), totals


def test_creates_flow_both_ways_and_never_double(
    between: Whole, shop: RestServer, warehouse: SimpleSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    enter(shop, warehouse)

    code, first = settle(between, capsys)

    everybody = ["Ann", "Bob", "Cid"]
    assert (code, first["settled"], first["owed"]) == (DONE, True, 0)
    assert shown(shop, warehouse) == (everybody, everybody, [Decimal(7), Decimal("10.5")])
    code, second = settle(between, capsys, "--reconcile")
    assert code == DONE
    assert {calls["write"] for calls in second["partner_calls"].values()} == {0}
    assert shown(shop, warehouse) == (everybody, everybody, [Decimal(7), Decimal("10.5")])


@pytest.mark.parametrize("resource", ["customers", "orders"])
def test_a_lost_create_reply_ends_with_exactly_one(
    between: Whole, shop: RestServer, warehouse: SimpleSystem, capsys: pytest.CaptureFixture[str], resource: str
) -> None:
    enter(shop, warehouse)
    between.settle()
    shop.put("customers", {"name": "Dan", "email": "dan@x", "phone": "4"})
    shop.put("orders", {"customer_id": 1, "status": "open", "total": 99})
    with warehouse.client() as client:
        client.set_faults({"lost_reply": {"next": 1, "only": resource}})

    between.poll()
    with warehouse.client() as client:
        assert client.counts()["statuses"]["0"] == 1
    between.make_due()  # the lease of the create that nobody answered has run out
    between.settle()
    code, outcome = settle(between, capsys)

    assert (code, outcome["owed"], outcome["parked"]) == (DONE, 0, 0)
    everybody = ["Ann", "Bob", "Cid", "Dan"]
    assert shown(shop, warehouse) == (everybody, everybody, [Decimal(7), Decimal("10.5"), Decimal(99)])


def test_while_nobody_knows_what_became_of_a_create_it_is_not_settled(
    between: Whole, shop: RestServer, warehouse: SimpleSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.put("customers", {"name": "Ann", "email": "ann@x", "phone": "1"})
    with warehouse.client() as client:
        client.set_faults({"lost_reply": {"next": 1}})

    code, outcome = settle(between, capsys, "--timeout", "1")

    assert (code, outcome["settled"]) == (NOT_SETTLED, False)
    assert len(warehouse.rows("customers")) == 1


def test_later_changes_are_listed_as_unsupported_and_not_owed(
    between: Whole, shop: RestServer, warehouse: SimpleSystem, capsys: pytest.CaptureFixture[str]
) -> None:
    enter(shop, warehouse)
    between.settle()
    shop.resources["customers"]["1"]["name"] = "Anna"
    shop.resources["orders"]["1"]["total"] = "12.00"

    code, outcome = settle(between, capsys)

    assert (code, outcome["owed"], outcome["parked"]) == (DONE, 0, 0)
    assert outcome["partner_calls"]["warehouse"]["write"] == 0
    assert main(["--target", between.target, "unsupported", "--json"]) == DONE
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["items"]
    assert {(each["system"], each["entity"], each["field"], each["value"]) for each in listed} == {
        ("warehouse", "customer", "name", "Anna"),
        ("warehouse", "order", "total", "12.00"),
    }
    assert {each["reason"] for each in listed} == {
        "warehouse takes no changes of customer",
        "warehouse takes no changes of order",
    }
