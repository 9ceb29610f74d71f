"""The rules of the merge as data: who takes part, who may write what, who decides, what each system can do.

They are compiled from `integration.toml`, the defaults of `shared.core.defaults` and the capabilities of the
connectors. A system's capability is what it *carries* and *takes*; a writer is who is *allowed*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.core.paths import any_role, pattern
from shared.core.status import has_order, has_reached
from shared.core.values import Value

OURS = "tandem"
"""The only writer of what Tandem itself says: a source, as `operator` is one, and no system's name."""


class Decider(StrEnum):
    """Who decides when two systems changed one field since they last agreed."""

    OWNER = "owner"
    LATEST = "latest"
    STATUS = "status"
    PERSON = "person"


class OnDelete(StrEnum):
    """What the other systems get when the owner of the record's life deletes it."""

    ARCHIVE = "archive"
    DETACH = "detach"
    PARK = "park"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Who may write a field and who decides a conflict; empty `writers` means every system that takes part, and
    `OURS` that no system may.

    `writers_of` narrows the writers of one status value, `writers_from` those of a field from a status on. `owner`
    decides by rule `owner`; the entity's owner where it is empty.
    """

    writers: frozenset[str] = frozenset()
    writers_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    writers_from: Mapping[str, frozenset[str]] = field(default_factory=dict)
    decider: Decider = Decider.OWNER
    owner: str = ""


@dataclass(frozen=True, slots=True)
class SystemRules:
    """What one system shows, takes and can do for one entity (patterns, not paths).

    `carries` are the patterns that it can show, `takes` those that it can be sent, `write_only` those that it never
    shows. `exact` says that a precondition is exact and covers every pattern but the `uncovered`. `keys` are the
    match keys that it can be asked for. `stored_forms` names per pattern how it respells what it is sent.
    `apply_seconds` is how late it may apply a change, `look_up_seconds` how late a new record can be found.
    `archived_as` is what a record that we archived shows there, where it stays to be seen: an order that is cancelled.
    """

    system: str
    side: str
    carries: frozenset[str]
    takes: frozenset[str]
    write_only: frozenset[str] = frozenset()
    uncovered: frozenset[str] = frozenset()
    exact: bool = False
    stale_reads: bool = False
    carries_reference: bool = False
    keys: frozenset[str] = frozenset()
    can_read: bool = True
    can_create: bool = True
    can_update: bool = True
    can_archive: bool = True
    consistent_listing: bool = True
    stored_forms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    apply_seconds: int = 0
    look_up_seconds: int = 0
    lease_seconds: int = 60
    archived_as: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MatchKey:
    """A key by which records of two systems are known to be one; `unique` says that the systems enforce it."""

    name: str
    paths: tuple[str, ...]
    unique: bool = False


@dataclass(frozen=True, slots=True)
class EntityRules:
    """The rules of one entity."""

    entity: str
    systems: Mapping[str, SystemRules]
    owner: str
    creators: frozenset[str] = frozenset()
    identity: tuple[MatchKey, ...] = ()
    on_delete: OnDelete = OnDelete.ARCHIVE
    max_deletes_per_run: int = 20
    max_creates_per_run: int = 20_000
    max_updates_per_run: int = 20_000
    max_archives_per_run: int = 200
    fields: Mapping[str, FieldRule] = field(default_factory=dict)
    version: str = ""

    def rule(self, path: str) -> FieldRule:
        """Return the rule of a path: its own, that of any role, else everybody writes and the owner decides."""
        return self.fields.get(pattern(path)) or self.fields.get(any_role(path) or "") or _EVERYBODY

    def writers(self, path: str, status: object) -> frozenset[str]:
        """Return the systems that may write a path while the record is in a status (for the status: that status)."""
        rule = self.rule(path)
        if path == "status" and has_order(self.entity):
            return self._taking_part(rule.writers_of.get(str(status)) or rule.writers)
        if not rule.writers_from:
            return self._taking_part(rule.writers)
        reached = [m for m in rule.writers_from if has_order(self.entity) and has_reached(self.entity, status, m)]
        last = max(reached, key=list(rule.writers_from).index, default=None)
        return self._taking_part(rule.writers if last is None else rule.writers_from[last])

    def decider(self, path: str) -> tuple[Decider, str]:
        """Return how a conflict on a path is decided, and the owner that decides by rule `owner`."""
        rule = self.rule(path)
        if path == "status" and has_order(self.entity):
            return Decider.STATUS, rule.owner or self.owner
        return rule.decider, rule.owner or self.owner

    def may_create(self, system: str) -> bool:
        """Tell whether a record may be seen first in this system."""
        return not self.creators or system in self.creators

    def _taking_part(self, writers: frozenset[str]) -> frozenset[str]:
        return frozenset(self.systems) & writers if writers else frozenset(self.systems)


_EVERYBODY = FieldRule()
