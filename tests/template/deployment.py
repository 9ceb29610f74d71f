"""The template as written and as AWS would deploy it, and the few questions that the tests ask of both."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from local.stack.template import read_template, transformed

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
DEAD_LETTERS = "DeadLetters"

Resource = dict[str, Any]


@functools.cache
def raw() -> dict[str, Any]:
    """The template as written, short forms in full."""
    return read_template(TEMPLATE)


@functools.cache
def deployed(stage: str = "dev") -> dict[str, Any]:
    """What CloudFormation gets: plain resources only."""
    return transformed(raw(), {"Stage": stage})


def of_type(resource_type: str) -> dict[str, Resource]:
    """The deployed resources of a type: properties by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in deployed()["Resources"].items()
        if resource["Type"] == resource_type
    }


def functions() -> dict[str, Resource]:
    """The Lambda functions."""
    return of_type("AWS::Lambda::Function")


def queues(*, dead: bool) -> dict[str, Resource]:
    """The queues that wait for a person (dead), or for a function."""
    return {name: each for name, each in of_type("AWS::SQS::Queue").items() if name.endswith(DEAD_LETTERS) is dead}


def statements() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every statement of every policy that lets one of our own do something, with the resource that holds it."""
    for name, role in of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for name, policy in of_type("AWS::IAM::ManagedPolicy").items():
        for statement in policy["PolicyDocument"]["Statement"]:
            yield name, statement


def allowed(function: str) -> dict[str, set[str]]:
    """What a function's own role lets it do: the resources, written as `RecordsTable.Arn/index/due`, by action."""
    role = target(functions()[function]["Role"])
    grants: dict[str, set[str]] = {}
    for holder, statement in statements():
        if holder == role:
            for action in as_list(statement["Action"]):
                grants.setdefault(action, set()).update(written(each) for each in as_list(statement["Resource"]))
    return grants


def written(value: Any) -> str:
    """A reference as one would say it: `ChangesQueue.Arn`, `RecordsTable.Arn/index/due`."""
    if isinstance(value, dict):
        if "Fn::GetAtt" in value:
            return ".".join(value["Fn::GetAtt"])
        if "Fn::Sub" in value:
            return str(value["Fn::Sub"]).replace("${", "").replace("}", "")
        return str(value.get("Ref", value))
    return str(value)


def target(reference: Any) -> str:
    """The logical id that a `Ref` or `Fn::GetAtt` points at."""
    return written(reference).split(".")[0]


def as_list(value: Any) -> list[Any]:
    """IAM and CloudFormation write one thing without its list."""
    return value if isinstance(value, list) else [value]
