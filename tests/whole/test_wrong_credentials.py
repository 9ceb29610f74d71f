"""A system that refuses who we are trips: a login or two, one datum that an alarm hears, and then it is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.crm.client import CrmClient
from local.crm.running import SampleCrm
from shared.aws.message_format import poll_text
from shared.ports.messages import Poll
from tests.whole.alarms import alarmed_by
from tests.whole.describing import sample_crm, written
from tests.whole.running import Whole, running
from tests.whole.trading import enter_customers

pytestmark = pytest.mark.whole_stack


@pytest.fixture
def refused(
    crm_server: SampleCrm, erp_server: SampleCrm, crm: CrmClient, erp: CrmClient, tmp_path: Path
) -> Iterator[Whole]:
    """The supply chain's token is a wrong one."""
    del crm, erp
    config = written(
        tmp_path, sample_crm("crm", "crm", crm_server.url), sample_crm("erp", "supply_chain", erp_server.url)
    )
    with running(config, {"crm": crm_server.secret(), "erp": {"token": "wrong"}}) as whole:
        yield whole


def test_a_wrong_token_trips_a_rest_system_after_two_calls_at_most_and_calls_an_alarm_once(
    refused: Whole, crm: CrmClient, erp: CrmClient
) -> None:
    enter_customers(crm, range(3))

    for _ in range(3):
        refused.poll()
        assert refused.stack.fire("SweepOverdue")
        refused.stack.hurry()
        refused.rest()
    assert not refused.stack.invoke("Reconcile", {"now": True}).failed
    refused.rest()

    assert refused.state("erp") == "tripped"
    assert refused.state("crm") == "running"
    statuses = erp.counts()["statuses"]
    assert statuses.keys() == {"401"}
    assert statuses["401"] <= 2
    assert alarmed_by(refused, "SystemTripped") == ["SystemTripped"]


@pytest.fixture
def lacking(
    crm_server: SampleCrm, erp_server: SampleCrm, crm: CrmClient, erp: CrmClient, tmp_path: Path
) -> Iterator[Whole]:
    """The supply chain's secret has no token."""
    del crm, erp
    config = written(
        tmp_path, sample_crm("crm", "crm", crm_server.url), sample_crm("erp", "supply_chain", erp_server.url)
    )
    with running(config, {"crm": crm_server.secret(), "erp": {"api_key": "a"}}) as whole:
        yield whole


def test_a_secret_without_what_auth_needs_trips_the_system_with_that_reason_and_calls_nobody(
    lacking: Whole, erp: CrmClient
) -> None:
    before = erp.counts()["statuses"]

    lacking.poll()
    lacking.rest()

    assert lacking.state("erp") == "tripped"
    assert lacking.why("erp") == "secret erp: it has no token - add it"
    assert erp.counts()["statuses"] == before
    assert alarmed_by(lacking, "SystemTripped") == ["SystemTripped"]


def test_however_many_functions_start_at_once_a_wrong_token_reaches_the_partner_twice_at_most(
    refused: Whole, erp: CrmClient
) -> None:
    refused.stack.hold("PollsQueue")
    for system, entity in refused.integration.pairs():
        if system == "erp":
            text = poll_text(Poll(system, entity), "trace")
            refused.stack.client("sqs").send_message(QueueUrl=refused.physical("PollsQueue"), MessageBody=text)

    refused.stack.release("PollsQueue")
    refused.rest()

    assert erp.counts()["read"] <= 2
    assert alarmed_by(refused, "SystemTripped") == ["SystemTripped"]
