"""The tables inside an entity's description: revision, page, look-up, batch, archive; each has a short form."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DEFAULT_SIZE = 100


class Part(BaseModel):
    """A table in which an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RevisionSpec(Part):
    """Which field shows a record's version: a counter, a time, or the HTTP header ETag (then no field is needed).

    `header` is the one that carries a precondition. `uncovered` are fields of ours whose changes do not change it.
    """

    field: str | None = None
    kind: Literal["counter", "time", "etag"] = "time"
    exact: bool | None = None
    header: str = "If-Match"
    uncovered: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_a_field(self) -> Self:
        if self.field is None and self.kind != "etag":
            raise ValueError("a revision needs its field, unless its kind is etag")
        return self

    @property
    def is_exact(self) -> bool:
        """Tell whether no two states ever share a revision."""
        return self.exact if self.exact is not None else self.kind != "time"


class PageSpec(Part):
    """How a list comes in pieces.

    by cursor: `next` is the place in the answer of what goes into `param` (a token, a whole URL, or true for "more"),
    or a Link header. by page or offset: `param` counts from `start`. `size` goes into `size_param`. `items` is the
    place of the list, `total` that of the number of all. `sorted` says that the server sorts by modified time.
    """

    by: Literal["page", "offset", "cursor", "none"] = "none"
    param: str = ""
    next: str = "next"
    items: str | None = None
    size: int | None = Field(default=None, ge=1, le=10_000)
    size_param: str = "limit"
    start: int | None = None
    total: str | None = None
    sorted: bool = False

    @property
    def parameter(self) -> str:
        """Return the parameter that says where a page begins."""
        return self.param or {"cursor": "after", "offset": "offset"}.get(self.by, "page")

    @property
    def first(self) -> int:
        """Return the number of the first page, or offset."""
        return self.start if self.start is not None else int(self.by == "page")


class QuerySpec(Part):
    """A look-up: `one` with a `{}` per value, `many` with one `{}` for several values joined by `separator`."""

    one: str | None = None
    many: str | None = None
    size: int = Field(default=DEFAULT_SIZE, ge=1, le=10_000)
    separator: str = ","

    @model_validator(mode="after")
    def _has_places(self) -> Self:
        for template in (self.one, self.many):
            if template is not None and "{}" not in template:
                raise ValueError(f"{template!r} has no {{}} for what is looked up")
        return self


class BatchSpec(Part):
    """Many writes in one call.

    The request is a list (under `items`, if named) of objects with the named keys; `fields` = "" lays the fields
    beside them. The answer is a list (under `results`, or found by itself) of objects in the same order.
    """

    path: str
    size: int = Field(default=DEFAULT_SIZE, ge=1, le=10_000)
    atomic: bool = False
    verbs: tuple[Literal["create", "update", "archive"], ...] = ("create", "update", "archive")
    method: Literal["POST", "PUT", "PATCH"] = "POST"
    items: str | None = None
    results: str | None = None
    op: str = "op"
    id: str = "id"
    if_match: str = "if_match"
    fields: str = "fields"
    status: str = "status"
    body: str = "body"
    error: str = "error"
    create: str = "create"
    update: str = "update"
    archive: str = "archive"


class ArchiveSpec(Part):
    """How a record's life is ended: by DELETE, or by setting fields of theirs."""

    method: Literal["DELETE", "PATCH", "PUT", "POST"] = "DELETE"
    path: str = ""
    set: dict[str, Any] = Field(default_factory=dict)


class DeletedSpec(Part):
    """Which field of theirs says that a record is deleted or archived, and by which value."""

    field: str
    values: tuple[Any, ...] = (True,)


def _as_query(value: Any) -> Any:
    return {"one": value} if isinstance(value, str) else value


def _as_archive(value: Any) -> Any:
    return {"method": value} if isinstance(value, str) else value


def _as_revision(value: Any) -> Any:
    if value == "etag":
        return {"kind": "etag"}
    return {"field": value} if isinstance(value, str) else value


def _as_page(value: Any) -> Any:
    return {"by": value} if isinstance(value, str) else value


def _as_batch(value: Any) -> Any:
    return {"path": value} if isinstance(value, str) else value


Query = Annotated[QuerySpec, BeforeValidator(_as_query)]
Revision = Annotated[RevisionSpec, BeforeValidator(_as_revision)]
Page = Annotated[PageSpec, BeforeValidator(_as_page)]
Batch = Annotated[BatchSpec, BeforeValidator(_as_batch)]
Archiving = Annotated[ArchiveSpec, BeforeValidator(_as_archive)]
