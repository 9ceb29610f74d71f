"""The shape of every list: `{"ok", "items", "next"}`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Generic, TypeAlias, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

from shared.core.values import Reference, Value

Item = TypeVar("Item")

MOST = 1000

Plain: TypeAlias = str | bool | None
"""A value as JSON holds it: numbers as text, since they are exact; moments in ISO 8601."""

Limit = Annotated[int, Query(description="At most so many items.", ge=1, le=MOST)]
Next = Annotated[str | None, Query(alias="next", description="Go on after the answer that gave this cursor.")]


class Line(BaseModel):
    """One item of a list; made from the flow's own dataclass."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Listed(BaseModel, Generic[Item]):
    """A list, or a part of one that goes on at `next`."""

    model_config = ConfigDict(frozen=True)

    ok: bool = True
    items: list[Item]
    next: str | None = Field(default=None, description="The cursor of what follows; nothing where the list ends.")


def plain(value: Value) -> Plain:
    """Return a value of a record as JSON holds it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Reference):
        return f"{value.system}/{value.entity}/{value.external_id}"
    return value
