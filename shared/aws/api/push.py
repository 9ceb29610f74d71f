"""PUT /systems/{system}/{entity}/{external_id}."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Header
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.aws.api.callers import Scope
from shared.aws.api.problems import Mistake, Refusal, not_there
from shared.aws.api.serving import Api
from shared.flows.operating.push import Push, Taken, Unreadable, push
from shared.flows.parts import Parts

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="The same key with the same content is taken once; with another content it is refused.",
        min_length=1,
        max_length=255,
    ),
]


class WholeRecord(BaseModel):
    """A record as the system shows it now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: dict[str, str | None] = Field(
        default_factory=dict,
        description="By our paths (`name`, `lines[<their line id>].quantity`), in our form: numbers and money with a "
        "dot, moments in ISO 8601, true or false, references by the system's own id. What is left out is unknown.",
    )
    revision: Annotated[int, Field(ge=0, le=2**63 - 1)] | None = Field(
        default=None,
        description="A number that grows with every change of the record there. With it the content is believed; "
        "without it, the system is asked whether it is still so.",
    )
    modified_at: AwareDatetime | None = Field(default=None, description="When it was changed there.")
    deleted: bool = Field(default=False, description="It is deleted there.")


class PushAnswer(BaseModel):
    """The record was taken; what becomes of it is seen at GET /status and at the record."""

    ok: bool = True
    taken: Taken


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""

    @api.put(
        "/systems/{system}/{entity}/{external_id}",
        Scope.OPERATE,
        "Tell what a record looks like in a system, for partners that can only push",
        problems=(HTTPStatus.CONFLICT,),
    )
    def put_record(
        system: str, entity: str, external_id: str, record: WholeRecord, idempotency_key: Key = None
    ) -> PushAnswer:
        taken = push(parts, _push(system, entity, external_id, record), idempotency_key)
        if isinstance(taken, Unreadable):
            raise Refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "some fields cannot be taken",
                "put right what `mistakes` lists",
                [Mistake(where=f"body.fields.{path}", what=what) for path, what in taken.mistakes],
            )
        if taken is Taken.NOT_SHARED:
            raise not_there(f"{system} takes no part in {entity}", "GET /status lists the systems and their entities")
        if taken is Taken.KEY_USED:
            raise Refusal(
                HTTPStatus.CONFLICT, "this Idempotency-Key was used for another content", "use a new key for it"
            )
        return PushAnswer(taken=taken)


def _push(system: str, entity: str, external_id: str, record: WholeRecord) -> Push:
    return Push(
        system,
        entity,
        external_id,
        record.fields,
        record.revision,
        record.modified_at,
        record.deleted,
        record.model_dump_json(),
    )
