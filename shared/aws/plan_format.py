"""A plan as JSON: totals, what would change entry by entry, and what it could not see.

An answer of a function is at most 6 MB, so the entries that do not fit are left out and counted; totals count all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from shared.core.values import Reference, Value
from shared.flows.operating.planned import Plan, PlannedConflict, PlannedParking, PlannedWrite

LONGEST = 4_000_000
"""Bytes of entries that one answer holds; the API wraps them once more, and every quote then takes two."""

Json = Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an event asks for: entities (all if empty), whole systems or changes only, another `integration.toml`."""

    entities: frozenset[str]
    reconcile: bool
    config: str | None


def wanted_of(event: Mapping[str, Any]) -> Wanted:
    """Return what an event asks for; another configuration is always compared with whole systems."""
    config = event.get("config") or None
    entities = frozenset(str(each) for each in event.get("entities") or ())
    return Wanted(entities, bool(event.get("reconcile")) or config is not None, config)


def plan_json(plan: Plan) -> dict[str, Json]:
    """Return the plan as JSON."""
    rest = [LONGEST]
    writes = list(_fitting((_write(each) for each in plan.writes), rest))
    conflicts = list(_fitting((_conflict(each) for each in plan.conflicts), rest))
    parked = list(_fitting((_parking(each) for each in plan.parked), rest))
    every = len(plan.writes) + len(plan.conflicts) + len(plan.parked)
    return {
        "ok": not plan.unread,
        "is_empty": plan.is_empty,
        "made_at": plan.made_at.astimezone(UTC).isoformat(),
        "rules": plan.rules,
        "totals": _totals(plan),
        "new_records": plan.new_records,
        "changed_records": plan.changed_records,
        "waiting": plan.waiting,
        "items": writes,
        "conflicts": conflicts,
        "parked": parked,
        "unread": [{"system": each.system, "entity": each.entity, "why": each.why} for each in plan.unread],
        "beyond": [
            {"system": it.system, "entity": it.entity, "verb": it.verb.value, "writes": it.writes, "bound": it.bound}
            for it in plan.beyond
        ],
        "left_out": every - len(writes) - len(conflicts) - len(parked),
        "next": None,
    }


def text_of(value: Value) -> str | None:
    """Return a value as text; nothing for nothing."""
    if value is None:
        return None
    if isinstance(value, Reference):
        return f"{value.system}:{value.external_id}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _totals(plan: Plan) -> list[dict[str, Json]]:
    """Return one line per system and entity: what would be created, updated, archived, decided and parked."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for each in plan.writes:
        counts.setdefault((each.system, each.entity), Counter())[each.verb.value] += 1
    for made in plan.conflicts:
        counts.setdefault((made.decision.system, made.entity), Counter())["conflicts"] += 1
    for parked in plan.parked:
        counts.setdefault((parked.system, parked.entity), Counter())["parked"] += 1
    columns = ("create", "update", "archive", "conflicts", "parked")
    return [
        {"system": system, "entity": entity, **{column: found[column] for column in columns}}
        for (system, entity), found in sorted(counts.items())
    ]


def _fitting(entries: Iterable[Mapping[str, Json]], rest: list[int]) -> Iterable[Mapping[str, Json]]:
    """Yield entries as long as they fit; `rest` holds the bytes that are left, for whatever comes next too."""
    for each in entries:
        rest[0] -= len(json.dumps(each)) + 2
        if rest[0] < 0:
            return
        yield each


def _write(each: PlannedWrite) -> dict[str, Json]:
    return {
        "system": each.system,
        "entity": each.entity,
        "verb": each.verb.value,
        "record": each.record_id,
        "external_id": each.external_id or None,
        "fields": [
            {"path": it.path, "before": text_of(it.before), "known": it.is_known, "after": text_of(it.after)}
            for it in each.fields
        ],
    }


def _conflict(each: PlannedConflict) -> dict[str, Json]:
    made = each.decision
    return {
        "entity": each.entity,
        "record": each.record_id,
        "system": made.system,
        "verdict": made.verdict.value,
        "path": made.path,
        "theirs": text_of(made.theirs),
        "ours": text_of(made.ours),
        "because": made.because,
    }


def _parking(each: PlannedParking) -> dict[str, Json]:
    return {
        "system": each.system,
        "entity": each.entity,
        "record": each.record_id or None,
        "external_id": each.external_id or None,
        "reason": each.reason,
    }


def problems_json(problems: Sequence[Any]) -> dict[str, Json]:
    """Return what is wrong with a configuration, in place of a plan."""
    found = [{"line": each.line, "what": each.what, "remedy": each.remedy} for each in problems]
    return {"ok": False, "items": [], "next": None, "problems": found}
