"""The template as a whole: generic, nameless, in the agreed order, known to the local stack, clean to the linter."""

import json
import re
import tomllib

import pytest
from cfnlint import ManualArgs, lint

from local.stack.resource_types import refuse_unknown
from local.stack.template import parse_template, transformed
from tests.template.deployment import ROOT, TEMPLATE, deployed, of_type, raw

SECTIONS = [
    *("Parameters", "Conditions", "Globals", "Entry", "Functions", "Queues"),
    *("Tables", "Secrets", "Events", "Alarms", "Dashboard", "Outputs"),
]
# AWS demands this name; it is the stack's own.
NAMED = {("EventBus", "Name")}
NAMES = {
    "FunctionName",
    "QueueName",
    "TableName",
    "TopicName",
    "RoleName",
    "ManagedPolicyName",
    "LogGroupName",
    "AlarmName",
    "DashboardName",
    "Name",
}
NAMES_OF_THE_REFERRED = {
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::EventInvokeConfig",
}


def test_the_sections_stand_in_the_agreed_order() -> None:
    banners = re.findall(r"^ *# ═+ (\w+) ═+$", TEMPLATE.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert banners == SECTIONS


def test_every_resource_says_above_it_why_it_exists() -> None:
    lines = TEMPLATE.read_text(encoding="utf-8").splitlines()
    unexplained = [
        name
        for name, resource in raw()["Resources"].items()
        if resource["Type"] != "AWS::CloudWatch::Alarm"  # their descriptions say it
        and not lines[lines.index(f"  {name}:") - 1].lstrip().startswith("#")
    ]

    assert unexplained == []


def test_no_resource_has_a_name_of_its_own() -> None:
    named = {
        (logical_id, name)
        for logical_id, resource in raw()["Resources"].items()
        if resource["Type"] not in NAMES_OF_THE_REFERRED
        for name in NAMES & set(resource.get("Properties", {}))
    }

    assert named == NAMED
    assert of_type("AWS::Events::EventBus")["EventBus"]["Name"] == {"Ref": "AWS::StackName"}


@pytest.mark.parametrize("word", ["crm", "erp", "tryton", "hubspot", "shop", "northwind"])
def test_the_template_names_no_system(word: str) -> None:
    assert not re.search(rf"\b{word}\b", json.dumps(raw(), default=str), flags=re.IGNORECASE)


def test_no_system_of_the_integration_file_stands_in_the_template() -> None:
    integration = tomllib.loads((ROOT / "integration.toml").read_text(encoding="utf-8"))
    words = set(re.findall(r"\w+", json.dumps(raw(), default=str)))

    assert not words & set(integration["systems"])


def test_no_credential_stands_in_an_environment() -> None:
    variables = {
        name: value
        for function in of_type("AWS::Lambda::Function").values()
        for name, value in function["Environment"]["Variables"].items()
    }

    assert {name for name in variables if re.search("SECRET|PASSWORD|TOKEN", name)} <= {
        "TANDEM_SECRET_PREFIX",
        "TANDEM_TOKEN_KEY",
    }


def test_every_parameter_is_used_explained_and_has_a_default() -> None:
    text = json.dumps({key: raw()[key] for key in ("Conditions", "Globals", "Resources", "Outputs")}, default=str)

    unused = [name for name in raw()["Parameters"] if f'"{name}"' not in text and f"${{{name}}}" not in text]
    assert unused == []
    assert all(parameter["Description"] and "Default" in parameter for parameter in raw()["Parameters"].values())


def test_every_log_group_forgets() -> None:
    groups = of_type("AWS::Logs::LogGroup")

    assert {str(group["RetentionInDays"]) for group in groups.values()} == {"{'Ref': 'LogRetentionDays'}"}
    assert len(groups) == len(of_type("AWS::Lambda::Function")) + 1


def test_the_local_stack_knows_every_type_and_property_that_is_deployed() -> None:
    refuse_unknown(deployed()["Resources"])


def test_the_linter_finds_nothing_in_the_template_as_written() -> None:
    assert _findings(TEMPLATE.read_text(encoding="utf-8")) == []


def test_the_linter_finds_nothing_in_what_is_deployed() -> None:
    assert _findings(json.dumps(deployed())) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("VisibilityTimeout: 721", "VisibilityTimeout: 60"), ("[ReportBatchItemFailures]", "[ReportBatchItemFailure]")],
)
def test_the_linter_would_find_what_only_the_deployed_template_shows(old: str, new: str) -> None:
    broken = TEMPLATE.read_text(encoding="utf-8").replace(old, new, 1)

    assert _findings(json.dumps(transformed(parse_template(broken), {}))) != []


def _findings(template: str) -> list[str]:
    """What cfn-lint says, warnings included."""
    found = lint(template, config=ManualArgs(regions=["eu-central-1", "us-east-1"]))
    return [f"{each.rule.id} {each.message}" for each in found]
