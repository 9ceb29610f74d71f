"""GET /explain, /timeline and /replay: why a record is as it is, its story, and its decisions made again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.aws.api.answers import Limit, Line, Listed, Next
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.meaning import meant
from shared.aws.api.problems import not_there
from shared.aws.api.serving import Api
from shared.aws.api.wrong_configuration import wrong_configuration
from shared.connectors.configuration_problems import BadIntegration
from shared.connectors.integration import load_text
from shared.core.account import At, Shows, Standing
from shared.core.integration import Integration
from shared.core.personal import MASK
from shared.core.records import LinkState
from shared.core.replay import CannotReplay
from shared.core.story import Happening, in_words
from shared.core.values import Value
from shared.flows.operating.explain import Explained, NotYet, explain, timeline
from shared.flows.operating.explain import Field as ExplainedField
from shared.flows.operating.replay import Retried, replay_record
from shared.flows.parts import Parts

Entity = Annotated[str, Query(description="customer, product, order, stock, purchase_order, …")]
Name = Annotated[str, Query(description="Our id, an external id (`42`, `crm:42`), or a match key such as an e-mail.")]
FieldName = Annotated[str | None, Query(description="One field, or all below it (`lines`).")]
AsOf = Annotated[datetime | None, Query(description="As it was at this moment; UTC where no zone is said.")]


class ChangeLine(Line):
    """One field that a version changed."""

    path: str
    before: str | None
    after: str | None


class HappeningLine(Line):
    """One version of the record."""

    version: int
    at: datetime | None
    operation: str
    system: str
    what: str
    decided: list[str]
    changes: list[ChangeLine]


class ShownLine(Line):
    """What one system shows of a field."""

    system: str
    shows: Shows
    value: str | None
    owed: bool
    holds: str


class FieldLine(Line):
    """One field: its value, where it came from, and the systems' sides."""

    path: str
    value: str | None
    by: str
    at: datetime
    version: int
    origin: str | None
    decided: list[str]
    systems: list[ShownLine]


class StandingLine(Line):
    """How the record stands in one system."""

    system: str
    state: LinkState
    external_id: str | None
    owes: list[str]
    unsupported: list[str]
    holds: str


class ExplainAnswer(Listed[FieldLine]):
    """A record: its fields, its systems, and its story, the oldest first."""

    record: str
    version: int
    deleted: bool
    as_of: datetime | None
    systems: list[StandingLine]
    story: list[HappeningLine]


