"""Reads of partners as the flows need them: in bulk calls, only while the system may be called, references resolved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shared.core.keys import id_key
from shared.core.observations import Next, Observation, Shown, Trouble
from shared.core.schema_drift import readable
from shared.core.values import Reference
from shared.flows.drifting import notice
from shared.flows.parts import Parts
from shared.flows.troubles import heed, may_call, state_of


def fetch(parts: Parts, system: str, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
    """Return what a system shows now for all ids asked, in as many calls as its bulk size needs."""
    if not may_call(parts, system, entity):
        return closed(parts, system, entity)
    size = parts.integration.strand(system, entity).fetch_size
    shown: dict[str, Shown] = {}
    for start in range(0, len(ids), size):
        some = parts.systems.system(system).fetch(entity, ids[start : start + size])
        if isinstance(some, Trouble):
            heed(parts, system, some)
            return some
        shown.update(some)
    held = notice(parts, system, entity, list(shown.values()))
    return {each: readable(what, held) for each, what in shown.items()} if held else shown


def closed(parts: Parts, system: str, entity: str) -> Trouble:
    """Return the trouble of a system, or an entity in it, that may not be called now."""
    state = state_of(parts, system, entity)
    wait = (state.until - parts.clock.now()).total_seconds() if state.until else None
    return Trouble(Next.THROTTLED, f"{system} is {state.status.value}", wait_seconds=wait, whole_system=True)


def names_of(parts: Parts, references: Iterable[Reference]) -> dict[Reference, str]:
    """Return our record ids of those references that are known, by one read of the identity keys."""
    keys = {id_key(ref.system, ref.entity, ref.external_id): ref for ref in references}
    holders = parts.identities.holders(keys)
    return {keys[key]: holder.record_id for key, holder in holders.items() if holder.record_id}


def resolved(parts: Parts, shown: Mapping[str, Shown]) -> dict[str, Shown]:
    """Return what is shown with all known references replaced by our record ids."""
    references = {ref for each in shown.values() if isinstance(each, Observation) for ref in each.references()}
    if not references:
        return dict(shown)
    names = names_of(parts, references)
    return {key: each.resolved(names) if isinstance(each, Observation) else each for key, each in shown.items()}
