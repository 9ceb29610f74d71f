"""GET /dead-letters, POST /dead-letters/{queue}/redrive, …/discard and …/move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import Limit, Line, Listed
from shared.aws.api.callers import Scope
from shared.aws.api.problems import not_there
from shared.aws.api.serving import Api
from shared.flows.operating import dead_letters as flows
from shared.flows.operating.dead_letters import Ended, Outcome
from shared.flows.parts import Parts


class DeadLetterLine(Line):
    """One message that no code could process."""

    queue: str
    id: str
    about: dict[str, str] = Field(description="System, entity, number of records; nothing personal.")
    why: str = Field(description="How it failed the last time.")
    function: str | None = Field(description="Which function failed on it.")
    failed_at: datetime | None
    times: int | None = Field(description="How often it failed.")
    sent_at: datetime = Field(description="When the message was sent first.")
    body: str | None = Field(description="The message itself, which may hold personal data: needs `operate`.")


class DeadLettersAnswer(Listed[DeadLetterLine]):
    """Dead letters, oldest first about; queues cannot be paged, so `next` is always empty: raise `limit`."""

    waiting: dict[str, int] = Field(description="How many each queue holds, about.")


class Which(BaseModel):
    """Which letters of the queue; all of them where no ids are given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: list[str] | None = Field(default=None, max_length=500)


class These(BaseModel):
    """Which letters of the queue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ids: list[str] = Field(min_length=1, max_length=500)


class OutcomeLine(Line):
    """What became of one letter."""

    queue: str
    id: str
    ended: Ended
    why: str = Field(description="Why it stays.")


class OutcomesAnswer(Listed[OutcomeLine]):
    """What became of the letters; `ok` if none stays."""


class MovedAnswer(BaseModel):
    """The queue service has begun to move all letters back."""

    ok: bool = True
    queue: str


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""

    @api.get(
        "/dead-letters",
        Scope.READ,
        "Messages that no code could process, with what went wrong",
        problems=(HTTPStatus.NOT_FOUND,),
    )
    def get_dead_letters(limit: Limit = 100, queue: str | None = None) -> DeadLettersAnswer:
        _known(parts, queue)
        found = flows.dead_letters(parts, queue, limit)
        items = [_line(each, with_body=api.caller.may(Scope.OPERATE)) for each in found.items]
        return DeadLettersAnswer(items=items, waiting=dict(found.waiting))

    @api.post("/dead-letters/{queue}/redrive", Scope.ADMIN, "Bring dead letters back to where they were going")
    def post_redrive(queue: str, which: Which) -> OutcomesAnswer:
        _known(parts, queue)
        return _outcomes(flows.redrive(parts, queue, which.ids))

    @api.post("/dead-letters/{queue}/discard", Scope.ADMIN, "Throw dead letters away")
    def post_discard(queue: str, which: These) -> OutcomesAnswer:
        _known(parts, queue)
        return _outcomes(flows.discard(parts, queue, which.ids))

    @api.post(
        "/dead-letters/{queue}/move",
        Scope.ADMIN,
        "Let the queue service bring all of them back by itself",
        description="For queues with more letters than one call can bring back; only where they came from a queue.",
    )
    def post_move(queue: str) -> MovedAnswer:
        _known(parts, queue)
        if not flows.move(parts, queue):
            raise not_there(f"{queue} comes from no queue", f"use POST /dead-letters/{queue}/redrive")
        return MovedAnswer(queue=queue)


def _known(parts: Parts, queue: str | None) -> None:
    names = sorted(parts.dead_letters.waiting())
    if queue is not None and queue not in names:
        raise not_there(f"there is no queue {queue}", f"choose one of {', '.join(names)}")


def _line(listed: flows.Listed, *, with_body: bool) -> DeadLetterLine:
    letter, failure = listed.letter, listed.failure
    return DeadLetterLine(
        queue=letter.queue,
        id=letter.id,
        about=dict(letter.about),
        why=listed.why,
        function=failure.function if failure else None,
        failed_at=failure.at if failure else None,
        times=failure.times if failure else None,
        sent_at=letter.sent_at,
        body=letter.body if with_body else None,
    )


def _outcomes(outcomes: Iterable[Outcome]) -> OutcomesAnswer:
    items = [OutcomeLine.model_validate(each) for each in outcomes]
    return OutcomesAnswer(ok=all(each.ended not in (Ended.STAYS, Ended.NOT_THERE) for each in items), items=items)
