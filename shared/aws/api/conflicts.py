"""/conflicts: what was overwritten, refused or set aside, open or decided; choose the other value, undo a choice."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.failure_models import Nothing
from shared.aws.api.outcomes import CANNOT, Body, DoneAnswer, answer_to
from shared.aws.api.problems import not_there
from shared.aws.api.serving import Api
from shared.core.decisions import Verdict
from shared.flows.operating.decide import choose_value, conflict_id, one_conflict, undo_choice
from shared.flows.parts import Parts
from shared.ports.conflicts import Conflict


class Which(StrEnum):
    """Which conflicts are listed."""

    OPEN = "open"
    DECIDED = "decided"


WhichOnes = Annotated[
    Which, Query(description="Those that wait for a person (oldest first), or the others (newest first).")
]


class ConflictLine(Line):
    """One conflict: both values, who showed what, when, by which rule, and what became of it.

    `theirs` is what the system showed, `ours` what the record held. Of a choice `ours` was chosen, `theirs` set aside.
    """

    id: str
    open: bool
    verdict: Verdict
    entity: str
    record: str
    version: int
    system: str
    field: str
    ours: str | None
    theirs: str | None
    parted_at_version: int
    because: str
    at: datetime | None
    by: str | None
    closed_at: datetime | None
    closed_by: str | None
    closed_because: str | None


class ConflictsAnswer(Listed[ConflictLine]):
    """Some conflicts."""


class ChooseValue(Body):
    """Which value stands."""

    value: Annotated[
        str,
        Field(
            description="`ours`, `theirs`, or `other` than what stands; for an ambiguous element the key of one of "
            "ours, or `new`; for suspected doubles `apart`."
        ),
    ]


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""

    @api.get("/conflicts", Scope.READ, "What was overwritten, refused or set aside")
    def get_conflicts(which: WhichOnes = Which.OPEN, limit: Limit = 100, next_: Next = None) -> ConflictsAnswer:
        after = cursor_parts(f"{which} conflicts", next_)
        is_open = which is Which.OPEN
        page = parts.conflicts.page(is_open=is_open, after=str(after[0]) if after else None, limit=limit)
        more = None if page.next is None else cursor_text(f"{which} conflicts", [page.next])
        return ConflictsAnswer(items=[_line(api, each) for each in page.conflicts], next=more)

    @api.get("/conflicts/{conflict}", Scope.READ, "One of them")
    def get_conflict(conflict: str) -> ConflictsAnswer:
        found = one_conflict(parts, conflict)
        if found is None:
            raise not_there(
                f"there is no conflict {conflict}", "`tandem conflicts` (GET /conflicts) lists what there is"
            )
        return ConflictsAnswer(items=[_line(api, found)])

    @api.post("/conflicts/{conflict}/choose", Scope.OPERATE, "Let the other value stand", **CANNOT)
    def post_choose_value(conflict: str, body: ChooseValue) -> DoneAnswer:
        return answer_to(parts, choose_value(parts, conflict, body.value, api.caller.name))

    @api.post("/conflicts/{conflict}/undo", Scope.OPERATE, "Take a choice back, within 30 days", **CANNOT)
    def post_undo(conflict: str, body: Nothing) -> DoneAnswer:
        del body
        return answer_to(parts, undo_choice(parts, conflict, api.caller.name))


def _line(api: Api, conflict: Conflict) -> ConflictLine:
    decision, closed = conflict.decision, conflict.closed
    return ConflictLine(
        id=conflict_id(conflict),
        open=conflict.is_open,
        verdict=decision.verdict,
        entity=conflict.entity,
        record=conflict.record_id,
        version=conflict.version,
        system=decision.system,
        field=decision.path,
        ours=api.in_text(conflict.entity, decision.path, decision.ours),
        theirs=api.in_text(conflict.entity, decision.path, decision.theirs),
        parted_at_version=decision.parted_at,
        because=decision.because,
        at=conflict.at,
        by=conflict.by or None,
        closed_at=closed.at if closed else None,
        closed_by=(closed.by or None) if closed else None,
        closed_because=closed.because if closed else None,
    )