class ReplayRequest(BaseModel):
    """By which rules to decide again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: str = Field(max_length=500_000, description="The text of another integration.toml than the deployed one.")


class DifferenceLine(Line):
    """What came out otherwise."""

    what: str
    then: str
    now: str


class ReplayLine(Line):
    """One decision made again; `same` is nothing where it cannot be made again, `why` says why not."""

    version: int
    at: datetime
    operation: str
    system: str
    same: bool | None
    why: str
    differences: list[DifferenceLine]


def add_routes(api: Api, parts: Parts) -> None:
    """Add the routes."""
    problems = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

    @api.get("/explain", Scope.READ, "Why a record, or a field of it, is as it is or was", problems=problems)
    def get_explanation(entity: Entity, name: Name, field: FieldName = None, as_of: AsOf = None) -> ExplainAnswer:
        record = meant(parts, entity, name)
        moment = as_of.replace(tzinfo=as_of.tzinfo or UTC) if as_of else None
        found = explain(parts, record, field, moment)
        if isinstance(found, NotYet):
            begins = f"its history begins on {found.begins:%Y-%m-%d %H:%M:%S} UTC" if found.begins else "it has none"
            raise not_there(
                f"there is no history of {entity} {name} at that moment: {begins}", "ask for a later moment"
            )
        if field is not None and not found.fields:
            raise not_there(f"{entity} {name} has no field {field}", f"its fields: {', '.join(sorted(record.fields))}")
        return _explained(api, found)

    @api.get("/timeline", Scope.READ, "The story of a record, version by version", problems=problems)
    def get_timeline(entity: Entity, name: Name, limit: Limit = 100, next_: Next = None) -> Listed[HappeningLine]:
        record = meant(parts, entity, name)
        (after,) = cursor_parts(f"timeline/{record.id}", next_) or (0,)
        found = timeline(parts, record.id, int(after or 0), limit + 1)
        lines = [_happening(api, record.entity, each) for each in found[:limit]]
        return Listed[HappeningLine](items=lines, next=_next("timeline", record.id, lines, len(found) > limit))

    @api.get("/replay", Scope.READ, "The decisions about a record, made again", problems=problems)
    def get_replay(entity: Entity, name: Name, limit: Limit = 100, next_: Next = None) -> Listed[ReplayLine]:
        return _replayed(api, parts, parts.integration, (entity, name), limit, next_)

    @api.post(
        "/replay", Scope.READ, "The decisions about a record, made again by the rules that are sent", problems=problems
    )
    def replay_by_other_rules(
        wanted: ReplayRequest, entity: Entity, name: Name, limit: Limit = 100, next_: Next = None
    ) -> Listed[ReplayLine]:
        try:
            rules = load_text(wanted.config, "the configuration that was sent").integration
        except BadIntegration as bad:
            raise wrong_configuration(bad.problems) from bad
        return _replayed(api, parts, rules, (entity, name), limit, next_)


def _replayed(
    api: Api, parts: Parts, rules: Integration, which: tuple[str, str], limit: int, next_: str | None
) -> Listed[ReplayLine]:
    record = meant(parts, *which)
    (after,) = cursor_parts(f"replay/{record.id}", next_) or (0,)
    found = replay_record(replace(parts, integration=rules), record.id, int(after or 0), limit + 1)
    lines = [_retried(api, each) for each in found[:limit]]
    is_same = all(line.same is not False for line in lines)
    return Listed[ReplayLine](ok=is_same, items=lines, next=_next("replay", record.id, lines, len(found) > limit))


def _next(kind: str, record_id: str, lines: list[HappeningLine] | list[ReplayLine], goes_on: bool) -> str | None:
    return cursor_text(f"{kind}/{record_id}", [lines[-1].version]) if goes_on else None


def _explained(api: Api, found: Explained) -> ExplainAnswer:
    entity = found.record.entity
    return ExplainAnswer(
        items=[_field(api, entity, each) for each in found.fields],
        record=found.record.id,
        version=found.record.version,
        deleted=found.record.tombstone is not None,
        as_of=found.as_of,
        systems=[_standing(each) for each in found.standings],
        story=[_happening(api, entity, each) for each in found.story],
    )


def _field(api: Api, entity: str, each: ExplainedField) -> FieldLine:
    told, origin = each.account, each.origin
    return FieldLine(
        path=told.path,
        value=_text(api, entity, told.path, told.value),
        by=told.by,
        at=told.at,
        version=told.version,
        origin=origin.sentence if origin else None,
        decided=[in_words(r) for r in origin.decided if told.path in r.paths] if origin else [],
        systems=[_side(api, entity, told.path, side) for side in told.systems],
    )


def _side(api: Api, entity: str, path: str, side: At) -> ShownLine:
    value = _text(api, entity, path, side.value) if side.is_known else None
    return ShownLine(system=side.system, shows=side.shows, value=value, owed=side.is_owed, holds=side.holds)


def _standing(each: Standing) -> StandingLine:
    return StandingLine(
        system=each.system,
        state=each.state,
        external_id=each.external_id,
        owes=list(each.owes),
        unsupported=list(each.unsupported),
        holds=each.holds,
    )


def _happening(api: Api, entity: str, each: Happening) -> HappeningLine:
    return HappeningLine(
        version=each.version,
        at=each.at,
        operation=each.operation,
        system=each.system,
        what=each.sentence,
        decided=[in_words(ruling) for ruling in each.decided],
        changes=[
            ChangeLine(
                path=change.path,
                before=_text(api, entity, change.path, change.before),
                after=_text(api, entity, change.path, change.after),
            )
            for change in each.changes
        ],
    )


def _retried(api: Api, each: Retried) -> ReplayLine:
    replay, entry = each.replay, each.entry
    can = not isinstance(replay, CannotReplay)
    return ReplayLine(
        version=entry.version,
        at=entry.at,
        operation=entry.cause.operation,
        system=entry.cause.system,
        same=each.is_same if can else None,
        why=replay.why if isinstance(replay, CannotReplay) else replay.because,
        differences=[] if isinstance(replay, CannotReplay) else list(_differences(api, replay.differences)),
    )


def _differences(api: Api, found: Iterable[object]) -> Iterable[DifferenceLine]:
    """Yield differences; whoever must not see values is told only what is different."""
    for each in found:
        line = DifferenceLine.model_validate(each)
        sees = api.caller.may(Scope.OPERATE) or line.what == "decided"
        yield line if sees else DifferenceLine(what=line.what, then=MASK, now=MASK)


def _text(api: Api, entity: str, path: str, value: Value) -> str | None:
    return api.in_text(entity, path, value)
