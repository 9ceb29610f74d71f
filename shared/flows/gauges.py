"""What the alarms and the dashboard are fed with each minute: how late each side is, what is stopped, quota used."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.stopping import SystemStatus
from shared.flows.draining import Stops
from shared.flows.parts import Parts

LAG = {"crm": "SalesLagSeconds", "supply_chain": "SupplyChainLagSeconds"}
"""Per side the metric that says for how long the oldest thing has been owed to a system of it."""


def tell_gauges(parts: Parts, stops: Stops, late: Mapping[str, float]) -> None:
    """Put the metrics of one sweep, also where they are nought: silence means that the sweep has stopped.

    What is stopped is what tripped or waits for an approval; a pause is a person's wish and calls nobody.
    """
    put = parts.telemetry.count
    put("OldestOwedSeconds", max(late.values(), default=0.0))
    for side, metric in LAG.items():
        put(metric, max((late.get(name, 0.0) for name in stops if parts.integration.sides[name] == side), default=0.0))
    states = [state.status for of_system in stops.values() for state in of_system.values()]
    put("SystemsStopped", states.count(SystemStatus.TRIPPED) + states.count(SystemStatus.WAITING))
    if parts.integration.quotas:
        put("QuotaUsedPercent", _quota_used(parts))


def _quota_used(parts: Parts) -> float:
    """Return how much of a day's calls the system that is nearest to its quota has used, in percent."""
    today = parts.activity.calls_on(parts.clock.now().date())
    quotas = parts.integration.quotas
    return max(100 * sum(today.get(system, {}).values()) / quota for system, quota in quotas.items())
