"""Which record does an operator mean? By our id, by what any system calls it, or by a match key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from shared.core.keys import id_key, match_key
from shared.core.records import Record
from shared.core.rules import EntityRules
from shared.flows.parts import Parts
from shared.ports.stores import Note


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be meant, and by what it was found."""

    record_id: str
    by: str


@dataclass(frozen=True, slots=True)
class Meant:
    """The record that is meant."""

    record: Record


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nobody, or several: the candidates, and what is noted of a partner's record that has none of ours."""

    candidates: tuple[Candidate, ...] = ()
    notes: tuple[Note, ...] = ()


def find_record(parts: Parts, entity: str, name: str) -> Meant | Unclear:
    """Find a record of an entity: `name` is our id, an external id (`crm:42` names the system too) or a match key."""
    rules = parts.integration.entities.get(entity)
    if rules is None:
        return Unclear()
    known = parts.records.get([name])
    if name in known and known[name].entity == entity:
        return Meant(known[name])
    keys = dict(_keys(entity, name, rules))
    holders = parts.identities.holders(keys)
    found: dict[str, Candidate] = {}
    for key, how in keys.items():
        if key in holders and holders[key].record_id:
            found.setdefault(holders[key].record_id, Candidate(holders[key].record_id, how))
    records = parts.records.get(found)
    if len(records) == 1:
        return Meant(next(iter(records.values())))
    notes = (holder.note for holder in holders.values() if holder.note is not None)
    return Unclear(tuple(found[each] for each in records), tuple(notes))


def _keys(entity: str, name: str, rules: EntityRules) -> Iterator[tuple[str, str]]:
    """Yield the identity keys that a name may stand for, each with the words for it."""
    system, _, external_id = name.partition(":")
    if system in rules.systems and external_id:
        yield id_key(system, entity, external_id), f"{system} calls it {external_id}"
    for each in rules.systems:
        yield id_key(each, entity, name), f"{each} calls it {name}"
    for key in rules.identity:
        text = match_key(entity, key, lambda _: name) if len(key.paths) == 1 else None
        if text is not None:
            yield text, f"its {key.name}"
