"""Whose record is an unknown partner record? The reads that `match` asks for, and the write that it decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from shared.core.absorb import Absorbed, absorb, is_stale, may_be_unseen
from shared.core.decisions import Decision, Verdict
from shared.core.entered import absorb_entered, is_entered
from shared.core.keys import id_key, match_keys
from shared.core.match import (
    Candidate,
    Fetch,
    Linked,
    LookFirst,
    Match,
    New,
    Open,
    Park,
    WaitUntil,
    match,
    observed_keys,
)
from shared.core.observations import Gone, Observation, Shown, Trouble
from shared.core.records import Record, record_id
from shared.core.rules import EntityRules
from shared.flows.asking import fetch, resolved
from shared.flows.noting import PARTED, STOPPED_SECONDS, Deferred, look_once_more, note_parked, parked, put_off
from shared.flows.parts import Parts
from shared.flows.saving import save
from shared.flows.troubles import is_closed
from shared.ports.messages import Delivery
from shared.ports.stores import Holder

LOOK_SECONDS = 5.0
"""How long a hint waits for the look that must come before it."""


class Outcome(Enum):
    """What became of one id."""

    WRITTEN = "written"
    DONE = "done"
    AGAIN = "again"


@dataclass(slots=True)
class _Question:
    """One unknown record with everything that `match` is given."""

    observation: Observation
    keys: frozenset[str]
    candidates: list[Candidate] = field(default_factory=list)
    answer: Match | None = None
    is_outdated: bool = False


def match_unknown(
    parts: Parts, unknown: Sequence[Observation], rules: EntityRules, holders: Mapping[str, Holder]
) -> dict[str, Outcome]:
    """Match, link, create or park the unknown records of one system and entity; per external id what became of it."""
    if not unknown:
        return {}
    questions, key_holders = _questions(parts, unknown, rules)
    for question in questions:
        if _is_parted(question.observation, holders):
            question.candidates = []
    opens = _open_creates(parts, unknown[0], rules)
    moved = _look_at_candidates(parts, questions, rules, opens)
    outcomes: dict[str, Outcome] = {}
    for question in questions:
        external_id = question.observation.external_id
        is_moved = bool(moved & {candidate.record.id for candidate in question.candidates})
        if is_moved or question.is_outdated or _has_given_back(question, rules):
            outcomes[external_id] = Outcome.AGAIN
        elif question.answer is not None:
            outcomes[external_id] = _act(parts, question, rules, holders, key_holders)
    return outcomes


def _questions(
    parts: Parts, unknown: Sequence[Observation], rules: EntityRules
) -> tuple[list[_Question], Mapping[str, Holder]]:
    questions = [_Question(each, frozenset(observed_keys(each, rules))) for each in unknown]
    holders = parts.identities.holders({key for question in questions for key in question.keys})
    wanted = {holder.record_id for holder in holders.values() if holder.record_id}
    wanted |= {each.reference for each in unknown if each.reference}
    records = parts.records.get(wanted)
    for question in questions:
        question.candidates = _candidates(question, holders, records)
    return questions, holders


def _candidates(question: _Question, holders: Mapping[str, Holder], records: Mapping[str, Record]) -> list[Candidate]:
    by_record: dict[str, set[str]] = {}
    for key in question.keys:
        holder = holders.get(key)
        if holder is not None and holder.record_id in records:
            by_record.setdefault(holder.record_id, set()).add(key)
    reference = question.observation.reference
    if reference is not None and reference in records and records[reference].entity == question.observation.entity:
        by_record.setdefault(reference, set())
    return [
        Candidate(records[each], by_reference=each == reference, by_keys=frozenset(keys))
        for each, keys in by_record.items()
    ]


def _open_creates(parts: Parts, observation: Observation, rules: EntityRules) -> list[Open]:
    if rules.systems[observation.system].carries_reference:
        return []
    opens = parts.identities.open_creates(observation.system, observation.entity)
    records = parts.records.get({each.record_id for each in opens})
    return [Open(records[each.record_id], each.until) for each in opens if each.record_id in records]


def _look_at_candidates(
    parts: Parts, questions: Sequence[_Question], rules: EntityRules, opens: Sequence[Open]
) -> frozenset[str]:
    """Answer every question, fetching in bulk what `match` wants to see first; return the records that this moved.

    A question whose links could not be read stays without an answer and its hint waits.
    """
    now = parts.clock.now()
    for question in questions:
        question.answer = match(question.observation, question.candidates, rules, now, opens)
    wanted = {link for question in questions if isinstance(question.answer, Fetch) for link in question.answer.links}
    if not wanted:
        return frozenset()
    shown = _fetch_links(parts, questions[0].observation.entity, wanted)
    moved: set[str] = set()
    for question in questions:
        if isinstance(question.answer, Fetch):
            _answer_again(parts, question, shown, rules, opens, moved)
    return frozenset(moved)


def _answer_again(
    parts: Parts,
    question: _Question,
    shown: Mapping[tuple[str, str], Shown],
    rules: EntityRules,
    opens: Sequence[Open],
    moved: set[str],
) -> None:
    assert isinstance(question.answer, Fetch)
    observation = question.observation
    if not all(link in shown for link in question.answer.links):
        is_stopped = any(is_closed(parts, system, observation.entity) for system, _ in question.answer.links)
        why = "a system that must be looked at first does not answer"
        late = Deferred(observation.external_id, why, STOPPED_SECONDS if is_stopped else None)
        put_off(parts, observation.system, observation.entity, [late])
        question.answer = None
        return
    question.is_outdated = _is_outdated(question, shown, rules)
    if question.is_outdated:
        return
    question.candidates = [_with_shown(candidate, shown) for candidate in question.candidates]
    if any(_is_old(candidate, rules) for candidate in question.candidates):
        _ask_for_unseen(parts, question.candidates, rules)
        late = Deferred(observation.external_id, "a system that must be looked at first showed an old state")
        put_off(parts, observation.system, observation.entity, [late])
        question.answer = None
        return
    for candidate in question.candidates:
        if candidate.record.id not in moved and _absorb_news(parts, candidate, rules):
            moved.add(candidate.record.id)
    question.answer = match(observation, question.candidates, rules, parts.clock.now(), opens)


def _is_outdated(question: _Question, shown: Mapping[tuple[str, str], Shown], rules: EntityRules) -> bool:
    """Tell whether the unknown record, seen once more, is not what was asked about; if it is, take it as it is now."""
    fresh = shown[question.observation.system, question.observation.external_id]
    if not isinstance(fresh, Observation) or fresh.deleted or fresh.references():
        return True
    if fresh.reference != question.observation.reference:
        return True
    question.observation = fresh
    return observed_keys(fresh, rules).keys() != question.keys


def _has_given_back(question: _Question, rules: EntityRules) -> bool:
    """Tell whether a candidate was named by a key that it has no more: it gave the key back between our two reads, and
    another record may hold it by now."""
    return any(not each.by_keys <= match_keys(each.record, rules) for each in question.candidates)


def _fetch_links(parts: Parts, entity: str, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Shown]:
    shown: dict[tuple[str, str], Shown] = {}
    for system in sorted({system for system, _ in wanted}):
        ids = sorted(external_id for name, external_id in wanted if name == system)
        some = fetch(parts, system, entity, ids)
        if not isinstance(some, Trouble):
            shown.update({(system, each): what for each, what in resolved(parts, some).items()})
    return shown


def _with_shown(candidate: Candidate, shown: Mapping[tuple[str, str], Shown]) -> Candidate:
    links = candidate.record.links.items()
    mine = {name: shown[name, str(link.external_id)] for name, link in links if (name, link.external_id) in shown}
    return replace(candidate, shown={**candidate.shown, **mine})


def _is_old(candidate: Candidate, rules: EntityRules) -> bool:
    """Tell whether a look at one of a candidate's links must be thrown away: below the floor (SYNC §2.1), or gone
    where it may only not be shown yet."""
    states = (each for each in candidate.shown.values() if isinstance(each, Observation))
    return bool(_unseen(candidate, rules)) or any(is_stale(candidate.record, each, rules) for each in states)


def _unseen(candidate: Candidate, rules: EntityRules) -> list[tuple[str, str]]:
    record, shown = candidate.record, candidate.shown
    return [(name, each.external_id) for name, each in shown.items() if may_be_unseen(record, name, each, rules)]


def _ask_for_unseen(parts: Parts, candidates: Sequence[Candidate], rules: EntityRules) -> None:
    """Have what was not shown looked for once more, where nothing else might tell that it is truly gone."""
    for candidate in candidates:
        for system, external_id in _unseen(candidate, rules):
            look_once_more(parts, system, candidate.record.entity, external_id)


def _absorb_news(parts: Parts, candidate: Candidate, rules: EntityRules) -> bool:
    """Absorb what a look at a candidate's links found changed or gone; tell whether the record moved."""
    for system, each in candidate.shown.items():
        observation = deleted(system, candidate.record.entity, each) if isinstance(each, Gone) else each
        if not isinstance(observation, Observation):
            continue
        absorbed = absorb(candidate.record, observation, rules, parts.clock.now())
        if absorbed.changed:
            save(parts, candidate.record, absorbed, rules)
            return True
    return False


