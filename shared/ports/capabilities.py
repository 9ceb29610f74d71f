"""What a connector can do for an entity, said as data: rules, docs, kit and `tandem connectors` are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.core.quota import UNLIMITED, Quota
from shared.core.values import Value

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True, slots=True)
class EntityCapability:
    """What one system does for one entity.

    Patterns (`lines[].quantity`, `addresses[billing].city`) name fields. `can` is a subset of list, read, create,
    update, archive. `capture` is a subset of poll, webhook, event. `reference_field` is the partner's field that
    carries our record id, if any; `keys` the match keys that it can be asked for in bulk. `exact` says that its
    precondition is exact; `uncovered` are patterns that the revision does not cover. `batch_size` is the most
    items of one write call, `atomic` says that one refused item refuses the whole call. `calls` are partner calls
    per batch, by direction: `in`, `create`, `update`. `stored_forms` name per pattern how it respells what it is
    sent: trim, lower, upper, round:<digits>, second, minute, day, collapse. `deletes` is how it shows them:
    listed, gone, archived, never. `archived_as` is what a record that was archived shows where it stays to be seen.
    """

    can: frozenset[str]
    carries: frozenset[str]
    takes: frozenset[str]
    write_only: frozenset[str] = frozenset()
    uncovered: frozenset[str] = frozenset()
    capture: frozenset[str] = frozenset({"poll"})
    reference_field: str | None = None
    keys: frozenset[str] = frozenset()
    exact: bool = False
    stale_reads: bool = False
    consistent_listing: bool = True
    batch_size: int = 1
    atomic: bool = False
    fetch_size: int = 100
    calls: Mapping[str, int] = field(default_factory=dict)
    stored_forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apply_seconds: int = 0
    look_up_seconds: int = 0
    lease_seconds: int = 60
    deletes: str = "gone"
    archived_as: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A connector as the catalog lists it.

    `settings` is the pydantic model that reads the system's part of `integration.toml` (and states its JSON schema);
    `entities` gives the capability per entity for such settings. `quota` says in words what the partner allows,
    `allows` as numbers that are kept to, unless `integration.toml` says others (`allows_at` at certain addresses),
    `why` which of its interfaces is used and why, `cannot` what it does not give.
    `credentials` gives for such settings the keys that the secret must hold.
    """

    name: str
    title: str
    settings: type[BaseModel]
    entities: Callable[[object], Mapping[str, EntityCapability]]
    webhooks: str = "none"
    quota: str = ""
    allows: Quota = UNLIMITED
    allows_at: Callable[[str], Quota | None] = lambda _: None
    why: str = ""
    cannot: tuple[str, ...] = ()
    credentials: Callable[[object], tuple[str, ...]] = lambda _: ()
