"""POST /systems/{system}/check."""

from __future__ import annotations

from pydantic import Field

from shared.aws.api.answers import Line, Listed
from shared.aws.api.callers import Scope
from shared.aws.api.problems import not_there
from shared.aws.api.serving import Api
from shared.core.inspection import Result
from shared.flows.operating.check_system import check_system
from shared.flows.operating.stopping import knows
from shared.flows.parts import Parts


class FieldToCreate(Line):
    """A field that has to be created in the system."""

    object: str = Field(description="The object type, model or list in which.")
    name: str
    type: str = Field(description="Its type, in the system's own words.")
    unique: bool = Field(description="Whether no two records may share a value.")


class CheckLine(Line):
    """One check."""

    check: str = Field(description="credentials, clock, permissions, reference, fields, webhooks and what else showed.")
    entity: str = Field(description="The entity; empty for the system as a whole.")
    result: Result
    seen: str
    remedy: str = Field(description="What to do; empty where there is nothing to do.")
    create: FieldToCreate | None


class CheckAnswer(Listed[CheckLine]):
    """How a system is set up; `ok` is false if a check failed."""

    system: str


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""

    @api.post("/systems/{system}/check", Scope.OPERATE, "Ask a system how it is set up, and say what to do about it")
    def post_check(system: str) -> CheckAnswer:
        if not knows(parts, system, None):
            raise not_there(f"there is no system {system}", f"one of: {', '.join(sorted(parts.integration.systems))}")
        checked = check_system(parts, system)
        items = [CheckLine.model_validate(finding) for finding in checked.findings]
        return CheckAnswer(ok=checked.is_well, system=system, items=items)
