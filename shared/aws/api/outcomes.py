"""How every repair is answered: what was done, or a problem with the next step."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.problems import Refusal, not_there
from shared.core.decisions import Verdict
from shared.core.repair import Impossible
from shared.flows.operating.decide import conflict_id
from shared.flows.operating.repairing import NotThere, Outcome
from shared.flows.parts import Parts

CANNOT = {"problems": (HTTPStatus.CONFLICT,)}
"""What else a route answers that repairs something: 409, where it cannot be done as things stand."""

_WHERE_TO_LOOK = (
    "`tandem failures` and `tandem conflicts` (GET /failures, /conflicts) list what there is; "
    "`tandem explain ENTITY KEY` (GET /explain) says a record's id"
)


class Body(BaseModel):
    """What every body of these routes is: nothing unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DoneAnswer(BaseModel):
    """What was done."""

    model_config = ConfigDict(frozen=True)

    ok: bool = True
    what: str = Field(description="What was done, in words.")
    record: Annotated[str | None, Field(description="The record that was written.")] = None
    version: Annotated[int | None, Field(description="Its new version.")] = None
    undo: Annotated[str | None, Field(description="The conflict by which this can be undone, within 30 days.")] = None


def answer_to(parts: Parts, outcome: Outcome) -> DoneAnswer:
    """Return the answer to a repair that was done; raise `Refusal` (404, 409) for one that was not."""
    if isinstance(outcome, NotThere):
        raise not_there(outcome.what, _WHERE_TO_LOOK)
    if isinstance(outcome, Impossible):
        raise Refusal(HTTPStatus.CONFLICT, outcome.why, outcome.do)
    after = outcome.after
    if after is None:
        return DoneAnswer(what=outcome.what)
    made = [each for each in parts.conflicts.of(after.id) if each.version == after.version]
    chosen = [conflict_id(each) for each in made if each.decision.verdict is Verdict.CHOSEN]
    return DoneAnswer(what=outcome.what, record=after.id, version=after.version, undo=chosen[0] if chosen else None)
