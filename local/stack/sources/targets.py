"""Where rules and schedules send things: functions and queues, with what the template says about failures."""

import json
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from moto.events.utils import EventTemplateParser

from local.stack.activity import Activity
from local.stack.deployment import Deployment
from local.stack.permissions import like
from local.stack.queues.service import QueueService
from local.stack.runtime.function import Function, Outcome
from local.stack.sources.queue_policy import QueuePolicies

Target = Mapping[str, Any]

_RETRIES = 2


class Targets:
    """Delivers one event to one target at a time; asynchronous invocations run in threads of their own."""

    def __init__(
        self, deployment: Deployment, functions: Mapping[str, Function], queues: QueueService, activity: Activity
    ) -> None:
        self._functions, self._queues, self._activity = functions, queues, activity
        self._policies = QueuePolicies(deployment)
        self._permissions = [each.properties for each in deployment.of_type("AWS::Lambda::Permission")]
        self._asynchronous = {
            str(each.properties["FunctionName"]): each.properties
            for each in deployment.of_type("AWS::Lambda::EventInvokeConfig")
        }
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="asynchronous")

    def stop(self) -> None:
        """Waits for what runs and takes nothing more."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def may_invoke(self, service: str, function_arn: str, source_arn: str) -> bool:
        """Whether a permission of the template lets the service invoke the function for this source."""
        return any(_permits(each, self._functions, service, function_arn, source_arn) for each in self._permissions)

    def send(
        self, target: Target, event: Any, service: str, source_arn: str, trusted: bool = False
    ) -> "Future[Outcome] | None":
        """Hands an event to a target. What cannot be handed over goes to the target's dead letters, if it has any.

        `trusted` targets have a role of their own and need no permission on the function or queue.
        """
        arn, payload = str(target["Arn"]), _shaped(target, event)
        if arn in self._functions and (trusted or self.may_invoke(service, arn, source_arn)):
            return self.invoke_later(self._functions[arn], payload)
        if ":sqs:" in arn and (trusted or self._policies.allow(service, arn, source_arn)):
            self._queues.send(arn, json.dumps(payload))
            return None
        dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
        if dead_letters is not None and (trusted or self._policies.allow(service, dead_letters, source_arn)):
            self._queues.send(dead_letters, json.dumps(payload))
        return None

    def invoke_later(self, function: Function, payload: Any) -> "Future[Outcome]":
        """An asynchronous invocation: tried again as often as the template says, then given to the destination."""
        going = self._activity.running()
        going.__enter__()
        future = self._pool.submit(self._invoke, function, payload)
        future.add_done_callback(lambda _: going.__exit__(None, None, None))
        return future

    def _invoke(self, function: Function, payload: Any) -> Outcome:
        given = self._asynchronous.get(function.name, {})
        outcome = function.invoke(payload)
        for _ in range(int(given.get("MaximumRetryAttempts", _RETRIES))):
            if not outcome.failed:
                break
            outcome = function.invoke(payload)
        destination = given.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination is not None and outcome.failed:
            body = {
                "requestContext": {"functionArn": function.arn, "condition": "RetriesExhausted"},
                "requestPayload": payload,
            }
            self._queues.send(destination, json.dumps({**body, "responsePayload": outcome.error}))
        return outcome


def _shaped(target: Target, event: Any) -> Any:
    """The event as the target wants it: a constant, a part, a template, or as it is."""
    if "Input" in target:
        return json.loads(target["Input"])
    if "InputPath" in target:
        return _part(event, str(target["InputPath"]))
    if "InputTransformer" in target:
        given = target["InputTransformer"]
        return EventTemplateParser.parse(given["InputTemplate"], given.get("InputPathsMap", {}), event)
    return event


def _part(event: Any, path: str) -> Any:
    for name in path.removeprefix("$").strip(".").split("."):
        event = event[name] if name else event
    return event


def _permits(
    permission: Target, functions: Mapping[str, Function], service: str, function_arn: str, source_arn: str
) -> bool:
    named = str(permission["FunctionName"])
    function = functions[function_arn]
    if named not in (function.arn, function.name) or permission["Principal"] != service:
        return False
    return like(source_arn, str(permission.get("SourceArn", "*")))
