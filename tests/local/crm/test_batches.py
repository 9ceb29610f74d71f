"""Batches: many writes in one call, each for itself."""

from __future__ import annotations

import time

from local.crm.client import CrmClient
from local.crm.resources import Fields


def batch(crm: CrmClient, *writes: object) -> list[Fields]:
    return list(crm.send("POST", "/api/v1/customers:batch", list(writes)))


def test_results_come_in_the_order_of_the_writes_and_one_refusal_harms_nobody_else(crm: CrmClient) -> None:
    ada = crm.create("customers", {"name": "Ada", "number": "1"})
    bea = crm.create("customers", {"name": "Bea"})

    results = batch(
        crm,
        {"op": "create", "fields": {"name": "Cid"}},
        {"op": "create", "fields": {"name": "Double", "number": "1"}},
        {"op": "update", "id": ada["id"], "if_match": '"1"', "fields": {"phone": "1"}},
        {"op": "update", "id": bea["id"], "if_match": 9, "fields": {"phone": "1"}},
        {"op": "archive", "id": bea["id"], "if_match": "1"},
        {"op": "update", "id": "cus-none", "fields": {}},
        {"op": "dance"},
        "nonsense",
        {"op": "update"},
        {"op": "create"},
    )

    assert [each["status"] for each in results] == [201, 409, 200, 412, 200, 404, 422, 422, 422, 422]
    assert results[0]["body"] == crm.get("customers", results[0]["id"])
    assert results[1]["error"]["holder_id"] == ada["id"]
    assert results[2]["body"]["version"] == 2
    assert {each["name"] for each in crm.all("customers")} == {"Ada", "Cid"}


def test_two_writes_of_one_batch_that_want_one_key_do_not_both_get_it(crm: CrmClient) -> None:
    twice = {"op": "create", "fields": {"name": "Ada", "external_ref": "r"}}

    first, second = batch(crm, twice, twice)

    assert (first["status"], second["status"]) == (201, 409)
    assert second["error"]["holder_id"] == first["id"]


def test_a_batch_is_a_list_of_at_most_a_hundred(crm: CrmClient) -> None:
    path = "/api/v1/customers:batch"

    assert crm.ask("POST", path, [{"op": "create", "fields": {"name": "x"}}] * 101).status_code == 422
    assert crm.ask("POST", path, {"op": "create"}).status_code == 422
    assert batch(crm) == []
    assert crm.all("customers") == []


def test_a_hundred_records_in_a_batch_are_one_call_and_take_no_time_to_speak_of(crm: CrmClient) -> None:
    crm.reset("all")
    started = time.monotonic()

    crm.create_all("customers", [{"name": f"C{i}", "contacts": [{"name": "A"}]} for i in range(100)])

    assert time.monotonic() - started < 2
    assert crm.counts()["write"] == 1
