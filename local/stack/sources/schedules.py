"""Schedules: what EventBridge's scheduled rules and Scheduler's schedules start, and when."""

import threading
import time
import uuid
from collections.abc import Iterable
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from local.stack.deployment import Deployment, Resource
from local.stack.names import ACCOUNT, REGION
from local.stack.runtime.function import Outcome
from local.stack.sources.expressions import Due, due_after
from local.stack.sources.rules import enabled
from local.stack.sources.targets import Targets

_RULE_SERVICE, _SCHEDULER_SERVICE = "events.amazonaws.com", "scheduler.amazonaws.com"


class Schedules:
    """All schedules as deployed: `tick` fires one by hand, `start` fires them in real time."""

    def __init__(self, deployment: Deployment, targets: Targets) -> None:
        self._targets = targets
        self._schedules: dict[str, tuple[Resource, Due]] = {
            each.logical_id: (each, due_after(each.properties["ScheduleExpression"])) for each in _scheduled(deployment)
        }
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_time, name="schedules", daemon=True)

    @property
    def names(self) -> list[str]:
        """The logical ids of all schedules."""
        return list(self._schedules)

    def of(self, target_arn: str) -> list[str]:
        """The logical ids of the schedules with this target; KeyError if there is none."""
        names = [
            name
            for name, (resource, _) in self._schedules.items()
            if any(each["Arn"] == target_arn for each in _targets_of(resource))
        ]
        if not names:
            raise KeyError(f"no schedule starts {target_arn}")
        return names

    def tick(self, logical_id: str) -> list[Outcome]:
        """Fires one schedule now and waits for the functions that it starts. A disabled one starts nothing."""
        resource, _ = self._schedules[logical_id]
        return [each.result() for each in self._fire(resource)]

    def start(self) -> None:
        """Begins to keep time."""
        self._thread.start()

    def stop(self) -> None:
        """Ends keeping time."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _keep_time(self) -> None:
        now = datetime.now(UTC)
        due = {name: now if _is_rate(each) else after(now) for name, (each, after) in self._schedules.items()}
        while not self._stopping.wait(0.5):
            now = datetime.now(UTC)
            for name, moment in due.items():
                if moment is not None and moment <= now:
                    resource, after = self._schedules[name]
                    due[name] = after(now)
                    self._fire(resource)

    def _fire(self, resource: Resource) -> list["Future[Outcome]"]:
        if not _is_on(resource):
            return []
        of_scheduler = resource.type == "AWS::Scheduler::Schedule"
        service = _SCHEDULER_SERVICE if of_scheduler else _RULE_SERVICE
        sent = [
            self._targets.send(each, _event(resource), service, resource.arn, trusted=of_scheduler)
            for each in _targets_of(resource)
        ]
        return [each for each in sent if each is not None]


def _scheduled(deployment: Deployment) -> Iterable[Resource]:
    yield from deployment.of_type("AWS::Scheduler::Schedule")
    for rule in deployment.of_type("AWS::Events::Rule"):
        if "ScheduleExpression" in rule.properties:
            yield rule


def _is_rate(resource: Resource) -> bool:
    """A rate begins at once, so that nobody who starts a stack waits for the first minute to pass."""
    return str(resource.properties["ScheduleExpression"]).startswith("rate(")


def _is_on(resource: Resource) -> bool:
    if resource.properties.get("State", "ENABLED") == "DISABLED":
        return False
    return resource.type == "AWS::Scheduler::Schedule" or enabled(resource)


def _targets_of(resource: Resource) -> list[dict[str, Any]]:
    if resource.type == "AWS::Scheduler::Schedule":
        return [resource.properties["Target"]]
    targets: list[dict[str, Any]] = resource.properties.get("Targets", [])
    return targets


def _event(resource: Resource) -> dict[str, Any]:
    """What EventBridge sends where the target names no input of its own."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events" if resource.type == "AWS::Events::Rule" else "aws.scheduler",
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(time.time(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [resource.arn],
        "detail": {},
    }
