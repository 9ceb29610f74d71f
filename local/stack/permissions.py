"""Holds every AWS call of a function against the policies of its role, as deployed: what they do not allow is denied.

Only what the template says counts. Conditions of a statement are taken as met; of AWS's own managed policies those two
are known that let a function read its event sources.
"""

import base64
import fnmatch
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.kms.models import kms_backends

from local.stack.deployment import Deployment, Resource
from local.stack.dynamodb.stream_reading import stream_arn_of
from local.stack.names import ACCOUNT, REGION

_AWS_POLICIES = {
    "AWSLambdaSQSQueueExecutionRole": ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
    "AWSLambdaDynamoDBExecutionRole": (
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
    ),
}
_TO_CONSUME = {":sqs:": _AWS_POLICIES["AWSLambdaSQSQueueExecutionRole"]}
_TO_CONSUME[":dynamodb:"] = _AWS_POLICIES["AWSLambdaDynamoDBExecutionRole"]
_WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
_OF_ONE_MESSAGE = {"SendMessageBatch": "SendMessage", "DeleteMessageBatch": "DeleteMessage"}
_OF_ONE_MESSAGE["ChangeMessageVisibilityBatch"] = "ChangeMessageVisibility"


class Denied(Exception):
    """The role does not allow the action on the resource."""

    def __init__(self, role: str, action: str, resource: str) -> None:
        self.message = f"User: {role} is not authorized to perform: {action} on resource: {resource}"
        super().__init__(self.message)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a policy."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]

    def covers(self, action: str, resource: str) -> bool:
        """Whether it speaks of this action on this resource."""
        named = any(like(action.lower(), pattern.lower()) for pattern in self.actions)
        return named and any(like(resource, pattern) for pattern in self.resources)


class Permissions:
    """The statements of all roles of a deployment; `denied` tells what was refused so far."""

    def __init__(self, deployment: Deployment) -> None:
        self.denied: list[str] = []
        policies = {each.physical_id: each for each in deployment.of_type("AWS::IAM::ManagedPolicy")}
        self._of_role = {role.arn: tuple(_statements(role, policies)) for role in deployment.of_type("AWS::IAM::Role")}

    def check(self, role: str, action: str, resource: str) -> None:
        """Raises Denied unless a statement of the role allows it and none denies it."""
        covering = [each for each in self._of_role.get(role, ()) if each.covers(action, resource)]
        if not covering or not all(each.allows for each in covering):
            denied = Denied(role, action, resource)
            self.denied.append(denied.message)
            raise denied

    def check_mapping(self, role: str, mapping: Mapping[str, Any]) -> None:
        """Raises Denied unless the role may consume the source of an event source mapping and feed its destination."""
        source = str(mapping["EventSourceArn"])
        for service, actions in _TO_CONSUME.items():
            for action in actions if service in source else ():
                self.check(role, action, source)
        destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination is not None:
            self.check(role, "sqs:SendMessage", str(destination))

    def check_call(self, role: str, service: str, operation: str, body: Mapping[str, Any]) -> None:
        """Raises Denied unless the role allows everything that a call of the API needs."""
        for action, resource in _needed(service, operation, body):
            self.check(role, action, resource)


def _statements(role: Resource, policies: Mapping[str, Resource]) -> Iterator[Statement]:
    yield from _of_aws(role)
    documents = [each["PolicyDocument"] for each in role.properties.get("Policies", [])]
    documents += [policies[arn].properties["PolicyDocument"] for arn in _managed(role) if arn in policies]
    for document in documents:
        for given in several(document["Statement"]):
            yield Statement(
                given["Effect"] == "Allow", tuple(several(given["Action"])), tuple(several(given.get("Resource", "*")))
            )


def _of_aws(role: Resource) -> Iterator[Statement]:
    for arn in _managed(role):
        actions = _AWS_POLICIES.get(arn.rsplit("/", 1)[-1])
        if actions is not None:
            yield Statement(True, actions, ("*",))


def _managed(role: Resource) -> list[str]:
    arns: list[str] = role.properties.get("ManagedPolicyArns", [])
    return arns


def _needed(service: str, operation: str, body: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    if service == "dynamodb":
        return _needed_in_tables(operation, body)
    if service == "dynamodbstreams":
        return [(f"dynamodb:{operation}", stream_arn_of(body))]
    if service == "sqs" and "SourceArn" in body:
        return [(f"sqs:{operation}", str(body["SourceArn"]))]
    if service == "sqs":
        name = str(body.get("QueueUrl", "*")).rsplit("/", 1)[-1]
        return [(f"sqs:{_OF_ONE_MESSAGE.get(operation, operation)}", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")]
    if service == "events":
        buses = {str(each.get("EventBusName", "default")).rsplit("/", 1)[-1] for each in body.get("Entries", [])}
        return [(f"events:{operation}", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{bus}") for bus in sorted(buses)]
    if service == "secretsmanager":
        return [(f"secretsmanager:{operation}", _secret_arn(str(body.get("SecretId", "*"))))]
    if service == "sns":
        return [(f"sns:{operation}", str(body.get("TopicArn", "*")))]
    if service == "kms":
        return [(f"kms:{operation}", _key_arn(body))]
    return [(f"{service}:{operation}", "*")]


def _needed_in_tables(operation: str, body: Mapping[str, Any]) -> list[tuple[str, str]]:
    if operation in ("BatchGetItem", "BatchWriteItem"):
        return [(f"dynamodb:{operation}", _table_arn(name)) for name in body["RequestItems"]]
    if operation in ("TransactWriteItems", "TransactGetItems"):
        actions = [next(iter(each.items())) for each in body["TransactItems"]]
        return [(f"dynamodb:{_WRITES.get(kind, 'GetItem')}", _table_arn(each["TableName"])) for kind, each in actions]
    arn = _table_arn(str(body.get("TableName", "*")))
    index = body.get("IndexName")
    return [(f"dynamodb:{operation}", f"{arn}/index/{index}" if index else arn)]


def _table_arn(name: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name.rsplit('/', 1)[-1]}"


def function_arn(name: str) -> str:
    """A function's ARN, from its name or from itself."""
    return name if name.startswith("arn:") else f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def _secret_arn(secret: str) -> str:
    return secret if secret.startswith("arn:") else f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret}-AbCdEf"


def _key_arn(body: Mapping[str, Any]) -> str:
    """The key that a call names; Decrypt may leave it out, since moto's ciphertext begins with the key's id."""
    named = body.get("KeyId")
    if named is None:
        known = kms_backends[ACCOUNT][REGION].keys
        named = _key_in_ciphertext(str(body.get("CiphertextBlob", "")), known) or "*"
    key = str(named)
    return key if key.startswith("arn:") else f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key}"


def _key_in_ciphertext(blob: str, known: Iterable[str]) -> str | None:
    text = base64.b64decode(blob)[:36].decode("ascii", "replace")
    return text if text in known else None


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@functools.lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))


def like(value: str, pattern: str) -> bool:
    return value == pattern or _pattern(pattern).match(value) is not None
