"""What plans, in memory: at once, over the same parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shared.aws.plan_format import plan_json, problems_json, wanted_of
from shared.connectors.configuration_problems import BadIntegration
from shared.connectors.integration import load_text
from shared.flows.operating.plan import plan
from shared.flows.parts import Parts


class MemoryPlanner:
    """Makes plans by the flow itself; `is_slow` makes none in time, `error` fails."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        """Plan nothing yet."""
        self._parts = parts
        self.is_slow = False
        self.error: Exception | None = None

    def make(self, wanted: Mapping[str, Any], within_seconds: float) -> Mapping[str, Any] | None:
        """Return the plan."""
        assert within_seconds > 0
        if self.error is not None:
            raise self.error
        asked = wanted_of(wanted)
        if asked.config is not None:
            try:
                load_text(asked.config, "the configuration that was sent")
            except BadIntegration as bad:
                return problems_json(bad.problems)
        return None if self.is_slow else plan_json(plan(self._parts(), asked.entities, whole=asked.reconcile))
