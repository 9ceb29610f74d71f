"""Reads a SAM template and gives back the plain CloudFormation that AWS would deploy.

SAM's own translator does the work; the one thing that it would ask AWS for, the list of managed policies, is answered
here. The answer is kept in memory by content, so that a second start in one process costs nothing.
"""

import copy
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from boto3.session import Session
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

from local.stack.names import REGION

Template = dict[str, Any]

_TAGS = ("Base64", "Cidr", "FindInMap", "GetAtt", "GetAZs", "ImportValue", "Join", "Select", "Split", "Sub")
_CONDITIONS = ("And", "Equals", "If", "Not", "Or")
_SERVICE_ROLE = "arn:aws:iam::aws:policy/service-role/"


def read_template(path: Path) -> Template:
    """The template as written, with the short forms (`!Ref`, `!Sub`, …) in their long form."""
    return parse_template(path.read_text(encoding="utf-8"))


def parse_template(text: str) -> Template:
    """The same from the text of a template, YAML or JSON."""
    parsed = yaml.load(text, Loader=_CloudFormationLoader)
    if not isinstance(parsed, dict):
        raise ValueError("a template is a mapping with Resources")
    return parsed


def transformed(template: Template, parameters: Mapping[str, str]) -> Template:
    """What SAM makes of the template: only CloudFormation's own types are left.

    Raises samtranslator's InvalidDocumentException where the template is not valid SAM.
    """
    key = json.dumps(template, sort_keys=True, default=str)
    return copy.deepcopy(_transform(key, tuple(sorted(parameters.items()))))


@functools.lru_cache(maxsize=256)
def _transform(template: str, parameters: tuple[tuple[str, str], ...]) -> Template:
    source, values = _packaged(json.loads(template)), dict(parameters)
    to_py27_compatible_template(source, values)  # the translator's logical ids depend on it
    translator = Translator(None, Parser(), boto_session=Session(region_name=REGION))
    result = translator.translate(source, parameter_values=values, get_managed_policy_map=_managed_policies)
    plain: Template = undo_mark_unicode_str_in_template(result)
    return plain


def _packaged(template: Template) -> Template:
    """What `sam package` would leave: code that the translator takes as uploaded (handlers are imported from disk)."""
    for part in (template.get("Globals", {}).get("Function", {}), *_properties(template, "AWS::Serverless::Function")):
        part.pop("CodeUri", None)
    for part in _properties(template, "AWS::Serverless::Function"):
        part.setdefault("InlineCode", "# imported from the project's folder")
    for part in _properties(template, "AWS::Serverless::LayerVersion"):
        part["ContentUri"] = "s3://local/layer.zip"
    return template


def _properties(template: Template, resource_type: str) -> list[dict[str, Any]]:
    resources = template.get("Resources", {}).values()
    return [each.setdefault("Properties", {}) for each in resources if each.get("Type") == resource_type]


def _managed_policies() -> dict[str, str]:
    """Stands in for SAM's loader, which would list AWS's managed policies through IAM."""
    names = ("AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole", "AWSLambdaDynamoDBExecutionRole")
    return {name: _SERVICE_ROLE + name for name in names}


class _CloudFormationLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _long_form(tag: str, loader: yaml.SafeLoader, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise yaml.YAMLError(f"unexpected node after !{tag}")
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


def _date_as_text(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node)) if isinstance(node, yaml.ScalarNode) else ""


for _tag in ("Ref", "Condition", *_TAGS, *_CONDITIONS):
    _CloudFormationLoader.add_constructor(f"!{_tag}", functools.partial(_long_form, _tag))
_CloudFormationLoader.add_constructor("tag:yaml.org,2002:timestamp", _date_as_text)
