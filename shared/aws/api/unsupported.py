"""GET /unsupported."""

from __future__ import annotations

from pydantic import Field

from shared.aws.api.answers import Limit, Line, Listed, Next, Plain, plain
from shared.aws.api.callers import Scope
from shared.aws.api.cursors import cursor_parts, cursor_text
from shared.aws.api.serving import Api
from shared.flows.operating.unsupported import Place, Stays, unsupported_changes
from shared.flows.parts import Parts


class StaysLine(Line):
    """One difference that stays."""

    record_id: str
    entity: str
    system: str
    external_id: str | None = Field(description="What the system calls the record; nothing where it does not have it.")
    field: str = Field(description="The field; nothing where the record as a whole is meant.")
    value: Plain = Field(description="What our record holds, and the system does not show.")
    reason: str


class UnsupportedAnswer(Listed[StaysLine]):
    """Differences that stay; a page may be empty though more follow."""


def add_routes(api: Api, parts: Parts) -> None:
    """Add the route."""

    @api.get("/unsupported", Scope.READ, "Changes that a system cannot take: listed, never owed")
    def get_unsupported(limit: Limit = 100, next_: Next = None) -> UnsupportedAnswer:
        page = unsupported_changes(parts, _place(next_), limit)
        return UnsupportedAnswer(items=[_line(api, each) for each in page.items], next=_cursor(page.next))


def _line(api: Api, stays: Stays) -> StaysLine:
    return StaysLine(
        record_id=stays.record_id,
        entity=stays.entity,
        system=stays.system,
        external_id=stays.external_id,
        field=stays.field,
        value=plain(api.shown(stays.entity, stays.field, stays.value)),
        reason=stays.reason,
    )


def _place(text: str | None) -> Place | None:
    parts = cursor_parts("unsupported", text)
    if not parts:
        return None
    after, record_id, system, field = parts
    return Place(None if after is None else str(after), str(record_id), str(system), str(field))


def _cursor(place: Place | None) -> str | None:
    if place is None:
        return None
    return cursor_text("unsupported", (place.after, place.record_id, place.system, place.field))