def deleted(system: str, entity: str, gone: Gone) -> Observation:
    """Return the observation that a record is deleted in a system."""
    return Observation(system, entity, gone.external_id, deleted=True)


def _act(
    parts: Parts,
    question: _Question,
    rules: EntityRules,
    holders: Mapping[str, Holder],
    key_holders: Mapping[str, Holder],
) -> Outcome:
    observation, answer = question.observation, question.answer
    system, entity, external_id = observation.system, observation.entity, observation.external_id
    if isinstance(answer, Linked):
        merge = absorb_entered if is_entered(answer.record, observation, rules) else absorb
        return _write(parts, answer.record, merge(answer.record, observation, rules, parts.clock.now()), rules)
    if isinstance(answer, New):
        held = frozenset(key for key in question.keys if key in key_holders and key_holders[key].record_id)
        twins = {key_holders[key].record_id for key in held}
        answer = replace(
            answer, without_keys=answer.without_keys | held, suspects=tuple(sorted({*answer.suspects, *twins}))
        )
        return _create(parts, question, answer, rules, holders)
    if isinstance(answer, Park):
        note_parked(parts, parked(system, entity, external_id, answer.reason, parts.clock.now(), answer.candidates))
    elif isinstance(answer, WaitUntil):
        seconds = (answer.time - parts.clock.now()).total_seconds() + 1
        put_off(parts, system, entity, [Deferred(external_id, "a create is on its way there", seconds)])
    else:
        assert isinstance(answer, LookFirst)
        parts.messages.deliveries([Delivery(system, entity, each) for each in answer.record_ids])
        put_off(parts, system, entity, [Deferred(external_id, "a create there ended without an answer", LOOK_SECONDS)])
    return Outcome.DONE


