"""What systems show is held against what they used to show: fields that drift are told once, and withheld.

Every answer to a read passes by here, and every state that came with a message. What is known of a system's fields is
one item per entity; it is written when it changes, by one conditional write, and whoever made that write tells of it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from shared.core.observations import Shown, Trouble
from shared.core.paths import pattern
from shared.core.schema_drift import Drift, Kind, Schema, begun, described, observed
from shared.flows.parts import Parts
from shared.ports.system import Hint

if TYPE_CHECKING:
    from shared.core.inspection import Described

MOST_RELEASED = 1000
"""How many parked notes are looked through when a field has become the whole system's matter."""


def notice(parts: Parts, system: str, entity: str, shown: Collection[Shown]) -> frozenset[str]:
    """Learn from what a system shows; return the patterns that are withheld there from now on."""
    rules = parts.integration.rules(entity)
    kept = parts.states.schema(system, entity)
    before = begun(kept, rules.version)
    able = rules.systems[system]
    after = observed(before, able.carries - able.write_only, shown, parts.clock.now())
    if after is before or after == before:
        return before.withheld
    if after.drifts.keys() - before.drifts.keys():
        after = _held_against(parts, after, _asked(parts, system, entity))
    return _keep(parts, (system, entity), (kept, before), after)


def compare(parts: Parts, system: str, entity: str, told: Sequence[Described]) -> frozenset[str]:
    """Learn from a system's own description of an entity; return the patterns that are withheld from now on."""
    kept = parts.states.schema(system, entity)
    before = begun(kept, parts.integration.rules(entity).version)
    after = _held_against(parts, before, told)
    if after == before:
        return before.withheld
    return _keep(parts, (system, entity), (kept, before), after)


def look_over(parts: Parts, system: str, entity: str) -> None:
    """Ask a system for its description of an entity, if it has one, and learn from it."""
    told = _asked(parts, system, entity)
    if told:
        compare(parts, system, entity, told)


def drifts(parts: Parts, system: str, entity: str) -> tuple[Drift, ...]:
    """Return what drifts now, in order of field."""
    schema = begun(parts.states.schema(system, entity), parts.integration.rules(entity).version)
    return tuple(schema.drifts[each] for each in sorted(schema.drifts))


def _asked(parts: Parts, system: str, entity: str) -> Sequence[Described]:
    from shared.ports.inspection import Inspectable

    asked = parts.systems.system(system)
    if not isinstance(asked, Inspectable):
        return ()
    inspector = asked.inspector()
    try:
        told = inspector.describe(entity) if inspector.describes else ()
    finally:
        inspector.close()
    return () if isinstance(told, Trouble) else told


def _held_against(parts: Parts, schema: Schema, told: Sequence[Described]) -> Schema:
    """Return what is known after a description; where one of its parts does not show, it says nothing."""
    if not told or any(each.fields is None or each.is_sample for each in told):
        return schema
    names = {need.ours: f"{each.object}.{need.name}" for each in told for need in each.needed}
    fields = {f"{each.object}.{name}": there.type for each in told for name, there in (each.fields or {}).items()}
    return described(schema, names, fields, parts.clock.now())


def _keep(parts: Parts, place: tuple[str, str], known: tuple[Schema | None, Schema], after: Schema) -> frozenset[str]:
    """Keep what is known now and tell what is new in it; what it releases is released first, lest that be forgotten."""
    kept, before = known
    new = [after.drifts[each] for each in sorted(after.drifts.keys() - before.drifts.keys())]
    for drift in new:
        if drift.kind is Kind.RETYPED:
            _release(parts, *place, drift.field)
    if parts.states.keep_schema(*place, kept, after):
        for drift in new:
            _tell(parts, place, drift)
        for each in sorted(before.drifts.keys() - after.drifts.keys()):
            parts.telemetry.tell("schema drift ended", system=place[0], entity=place[1], field=each)
    return after.withheld


def _tell(parts: Parts, place: tuple[str, str], drift: Drift) -> None:
    system, entity = place
    if drift.kind is not Kind.APPEARED:
        parts.telemetry.count("SchemaDrift")
    what = f"{drift.kind.value}: {drift.seen}"
    parts.telemetry.tell("schema drift", system=system, entity=entity, field=drift.field, why=what)


def _release(parts: Parts, system: str, entity: str, field: str) -> None:
    """Take up again what is parked for a field alone: it is the whole system's matter now, and holds up nobody."""
    notes = parts.identities.parked(MOST_RELEASED)
    own = [note for note in notes if (note.system, note.entity) == (system, entity) and note.field]
    hints = [Hint(system, entity, note.external_id) for note in own if pattern(note.field or "") == field]
    if hints:
        parts.messages.changes(hints)
