"""/failures, /failure-groups, /records: what needs a person, and what a person may do about it."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

from shared.aws.api.answers import Limit, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.failure_models import (
    Assign,
    Choose,
    Edit,
    FailuresAnswer,
    GroupsAnswer,
    Link,
    Nothing,
    Remark,
    RetriedAnswer,
    RetriedCase,
    case_line,
    group_line,
)
from shared.aws.api.outcomes import CANNOT, DoneAnswer, answer_to
from shared.aws.api.problems import not_there
from shared.aws.api.serving import Api
from shared.aws.formats import from_moment, to_moment
from shared.core.cases import State
from shared.flows.operating.choose import choose_candidate
from shared.flows.operating.edit import edit_field
from shared.flows.operating.failures import (
    Place,
    Wanted,
    group_failures,
    list_failures,
    one_failure,
)
from shared.flows.operating.link import link_record, unlink_record
from shared.flows.operating.remark import assign_case, note_on_case
from shared.flows.operating.retry import retry_case, retry_group
from shared.flows.operating.skip import skip_case
from shared.flows.parts import Parts
from shared.ports.failing import Spot

System = Annotated[str, Query(description="Only this system.")]
Entity = Annotated[str, Query(description="Only this entity.")]
OfState = Annotated[State | None, Query(description="Only these: parked and held need a person.")]
OfGroup = Annotated[str, Query(description="Only this group (its fingerprint).")]

_WHERE_TO_LOOK = "`tandem failures` (GET /failures) lists what there is; it may be settled by now"


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""
    _add_lists(api, parts)
    _add_repairs(api, parts)
    _add_links(api, parts)


def _add_lists(api: Api, parts: Parts) -> None:
    @api.get("/failures", Scope.READ, "What is parked, held, failing or waiting")
    def get_failures(
        system: System = "",
        entity: Entity = "",
        state: OfState = None,
        group: OfGroup = "",
        limit: Limit = 100,
        next_: Next = None,
    ) -> FailuresAnswer:
        found = list_failures(parts, Wanted(system, entity, state, group), _place("failures", next_), limit)
        items = [case_line(api, each) for each in found.items]
        return FailuresAnswer(items=items, next=_cursor("failures", found.next))

    @api.get("/failures/{case}", Scope.READ, "One of them")
    def get_failure(case: str) -> FailuresAnswer:
        found = one_failure(parts, case)
        if found is None:
            raise not_there(f"there is no case {case}", _WHERE_TO_LOOK)
        return FailuresAnswer(items=[case_line(api, found)])

    @api.get("/failure-groups", Scope.READ, "The same by cause: system, entity, kind, code and field")
    def get_failure_groups(system: System = "", entity: Entity = "", state: OfState = None) -> GroupsAnswer:
        found = group_failures(parts, Wanted(system, entity, state))
        return GroupsAnswer(items=[group_line(each) for each in found.items], counted_all=found.is_whole)

    @api.post("/failure-groups/{group}/retry", Scope.OPERATE, "Try all cases of one cause again, and nothing else")
    def post_retry_group(group: str, body: Nothing, limit: Limit = 100, next_: Next = None) -> RetriedAnswer:
        del body
        found = retry_group(parts, group, api.caller.name, _place("retry", next_), limit)
        failed = [RetriedCase(id=case, why=why) for case, why in found.failed]
        return RetriedAnswer(items=failed, retried=found.retried, next=_cursor("retry", found.next), ok=not failed)


def _add_repairs(api: Api, parts: Parts) -> None:
    @api.post("/failures/{case}/retry", Scope.OPERATE, "Try it again at once", **CANNOT)
    def post_retry(case: str, body: Nothing) -> DoneAnswer:
        del body
        return answer_to(parts, retry_case(parts, case, api.caller.name))

    @api.post("/failures/{case}/skip", Scope.OPERATE, "Spare the system this version", **CANNOT)
    def post_skip(case: str, body: Nothing) -> DoneAnswer:
        del body
        return answer_to(parts, skip_case(parts, case, api.caller.name))

    @api.post("/failures/{case}/choose", Scope.OPERATE, "Say which of the candidates it is", **CANNOT)
    def post_choose(case: str, body: Choose) -> DoneAnswer:
        return answer_to(parts, choose_candidate(parts, case, body.candidate, api.caller.name))

    @api.post("/failures/{case}/assign", Scope.OPERATE, "Say who looks after it", **CANNOT)
    def post_assign(case: str, body: Assign) -> DoneAnswer:
        return answer_to(parts, assign_case(parts, case, body.to, api.caller.name))

    @api.post("/failures/{case}/note", Scope.OPERATE, "Write down what was found out", **CANNOT)
    def post_note(case: str, body: Remark) -> DoneAnswer:
        return answer_to(parts, note_on_case(parts, case, body.text, api.caller.name))


def _add_links(api: Api, parts: Parts) -> None:
    @api.post("/records/{record}/edit", Scope.OPERATE, "Give a field another value, owed to all systems", **CANNOT)
    def post_edit(record: str, body: Edit) -> DoneAnswer:
        return answer_to(parts, edit_field(parts, record, body.field, body.value, api.caller.name))

    @api.post("/records/{record}/links/{system}", Scope.OPERATE, "Take a partner's record for this one", **CANNOT)
    def post_link(record: str, system: str, body: Link) -> DoneAnswer:
        return answer_to(parts, link_record(parts, record, system, body.external_id, api.caller.name))

    @api.delete("/records/{record}/links/{system}", Scope.OPERATE, "Part it from the partner's record", **CANNOT)
    def delete_link(record: str, system: str) -> DoneAnswer:
        return answer_to(parts, unlink_record(parts, record, system, api.caller.name))


def _cursor(kind: str, place: Place | None) -> str | None:
    if place is None:
        return None
    spot = place.spot
    return cursor_text(kind, [place.part, *([from_moment(spot.at), spot.id] if spot else [])])


def _place(kind: str, cursor: str | None) -> Place | None:
    parts = cursor_parts(kind, cursor)
    if not parts:
        return None
    part, *spot = parts
    return Place(int(part or 0), Spot(to_moment(str(spot[0])), str(spot[1])) if spot else None)
