"""The event bus: PutEvents, the patterns of the rules, and their targets."""

import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from moto.events.models import EventPattern, events_backends

from local.stack.deployment import Deployment, Resource
from local.stack.names import ACCOUNT, REGION
from local.stack.sources.targets import Targets

Json = dict[str, Any]

_MOST_ENTRIES = 10
_SERVICE = "events.amazonaws.com"


class Rules:
    """The rules with a pattern, as deployed; whether one is enabled is asked of moto each time."""

    def __init__(self, deployment: Deployment, targets: Targets) -> None:
        self._targets = targets
        with_pattern = [each for each in deployment.of_type("AWS::Events::Rule") if "EventPattern" in each.properties]
        self._rules = [(each, EventPattern.load(json.dumps(each.properties["EventPattern"]))) for each in with_pattern]

    def put(self, entries: list[Json]) -> Json:
        """The answer of PutEvents: an id for each event that was taken, an error for each that was not."""
        if not 1 <= len(entries) <= _MOST_ENTRIES:
            return {
                "FailedEntryCount": len(entries),
                "Entries": [_refusal("ValidationException", "1 to 10 entries")] * len(entries),
            }
        answers = [self._take(each) for each in entries]
        return {"FailedEntryCount": sum("ErrorCode" in each for each in answers), "Entries": answers}

    def _take(self, entry: Json) -> Json:
        for member in ("Source", "DetailType", "Detail"):
            if not entry.get(member):
                return _refusal(
                    "InvalidArgument", f"Parameter {member} is not valid. Reason: {member} is a required argument."
                )
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            return _refusal("MalformedDetail", "Detail is malformed.")
        event = _event(entry, detail)
        for rule, pattern in self._rules:
            if (
                _bus_of(rule) == _name(entry.get("EventBusName"))
                and enabled(rule)
                and pattern.matches_event(cast(Any, event))
            ):
                for target in rule.properties.get("Targets", []):
                    self._targets.send(target, event, _SERVICE, rule.arn)
        return {"EventId": event["id"]}


def enabled(rule: Resource) -> bool:
    """Whether the rule is switched on now; DisableRule counts."""
    bus = events_backends[ACCOUNT][REGION].event_buses.get(_bus_of(rule))
    known = None if bus is None else bus.rules.get(rule.physical_id.rsplit("|", 1)[-1])
    return known is None or known.state != "DISABLED"


def _bus_of(rule: Resource) -> str:
    return _name(rule.properties.get("EventBusName"))


def _name(bus: object) -> str:
    return str(bus or "default").rsplit("/", 1)[-1]


def _event(entry: Mapping[str, Any], detail: Any) -> Json:
    given = entry.get("Time")
    moment = (
        datetime.fromtimestamp(float(given), UTC)
        if isinstance(given, (int, float))
        else datetime.fromtimestamp(time.time(), UTC)
    )
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ACCOUNT,
        "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": entry.get("Resources", []),
        "detail": detail,
    }


def _refusal(code: str, text: str) -> Json:
    return {"ErrorCode": code, "ErrorMessage": text}
