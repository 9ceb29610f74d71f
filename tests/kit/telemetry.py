"""Metrics and log lines that a test looks into."""

from __future__ import annotations

from collections import Counter


class MemoryTelemetry:
    """Adds up what is counted and keeps what is told."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.told: list[tuple[str, dict[str, str | int | float | None]]] = []

    def count(self, metric: str, value: float = 1) -> None:
        """Add to a metric; of durations and levels the last value is kept as well."""
        self.counts[metric] += int(value)
        self.seconds[metric] = value

    def tell(self, event: str, **facts: str | int | float | None) -> None:
        """Keep one line."""
        self.told.append((event, facts))
