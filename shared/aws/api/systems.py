"""GET /systems, and what stops a system or an entity in it and lets it go on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.problems import not_there
from shared.aws.api.serving import Api
from shared.core.records import Verb
from shared.flows.operating.stopping import StopLine, approve, knows, pause, resume, stops, trip
from shared.flows.operating.waiting import Part, waiting
from shared.flows.parts import Parts
from shared.ports.stores import SystemStatus

MOST_MINUTES = 7 * 24 * 60
MOST_HOURS = 7 * 24
WAITING = "waiting"

Why = Annotated[str, Field(max_length=200, description="The reason, for whoever reads it later.")]
EntityAsked = Annotated[str | None, Query(description="Only this entity.")]
Entity = Annotated[str | None, Field(description="One entity in it; left out: the whole system.")]


class SystemStop(Line):
    """What holds for a system (entity is null) or for one entity in it."""

    system: str
    entity: str | None
    status: SystemStatus
    since: datetime | None
    until: datetime | None
    why: str | None
    deletes_waiting: int


class StopsAnswer(Listed[SystemStop]):
    """All systems, and the entities in them that are stopped or wait for an approval."""


class ApprovedAnswer(Listed[SystemStop]):
    """What an approval let go on."""

    until: datetime
    deletes: int


class WaitingRecord(Line):
    """One record that a system is owed."""

    record_id: str
    entity: str
    verb: Verb
    since: datetime
    fields: list[str]


class WaitingAnswer(Listed[WaitingRecord]):
    """Some of what waits; a page may be short and yet not the last."""


class Body(BaseModel):
    """What every one of these bodies is: nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Pause(Body):
    """What to pause, and why."""

    entity: Entity = None
    why: Why = ""


class Trip(Body):
    """What to trip, for how long, and why."""

    entity: Entity = None
    minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] = 15
    why: Why = ""


class Resume(Body):
    """What to resume."""

    entity: Entity = None


class Approve(Body):
    """What may go on without a bound, and for how long."""

    entity: Annotated[str, Field(description="The entity that waits.")]
    hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] = 4


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""

    @api.get("/systems", Scope.READ, "What is running, paused, tripped, or waits for an approval")
    def get_systems() -> StopsAnswer:
        return StopsAnswer(items=[_item(line) for line in stops(parts)])

    @api.get("/systems/{system}", Scope.READ, "The same of one system")
    def get_system(system: str) -> StopsAnswer:
        _need(parts, system, None)
        return StopsAnswer(items=[_item(line) for line in stops(parts, system)])

    @api.get("/systems/{system}/waiting", Scope.READ, "What a stopped system is owed, in the order of its going out")
    def get_waiting(system: str, entity: EntityAsked = None, limit: Limit = 100, next_: Next = None) -> WaitingAnswer:
        _need(parts, system, entity)
        found = waiting(parts, system, entity, Part(_after(next_), limit))
        after = None if found.after is None else cursor_text(WAITING, [found.after.isoformat()])
        return WaitingAnswer(items=[WaitingRecord.model_validate(line) for line in found.items], next=after)

    @api.post("/systems/{system}/pause", Scope.ADMIN, "Stop a system or an entity in it until it is resumed")
    def post_pause(system: str, body: Pause) -> StopsAnswer:
        _need(parts, system, body.entity)
        return StopsAnswer(items=[_item(pause(parts, system, body.entity, body.why or _by(api)))])

    @api.post("/systems/{system}/trip", Scope.ADMIN, "Stop a system or an entity in it for some minutes, then probe")
    def post_trip(system: str, body: Trip) -> StopsAnswer:
        _need(parts, system, body.entity)
        return StopsAnswer(items=[_item(trip(parts, system, body.entity, body.minutes, body.why or _by(api)))])

    @api.post("/systems/{system}/resume", Scope.ADMIN, "Let a system or an entity in it run again, and drain")
    def post_resume(system: str, body: Resume) -> StopsAnswer:
        _need(parts, system, body.entity)
        return StopsAnswer(items=[_item(resume(parts, system, body.entity))])

    @api.post("/systems/{system}/approve", Scope.ADMIN, "Let go on what waits because it is more than the bound")
    def post_approve(system: str, body: Approve) -> ApprovedAnswer:
        _need(parts, system, body.entity)
        done = approve(parts, system, body.entity, body.hours)
        return ApprovedAnswer(items=[_item(done.line)], until=done.until, deletes=done.deletes)


def _after(text: str | None) -> datetime | None:
    parts = cursor_parts(WAITING, text)
    return datetime.fromisoformat(str(parts[0])) if parts else None


def _item(line: StopLine) -> SystemStop:
    return SystemStop.model_validate(line)


def _by(api: Api) -> str:
    return f"by {api.caller.name}"


def _need(parts: Parts, system: str, entity: str | None) -> None:
    """Refuse a system that there is not, or an entity that takes no part in it."""
    if not knows(parts, system, None):
        raise not_there(f"there is no system {system}", f"one of: {', '.join(sorted(parts.integration.systems))}")
    if not knows(parts, system, entity):
        entities = [name for of_system, name in parts.integration.pairs() if of_system == system]
        raise not_there(f"{entity} takes no part in {system}", f"one of: {', '.join(entities)}")
