"""`[systems.X]` with `connector = "rest"`: everything that the connector must know of a partner, checked once.

Everything but `base_url` and, per entity, `path` and `fields` may be left out. What is left out is chosen carefully:

- `can` is list and create, and what else the entity's own keys speak of: read (`read`, an ETag), update (`update`,
  `batch`, `revision`), archive (`archive`). A change that a partner cannot take is listed as unsupported, never tried.
- `auth` goes by what the secret holds. A secret that holds nothing for it, or no secret, sends no credentials.
  Where `auth` is said and no secret, the secret has the name of the system.
- `page` is none: one answer holds everything. `items` is found by itself where an answer holds one list.
- A revision of kind counter or etag is exact, one of kind time is not, unless it says otherwise.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from shared.connectors.mapping import EntityMapping, Spec, compiled
from shared.connectors.mapping.places import steps
from shared.core.keys import REFERENCE

Can = Literal["list", "read", "create", "update", "archive"]
DEFAULT_SIZE = 100


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RevisionSpec(_Part):
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


class PageSpec(_Part):
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


class QuerySpec(_Part):
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


class BatchSpec(_Part):
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


class ArchiveSpec(_Part):
    """How a record's life is ended: by DELETE, or by setting fields of theirs."""

    method: Literal["DELETE", "PATCH", "PUT", "POST"] = "DELETE"
    path: str = ""
    set: dict[str, Any] = Field(default_factory=dict)


class DeletedSpec(_Part):
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


class EntitySettings(_Part):
    """One entity at the partner. See ARCHITECTURE §6 and `docs/connectors.md`."""

    path: str = Field(min_length=1)
    fields: dict[str, Spec] = Field(min_length=1)
    id: str = "id"
    can: frozenset[Can] = frozenset()
    revision: Annotated[RevisionSpec, BeforeValidator(_as_revision)] | None = None
    modified: str | None = None
    updated_since: str | None = None
    page: Annotated[PageSpec, BeforeValidator(_as_page)] = PageSpec()
    batch: Annotated[BatchSpec, BeforeValidator(_as_batch)] | None = None
    find: dict[str, Query] = Field(default_factory=dict)
    read: Query | None = None
    item: str | None = None
    update: Literal["PATCH", "PUT", "POST"] | None = None
    nested: Literal["whole", "merge"] = "whole"
    omits_null: bool = False
    archive: Annotated[ArchiveSpec, BeforeValidator(_as_archive)] | None = None
    deleted: DeletedSpec | None = None
    answers: Literal["record", "id"] = "record"
    sure_refusals: bool = True
    consistent_listing: bool = True
    stale_reads: bool = False
    apply_seconds: int = Field(default=0, ge=0)
    look_up_seconds: int = Field(default=0, ge=0)
    lease_seconds: int = Field(default=45, ge=30)

    @field_validator("updated_since")
    @classmethod
    def _has_a_place(cls, value: str | None) -> str | None:
        if value is not None and "{}" not in value:
            raise ValueError("updated_since needs a {} for the time")
        return value

    @field_validator("id", "modified", "item")
    @classmethod
    def _is_a_place(cls, value: str | None) -> str | None:
        if value is not None:
            steps(value)
        return value

    @property
    def abilities(self) -> frozenset[str]:
        """Return what the system can do: what `can` says, else what the other keys speak of."""
        if self.can:
            return frozenset(self.can)
        has_etag = self.revision is not None and self.revision.kind == "etag"
        spoken_of = {
            "read": self.read is not None or has_etag,
            "update": self.update is not None or self.batch is not None or self.revision is not None,
            "archive": self.archive is not None,
        }
        return frozenset({"list", "create"}) | {verb for verb, is_given in spoken_of.items() if is_given}


class WebhookSettings(_Part):
    """How the partner's signed messages (Standard Webhooks) are read.

    `type` is the place of the event type, `data` that of the record, `resource` (in the data) names what it is, or the
    first part of the type does; `resources` maps such names to our entities where they are not the last part of an
    entity's path. `ends` are the last parts of types that end a record's life. `full` says that data is the record.
    """

    secret_key: str = "webhook_secret"
    type: str = "type"
    data: str = "data"
    resource: str = "resource"
    id: str | None = None
    resources: dict[str, str] = Field(default_factory=dict)
    ends: tuple[str, ...] = ("deleted", "archived", "removed")
    full: bool = True
    tolerance_seconds: int = Field(default=300, ge=1, le=3600)


class RestSettings(_Part):
    """One system that speaks plain REST and JSON."""

    name: str
    connector: Literal["rest"] = "rest"
    side: str = "crm"
    base_url: str = Field(pattern=r"^https?://[^\s/]+")
    secret: str = ""
    auth: Literal["bearer", "api_key", "basic", "none"] | None = None
    api_key_header: str = "X-Api-Key"
    headers: dict[str, str] = Field(default_factory=dict)
    connect_seconds: float = Field(default=3.0, gt=0, le=30)
    read_seconds: float = Field(default=10.0, gt=0, le=120)
    overlap_seconds: int = Field(default=120, ge=0, le=86_400)
    webhook: WebhookSettings = WebhookSettings()
    entities: dict[str, EntitySettings] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _secret_is_named_like_the_system(cls, given: Any) -> Any:
        is_named = isinstance(given, dict) and given.get("auth") not in (None, "none") and not given.get("secret")
        return {**given, "secret": given.get("name", "")} if is_named else given

    @field_validator("base_url")
    @classmethod
    def _shows_no_secret(cls, value: str) -> str:
        if "@" in value:
            raise ValueError("a password never stands in an address: put it into the secret")
        return value

    @model_validator(mode="after")
    def _every_mapping_makes_sense(self) -> Self:
        for entity in self.entities:
            self.mapping(entity)
        return self

    def mapping(self, entity: str) -> EntityMapping:
        """Return the compiled mapping of an entity. ValueError where it makes no sense."""
        given = self.entities[entity]
        return compiled(self.name, entity, given.fields, given.id, omits_null=given.omits_null)

    def carries_reference(self, entity: str) -> bool:
        """Tell whether the partner can carry our record id and be asked for it."""
        return REFERENCE in self.entities[entity].fields
