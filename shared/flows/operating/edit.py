"""edit: give a field of a record another value. It is an observation by the operator, owed to all systems."""

from __future__ import annotations

from datetime import datetime

from shared.core.entities import referred
from shared.core.records import Record
from shared.core.repair import Impossible, Repair, edit, value_of
from shared.core.rules import EntityRules
from shared.core.values import Value
from shared.flows.operating.repairing import Act, NotThere, Outcome, record_named, repair
from shared.flows.parts import Parts


def edit_field(parts: Parts, record_id: str, path: str, text: str | None, by: str) -> Outcome:
    """Set a field to the value that a text means (nothing: empty it)."""
    record = record_named(parts, record_id)
    if record is None:
        return NotThere(f"there is no record {record_id}")
    value = value_of(record.entity, path, text)
    if isinstance(value, Impossible):
        return value
    return set_field(parts, record_id, path, value, by, "edit")


def set_field(parts: Parts, record_id: str, path: str, value: Value, by: str, verb: str) -> Outcome:
    """Set a field to a value, as the verb that was asked for; a reference must name a record of ours."""
    act = Act(verb, by, values={path: value}, detail={"path": path})

    def decide(record: Record, rules: EntityRules, now: datetime) -> Repair:
        target = referred(record.entity, path)
        if target is not None and value is not None and not _is_there(parts, target, value):
            return Impossible(f"{path} names a {target} of ours, and {value} is none", f"write the id of a {target}")
        return edit(record, path, value, f"{verb} by {by}", rules, now)

    return repair(parts, record_id, act, f"{path} is set, and owed to all who do not show it", decide)


def _is_there(parts: Parts, entity: str, value: Value) -> bool:
    found = record_named(parts, str(value))
    return found is not None and found.entity == entity
