"""POST /plans: what the next run would do, computed without a single write."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import Line, Listed
from shared.aws.api.callers import Scope
from shared.aws.api.problems import Mistake, Refusal
from shared.aws.api.serving import Api
from shared.core.errors import NeedsAPerson
from shared.flows.parts import Parts

WITHIN_SECONDS = 26.0
"""API Gateway gives up after 30 s."""


class PlanRequest(BaseModel):
    """What is to be planned."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entities: list[str] = Field(default=[], max_length=20, description="Only these entities; all where it is empty.")
    reconcile: bool = Field(default=False, description="List whole systems too: finds deletes; `config` always does.")
    config: str | None = Field(
        default=None, max_length=500_000, description="The text of another integration.toml than the deployed one."
    )


class PlannedFieldLine(Line):
    """One field: what the system shows now, if that is known, and what it would show."""

    path: str
    before: str | None
    known: bool
    after: str | None


class PlannedLine(Line):
    """One write."""

    system: str
    entity: str
    verb: str
    record: str
    external_id: str | None
    fields: list[PlannedFieldLine]


class TotalLine(Line):
    """One system and entity."""

    system: str
    entity: str
    create: int
    update: int
    archive: int
    conflicts: int
    parked: int


class PlannedConflictLine(Line):
    """A decision against a value."""

    entity: str
    record: str
    system: str
    verdict: str
    path: str
    theirs: str | None
    ours: str | None
    because: str


class PlannedParkingLine(Line):
    """Something that would wait for a person."""

    system: str
    entity: str
    record: str | None
    external_id: str | None
    reason: str


class UnreadLine(Line):
    """A system that could not be read; the plan does not cover it."""

    system: str
    entity: str
    why: str


class BeyondLine(Line):
    """More writes than one run may make without an approval."""

    system: str
    entity: str
    verb: str
    writes: int
    bound: int


class PlanAnswer(Listed[PlannedLine]):
    """What the next run would do; `left_out` entries did not fit, totals count all."""

    is_empty: bool
    made_at: datetime
    rules: str
    totals: list[TotalLine]
    new_records: int
    changed_records: int
    waiting: int
    conflicts: list[PlannedConflictLine]
    parked: list[PlannedParkingLine]
    unread: list[UnreadLine]
    beyond: list[BeyondLine]
    left_out: int


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""
    problems = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)

    @api.post("/plans", Scope.OPERATE, "What the next run would do, without doing it", problems=problems)
    def make_plan(wanted: PlanRequest) -> PlanAnswer:
        unknown = sorted(set(wanted.entities) - set(parts.integration.entities)) if wanted.config is None else []
        if unknown:
            raise _wrong([Mistake(where="body.entities", what=f"{each} is not kept in step") for each in unknown])
        try:
            found = parts.planner.make(wanted.model_dump(), WITHIN_SECONDS)
        except NeedsAPerson as error:
            raise Refusal(HTTPStatus.BAD_GATEWAY, str(error), "look at the log of PlanChanges") from error
        if found is None:
            remedy = "tandem plan waits as long as it takes; or plan one entity at a time"
            raise Refusal(HTTPStatus.GATEWAY_TIMEOUT, "the plan takes longer than this call may", remedy)
        if found.get("problems"):
            raise _wrong([_mistake(each) for each in found["problems"]])
        return PlanAnswer.model_validate(found)


def _mistake(problem: Mapping[str, Any]) -> Mistake:
    return Mistake(where=f"body.config, line {problem['line']}", what=f"{problem['what']}: {problem['remedy']}")


def _wrong(mistakes: list[Mistake]) -> Refusal:
    return Refusal(
        HTTPStatus.UNPROCESSABLE_ENTITY, "this cannot be planned", "put right what `mistakes` lists", mistakes
    )
