"""Faults that are switched on, and the counts that show what happened."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from local.crm.client import CrmClient, CrmError
from local.crm.running import SampleCrm


def test_too_many_requests_say_in_seconds_or_as_a_date_when_to_come_again(crm: CrmClient) -> None:
    crm.set_faults({"too_many": {"next": 2, "retry_after": 7}})
    in_seconds = [crm.ask("GET", "/api/v1/customers") for _ in range(3)]
    crm.set_faults({"too_many": {"next": 1, "retry_after": 7, "form": "date"}})
    as_date = crm.ask("POST", "/api/v1/customers", {"name": "Ada"})

    assert [each.status_code for each in in_seconds] == [429, 429, 200]
    assert in_seconds[0].headers["Retry-After"] == "7"
    wait = parsedate_to_datetime(as_date.headers["Retry-After"]).timestamp() - time.time()
    assert 0 < wait <= 7
    assert crm.all("customers") == []


def test_a_server_error_may_come_before_or_after_the_write(crm: CrmClient) -> None:
    crm.set_faults({"server_error": {"next": 1}})
    before = crm.ask("POST", "/api/v1/customers", {"name": "Ada"})
    crm.set_faults({"server_error": {"next": 1, "status": 503, "after_write": True}})
    after = crm.ask("POST", "/api/v1/customers", {"name": "Bea"})

    assert (before.status_code, after.status_code) == (500, 503)
    assert [each["name"] for each in crm.all("customers")] == ["Bea"]


def test_a_lost_reply_leaves_the_write_done_and_the_caller_in_the_dark(crm: CrmClient) -> None:
    crm.set_faults({"lost_reply": {"next": 1}})

    crm.all("customers")
    with pytest.raises(requests.ConnectionError):
        crm.create("customers", {"name": "Ada"})
    crm.create("customers", {"name": "Bea"})

    assert [each["name"] for each in crm.all("customers")] == ["Ada", "Bea"]
    assert crm.counts()["statuses"]["0"] == 1


def test_the_reply_to_a_batch_a_change_or_an_archiving_can_be_lost_as_well(crm: CrmClient) -> None:
    made = crm.create("customers", {"name": "Ada"})
    crm.set_faults({"lost_reply": {"next": 3}})

    with pytest.raises(requests.ConnectionError):
        crm.create_all("customers", [{"name": "Bea"}, {"name": "Cid"}])
    with pytest.raises(requests.ConnectionError):
        crm.change("customers", made["id"], {"name": "changed"})
    with pytest.raises(requests.ConnectionError):
        crm.archive("customers", made["id"])

    assert [each["name"] for each in crm.all("customers")] == ["Bea", "Cid"]
    assert [each["name"] for each in crm.all("customers", "archived=true")] == ["changed"]


def test_a_fault_can_be_meant_for_one_resource_only(crm: CrmClient) -> None:
    crm.set_faults({"server_error": {"next": 1, "only": "orders"}})

    assert crm.ask("GET", "/api/v1/customers").status_code == 200
    assert crm.ask("GET", "/api/v1/orders").status_code == 500


def test_a_slow_reply_comes_late_but_comes(crm: CrmClient) -> None:
    crm.set_faults({"slow": {"next": 1, "seconds": 0.05}})
    started = time.monotonic()

    crm.all("customers")

    assert time.monotonic() - started >= 0.05


def test_faults_are_shown_counted_down_and_reset(crm: CrmClient) -> None:
    crm.set_faults({"server_error": {"next": 3}, "lost_reply": {"next": 1}})
    crm.set_faults({"server_error": {"next": 2}})
    crm.ask("GET", "/api/v1/customers")

    shown = crm.send("GET", "/control/faults")
    crm.reset()
    calm = crm.send("GET", "/control/faults")

    assert (shown["server_error"]["next"], shown["lost_reply"]["next"]) == (1, 1)
    assert {fault["next"] for fault in calm.values()} == {0}


@pytest.mark.parametrize("wrong", [{"storm": {"next": 1}}, {"slow": {"next": -1}}, {"too_many": {"form": "song"}}])
def test_a_fault_that_does_not_exist_is_refused(crm: CrmClient, wrong: dict[str, dict[str, object]]) -> None:
    with pytest.raises(CrmError):
        crm.set_faults(wrong)


def test_calls_are_counted_by_resource_and_method_refused_ones_too(server: SampleCrm, crm: CrmClient) -> None:
    made = crm.create_all("customers", [{"name": "Ada"}, {"name": "Bea"}])
    crm.get("customers", made[0]["id"])
    crm.change("customers", made[0]["id"], {"name": "Cid"})
    crm.archive("customers", made[0]["id"])
    crm.all("orders")
    requests.get(server.url + "/api/v1/orders", timeout=5)

    assert crm.counts() == {
        "read": 3,
        "write": 3,
        "calls": {
            "customers": {"read": 1, "write": 3, "GET": 1, "POST": 1, "PATCH": 1, "DELETE": 1},
            "orders": {"read": 2, "write": 0, "GET": 2},
        },
        "statuses": {"200": 4, "204": 1, "401": 1},
    }
