"""link, unlink, and a record of its own: an operator says what belongs together and what does not.

Partner's records are read right before, so that what is merged is what stands there now. Parting two raises the
generation that the partner's id is known under: what is made of it afterwards is another record, never the old one.
"""

from __future__ import annotations

from dataclasses import replace

from shared.core.absorb import absorb
from shared.core.decisions import Decision, Verdict
from shared.core.keys import id_key
from shared.core.match import observed_keys
from shared.core.observations import Gone, Observation, Trouble
from shared.core.records import Record, record_id
from shared.core.repair import Impossible, link_to, unlink
from shared.core.rules import EntityRules
from shared.flows.asking import fetch
from shared.flows.noting import note_parted
from shared.flows.operating.repairing import (
    BUSY,
    ROUNDS,
    Act,
    Done,
    NotThere,
    Outcome,
    no_answer,
    record_named,
    repair,
    shown_now,
)
from shared.flows.parts import Parts
from shared.flows.saving import Also, Kept, save
from shared.ports.system import Hint

_CHILDREN = 1000


def link_record(parts: Parts, record: str, system: str, external_id: str, by: str, verb: str = "link") -> Outcome:
    """Take a partner's record for one of ours; what it shows is merged as on a first meeting."""
    entity = _entity(parts, record)
    if entity is None:
        return NotThere(f"there is no record {record}")
    rules = parts.integration.entities.get(entity)
    if rules is None or system not in rules.systems:
        return Impossible(f"{entity} does not take part in {system}", "see integration.toml")
    shown = shown_now(parts, system, entity, external_id)
    if isinstance(shown, Impossible):
        return shown
    act = Act(verb, by, system, detail={"external_id": external_id})
    outcome = _linked(parts, record, shown, act, rules)
    if isinstance(outcome, Done):
        _wake_children(parts, system)
    return outcome


def unlink_record(parts: Parts, record: str, system: str, by: str) -> Outcome:
    """Part a record of ours from a partner's, which becomes a record of its own if it still stands there."""
    before = record_named(parts, record)
    if before is None:
        return NotThere(f"there is no record {record}")
    external_id = before.link(system).external_id
    if not external_id:
        return Impossible(f"the record is linked to nothing in {system}", "`tandem explain` shows where it stands")
    shown = fetch(parts, system, before.entity, [external_id])
    if isinstance(shown, Trouble):
        return no_answer(system, shown)
    key = id_key(system, before.entity, external_id)
    holder = parts.identities.holders([key]).get(key)
    is_its_own = holder is not None and holder.record_id == record
    act = Act("unlink", by, system, detail={"external_id": external_id})
    becomes_own = is_its_own and not isinstance(shown[external_id], Gone)
    if becomes_own:
        note_parted(parts, system, before.entity, external_id)
    parted = repair(
        parts,
        record,
        act,
        f"the record and {system} {external_id} are parted",
        lambda found, rules, now: unlink(found, system, rules, now),
        Also({key: _next_generation(parts, before, system, external_id)} if is_its_own else {}),
    )
    if not becomes_own:
        return parted
    if not isinstance(parted, Done):
        parts.identities.forget([key])
        return parted
    return make_own(parts, system, before.entity, external_id, by, "unlink")


def make_own(parts: Parts, system: str, entity: str, external_id: str, by: str, verb: str = "choose") -> Outcome:
    """Make a record of its own of a partner's record; keys that others hold stay with them, and both are listed."""
    rules = parts.integration.entities.get(entity)
    if rules is None or system not in rules.systems:
        return Impossible(f"{entity} does not take part in {system}", "see integration.toml")
    key = id_key(system, entity, external_id)
    for _ in range(ROUNDS):
        shown = shown_now(parts, system, entity, external_id)
        if isinstance(shown, Impossible):
            return shown
        holder = parts.identities.holders([key]).get(key)
        if holder is not None and holder.record_id:
            return Impossible(f"it is record {holder.record_id} already", "unlink it there first")
        act = Act(verb, by, system, detail={"external_id": external_id})
        kept = _made(parts, shown, rules, act, holder.generation if holder else 0)
        if isinstance(kept, Record):
            _wake_children(parts, system)
            return Done(f"{system} {external_id} is a record of its own", None, kept)
    return BUSY


def _linked(parts: Parts, record: str, shown: Observation, act: Act, rules: EntityRules) -> Outcome:
    key = id_key(shown.system, shown.entity, shown.external_id)
    for _ in range(ROUNDS):
        now, before = parts.clock.now(), parts.records.get([record])[record]
        holder = parts.identities.holders([key]).get(key)
        if holder is not None and holder.record_id not in ("", record):
            return Impossible(f"{shown.external_id} is linked to record {holder.record_id}", "unlink it there first")
        absorbed = link_to(before, shown, rules, now)
        if isinstance(absorbed, Impossible):
            return absorbed
        cause = act.cause(rules, now, shown.external_id)
        whole = replace(absorbed, cause=replace(cause, values=absorbed.cause.values))
        kept = save(parts, before, whole, rules, frozenset({key}))
        if isinstance(kept, Record):
            return Done(f"the record and {shown.system} {shown.external_id} are one", before, kept)
    return BUSY


def _made(parts: Parts, shown: Observation, rules: EntityRules, act: Act, generation: int) -> Kept:
    """Write the new record, without the keys that others hold; anything but a record means: look again."""
    now = parts.clock.now()
    holders = parts.identities.holders(frozenset(observed_keys(shown, rules)))
    without = frozenset(key for key, holder in holders.items() if holder.record_id)
    name = record_id(shown.entity, shown.system, shown.external_id, generation)
    blank = Record(name, shown.entity, generation=generation, without_keys=without)
    absorbed = absorb(blank, shown, rules, now)
    twins = tuple(
        Decision(Verdict.DUPLICATE, shown.system, because=f"record {holder.record_id} shows the same key")
        for holder in sorted(holders.values(), key=lambda each: each.record_id)
        if holder.record_id
    )
    cause = replace(act.cause(rules, now, shown.external_id), values=absorbed.cause.values)
    whole = replace(absorbed, cause=cause, decisions=absorbed.decisions + twins)
    key = id_key(shown.system, shown.entity, shown.external_id)
    return save(parts, blank, whole, rules, frozenset({key}))


def _next_generation(parts: Parts, record: Record, system: str, external_id: str) -> int:
    """Return the first generation of a partner's id that no record was ever made of."""
    generation = record.generation + 1
    while parts.records.get([record_id(record.entity, system, external_id, generation)]):
        generation += 1
    return generation


def _entity(parts: Parts, record: str) -> str | None:
    found = record_named(parts, record)
    return None if found is None else found.entity


def _wake_children(parts: Parts, system: str) -> None:
    """Look again at the partner's records that were parked only because of one that is repaired now."""
    notes = parts.identities.parked(_CHILDREN)
    waiting = [note for note in notes if note.system == system and note.reason.startswith("what it refers to")]
    if waiting:
        parts.messages.changes([Hint(note.system, note.entity, note.external_id) for note in waiting])
