"""What a system should show but cannot be told: it takes no changes, no new records or no deletions of an entity.

Nothing of it is owed, since trying would never end; it is listed, so that a person knows of the difference (SYNC §4).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.core.owed import is_archive_owed, owed, unsupported
from shared.core.records import LinkState, Record
from shared.core.replacing import replace
from shared.core.rules import EntityRules, SystemRules


class Lacks(StrEnum):
    """What the system does not offer for the entity."""

    UPDATE = "takes no changes"
    CREATE = "takes no new records"
    ARCHIVE = "takes no deletions"


@dataclass(frozen=True, slots=True)
class Unsupported:
    """One difference that stays: the field (nothing for the record as a whole), and what the system lacks."""

    system: str
    path: str
    lacks: Lacks


def cannot_take(record: Record, rules: EntityRules) -> tuple[Unsupported, ...]:
    """Return what the systems of an entity should show of a record but cannot be told, by system and field."""
    return tuple(each for system in sorted(rules.systems) for each in _in_one(record, system, rules))


def _in_one(record: Record, system: str, rules: EntityRules) -> tuple[Unsupported, ...]:
    able = rules.systems[system]
    if not able.can_archive and is_archive_owed(record, system, _as_if(rules, system, replace(able, can_archive=True))):
        return (Unsupported(system, "", Lacks.ARCHIVE),)
    if not able.can_create and record.link(system).state is LinkState.EMPTY:
        would = owed(record, system, _as_if(rules, system, replace(able, can_create=True)))
        return (Unsupported(system, "", Lacks.CREATE),) if would else ()
    return tuple(Unsupported(system, path, Lacks.UPDATE) for path in sorted(unsupported(record, system, rules)))


def _as_if(rules: EntityRules, system: str, able: SystemRules) -> EntityRules:
    """Return the rules as they would be if the system could do more."""
    return replace(rules, systems={**rules.systems, system: able})
