"""The same promises with a real ERP: a Tryton over HTTP, its calls counted by a proxy in front of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil, log2
from pathlib import Path
from typing import Any

import pytest

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from local.demo.comparing import differing
from local.demo.reader import read_crm, read_erp
from local.tryton import paths, warehouse
from local.tryton.purchasing import Purchase, one, order_goods, take_in
from local.tryton.rpc import Client
from local.tryton.server import TrytonServer
from operate.command import main
from shared.core.records import Record
from tests.connectors.tryton_world import prepare
from tests.whole.alarms import alarmed_by
from tests.whole.calls import declared
from tests.whole.counting import CountingProxy
from tests.whole.describing import shipped, written
from tests.whole.running import Whole, running
from tests.whole.trading import change_customer, enter_customers, place_orders

pytestmark = [
    pytest.mark.whole_stack,
    pytest.mark.real_system,
    pytest.mark.skipif(not paths.is_installed(), reason="Tryton is not installed: run `make .venvs/tryton/.made`"),
]

BATCH = 4
CONSTANT = 6
"""Master data that is read once (countries, currencies, units …), and a last page of a poll."""


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with TrytonServer(Path(tmp_path_factory.mktemp("tryton")) / "erp") as server:
        yield server


@pytest.fixture(scope="module")
def clerk(tryton: TrytonServer) -> Iterator[Client]:
    """Who works in Tryton itself: two products are there, with a hundred in stock each."""
    client = Client(tryton.url, tryton.database, tryton.user, tryton.password)
    prepare(client)
    yield client
    client.close()


@pytest.fixture
def proxy(tryton: TrytonServer) -> Iterator[CountingProxy]:
    with CountingProxy(tryton.url) as proxy:
        yield proxy


@contextmanager
def between(crm: SampleCrm, proxy: CountingProxy, secret: dict[str, str], folder: Path) -> Iterator[Whole]:
    text = shipped(crm.url, proxy.url).replace('secret    = "erp"', f'secret    = "erp"\nbatch_size = {BATCH}')
    with running(written(folder, text), {"crm": crm.secret(), "erp": secret}) as whole:
        yield whole


@pytest.fixture
def whole(
    crm_server: SampleCrm, crm: CrmClient, clerk: Client, tryton: TrytonServer, proxy: CountingProxy, tmp_path: Path
) -> Iterator[Whole]:
    """The template between the sample CRM and Tryton, settled on what stands in Tryton already."""
    del crm, clerk
    secret = {"username": tryton.user, "password": tryton.password}
    with between(crm_server, proxy, secret, tmp_path) as whole:
        whole.settle()
        yield whole


def disagreements(crm: CrmClient, erp: Client) -> list[str]:
    return differing(read_crm(crm), read_erp(erp))


def test_after_all_messages_are_lost_settle_and_one_reconcile_bring_crm_and_tryton_to_agree(
    whole: Whole, crm: CrmClient, clerk: Client
) -> None:
    enter_customers(crm, range(100, 104))
    whole.settle()
    whole.stack.hold("DeliveriesQueue")
    place_orders(crm, range(100, 102))
    whole.poll()
    whole.stack.hold("ChangesQueue")
    enter_customers(crm, range(104, 106))
    change_customer(crm, 100, "phone", "1")
    warehouse.edit_customer(clerk, "C101", {"name": "Hundred & One"})
    whole.poll()
    assert all(whole.stack.queue_counts()[queue].total for queue in ("ChangesQueue", "DeliveriesQueue"))

    whole.stack.drop_messages("ChangesQueue", "DeliveriesQueue")
    whole.stack.release("ChangesQueue")
    whole.stack.release("DeliveriesQueue")
    whole.settle()
    whole.settle(reconcile=True)

    assert disagreements(crm, clerk) == []
    assert len(clerk.call("party.party", "search", [["code", "in", [f"C{n}" for n in range(100, 106)]]])) == 6
    assert len(clerk.call("sale.sale", "search", [["reference", "in", ["O100", "O101"]]])) == 2


def test_a_reconcile_rebuilds_emptied_links_between_crm_and_tryton_without_a_duplicate_or_a_write(
    whole: Whole, crm: CrmClient, clerk: Client, proxy: CountingProxy
) -> None:
    enter_customers(crm, range(200, 203))
    place_orders(crm, range(200, 202))
    whole.settle()
    whole.settle()
    links = {record.id: _ids(record) for record in whole.records()}
    before, seen = int(crm.counts()["write"]), len(proxy.calls)

    whole.rewrite(lambda record: replace(record, links={}, due_at=None, parked_since=None, waits_for=None))
    outcome = whole.settle(reconcile=True)

    assert {record.id: _ids(record) for record in whole.records()} == links
    assert int(crm.counts()["write"]) == before
    assert {calls["write"] for calls in outcome.partner_calls.values()} == {0}
    assert [call for call in proxy.calls[seen:] if call.endswith((".create", ".write", ".delete"))] == []
    assert disagreements(crm, clerk) == []


def test_calls_to_tryton_stay_within_three_a_batch_of_customers_and_five_a_batch_of_orders(
    whole: Whole, crm: CrmClient, clerk: Client, proxy: CountingProxy
) -> None:
    n, idle = 8, _idle(whole, proxy)
    customer, order = declared(whole, "erp", "customer"), declared(whole, "erp", "order")
    assert (customer["create"], customer["update"], order["create"]) == (3, 3, 5)

    enter_customers(crm, range(300, 300 + n))
    assert _spent(whole, proxy) <= idle + customer["create"] * n / BATCH + CONSTANT
    whole.skip_to_now()
    rows = [row for row in crm.all("customers") if row["number"] in {f"C{300 + place}" for place in range(n)}]
    items = [{"op": "update", "id": row["id"], "fields": {"phone": "9"}} for row in rows]
    crm.send("POST", "/api/v1/customers:batch", items)
    assert _spent(whole, proxy) <= idle + customer["update"] * n / BATCH + CONSTANT
    place_orders(crm, range(300, 300 + n))
    assert _spent(whole, proxy) <= idle + order["create"] * n / BATCH + CONSTANT
    whole.settle()
    assert disagreements(crm, clerk) == []


def test_calls_for_what_changed_in_tryton_grow_by_what_the_catalog_declares_for_both_systems(
    whole: Whole, crm: CrmClient, clerk: Client, proxy: CountingProxy
) -> None:
    n, idle = 8, _idle(whole, proxy)
    numbers = [f"C{400 + place}" for place in range(n)]
    category = clerk.call("party.category", "search", [["name", "=", "Customer"]])
    rows = [{"name": f"Company {each}", "code": each, "categories": [["add", category]]} for each in numbers]
    crm.reset()

    clerk.call("party.party", "create", rows)
    assert _spent(whole, proxy) <= idle + declared(whole, "erp", "customer")["in"] * n / BATCH + CONSTANT

    calls = crm.counts()["calls"]["customers"]
    assert calls["read"] + calls["write"] <= declared(whole, "crm", "customer")["create"] * ceil(n / 100) + CONSTANT
    assert {row["number"] for row in crm.all("customers")} >= set(numbers)


def test_each_customer_that_tryton_refuses_costs_no_more_than_the_halvings_of_its_batch(
    whole: Whole, crm: CrmClient, clerk: Client, proxy: CountingProxy
) -> None:
    n, idle = 8, _idle(whole, proxy)
    clerk.call("party.party", "create", [{"name": "A supplier, no customer", "code": "C507"}])  # codes are unique

    enter_customers(crm, range(500, 500 + n))
    spent = _spent(whole, proxy)

    assert spent <= idle + declared(whole, "erp", "customer")["create"] * n / BATCH + 2 * log2(BATCH) + CONSTANT
    made = clerk.search_read("party.party", [["code", "like", "C5%"], ["categories.name", "=", "Customer"]], ["code"])
    assert {row["code"] for row in made} == {f"C{500 + place}" for place in range(n)} - {"C507"}
    [parked] = [record for record in whole.records("customer") if record.parked_since]
    assert parked.value("number") == "C507"
    clerk.call("party.party", "write", clerk.call("party.party", "search", [["code", "=", "C507"]]), {"code": "S507"})


def test_a_wrong_password_trips_tryton_after_one_login_calls_an_alarm_once_and_is_not_tried_again(
    crm_server: SampleCrm, crm: CrmClient, clerk: Client, proxy: CountingProxy, tmp_path: Path
) -> None:
    del clerk
    with between(crm_server, proxy, {"username": "nobody", "password": "wrong"}, tmp_path) as whole:
        enter_customers(crm, range(600, 603))
        for _ in range(3):
            whole.poll()
            assert whole.stack.fire("SweepOverdue")
            whole.stack.hurry()
            whole.rest()
        assert not whole.stack.invoke("Reconcile", {"now": True}).failed
        whole.rest()

        assert (whole.state("erp"), whole.state("crm")) == ("tripped", "running")
        assert set(proxy.calls) == {"common.db.login"}
        assert len(proxy.calls) <= 2
        assert alarmed_by(whole, "SystemTripped") == ["SystemTripped"]
        assert len(whole.records("customer")) == 3


def _idle(whole: Whole, proxy: CountingProxy) -> int:
    """What a poll of everything costs when nothing has changed."""
    whole.settle()
    return _spent(whole, proxy)


def _spent(whole: Whole, proxy: CountingProxy) -> int:
    """The calls to Tryton of one poll of everything and all that comes of it."""
    before = len(proxy.calls)
    whole.poll()
    return len(proxy.calls) - before


def _ids(record: Record) -> dict[str, str | None]:
    return {system: link.external_id for system, link in record.links.items()}


def test_what_is_ordered_from_a_supplier_can_be_promised_from_its_day_on_until_it_is_on_hand(
    whole: Whole, clerk: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    day = datetime.now(UTC).date() + timedelta(days=30)
    tea = one(clerk, "product.product", ["code", "=", "TEA"])
    before = _available(whole, capsys)
    (number,) = order_goods(clerk, [Purchase("SUP-1", ((tea, 20, Decimal("9.50")),), day)])
    whole.settle()
    ordered = _available(whole, capsys)
    take_in(clerk, number, {"TEA": 12})
    whole.settle()
    in_part = _available(whole, capsys)
    take_in(clerk, number)
    whole.settle()
    came = _available(whole, capsys)

    [order] = [each for each in whole.records("purchase_order") if each.value("number") == number]
    supplier = next(each for each in whole.records("supplier") if each.id == order.value("supplier"))
    assert (order.value("status"), supplier.value("number")) == ("received", "SUP-1")
    assert order.links.keys() == {"erp"}
    assert (ordered["lead_time_days"], ordered["incoming_without_day"]) == (3, "0")
    coming = [(each["day"], each["change"]) for each in ordered["items"] if each["source"] == number]
    assert coming == [(day.isoformat(), "20")]
    assert [each["change"] for each in in_part["items"] if each["source"] == number] == ["8"]
    counts = [(int(each["on_hand"]), int(each["on_order"])) for each in (before, ordered, in_part, came)]
    start = counts[0][0]
    assert counts == [(start, 0), (start, 20), (start + 12, 8), (start + 20, 0)]


def _available(whole: Whole, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["--target", whole.target, "availability", "TEA", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found
