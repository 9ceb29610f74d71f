"""CloudFormation models for the resource types that moto's CloudFormation lacks or gives no reference for.

A recorded resource keeps its resolved properties and answers `Ref` and `Fn::GetAtt`; what it *does* is done elsewhere
in local/stack, from those properties. moto finds its models among the direct subclasses of CloudFormationModel, and
the last one defined for a type wins.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.events.models import Rule, events_backends

from local.stack.names import ACCOUNT, REGION

Answer = Callable[[Any], str]


class Recorded(CloudFormationModel):
    """A resource that stands in the stack as it was declared."""

    type_name: ClassVar[str] = "Local::Recorded"
    name_property: ClassVar[str] = ""
    reference: ClassVar[Answer]
    attributes: ClassVar[Mapping[str, Answer]] = {}
    register: ClassVar[Callable[[str, Any], object]]

    def __init__(self, name: str, properties: Mapping[str, Any]) -> None:
        self.name, self.properties = name, properties

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> "Recorded":
        """The resource with its references resolved; moto's signature."""
        del account_id, region_name, kwargs
        cls.register(resource_name, cloudformation_json)
        return cls(resource_name, cloudformation_json["Properties"])

    @classmethod
    def cloudformation_type(cls) -> str:
        """moto looks a type up by this name."""
        return cls.type_name

    @classmethod
    def cloudformation_name_type(cls) -> str:
        """The property that names the resource, if it has one."""
        return cls.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Whether `Fn::GetAtt` knows the attribute."""
        return attr in cls.attributes

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """What `Fn::GetAtt` gives."""
        if attribute_name not in self.attributes:
            raise KeyError(f"{self.type_name} has no attribute {attribute_name} in the local stack")
        return self.attributes[attribute_name](self)

    @property
    def physical_resource_id(self) -> str:
        """What `Ref` gives."""
        return type(self).reference(self)

    def delete(self, account_id: str, region_name: str) -> None:
        """Nothing stands anywhere else."""


def install_models() -> None:
    """Makes moto see the models of this module, whatever it has looked up before."""
    for cached in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        cached.cache_clear()


def _name(resource: Recorded) -> str:
    return resource.name


def _short(resource: Recorded) -> str:
    return resource.name.rsplit("-", 1)[-1].lower()


def _arn(service: str, kind: str) -> Answer:
    return lambda resource: f"arn:aws:{service}:{REGION}:{ACCOUNT}:{kind}{resource.name}"


def _endpoint(resource: Recorded) -> str:
    return f"https://{_short(resource)}.execute-api.{REGION}.amazonaws.com"


def _layer(resource: Recorded) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:{resource.name}:1"


def _bus_in_moto(name: str, declared: Any) -> object:
    del declared
    return events_backends[ACCOUNT][REGION].create_event_bus(name=name)


def _rule_in_moto(name: str, declared: Any) -> object:
    return Rule.create_from_cloudformation_json(name, declared, ACCOUNT, REGION)


def _rule_arn(rule: Recorded) -> str:
    bus = rule.properties.get("EventBusName", "default").rsplit("/", 1)[-1]
    return f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{'' if bus == 'default' else bus + '/'}{rule.name}"


def _record(
    type_name: str,
    named_by: str = "",
    reference: Answer = _name,
    register: Callable[[str, Any], object] = lambda _name, _declared: None,
    **attributes: Answer,
) -> type[Recorded]:
    body = {"type_name": type_name, "name_property": named_by, "attributes": attributes}
    functions = {"reference": staticmethod(reference), "register": staticmethod(register)}
    return type(type_name.replace("::", ""), (Recorded, CloudFormationModel), body | functions)


RECORDED = (
    _record("AWS::Events::EventBus", "Name", register=_bus_in_moto, Name=_name, Arn=_arn("events", "event-bus/")),
    _record("AWS::Events::Rule", "Name", register=_rule_in_moto, Arn=_rule_arn),
    _record("AWS::ApiGatewayV2::Api", reference=_short, ApiEndpoint=_endpoint, ApiId=_short),
    _record("AWS::ApiGatewayV2::Stage"),
    _record("AWS::Lambda::LayerVersion", "LayerName", reference=_layer, LayerVersionArn=_layer),
    _record("AWS::Lambda::EventInvokeConfig"),
    _record("AWS::Lambda::Permission"),
    _record("AWS::Scheduler::Schedule", "Name", Arn=_arn("scheduler", "schedule/default/")),
    _record("AWS::SQS::QueuePolicy"),
    _record("AWS::SNS::TopicPolicy"),
    _record("AWS::SNS::Subscription", reference=_arn("sns", "")),
    _record("AWS::SecretsManager::Secret", "Name", reference=_arn("secretsmanager", "secret:")),
    _record("AWS::CloudWatch::Alarm", "AlarmName", Arn=_arn("cloudwatch", "alarm:")),
)
