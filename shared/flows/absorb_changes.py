"""absorb_changes: hints become observations, observations are merged, one conditional write per record.

Per system and entity: read identities and records first, then fetch what a message could not prove, then resolve
references (unknown parents are absorbed first, in the same run), then merge or match each record by itself. A record
that somebody else was quicker with is taken up anew. What could not be absorbed is noted at its identity item and sent
again later (SYNC §7.2); its neighbours go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shared.core.absorb import Absorbed, absorb, is_believable, is_echo, is_stale, may_be_unseen
from shared.core.entities import PARENT_FIRST
from shared.core.keys import id_key
from shared.core.observations import Gone, Invalid, Observation, Shown, Trouble
from shared.core.records import Record
from shared.core.rules import EntityRules
from shared.core.stopping import SystemStatus
from shared.core.values import Reference
from shared.flows.asking import fetch, names_of, resolved
from shared.flows.drifting import notice
from shared.flows.matching import Outcome, deleted, match_unknown
from shared.flows.noting import (
    STOPPED_SECONDS,
    Deferred,
    look_once_more,
    note_parked,
    parked,
    put_off,
    was_gone_before,
)
from shared.flows.parts import Parts
from shared.flows.putting_off import counted_delay, is_no_budget
from shared.flows.saving import save
from shared.flows.troubles import is_closed, state_of
from shared.ports.stores import Holder, NoteKind
from shared.ports.system import Hint

ROUNDS = 5
"""How often one run takes up a record again that somebody else was quicker with."""

DEPTH = 3
"""How many generations of unknown parents one run absorbs before the hint waits."""


@dataclass(slots=True)
class _Group:
    """The hints of one system and entity: per external id the states that came along."""

    system: str
    entity: str
    rules: EntityRules
    depth: int
    states: dict[str, list[Observation]] = field(default_factory=dict)
    has_shown: bool = False

    def key(self, external_id: str) -> str:
        return id_key(self.system, self.entity, external_id)


@dataclass(frozen=True, slots=True)
class _Known:
    """What stands in the tables about the ids of a group, read before anything is fetched."""

    holders: Mapping[str, Holder]
    records: Mapping[str, Record]

    def record(self, key: str) -> Record | None:
        holder = self.holders.get(key)
        return self.records.get(holder.record_id) if holder else None

    def is_noted(self, key: str) -> bool:
        holder = self.holders.get(key)
        return holder is not None and holder.note is not None


def absorb_changes(parts: Parts, hints: Sequence[Hint], depth: int = 0) -> int:
    """Absorb hints; return how many records were written. What a partner or a record does raises nothing."""
    groups = _grouped(parts, hints, depth)
    written = sum(_absorb_group(parts, group) for group in groups)
    for group in groups:
        if group.has_shown:
            parts.activity.note_observed(group.system, group.entity, parts.clock.now())
    if written:
        parts.telemetry.count("ChangesAbsorbed", written)
    return written


def _grouped(parts: Parts, hints: Iterable[Hint], depth: int) -> list[_Group]:
    groups: dict[tuple[str, str], _Group] = {}
    for hint in hints:
        pair = (hint.system, hint.entity)
        if not parts.integration.takes_part(*pair):
            continue
        if pair not in groups:
            groups[pair] = _Group(*pair, parts.integration.rules(hint.entity), depth)
        groups[pair].states.setdefault(hint.external_id, []).extend([hint.observation] if hint.observation else [])
    return sorted(groups.values(), key=lambda group: PARENT_FIRST.index(group.entity))


def _absorb_group(parts: Parts, group: _Group) -> int:
    if state_of(parts, group.system, group.entity).status is SystemStatus.PAUSED:
        paused = [Deferred(each, f"{group.system} is paused") for each in group.states]
        put_off(parts, group.system, group.entity, paused)
        return 0
    waiting, written = _named(parts, group.states), 0
    for _ in range(ROUNDS):
        outcomes = _one_round(parts, group, waiting)
        written += sum(outcome is Outcome.WRITTEN for outcome in outcomes.values())
        waiting = {each: [] for each, outcome in outcomes.items() if outcome is Outcome.AGAIN}
        if not waiting:
            return written
    late = [Deferred(each, "somebody else was quicker each time") for each in waiting]
    put_off(parts, group.system, group.entity, late)
    return written


def _named(parts: Parts, states: Mapping[str, list[Observation]]) -> Mapping[str, list[Observation]]:
    """Return the states that came along with references resolved as far as they are known, by one read."""
    references = {ref for some in states.values() for state in some for ref in state.references()}
    if not references:
        return states
    names = names_of(parts, references)
    return {external_id: [state.resolved(names) for state in some] for external_id, some in states.items()}


def _one_round(parts: Parts, group: _Group, waiting: Mapping[str, list[Observation]]) -> dict[str, Outcome]:
    """Take each waiting id up once; an id without an outcome is an echo, or was put off."""
    known = _read(parts, group, waiting)
    notice(parts, group.system, group.entity, [state for states in waiting.values() for state in states])
    shown = _believed(group, waiting, known)
    echoes = _echoes(group, waiting, known)
    shown.update(_fetched(parts, group, [each for each in waiting if each not in shown and each not in echoes]))
    group.has_shown = group.has_shown or bool(shown)
    whole, orphans = _resolve(parts, group, shown)
    outcomes: dict[str, Outcome] = {}
    unknown: list[Observation] = []
    for external_id, each in whole.items():
        record = known.record(group.key(external_id))
        if isinstance(each, Invalid):
            _park_invalid(parts, group, each)
        elif record is not None:
            outcomes[external_id] = _merge(parts, group, record, each, known)
        elif isinstance(each, Observation) and not each.deleted and external_id not in orphans:
            unknown.append(each)
        elif external_id not in orphans:
            parts.identities.forget([group.key(external_id)])
    outcomes.update(match_unknown(parts, unknown, group.rules, known.holders))
    _put_off_orphans(parts, group, orphans)
    return outcomes


def _read(parts: Parts, group: _Group, ids: Iterable[str]) -> _Known:
    holders = parts.identities.holders([group.key(each) for each in ids])
    records = parts.records.get({holder.record_id for holder in holders.values() if holder.record_id})
    return _Known(holders, records)


def _echoes(group: _Group, waiting: Mapping[str, list[Observation]], known: _Known) -> frozenset[str]:
    """Return the ids whose messages show only what was seen; those end without a call (SYNC §2.2)."""
    found = []
    for external_id, states in waiting.items():
        record = known.record(group.key(external_id))
        is_plain = record is not None and states and not known.is_noted(group.key(external_id))
        if is_plain and record is not None and all(is_echo(record, state, group.rules) for state in states):
            found.append(external_id)
    return frozenset(found)


def _believed(group: _Group, waiting: Mapping[str, list[Observation]], known: _Known) -> dict[str, Shown]:
    """Return the states that need no fetch, because their revision proves them newer than all that was seen."""
    found: dict[str, Shown] = {}
    for external_id, states in waiting.items():
        record = known.record(group.key(external_id))
        provable = [state for state in states if record is not None and is_believable(record, state)]
        if provable:
            found[external_id] = max(provable, key=_order)
    return found


def _order(state: Observation) -> int:
    return (state.revision.order or 0) if state.revision else 0


def _fetched(parts: Parts, group: _Group, ids: Sequence[str]) -> Mapping[str, Shown]:
    if not ids:
        return {}
    shown = fetch(parts, group.system, group.entity, ids)
    if isinstance(shown, Trouble) and is_no_budget(shown) and not group.depth:
        hints = [Hint(group.system, group.entity, each) for each in ids]
        parts.messages.changes(hints, counted_delay(parts, shown, len(hints)))
        return {}
    if isinstance(shown, Trouble):
        late = [Deferred(each, shown.code, shown.wait_seconds) for each in ids]
        put_off(parts, group.system, group.entity, late)
        return {}
    return shown


def _resolve(
    parts: Parts, group: _Group, shown: Mapping[str, Shown]
) -> tuple[dict[str, Shown], dict[str, frozenset[Reference]]]:
    """Return what is shown with references resolved, and the ids that refer to what nobody knows.

    Unknown parents are absorbed first, in bulk, in this very run.
    """
    whole = resolved(parts, shown)
    missing = {ref for each in whole.values() if isinstance(each, Observation) for ref in each.references()}
    if missing and group.depth < DEPTH:
        parents = [Hint(ref.system, ref.entity, ref.external_id) for ref in sorted(missing)]
        absorb_changes(parts, parents, group.depth + 1)
        whole = resolved(parts, whole)
    orphans = {
        external_id: each.references()
        for external_id, each in whole.items()
        if isinstance(each, Observation) and each.references()
    }
    return whole, orphans


def _put_off_orphans(parts: Parts, group: _Group, orphans: Mapping[str, frozenset[Reference]]) -> None:
    """A parked parent parks its children with that reason; any other is waited for, but not for ever if it is gone."""
    if not orphans:
        return
    keys = {id_key(r.system, r.entity, r.external_id) for references in orphans.values() for r in references}
    holders = parts.identities.holders(keys)
    late = []
    for external_id, references in orphans.items():
        notes = [holders[k].note for r in references if (k := id_key(r.system, r.entity, r.external_id)) in holders]
        reasons = [note.reason for note in notes if note is not None and note.kind is NoteKind.PARKED]
        if reasons:
            why = f"what it refers to is parked: {reasons[0]}"
            note_parked(parts, parked(group.system, group.entity, external_id, why, parts.clock.now()))
        else:
            is_awaited = any(note is not None for note in notes)
            is_stopped = any(is_closed(parts, r.system, r.entity) for r in references)
            wait = STOPPED_SECONDS if is_stopped else None
            late.append(Deferred(external_id, "what it refers to is not known yet", wait, not is_awaited))
    put_off(parts, group.system, group.entity, late)


def _merge(parts: Parts, group: _Group, record: Record, shown: Shown, known: _Known) -> Outcome:
    observation = deleted(group.system, group.entity, shown) if isinstance(shown, Gone) else shown
    assert isinstance(observation, Observation)
    key = group.key(observation.external_id)
    if is_stale(record, observation, group.rules):
        put_off(
            parts, group.system, group.entity, [Deferred(observation.external_id, "the system showed an old state")]
        )
        return Outcome.DONE
    if may_be_unseen(record, group.system, shown, group.rules) and not was_gone_before(parts, known.holders.get(key)):
        look_once_more(parts, group.system, group.entity, observation.external_id)
        return Outcome.DONE
    absorbed = absorb(record, observation, group.rules, parts.clock.now())
    forgets = frozenset({key}) if known.is_noted(key) and not observation.references() else frozenset()
    if not absorbed.changed:
        _note_twins(parts, group, observation, absorbed)
        if forgets and not absorbed.decisions:
            parts.identities.forget(forgets)
        return Outcome.DONE
    kept = save(parts, record, absorbed, group.rules, forgets)
    return Outcome.WRITTEN if isinstance(kept, Record) else Outcome.AGAIN


def _note_twins(parts: Parts, group: _Group, observation: Observation, absorbed: Absorbed) -> None:
    """List a second live record of one system, which is never merged in, with the record that it may double."""
    for decision in absorbed.decisions:
        note = parked(group.system, group.entity, observation.external_id, decision.because, parts.clock.now())
        note_parked(parts, replace(note, candidates=(absorbed.record.id,)))


def _park_invalid(parts: Parts, group: _Group, shown: Invalid) -> None:
    note = parked(group.system, group.entity, shown.external_id, shown.reason, parts.clock.now())
    note_parked(parts, replace(note, field=shown.field))
