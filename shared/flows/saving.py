"""One conditional write per decision, and what its outcome means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from shared.core.absorb import Absorbed
from shared.core.decisions import Cause, Decision, Verdict, rulings
from shared.core.inputs import leaving_keys
from shared.core.questions import Question, answered
from shared.core.records import Record, Verb
from shared.core.replacing import replace
from shared.core.rules import EntityRules
from shared.flows.parts import Parts
from shared.ports.stores import Change, KeysHeld, Lost, Saved

Kept: TypeAlias = Record | Lost | KeysHeld


@dataclass(frozen=True, slots=True)
class Also:
    """What only an operator's write does besides: free id keys (with their next generation), answer questions that the
    record itself does not ask."""

    keys_freed: Mapping[str, int] = field(default_factory=dict)
    closes: frozenset[Question] = frozenset()


def save(
    parts: Parts,
    before: Record,
    after: Absorbed,
    rules: EntityRules,
    forgets: frozenset[str] = frozenset(),
    also: Also | None = None,
) -> Kept:
    """Write what a core verb decided; return the record as it now stands, or why the write did not hold.

    A match key that another record holds stays with its holder: an existing record goes on without it, and both are
    listed as suspected duplicates. A new record that meets a held key must be matched again.
    """
    also = also or Also()
    held = _write(parts, before, after, rules, forgets, also)
    if not isinstance(held, KeysHeld) or before.version == 0:
        return held
    left = frozenset(key for key in held.holders if key.startswith("key/"))
    if not left or left != held.holders.keys():
        return held
    twins = tuple(_twin(after.cause.system, holder) for holder in sorted(set(held.holders.values())))
    without = replace(after.record, without_keys=after.record.without_keys | left)
    again = replace(
        after,
        record=without,
        keys_taken=after.keys_taken - left,
        decisions=after.decisions + twins,
        cause=leaving_keys(after.cause, left),
    )
    return _write(parts, before, again, rules, forgets, also)


def save_record(parts: Parts, before: Record, after: Record, cause: Cause, rules: EntityRules) -> Kept:
    """Write a record that only its link bookkeeping changed (an intent, a wait, a parking)."""
    return save(parts, before, Absorbed(after, (), frozenset(), frozenset(), cause, changed=True), rules)


def _write(
    parts: Parts, before: Record, after: Absorbed, rules: EntityRules, forgets: frozenset[str], also: Also
) -> Kept:
    record = replace(after.record, version=before.version + 1)
    were, are = _creates(before, rules), _creates(record, rules)
    change = Change(
        record=record,
        cause=replace(after.cause, decided=rulings(after.decisions)),
        keys_taken=after.keys_taken,
        keys_given_back=after.keys_given_back,
        decisions=after.decisions,
        creates_opened=are - were,
        creates_closed=were - are,
        forgets=forgets,
        closes=answered(before, record) | also.closes,
        keys_freed=also.keys_freed,
    )
    result = parts.records.save(change)
    if not isinstance(result, Saved):
        return result
    conflicts = sum(decision.is_conflict for decision in after.decisions)
    if conflicts:
        parts.telemetry.count("ConflictsDecided", conflicts)
    return record


def _creates(record: Record, rules: EntityRules) -> frozenset[str]:
    """Return the systems that do not carry our reference and in which a create of this record is open."""
    return frozenset(
        name
        for name, link in record.links.items()
        if link.intent is not None
        and link.intent.verb is Verb.CREATE
        and name in rules.systems
        and not rules.systems[name].carries_reference
    )


def _twin(system: str, holder: str) -> Decision:
    return Decision(Verdict.DUPLICATE, system, because=f"record {holder} holds a match key of this one")
