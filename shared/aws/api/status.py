"""GET /status."""

from __future__ import annotations

from datetime import datetime

from shared.aws.api.answers import Line, Listed
from shared.aws.api.callers import Scope
from shared.aws.api.serving import Api
from shared.flows.operating.status import status
from shared.flows.parts import Parts
from shared.ports.stores import SystemStatus


class SystemLine(Line):
    """One system."""

    system: str
    status: SystemStatus
    until: datetime | None
    why: str | None
    calls: dict[str, int]


class StatusAnswer(Listed[SystemLine]):
    """All systems, and the counts of the whole installation."""

    queued: dict[str, int]
    owed: int
    parked: int
    conflicts: int


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""

    @api.get("/status", Scope.READ, "How every system is, and what is queued, owed, parked and in conflict")
    def get_status() -> StatusAnswer:
        found = status(parts)
        return StatusAnswer(
            items=[SystemLine.model_validate(line) for line in found.items],
            queued=dict(found.queued),
            owed=found.owed,
            parked=found.parked,
            conflicts=found.conflicts,
        )
