"""The shape of every list: `{"ok", "items", "next"}`."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, ConfigDict, Field

Item = TypeVar("Item")

MOST = 1000

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
