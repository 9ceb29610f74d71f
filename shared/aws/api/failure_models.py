"""What /failures and /failure-groups answer, and what the repairs of records take."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from shared.aws.api.answers import Line, Listed
from shared.aws.api.outcomes import Body
from shared.aws.api.serving import Api
from shared.core.cases import Case, State
from shared.core.remedies import COMMON_VERBS, Kind
from shared.flows.operating.failures import Group
from shared.flows.operating.failures import Listed as ListedCase


class RemarkLine(Line):
    """What somebody wrote on a case."""

    at: datetime
    by: str
    text: str


class CaseLine(Line):
    """One case: what is wrong with which record where, since when, what it is owed, and what may be done."""

    id: str
    group: str
    state: State
    kind: Kind
    system: str
    entity: str
    record: str | None
    external_id: str | None
    code: str
    message: str
    field: str | None
    first_at: datetime
    last_at: datetime
    attempts: int
    next_try_at: datetime | None
    owed: dict[str, str | None]
    candidates: list[str]
    waits_for: str | None
    means: str
    do: str
    verbs: list[str]
    assigned_to: str | None
    remarks: list[RemarkLine]


class FailuresAnswer(Listed[CaseLine]):
    """What needs a person first, then what is tried again by itself; each in the order in which it began."""


class GroupLine(Line):
    """All cases of one cause, with one of them as an example."""

    group: str
    count: int
    kind: Kind
    system: str
    entity: str
    code: str
    field: str | None
    first_at: datetime
    last_at: datetime
    message: str
    example: str
    means: str
    do: str
    verbs: list[str]


class GroupsAnswer(Listed[GroupLine]):
    """The causes, the commonest first."""

    counted_all: bool


class RetriedCase(Line):
    """A case that could not be tried again."""

    id: str
    why: str


class RetriedAnswer(Listed[RetriedCase]):
    """How many cases of a group are tried again, and those that could not be; `next` goes on with the others."""

    retried: int


class Edit(Body):
    """The field and what it is to hold."""

    field: Annotated[str, Field(description="Its path: `name`, `addresses[billing].city`, `lines[ab12].quantity`.")]
    value: Annotated[
        str | None, Field(max_length=20_000, description="As text: 10.50, true, 2026-03-02T09:00; null empties it.")
    ]


class Choose(Body):
    """Which it is."""

    candidate: Annotated[str, Field(description="One of the candidates, or `new`: none of them.")]


class Link(Body):
    """What the record is linked to."""

    external_id: Annotated[str, Field(min_length=1, max_length=500, description="The partner's id of it.")]


class Assign(Body):
    """Who looks after it."""

    to: Annotated[str, Field(max_length=100, description="A name; empty: nobody.")]


class Remark(Body):
    """What was found out."""

    text: Annotated[str, Field(min_length=1, max_length=500)]


class Nothing(Body):
    """Nothing needs to be said."""


def case_line(api: Api, listed: ListedCase) -> CaseLine:
    """Return a case as the caller may see it."""
    case, paper = listed.case, listed.paper
    return CaseLine(
        id=case.id,
        group=case.fingerprint,
        state=case.state,
        kind=case.kind,
        system=case.system,
        entity=case.entity,
        record=case.record_id or None,
        external_id=case.external_id or None,
        code=case.code,
        message=case.message,
        field=case.field,
        first_at=case.first_at,
        last_at=case.last_at,
        attempts=case.attempts,
        next_try_at=case.due_at,
        owed={path: _value(api, case, path) for path in case.owed},
        candidates=list(case.candidates),
        waits_for=case.parent or None,
        means=case.remedy.means,
        do=case.remedy.do,
        verbs=[*case.remedy.verbs, *COMMON_VERBS],
        assigned_to=paper.assigned_to or None,
        remarks=[RemarkLine.model_validate(each) for each in paper.remarks],
    )


def _value(api: Api, case: Case, path: str) -> str | None:
    if not path:
        return str(case.owed[path])
    return api.in_text(case.entity, path, case.owed[path])


def group_line(group: Group) -> GroupLine:
    """Return a group with its example."""
    case = group.example
    return GroupLine(
        group=group.fingerprint,
        count=group.count,
        kind=case.kind,
        system=case.system,
        entity=case.entity,
        code=case.code,
        field=case.field,
        first_at=group.first_at,
        last_at=group.last_at,
        message=case.message,
        example=case.id,
        means=case.remedy.means,
        do=case.remedy.do,
        verbs=list(case.remedy.verbs),
    )
