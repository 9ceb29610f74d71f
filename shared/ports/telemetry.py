"""The port to metrics and logs: business words, few dimensions, no personal data."""

from __future__ import annotations

from typing import Protocol


class Telemetry(Protocol):
    """Counts and tells; names are those of the alarms and the runbook."""

    def count(self, metric: str, value: float = 1) -> None:
        """Add to a metric: `ChangesAbsorbed`, `DeliveriesConfirmed`, `SystemTripped`, … (`…Seconds` are seconds)."""

    def tell(self, event: str, **facts: str | int | float | None) -> None:
        """Write one log line; facts are ids, counts and reasons, never values of a record."""
