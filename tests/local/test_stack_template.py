"""The real template on the local stack: all of it is deployed, and the stack comes and goes quickly."""

import os
import sys
from pathlib import Path

import pytest
import requests

from local.stack import LocalStack
from local.stack.deployment import NotDeployed
from local.stack.names import STACK_NAME

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.whole_stack
def test_every_resource_and_output_of_the_real_template_stands() -> None:
    with LocalStack(PROJECT / "template.yaml", config=PROJECT / "integration.toml") as stack:
        described = stack.client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"][0]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        sources = {each.logical_id for each in stack.deployment.of_type("AWS::Lambda::EventSourceMapping")}
        alarms = stack.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]

        assert outputs["RecordsTableName"] == stack.deployment.named("RecordsTable").physical_id
        assert {"AbsorbChangesChanges", "DeliverChangesDeliveries", "FanOutRecords"} <= sources
        assert len(alarms) == len(list(stack.deployment.of_type("AWS::CloudWatch::Alarm")))
        assert stack.function("AbsorbChanges").variables["TANDEM_INTEGRATION"] == str(PROJECT / "integration.toml")
        assert "TANDEM_LEDGER_TABLE" in stack.function("FanOut").variables
        assert "TANDEM_LEDGER_TABLE" not in stack.function("ReceiveWebhook").variables
        assert requests.get(f"{stack.api}/nothing", timeout=10).status_code == 401
        assert stack.is_idle()


@pytest.mark.whole_stack
def test_stacks_follow_each_other_and_leave_nothing_behind() -> None:
    streams, environment = (sys.stdout, sys.stderr), os.environ
    names = set()

    for _ in range(2):
        with LocalStack(PROJECT / "template.yaml") as stack:
            names.add(stack.deployment.named("RecordsTable").physical_id)

    assert len(names) == 2
    assert (sys.stdout, sys.stderr) == streams
    assert os.environ is environment


def test_a_second_stack_at_the_same_time_is_refused() -> None:
    with LocalStack(PROJECT / "template.yaml"), pytest.raises(RuntimeError, match="already running"):
        LocalStack(PROJECT / "template.yaml", name="other").__enter__()


def test_a_parameter_that_the_template_does_not_have_is_refused() -> None:
    with pytest.raises(NotDeployed, match="no parameter Colour"):
        LocalStack(PROJECT / "template.yaml", parameters={"Colour": "red"}).__enter__()