def _is_parted(observation: Observation, holders: Mapping[str, Holder]) -> bool:
    """Tell whether an operator has said that it is a record of its own."""
    holder = holders.get(id_key(observation.system, observation.entity, observation.external_id))
    return holder is not None and holder.note is not None and holder.note.reason == PARTED


def _create(
    parts: Parts, question: _Question, answer: New, rules: EntityRules, holders: Mapping[str, Holder]
) -> Outcome:
    observation = question.observation
    holder = holders.get(id_key(observation.system, observation.entity, observation.external_id))
    generation = holder.generation if holder else 0
    name = record_id(observation.entity, observation.system, observation.external_id, generation)
    blank = Record(name, observation.entity, generation=generation, without_keys=answer.without_keys)
    absorbed = absorb(blank, observation, rules, parts.clock.now())
    twins = tuple(
        Decision(Verdict.DUPLICATE, observation.system, because=f"record {each} shows the same key")
        for each in answer.suspects
    )
    return _write(parts, blank, replace(absorbed, decisions=absorbed.decisions + twins), rules)


def _write(parts: Parts, before: Record, absorbed: Absorbed, rules: EntityRules) -> Outcome:
    key = id_key(absorbed.cause.system, before.entity, absorbed.cause.external_id)
    kept = save(parts, before, absorbed, rules, forgets=frozenset({key}))
    return Outcome.WRITTEN if isinstance(kept, Record) else Outcome.AGAIN
