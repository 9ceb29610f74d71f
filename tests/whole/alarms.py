"""Which alarms of the deployed template hear what the functions count."""

from __future__ import annotations

from tests.template.deployment import of_type
from tests.whole.running import Whole


def alarmed_by(whole: Whole, metric: str) -> list[str]:
    """The alarms of the deployed template that hear the data put so far, one for each datum."""
    heard = []
    for datum in whole.stack.metrics.of(metric):
        for name, alarm in of_type("AWS::CloudWatch::Alarm").items():
            dimensions = tuple((each["Name"], each["Value"]) for each in alarm.get("Dimensions", []))
            if (alarm.get("Namespace"), alarm.get("MetricName"), dimensions) == (
                datum.namespace,
                datum.name,
                datum.dimensions,
            ):
                heard.append(name)
    return heard
