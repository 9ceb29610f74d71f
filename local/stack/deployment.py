"""Deploys a transformed template to moto and says what stands there: each resource with everything resolved."""

import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from moto.cloudformation.models import Stack, cloudformation_backends
from moto.cloudformation.parsing import clean_json
from moto.cloudwatch.models import cloudwatch_backends
from moto.dynamodb.models import dynamodb_backends

from local.stack.moto_models import install_models
from local.stack.names import ACCOUNT, REGION
from local.stack.resource_types import refuse_unknown
from local.stack.template import Template

Properties = Mapping[str, Any]


class NotDeployed(RuntimeError):
    """moto did not take the template as it is: something would be missing, so nothing starts."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One deployed resource; no reference is left unresolved in its properties."""

    logical_id: str
    type: str
    physical_id: str
    properties: Properties
    arn: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """All that one template became."""

    stack_name: str
    resources: Mapping[str, Resource]
    outputs: Mapping[str, str]

    def of_type(self, resource_type: str) -> Iterator[Resource]:
        """The resources of one type, in the template's order."""
        return (each for each in self.resources.values() if each.type == resource_type)

    def named(self, logical_id: str) -> Resource:
        """The resource with this logical id; KeyError says which ids there are."""
        if logical_id not in self.resources:
            raise KeyError(f"no resource {logical_id}; there are {', '.join(sorted(self.resources))}")
        return self.resources[logical_id]


def deploy(template: Template, parameters: Mapping[str, str], stack_name: str) -> Deployment:
    """Creates every resource of a transformed template in moto. Inside a running `mock_aws` only.

    Raises UnknownResource for a type or property that nobody here takes care of, NotDeployed for whatever moto skips.
    """
    _refuse_unknown_parameters(template, parameters)
    refuse_unknown(template["Resources"])
    install_models()
    stack = _create(template, parameters, stack_name)
    resources = {
        name: _resource(name, each, stack) for name, each in template["Resources"].items() if _stands(each, stack)
    }
    deployment = Deployment(stack_name, resources, _outputs(stack))
    _keep_what_moto_drops(deployment)
    return deployment


def _create(template: Template, parameters: Mapping[str, str], stack_name: str) -> Stack:
    backend = cloudformation_backends[ACCOUNT][REGION]
    with warnings.catch_warnings(record=True) as skipped:
        warnings.simplefilter("always", UserWarning)
        stack = backend.create_stack(stack_name, json.dumps(template), dict(parameters), [], {}, None)
    texts = [str(each.message) for each in skipped if issubclass(each.category, UserWarning)]
    if texts:
        raise NotDeployed("; ".join(texts))
    if stack.status != "CREATE_COMPLETE":
        raise NotDeployed(f"moto's stack ended as {stack.status}")
    return stack


def _stands(declared: Mapping[str, Any], stack: Stack) -> bool:
    condition = declared.get("Condition")
    return condition is None or bool(stack.resource_map.lazy_condition_map[condition])


def _resource(name: str, declared: Mapping[str, Any], stack: Stack) -> Resource:
    model = cast(Any, stack.resource_map[name])
    properties = _without_nothing(clean_json(declared.get("Properties", {}), stack.resource_map))
    _refuse_unresolved(name, properties)
    knows_arn = hasattr(model, "get_cfn_attribute") and type(model).has_cfn_attr("Arn")
    arn = str(model.get_cfn_attribute("Arn")) if knows_arn else ""
    return Resource(name, declared["Type"], str(model.physical_resource_id), properties, arn)


def _outputs(stack: Stack) -> dict[str, str]:
    return {each.key: str(each.value) for each in stack.output_map.values() if each}


def _without_nothing(value: Any) -> Any:
    """`AWS::NoValue` inside a list comes out of moto as None."""
    if isinstance(value, dict):
        return {key: _without_nothing(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_nothing(each) for each in value if each is not None]
    return value


def _refuse_unresolved(name: str, value: Any) -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "Ref" or key.startswith("Fn::"):
                raise NotDeployed(f"{name}: moto could not resolve {json.dumps({key: each})}")
            _refuse_unresolved(name, each)
    elif isinstance(value, list):
        for each in value:
            _refuse_unresolved(name, each)


def _refuse_unknown_parameters(template: Template, parameters: Mapping[str, str]) -> None:
    unknown = sorted(set(parameters) - set(template.get("Parameters", {})))
    if unknown:
        raise NotDeployed(f"the template has no parameter {', '.join(unknown)}")


def _keep_what_moto_drops(deployment: Deployment) -> None:
    tables = dynamodb_backends[ACCOUNT][REGION]
    for each in deployment.of_type("AWS::DynamoDB::Table"):
        if "TimeToLiveSpecification" in each.properties:
            tables.update_time_to_live(each.physical_id, each.properties["TimeToLiveSpecification"])
        if "PointInTimeRecoverySpecification" in each.properties:
            tables.update_continuous_backups(each.physical_id, each.properties["PointInTimeRecoverySpecification"])
    for each in deployment.of_type("AWS::CloudWatch::Alarm"):
        _put_alarm(each)


def _put_alarm(alarm: Resource) -> None:
    given = alarm.properties
    cloudwatch_backends[ACCOUNT][REGION].put_metric_alarm(
        name=alarm.physical_id,
        namespace=given.get("Namespace", ""),
        metric_name=given.get("MetricName", ""),
        comparison_operator=given["ComparisonOperator"],
        evaluation_periods=int(given["EvaluationPeriods"]),
        period=int(given.get("Period", 60)),
        threshold=float(given["Threshold"]),
        statistic=given.get("Statistic", ""),
        description=given.get("AlarmDescription", ""),
        dimensions=list(given.get("Dimensions", [])),
        alarm_actions=given.get("AlarmActions", []),
        metric_data_queries=given.get("Metrics"),
        datapoints_to_alarm=given.get("DatapointsToAlarm"),
        treat_missing_data=given.get("TreatMissingData"),
    )
