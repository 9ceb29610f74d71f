"""What a plan says: the writes, decisions and parkings of the next run, and what it does not cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.core.decisions import Decision
from shared.core.records import Verb
from shared.core.values import Value


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One field that would be sent: what the system shows now (unknown where it cannot be read), and what it would."""

    path: str
    before: Value
    is_known: bool
    after: Value


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One write that would be made; `external_id` is empty for a record that does not stand there yet."""

    system: str
    entity: str
    verb: Verb
    record_id: str
    external_id: str
    fields: tuple[PlannedField, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedConflict:
    """A decision against somebody's value that would be made."""

    record_id: str
    entity: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class PlannedParking:
    """Something that would wait for a person: a record in a system, or a partner's record without one of ours."""

    system: str
    entity: str
    record_id: str
    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A system (or an entity in it) that is stopped or could not be asked, so that the plan does not cover it."""

    system: str
    entity: str
    why: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """More writes than one run may make without a person's approval: it would stop at the bound."""

    system: str
    entity: str
    verb: Verb
    writes: int
    bound: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the next run would do, by our records; `waiting` counts hints that would still wait. What is
    `beyond` a bound would be done only once it is approved."""

    writes: tuple[PlannedWrite, ...]
    conflicts: tuple[PlannedConflict, ...]
    parked: tuple[PlannedParking, ...]
    unread: tuple[Unread, ...]
    beyond: tuple[Beyond, ...]
    new_records: int
    changed_records: int
    waiting: int
    made_at: datetime
    rules: str

    @property
    def is_empty(self) -> bool:
        """Tell whether the next run would write nothing to a system, decide nothing and park nothing."""
        return not (self.writes or self.conflicts or self.parked)

    def totals(self) -> Mapping[tuple[str, str, str], int]:
        """Return per system, entity and verb how many writes there would be."""
        found: dict[tuple[str, str, str], int] = {}
        for each in self.writes:
            key = (each.system, each.entity, each.verb.value)
            found[key] = found.get(key, 0) + 1
        return dict(sorted(found.items()))
