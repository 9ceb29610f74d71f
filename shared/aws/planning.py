"""Plans, made over an application that only reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.aws.invocation import Context
from shared.aws.plan_format import plan_json, problems_json, wanted_of
from shared.aws.trace import new_trace
from shared.aws.wiring import reading
from shared.connectors.configuration_problems import BadIntegration
from shared.flows.operating.plan import plan


def planned(event: Mapping[str, Any], context: Context, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the plan that an event asks for, or what is wrong with the configuration that it brings."""
    wanted = wanted_of(event)
    try:
        app = reading("plan_changes", environ, wanted.config)
    except BadIntegration as bad:
        return problems_json(bad.problems)
    with app.invocation(context, new_trace()):
        return plan_json(plan(app.parts, wanted.entities, whole=wanted.reconcile))
