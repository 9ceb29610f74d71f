"""GET /status."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from shared.aws.api.answers import Line, Listed
from shared.aws.api.callers import Scope
from shared.aws.api.serving import Api
from shared.flows.operating.status import status
from shared.flows.parts import Parts
from shared.ports.stores import SystemStatus


class Standing(Line):
    """One entity in one system."""

    entity: str
    status: SystemStatus = Field(description="Its own or the whole system's, whichever is stricter.")
    until: datetime | None
    why: str | None
    last_observation: datetime | None = Field(description="When the system last showed a record of it.")
    next_poll: datetime | None = Field(description="When it is asked next.")
    owed: int = Field(description="Records of which the system does not show everything yet, and hints that wait.")
    lag_seconds: float | None = Field(
        description="Age of the oldest change that the system does not show, by the clock where it was made."
    )
    parked: int = Field(description="Records that need a person.")


class SystemLine(Line):
    """One system."""

    system: str
    side: str
    status: SystemStatus
    until: datetime | None = Field(description="Until when it is not called, or called more slowly.")
    why: str | None
    calls: dict[str, int] = Field(description="Calls so far: `read` and `write`.")
    calls_today: dict[str, int] = Field(description="Calls since midnight, UTC.")
    calls_per_day: int | None = Field(description="The calls that it allows in a day, where integration.toml says so.")
    entities: list[Standing]


class DriftingField(Line):
    """One field that is no longer what the mapping takes it for; all but one that appeared are held back."""

    system: str
    entity: str
    field: str = Field(description="Our field; of one that appeared: its name in the system.")
    what: str = Field(description="vanished, renamed, type changed or appeared.")
    seen: str
    since: datetime


class StatusAnswer(Listed[SystemLine]):
    """All systems, and the counts of the whole installation."""

    queued: dict[str, int] = Field(description="Messages per queue that wait, run or are delayed.")
    owed: int
    parked: int
    conflicts: int
    drifting: list[DriftingField] = Field(description="Schema drift: fields that changed in a system.")
    counted_all: bool = Field(
        description="Whether the counts per entity are whole; with more than 1,000 records they hold the oldest ones."
    )


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
            drifting=[DriftingField.model_validate(each) for each in found.drifting],
            counted_all=found.counted_all,
        )
