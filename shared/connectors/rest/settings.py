"""`[systems.X]` with `connector = "rest"`: everything that the connector must know of a partner, checked once.

Everything but `base_url` and, per entity, `path` and `fields` may be left out. What is left out is chosen carefully:

- `can` is list and create, and what else the entity's own keys speak of: read (`read`, an ETag), update (`update`,
  `batch`, `revision`), archive (`archive`). A change that a partner cannot take is listed as unsupported, never tried.
- `auth` goes by what the secret holds. A secret that holds nothing for it, or no secret, sends no credentials.
  Where `auth` is said and no secret, the secret has the name of the system.
- `page` is none: one answer holds everything. `items` is found by itself where an answer holds one list.
- A revision of kind counter or etag is exact, one of kind time is not, unless it says otherwise.
- `oauth` speaks of `auth = "client_credentials"` only; everything in it has a usual value.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.connectors.mapping import EntityMapping, Spec, compiled
from shared.connectors.mapping.places import steps
from shared.connectors.rest.access import OAuthSettings, WebhookSettings
from shared.connectors.rest.specs import Archiving, Batch, DeletedSpec, Page, PageSpec, Part, Query, Revision
from shared.core.keys import REFERENCE

Can = Literal["list", "read", "create", "update", "archive"]


class EntitySettings(Part):
    """One entity at the partner. See ARCHITECTURE §6 and `docs/connectors.md`."""

    path: str = Field(min_length=1)
    fields: dict[str, Spec] = Field(min_length=1)
    id: str = "id"
    can: frozenset[Can] = frozenset()
    revision: Revision | None = None
    modified: str | None = None
    updated_since: str | None = None
    page: Page = PageSpec()
    batch: Batch | None = None
    find: dict[str, Query] = Field(default_factory=dict)
    read: Query | None = None
    item: str | None = None
    update: Literal["PATCH", "PUT", "POST"] | None = None
    patch: Literal["plain", "merge", "json"] = "plain"
    headers: dict[str, str] = Field(default_factory=dict)
    nested: Literal["whole", "merge"] = "whole"
    omits_null: bool = False
    archive: Archiving | None = None
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

    @field_validator("patch")
    @classmethod
    def _is_about_a_patch(cls, value: str, told: ValidationInfo) -> str:
        if value != "plain" and told.data.get("update") in ("PUT", "POST"):
            raise ValueError(f'`patch` says nothing of {told.data["update"]} - leave it out, or say update = "PATCH"')
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
            "update": any((self.update, self.batch, self.revision, self.patch != "plain")),
            "archive": self.archive is not None,
        }
        return frozenset({"list", "create"}) | {verb for verb, is_given in spoken_of.items() if is_given}

    @property
    def merges(self) -> bool:
        """Tell whether a partial object inside an update leaves the rest of that object alone there."""
        return self.patch == "merge" or (self.nested == "merge" and self.patch != "json")


class RestSettings(Part):
    """One system that speaks plain REST and JSON."""

    name: str
    connector: Literal["rest"] = "rest"
    side: str = "crm"
    base_url: str = Field(pattern=r"^https?://[^\s/]+")
    secret: str = ""
    auth: Literal["bearer", "api_key", "basic", "client_credentials", "none"] | None = None
    api_key_header: str = "X-Api-Key"
    oauth: OAuthSettings = OAuthSettings()
    headers: dict[str, str] = Field(default_factory=dict)
    connect_seconds: float = Field(default=3.0, gt=0, le=30)
    read_seconds: float = Field(default=10.0, gt=0, le=120)
    overlap_seconds: int = Field(default=120, ge=0, le=86_400)
    webhook: WebhookSettings = WebhookSettings()
    entities: dict[str, EntitySettings] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _secret_is_named_like_the_system(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("auth") is None and given.get("oauth") is not None:
            given = {**given, "auth": "client_credentials"}
        is_named = isinstance(given, dict) and given.get("auth") not in (None, "none") and not given.get("secret")
        return {**given, "secret": given.get("name", "")} if is_named else given

    @field_validator("oauth")
    @classmethod
    def _is_asked_for(cls, value: OAuthSettings, told: ValidationInfo) -> OAuthSettings:
        if told.data.get("auth") != "client_credentials":
            raise ValueError(f'`oauth` says nothing of {told.data.get("auth")} - say auth = "client_credentials"')
        return value

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

    def headers_of(self, entity: str) -> dict[str, str]:
        """Return the headers of an entity's calls: its own count over those of the system."""
        return {**self.headers, **self.entities[entity].headers}

    def carries_reference(self, entity: str) -> bool:
        """Tell whether the partner can carry our record id and be asked for it."""
        return REFERENCE in self.entities[entity].fields
