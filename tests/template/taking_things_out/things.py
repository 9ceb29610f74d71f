"""Finds everything that can be taken out of the template, and takes it out of a copy."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Template = dict[str, Any]

KIND_OF_EVENT = {"HttpApi": "route", "SQS": "mapping", "DynamoDB": "mapping", "Schedule": "schedule"}
KIND_OF_EVENT["ScheduleV2"] = "schedule"
_REPORT = "ReportBatchItemFailures"
_GONE: Any = object()


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: its kind, the function or resource that it belongs to, and the path of keys that leads to it."""

    kind: str
    owner: str
    path: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {self.owner}.{self.path[-1]}" if self.kind != "rule" else f"rule {self.owner}"


def takeable(template: Template) -> list[Thing]:
    """Everything that can be taken out, in the template's order."""
    return [thing for name, each in template["Resources"].items() for thing in _of(name, each)] + [
        Thing("environment variable", "Globals", ("Globals", *_VARIABLES_IN_GLOBALS, name))
        for name in _at(template, ("Globals", *_VARIABLES_IN_GLOBALS))
    ]


def without(template: Template, thing: Thing) -> Template:
    """A copy of the template in which the thing, and whatever refers to it, is missing."""
    altered = copy.deepcopy(template)
    parent = _at(altered, thing.path[:-1])
    del parent[thing.path[-1]]
    made = {"schedule": _made_by_sam(thing), "rule": thing.owner}.get(thing.kind)
    return altered if made is None else _without_references(altered, made)


_VARIABLES_IN_GLOBALS = ("Function", "Environment", "Variables")


def _of(name: str, resource: dict[str, Any]) -> Iterator[Thing]:
    properties, start = resource.get("Properties", {}), ("Resources", name, "Properties")
    if resource["Type"] == "AWS::Serverless::Function":
        yield from _of_function(name, properties, start)
    elif resource["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in properties:
        yield Thing("redrive policy", name, (*start, "RedrivePolicy"))
    elif resource["Type"] == "AWS::Events::Rule":
        yield Thing("schedule" if "ScheduleExpression" in properties else "rule", name, ("Resources", name))


def _of_function(name: str, properties: dict[str, Any], start: tuple[str, ...]) -> Iterator[Thing]:
    for event, declared in properties.get("Events", {}).items():
        path = (*start, "Events", event)
        yield Thing(KIND_OF_EVENT[declared["Type"]], name, path)
        if _REPORT in declared["Properties"].get("FunctionResponseTypes", []):
            yield Thing(_REPORT, name, (*path, "Properties", "FunctionResponseTypes"))
    for variable in properties.get("Environment", {}).get("Variables", {}):
        yield Thing("environment variable", name, (*start, "Environment", "Variables", variable))


def _made_by_sam(thing: Thing) -> str:
    """The logical id that SAM gives to what an event of a function becomes."""
    return f"{thing.owner}{thing.path[-1]}" if "Events" in thing.path else thing.owner


def _at(template: Template, path: tuple[str, ...]) -> dict[str, Any]:
    here: Any = template
    for key in path:
        here = here[key]
    found: dict[str, Any] = here
    return found


def _without_references(node: Any, name: str) -> Any:
    if isinstance(node, list):
        kept = [_without_references(each, name) for each in node]
        return [each for each in kept if each is not _GONE]
    if not isinstance(node, dict):
        return node
    if _refers(node, name):
        return _GONE
    values = {key: _without_references(each, name) for key, each in node.items()}
    return {key: each for key, each in values.items() if each is not _GONE}


def _refers(node: dict[str, Any], name: str) -> bool:
    if node == {"Ref": name} or str(node.get("Fn::GetAtt", [""])[0]) == name:
        return True
    text = node.get("Fn::Sub")
    return isinstance(text, str) and (f"${{{name}}}" in text or f"${{{name}." in text)
