"""Calls to partners grow by k for every batch, k as the catalog declares it; counted by the partners themselves."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, log2
from pathlib import Path

import pytest

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from tests.kit.rest_server import Manners, RestServer, serving
from tests.whole.calls import declared
from tests.whole.describing import sample_crm, written
from tests.whole.running import Whole, running
from tests.whole.trading import disagreements, enter_customers, offer, place_orders

pytestmark = pytest.mark.whole_stack

N, BATCH = 20, 5
POLLS = 2
"""What a poll costs whether anything changed or not: one call, and one for a page that turns out to be the last."""

ATOMIC = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"
[systems.{name}.entities.customer]
path = "/api/v1/customers"
can = ["list", "read", "create", "update"]
revision = {{ field = "version", kind = "counter" }}
updated_since = "updated_since={{}}"
read = {{ many = "?ids={{}}", size = {size} }}
batch = {{ path = "/api/v1/customers:batch", size = {size}, atomic = {atomic} }}
find = {{ external_reference = {{ many = "?external_ref={{}}" }}, email = {{ many = "?email={{}}" }} }}
[systems.{name}.entities.customer.fields]
external_reference = "external_ref"
name = "name"
email = "email"
phone = "phone"
"""


def spent(system: CrmClient, resource: str) -> int:
    """The calls about one resource that the system has counted since the last look."""
    calls = system.counts()["calls"].get(resource, {"read": 0, "write": 0})
    system.reset()
    return int(calls["read"] + calls["write"])


@pytest.fixture(params=["record", "id"], ids=["answers show the record", "answers show an id"])
def small(
    request: pytest.FixtureRequest,
    crm_server: SampleCrm,
    erp_server: SampleCrm,
    crm: CrmClient,
    erp: CrmClient,
    tmp_path: Path,
) -> Iterator[Whole]:
    """The template between both systems, with small batches."""
    del crm, erp
    sizes = {"batch": BATCH, "read": BATCH, "page": BATCH}
    described = [
        sample_crm("crm", "crm", crm_server.url, **sizes),
        sample_crm("erp", "supply_chain", erp_server.url, **sizes),
    ]
    answers = f'archive       = "DELETE"\nanswers       = "{request.param}"'
    config = written(tmp_path, *(text.replace('archive       = "DELETE"', answers) for text in described))
    with running(config, {"crm": crm_server.secret(), "erp": erp_server.secret()}) as whole:
        yield whole


def test_calls_to_both_rest_systems_stay_within_k_a_batch_in_both_directions(
    small: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    offer(erp)
    small.settle()
    for origin, target, here, there in ((crm, erp, "crm", "erp"), (erp, crm, "erp", "crm")):
        for verb in ("create", "update"):
            start = 0 if origin is crm else 100
            small.skip_to_now()
            if verb == "create":
                enter_customers(origin, range(start, start + N))
            else:
                change_all(origin, start)
            spent(origin, "customers"), spent(target, "customers")

            small.poll()

            told = f"{verb} from {here} to {there}"
            k_in, k_out = declared(small, here, "customer")["in"], declared(small, there, "customer")[verb]
            assert spent(origin, "customers") <= k_in * N / BATCH + POLLS, told
            assert spent(target, "customers") <= k_out * N / BATCH + POLLS, told
            assert disagreements(crm, erp) == [], told
    place_orders(crm, range(N))
    spent(crm, "orders"), spent(erp, "orders")

    small.poll()

    k_in, k_told = declared(small, "crm", "order")["in"], declared(small, "crm", "order")["update"]
    assert spent(crm, "orders") <= (k_in + k_told) * N / BATCH + POLLS, "read, and told what each of them gets"
    assert spent(erp, "orders") <= declared(small, "erp", "order")["create"] * N / BATCH + POLLS
    assert disagreements(crm, erp) == []


def change_all(system: CrmClient, start: int) -> None:
    """Change the phone of every customer from this number on."""
    rows = [row for row in system.all("customers") if start <= int(row["number"][1:]) < start + N]
    items = [{"op": "update", "id": row["id"], "fields": {"phone": "9"}} for row in rows]
    system.send("POST", "/api/v1/customers:batch", items)


def test_the_catalog_declares_what_the_rest_connector_was_built_for(small: Whole) -> None:
    product, order = declared(small, "crm", "product"), declared(small, "crm", "order")
    hidden = order["update"] - 2

    assert hidden in (0, 1)
    assert order == {"in": 2, "update": 2 + hidden, "create": 3 + hidden}
    assert product["create"] == len(("reference", "sku", "gtin")) + 1 + hidden


@pytest.fixture
def shop() -> Iterator[RestServer]:
    with serving(Manners(ids="text")) as server:
        yield server


@pytest.fixture
def strict() -> Iterator[RestServer]:
    """A system that refuses a whole batch for one record that it does not like: a phone that it has already."""
    with serving(Manners(ids="text", batch_is_atomic=True, unique="phone")) as server:
        yield server


def test_each_record_that_an_atomic_batch_refuses_costs_no_more_than_its_halvings(
    shop: RestServer, strict: RestServer, tmp_path: Path
) -> None:
    n, size, refused = 32, 8, 2
    config = written(
        tmp_path,
        ATOMIC.format(name="crm", side="crm", url=shop.url, size=size, atomic="false"),
        ATOMIC.format(name="erp", side="supply_chain", url=strict.url, size=size, atomic="true"),
    )
    with running(config, {}) as whole:
        strict.put("customers", *({"name": "Held", "email": f"h{i}@x", "phone": f"taken {i}"} for i in range(refused)))
        whole.settle()
        phones = [f"taken {n // 11}" if n in (3, 20) else str(n) for n in range(n)]
        shop.put("customers", *({"name": f"N{i}", "email": f"n{i}@x", "phone": each} for i, each in enumerate(phones)))
        before = len(strict.log)

        whole.poll()

        k = declared(whole, "erp", "customer")["create"]
        assert len(strict.log) - before <= k * ceil(n / size) + 2 * log2(size) * refused + POLLS
        assert len(strict.rows("customers")) == refused + n - refused
        assert whole.seen.parked() == refused
        assert writes_of(strict) >= n / size + refused


def writes_of(server: RestServer) -> int:
    """How many writes a server was asked for."""
    return len([each for each in server.log if each.method != "GET"])
