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
    used = _quotas_used(parts)
    if used:
        put("QuotaUsedPercent", max(used.values()))
    for system, percent in used.items():
        parts.telemetry.tell("quota used", system=system, percent=round(percent, 1))


def _quotas_used(parts: Parts) -> Mapping[str, float]:
    """Return how much of a day's calls each system has used, in percent: by our own count or by what it told, whichever
    is more; a system of which nobody knows is left out."""
    quotas = parts.integration.quotas
    today = parts.activity.calls_on(parts.clock.now().date()) if quotas else {}
    ours = {system: sum(today.get(system, {}).values()) / quota for system, quota in quotas.items()}
    told = {system: parts.allowance.used(system) for system in parts.integration.systems}
    known = {system: max(ours.get(system, 0.0), told[system] or 0.0) for system in told}
    return {system: 100 * share for system, share in known.items() if system in ours or told[system] is not None}
