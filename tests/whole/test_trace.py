"""One id leads from a webhook to its confirmation, through the log lines of every function on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.crm.client import CrmClient
from local.crm.running import WEBHOOK_SECRET, SampleCrm
from shared.aws.record_format import cause_of
from tests.whole.describing import sample_crm, written
from tests.whole.running import Whole, running, signed
from tests.whole.trading import enter_customers

pytestmark = pytest.mark.whole_stack

ON_THE_WAY = ("ReceiveWebhook", "AbsorbChanges", "FanOut", "DeliverChanges")
MANY = 'read          = { many = "?archived=any&ids={}", size = 100 }'


def traces(whole: Whole, function: str) -> list[str]:
    """The trace of every line that a function has logged; lines that are metrics alone have none."""
    lines = [json.loads(line) for line in whole.stack.function(function).logs]
    return [line["trace"] for line in lines if "_aws" not in line]


def test_one_trace_stands_in_every_log_line_from_webhook_to_confirm(
    whole: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    [customer] = enter_customers(crm, [1])
    body = json.dumps({"type": "customer.created", "data": {"resource": "customers", **customer}}).encode()

    assert whole.post("crm", body, signed(WEBHOOK_SECRET, body)).status_code == 200
    whole.rest()

    assert len(erp.all("customers")) == 1
    [trace] = set(traces(whole, "ReceiveWebhook"))
    assert trace
    for function in ON_THE_WAY:
        assert set(traces(whole, function)) == {trace}, function
    assert len(traces(whole, "FanOut")) >= 2  # the webhook's own write, the intent, and the confirmation
    assert {cause_of(item).trace for item in whole.items("RecordsTable")} == {trace}


@pytest.fixture
def one_by_one(
    crm_server: SampleCrm, erp_server: SampleCrm, crm: CrmClient, erp: CrmClient, tmp_path: Path
) -> Iterator[Whole]:
    """A CRM whose records can only be read one at a time."""
    del crm, erp
    config = written(
        tmp_path,
        sample_crm("crm", "crm", crm_server.url).replace(MANY, ""),
        sample_crm("erp", "supply_chain", erp_server.url),
    )
    with running(config, {"crm": crm_server.secret(), "erp": erp_server.secret()}) as whole:
        yield whole


def test_reading_again_what_has_not_changed_costs_a_304_which_is_counted_as_a_call(
    one_by_one: Whole, crm: CrmClient
) -> None:
    [customer] = enter_customers(crm, [1])

    def read_again() -> int:
        crm.reset()
        before = one_by_one.seen.calls().get("crm", {"read": 0})["read"]
        one_by_one.tell("customer", "crm", str(customer["id"]))
        one_by_one.rest()
        return one_by_one.seen.calls()["crm"]["read"] - before

    assert (read_again(), crm.counts()["statuses"]) == (1, {"200": 1})
    assert (read_again(), crm.counts()["statuses"]) == (1, {"304": 1})
