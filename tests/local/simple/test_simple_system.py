"""A system of the simplest kind: two lists, read whole and added to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from local.crm.client import CrmClient, CrmError
from local.simple.running import SimpleSystem


@pytest.fixture(scope="module")
def server() -> Iterator[SimpleSystem]:
    """A running system that wants a token."""
    with SimpleSystem(token="simple") as running:
        yield running


@pytest.fixture
def system(server: SimpleSystem) -> Iterator[CrmClient]:
    """A client of an empty system without faults."""
    with server.client() as client:
        client.reset("all")
        yield client


def test_customers_and_orders_are_added_and_listed_whole(server: SimpleSystem, system: CrmClient) -> None:
    ada = system.send("POST", "/api/v1/customers", {"name": "Ada", "email": "a@x.example", "phone": "1"})
    order = system.send("POST", "/api/v1/orders", {"customer_id": ada["id"], "status": "open", "total": 12.5})

    assert server.rows("customers") == [{"id": 1, "name": "Ada", "email": "a@x.example", "phone": "1"}]
    assert server.rows("orders") == [order] == [{"id": 1, "customer_id": 1, "status": "open", "total": "12.5"}]


def test_the_same_thing_twice_makes_two(server: SimpleSystem, system: CrmClient) -> None:
    for _ in range(2):
        system.send("POST", "/api/v1/customers", {"name": "Ada"})

    assert [row["id"] for row in server.rows("customers")] == [1, 2]


def test_it_can_do_nothing_else(system: CrmClient) -> None:
    system.send("POST", "/api/v1/customers", {"name": "Ada"})

    assert system.ask("GET", "/api/v1/customers/1").status_code == 404
    assert system.ask("PATCH", "/api/v1/customers/1", {}).status_code == 404
    assert system.ask("DELETE", "/api/v1/customers").status_code == 405
    assert "ETag" not in system.ask("GET", "/api/v1/customers").headers


@pytest.mark.parametrize(
    ("path", "body"),
    [("customers", {}), ("customers", []), ("orders", {"customer_id": 1}), ("orders", {"customer_id": "x"})],
)
def test_what_is_wrong_is_refused(system: CrmClient, path: str, body: object) -> None:
    with pytest.raises(CrmError) as refused:
        system.send("POST", f"/api/v1/{path}", body)

    assert refused.value.status == 422


def test_it_wants_its_token_if_it_has_one(server: SimpleSystem) -> None:
    assert requests.get(server.url + "/api/v1/customers", timeout=5).status_code == 401


def test_a_lost_reply_leaves_the_record_there(server: SimpleSystem, system: CrmClient) -> None:
    system.set_faults({"lost_reply": {"next": 1}})

    with pytest.raises(requests.ConnectionError):
        system.send("POST", "/api/v1/customers", {"name": "Ada"})

    assert len(server.rows("customers")) == 1
    assert system.counts() == {
        "read": 1,
        "write": 1,
        "calls": {"customers": {"read": 1, "write": 1, "GET": 1, "POST": 1}},
        "statuses": {"0": 1, "200": 1},
    }


def test_two_of_them_run_side_by_side_and_know_nothing_of_each_other(server: SimpleSystem, system: CrmClient) -> None:
    with SimpleSystem() as other, other.client() as client:
        client.send("POST", "/api/v1/customers", {"name": "Bea"})

        assert (len(server.rows("customers")), len(other.rows("customers"))) == (0, 1)
    assert system.counts()["write"] == 0
