"""match: whose record is this? (SYNC §3)

Asked only for a partner's record that no identity item knows. The flow brings the candidates that our reference or a
match key names, and the creates that are open in that system; what must be looked at first is answered as such.
A key match links only what is surely the same: no tombstone, every live link still shows the key, nothing live there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from shared.core.keys import match_key
from shared.core.observations import Gone, Observation, Shown
from shared.core.paths import listed
from shared.core.recognise import equals_sent, may_be
from shared.core.records import Record, Verb
from shared.core.rules import EntityRules, MatchKey

IN_DOUBT = "it may be what a create without an answer made"
"""Why an unknown record is parked that shows what such a create sent."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be meant: by our own reference or by match keys (as text), and what its links show now."""

    record: Record
    by_reference: bool = False
    by_keys: frozenset[str] = frozenset()
    shown: Mapping[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """A create that is open in the observing system: whose it is, and until when its lease runs."""

    record: Record
    until: datetime


@dataclass(frozen=True, slots=True)
class Linked:
    """It is this record."""

    record: Record


@dataclass(frozen=True, slots=True)
class New:
    """It is a record of its own; keys that others hold are left to them, and both are suspected duplicates."""

    without_keys: frozenset[str] = frozenset()
    suspects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Park:
    """A person must say whose it is."""

    candidates: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """First look at these, (system, external id): links, and the unknown record itself once more.

    It was fetched before the candidates were read. Meanwhile it may have been deleted, and the candidate's made there;
    or it gave its key away, and the candidate is who has it now (seed 1087682). Only one look at all of them tells.
    """

    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """A create is on its way there: ask again when its lease has ended."""

    time: datetime


@dataclass(frozen=True, slots=True)
class LookFirst:
    """A create ended without an answer: look for that record there first, then match again."""

    record_ids: tuple[str, ...]


Match: TypeAlias = Linked | New | Park | Fetch | WaitUntil | LookFirst


def match(
    observation: Observation,
    candidates: Sequence[Candidate],
    rules: EntityRules,
    now: datetime,
    open_creates: Sequence[Open] = (),
) -> Match:
    """Decide whose record an unknown partner record is; pure, and the same for any order of the candidates."""
    system = observation.system
    alive = sorted((c for c in candidates if c.record.tombstone is None), key=lambda c: c.record.id)
    waiting = _await_creates([c.record for c in sorted(candidates, key=lambda c: c.record.id)], system, now)
    if waiting is not None:
        return waiting
    unseen = {link for c in alive for link in _to_look_at(c, observation, rules)}
    if unseen:
        return Fetch(tuple(sorted({*unseen, (system, observation.external_id)})))
    meant = [c for c in alive if c.by_reference or is_shown_by_all(c.by_keys, c.shown.values(), rules)]
    free = [c for c in meant if not _stands_there(c, system)]
    buried = [c for c in candidates if c.record.tombstone is not None and c.by_reference]
    asked = {c.record.id for c in (*free, *buried) if _is_one_of_several(c, observation, rules)}
    if asked:
        asked |= _sent_with_its_key(open_creates, observation, rules)
        return Park(tuple(sorted(asked)), "a person is asked which of several it is")
    taken = [c for c in meant if _stands_there(c, system)]
    if len(free) == 1:
        return _await_others(free[0], observation, rules, now, open_creates) or Linked(free[0].record)
    if free:
        several = {c.record.id for c in free} | _sent_with_its_key(open_creates, observation, rules)
        return Park(tuple(sorted(several)), "several records may be meant")
    if any(_unique_names(c, rules) for c in taken):
        return Park(tuple(c.record.id for c in taken), "a unique key stands there twice")
    return _new(observation, taken, rules, now, open_creates)


def observed_keys(observation: Observation, rules: EntityRules) -> Mapping[str, MatchKey]:
    """Return the match keys that an observation shows, as text."""
    found = {match_key(observation.entity, key, observation.fields.get): key for key in rules.identity}
    return {text: key for text, key in found.items() if text is not None}


def is_shown_by_all(keys: Iterable[str], shown: Iterable[Shown], rules: EntityRules) -> bool:
    """Tell whether one of a record's match keys (as text) is shown by every row of it that can show it (F11)."""
    rows, named = tuple(shown), {key.name: key for key in rules.identity}
    known = {text: named[text.split("/")[2]] for text in keys if text.split("/")[2] in named}
    return any(all(_shows(row, text, key, rules) for row in rows) for text, key in known.items())


def _new(
    observation: Observation,
    taken: Sequence[Candidate],
    rules: EntityRules,
    now: datetime,
    open_creates: Sequence[Open],
) -> Match:
    if not rules.may_create(observation.system):
        return Park((), f"first seen in {observation.system}, which may not create it")
    if not rules.systems[observation.system].carries_reference:
        waiting = _await_unreferenced(observation, open_creates, now)
        if waiting is not None:
            return waiting
    without = frozenset(key for c in taken for key in c.by_keys)
    return New(without, tuple(c.record.id for c in taken))


def _await_creates(records: Sequence[Record], system: str, now: datetime) -> WaitUntil | LookFirst | None:
    """The webhook of what we just created regularly overtakes confirm: never park it, never make it new.

    A create that a person is asked about is not awaited: what shows its key is linked.
    """
    links = ((record, record.link(system)) for record in records)
    creating = ((record, link.intent) for record, link in links if link.parked is None)
    return _await_open([Open(r, i.until) for r, i in creating if i is not None and i.verb is Verb.CREATE], now)


def _await_others(
    candidate: Candidate, observation: Observation, rules: EntityRules, now: datetime, creates: Sequence[Open]
) -> WaitUntil | LookFirst | Park | None:
    """Where a partner does not carry our reference, a key does not tell whether another record was just made there.

    Nor does it while a person is asked about another record's create that was sent with that key, or about its own.
    """
    if rules.systems[observation.system].carries_reference or candidate.by_reference:
        return None
    others = [each for each in creates if each.record.id != candidate.record.id]
    left = [each for each in others if each.record.link(observation.system).parked is not None]
    doubtful = _sent_with_its_key(left, observation, rules)
    if doubtful or _may_stand_elsewhere(candidate, observation, rules):
        return Park(tuple(sorted({candidate.record.id, *doubtful})), IN_DOUBT)
    return _await_open([each for each in others if each not in left], now)


def _sent_with_its_key(creates: Sequence[Open], observation: Observation, rules: EntityRules) -> frozenset[str]:
    """Return the records whose creates in doubt were sent with a match key that an unknown record shows, whoever has
    the key by now: a person who is asked about it must be told of each."""
    shown = observed_keys(observation, rules)
    links = ((each.record.id, each.record.link(observation.system)) for each in creates)
    doubtful = ((name, link.intent) for name, link in links if link.parked is not None)
    return frozenset(name for name, intent in doubtful if intent is not None and not intent.keys.isdisjoint(shown))


def _is_one_of_several(candidate: Candidate, observation: Observation, rules: EntityRules) -> bool:
    """Tell whether a person must choose: a look found this one beside others, or it shows our reference as those do (a
    clone does), or only the record's key, while of those one is what a create of ours made (seed 25979).

    They must also where the record was deleted meanwhile: as a record of its own this one would bring it back.
    """
    link = candidate.record.link(observation.system)
    if link.parked is None or len(link.parked.candidates) < 2:
        return False
    is_found = observation.external_id in link.parked.candidates
    has_ours = rules.systems[observation.system].carries_reference and bool(link.echoes)
    return is_found or candidate.by_reference or has_ours


def _await_unreferenced(observation: Observation, creates: Sequence[Open], now: datetime) -> Match | None:
    """Where a partner does not carry our reference, nothing is new while it may be what an open create made."""
    left = [each for each in creates if each.record.link(observation.system).parked is not None]
    doubtful = tuple(sorted(each.record.id for each in left if may_be(each.record, observation)))
    if doubtful:
        return Park(doubtful, IN_DOUBT)
    return _await_open([each for each in creates if each not in left], now)


def _may_stand_elsewhere(candidate: Candidate, observation: Observation, rules: EntityRules) -> bool:
    """Tell whether a key that two may share does not prove that this is what a create in doubt made: it shows something
    else than was sent, and no look ever saw it, so what was made may stand beside it, unseen too."""
    link = candidate.record.link(observation.system)
    if link.intent is None or link.intent.verb is not Verb.CREATE or link.parked is None:
        return False
    is_seen = observation.external_id in link.parked.candidates
    return not is_seen and not _unique_names(candidate, rules) and not equals_sent(candidate.record, observation)


def _await_open(creates: Sequence[Open], now: datetime) -> WaitUntil | LookFirst | None:
    running = [create.until for create in creates if create.until > now]
    if running:
        return WaitUntil(max(running))
    return LookFirst(tuple(sorted(create.record.id for create in creates))) if creates else None


def _to_look_at(candidate: Candidate, observation: Observation, rules: EntityRules) -> list[tuple[str, str]]:
    """Return the live links that must be fetched: all that can show the key, and the one in the observing system; and
    a link of any state that has the unknown record by now."""
    system, itself = observation.system, (observation.system, observation.external_id)
    return [
        (name, link.external_id)
        for name, link in candidate.record.links.items()
        if link.external_id
        and (link.is_live or (name, link.external_id) == itself)
        and name not in candidate.shown
        and name in rules.systems
        and (name == system or (not candidate.by_reference and rules.systems[name].can_read))
    ]


def _shows(shown: Shown, text: str, key: MatchKey, rules: EntityRules) -> bool:
    if not isinstance(shown, Observation):
        return isinstance(shown, Gone)
    if not all(listed(rules.systems[shown.system].carries, path) for path in key.paths):
        return True
    return match_key(shown.entity, key, shown.fields.get) == text


def _stands_there(candidate: Candidate, system: str) -> bool:
    return candidate.record.link(system).is_live and not isinstance(candidate.shown.get(system), Gone)


def _unique_names(candidate: Candidate, rules: EntityRules) -> bool:
    unique = {key.name for key in rules.identity if key.unique}
    return any(text.split("/")[2] in unique for text in candidate.by_keys)
