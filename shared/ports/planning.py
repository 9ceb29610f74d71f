"""The port to what plans: a worker of its own, that may read everything and write nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Planner(Protocol):
    """Makes plans elsewhere, under rights that allow no write."""

    def make(self, wanted: Mapping[str, Any], within_seconds: float) -> Mapping[str, Any] | None:
        """Return the plan as JSON (`shared.aws.plan_format`); nothing if it is not made in time."""
