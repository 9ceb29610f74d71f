"""Whether an AWS service may put something into a queue: what the queue policies of the template say."""

from collections.abc import Mapping
from typing import Any

from local.stack.deployment import Deployment
from local.stack.permissions import like, several


class QueuePolicies:
    """All queue policies of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._statements: dict[str, list[Mapping[str, Any]]] = {}
        urls = {each.physical_id: each.arn for each in deployment.of_type("AWS::SQS::Queue")}
        for policy in deployment.of_type("AWS::SQS::QueuePolicy"):
            for url in policy.properties["Queues"]:
                statements = several(policy.properties["PolicyDocument"]["Statement"])
                self._statements.setdefault(urls.get(url, url), []).extend(statements)

    def allow(self, service: str, queue_arn: str, source_arn: str) -> bool:
        """Whether this service may send a message to this queue on behalf of this rule or schedule."""
        given = self._statements.get(queue_arn, [])
        return any(_allows(each, service, queue_arn, source_arn) for each in given)


def _allows(statement: Mapping[str, Any], service: str, queue_arn: str, source_arn: str) -> bool:
    if statement["Effect"] != "Allow" or service not in several(statement.get("Principal", {}).get("Service", [])):
        return False
    actions = [each.lower() for each in several(statement["Action"])]
    if not any(like("sqs:sendmessage", each) for each in actions):
        return False
    if not any(like(queue_arn, each) for each in several(statement.get("Resource", "*"))):
        return False
    return all(_met(test, keys, source_arn) for test, keys in statement.get("Condition", {}).items())


def _met(test: str, keys: Mapping[str, Any], source_arn: str) -> bool:
    if test not in ("ArnEquals", "ArnLike", "StringEquals", "StringLike"):
        raise ValueError(f"the local stack does not know the condition {test} of a queue policy")
    facts = {"aws:sourcearn": source_arn}
    for key, wanted in keys.items():
        if key.lower() == "aws:sourceaccount":
            continue
        if not any(like(facts[key.lower()], pattern) for pattern in several(wanted)):
            return False
    return True
