"""What the alarms and the dashboard are fed with each minute: how late each side is, what is stopped, quota used."""

from __future__ import annotations

from collections.abc import Mapping

from shared.core.stopping import SystemStatus
from shared.flows.draining import Stops
from shared.flows.parts import Parts

LAG = {"crm": "CrmLagSeconds", "supply_chain": "SupplyChainLagSeconds"}
"""Per side the metric that says for how long the oldest thing has been owed to a system of it."""


def tell_gauges(parts: Parts, stops: Stops, late: Mapping[str, float]) -> None:
    """Put the metrics of one sweep; each is put every time, so that silence means that the sweep has stopped."""
    put = parts.telemetry.count
    put("OldestOwedSeconds", max(late.values(), default=0.0))
    for side, metric in LAG.items():
        put(metric, max((late.get(name, 0.0) for name in stops if parts.integration.sides[name] == side), default=0.0))
    states = [state.status for of_system in stops.values() for state in of_system.values()]
    put("SystemTripped", states.count(SystemStatus.TRIPPED))
    put("WritesWaiting", states.count(SystemStatus.WAITING))
    put("QuotaUsedPercent", _quota_used(parts))


def _quota_used(parts: Parts) -> float:
    """Return how much of a day's calls the system that is nearest to its quota has used, in percent."""
    quotas = parts.integration.quotas
    if not quotas:
        return 0.0
    day, calls = parts.clock.now().date().isoformat(), parts.states.calls()
    used = [0.0]
    for system, quota in quotas.items():
        total = sum(calls.get(system, {}).values())
        used.append(100 * (total - parts.stopping.calls_before(system, day, total)) / quota)
    return max(used)
