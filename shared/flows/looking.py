"""Looks: what does the system show right now of a record that is about to be, or may have been, written there?

Three kinds. Before a create: by our reference, then by the match keys (SYNC §4). Before a write without an exact
precondition: by id. After an intent whose lease ended without an answer: by id or reference, or, where the partner
cannot be asked, by a complete listing (SYNC §5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.core.entities import referred
from shared.core.keys import REFERENCE, id_key, match_key
from shared.core.observations import Invalid, Next, Observation, Shown, Trouble
from shared.core.records import Record
from shared.core.rules import MatchKey
from shared.core.values import Reference, Value
from shared.flows.asking import closed, fetch, resolved
from shared.flows.round import Round
from shared.flows.troubles import heed, may_call
from shared.ports.system import Key

_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a look for a record by reference and keys brought: its own, one that may be linked, or several.

    `disputed` are those that show a key of the record which one of its rows elsewhere does not show.
    """

    ours: tuple[Observation, ...] = ()
    free: tuple[Observation, ...] = ()
    unreadable: tuple[str, ...] = ()
    disputed: tuple[Observation, ...] = ()

    @property
    def candidates(self) -> tuple[str, ...]:
        """Return the external ids of everything that may be the record."""
        return (*(each.external_id for each in (*self.ours, *self.free)), *self.unreadable)


def look_by_id(round_: Round, records: Sequence[Record]) -> Mapping[str, Shown] | Trouble:
    """Return per record id what the system shows for its link, references resolved."""
    ids = {str(record.link(round_.system).external_id): record.id for record in records}
    shown = fetch(round_.parts, round_.system, round_.entity, list(ids))
    if isinstance(shown, Trouble):
        return shown
    return {ids[each]: what for each, what in resolved(round_.parts, shown).items() if each in ids}


def can_be_asked(round_: Round, record: Record) -> bool:
    """Tell whether the system knows for certain if it holds a record: by our reference, or by a unique match key."""
    unique = {key.name for key in round_.rules.identity if key.unique}
    keys = _keys(round_, record, _names(round_, [record]))
    return round_.able.carries_reference or any(key.name in unique for key in keys)


def look_by_keys(round_: Round, records: Sequence[Record]) -> Mapping[str, Found] | Trouble:
    """Return per record id what the system shows under our reference or the record's match keys, in bulk."""
    names = _names(round_, records)
    wanted = {record.id: _keys(round_, record, names) for record in records}
    keys = list(dict.fromkeys(key for some in wanted.values() for key in some))
    if not keys:
        return {record.id: Found() for record in records}
    if not may_call(round_.parts, round_.system, round_.entity):
        return closed(round_.parts, round_.system, round_.entity)
    answer = round_.parts.systems.system(round_.system).find(round_.entity, keys)
    if isinstance(answer, Trouble):
        heed(round_.parts, round_.system, answer)
        return answer
    shown = _whole(round_, answer)
    held = _held(round_, [each.external_id for some in shown.values() for each in some])
    return {record.id: _found(record, wanted[record.id], shown, held) for record in records}


def list_unlinked(round_: Round) -> list[Observation] | Trouble:
    """Return, from a complete listing, every record of the system that no record of ours is linked to."""
    system, cursor = round_.parts.systems.system(round_.system), None
    shown: dict[str, Observation | Invalid | None] = {}
    for _ in range(_PAGES):
        page = system.list(round_.entity, cursor)
        if isinstance(page, Trouble):
            heed(round_.parts, round_.system, page)
            return page
        shown.update({entry.external_id: entry.shown for entry in page.entries})
        cursor = page.next_cursor
        if not page.more:
            break
    else:
        return Trouble(Next.RETRYABLE, "a listing without an end")
    held = _held(round_, list(shown))
    free = [each for each in shown if each not in held]
    bare = [each for each in free if not _is_whole(shown[each])]
    fetched = fetch(round_.parts, round_.system, round_.entity, bare) if bare else {}
    if isinstance(fetched, Trouble):
        return fetched
    known = {each: what for each in free if (what := shown[each]) is not None}
    whole = resolved(round_.parts, {**known, **fetched})
    return [each for each in whole.values() if isinstance(each, Observation)]


def _is_whole(shown: Observation | Invalid | None) -> bool:
    return isinstance(shown, Observation) and shown.complete


def _keys(round_: Round, record: Record, names: Mapping[str, Reference]) -> list[Key]:
    """Return what the system can be asked for: our reference, and the match keys that it can look up.

    While a create is open these are also the keys as they were sent, whatever the record holds by now.
    """
    keys = [Key(REFERENCE, (record.id,))] if round_.able.carries_reference else []
    for each in round_.rules.identity:
        if each.name not in round_.able.keys:
            continue
        values = tuple(_outward(record, path, names) for path in each.paths)
        if all(value not in (None, "") for value in values):
            keys.append(Key(each.name, values))
        keys.extend(_sent_keys(round_, record, each))
    return keys


def _sent_keys(round_: Round, record: Record, key: MatchKey) -> list[Key]:
    intent = record.link(round_.system).intent
    if intent is None or len(key.paths) > 1:
        return []
    now = match_key(record.entity, key, record.value)
    sent = (text.split("/", 3) for text in intent.keys if text != now)
    return [Key(key.name, (parts[3],)) for parts in sent if parts[2] == key.name]


def _outward(record: Record, path: str, names: Mapping[str, Reference]) -> Value:
    value = record.value(path)
    return names.get(str(value)) if referred(record.entity, path) else value


def _names(round_: Round, records: Sequence[Record]) -> dict[str, Reference]:
    """Return, for every record that a match key refers to, what the system calls it."""
    paths = {
        path: target for key in round_.rules.identity for path in key.paths if (target := referred(round_.entity, path))
    }
    wanted = {str(record.value(path)) for record in records for path in paths if record.value(path)}
    found = round_.parts.records.get(wanted) if wanted else {}
    return {
        each.id: Reference(round_.system, each.entity, str(each.link(round_.system).external_id))
        for each in found.values()
        if each.link(round_.system).external_id
    }


def _whole(
    round_: Round, answer: Mapping[Key, tuple[Observation | Invalid, ...]]
) -> dict[Key, tuple[Observation | Invalid, ...]]:
    """Return an answer with the references in it resolved."""
    flat = {each.external_id: each for some in answer.values() for each in some}
    whole = resolved(round_.parts, flat)
    return {
        key: tuple(what for each in some if isinstance(what := whole[each.external_id], Observation | Invalid))
        for key, some in answer.items()
    }


def _held(round_: Round, ids: Sequence[str]) -> Mapping[str, str]:
    """Return which of these external ids are linked to a record of ours, and to which."""
    keys = {id_key(round_.system, round_.entity, each): each for each in ids}
    holders = round_.parts.identities.holders(keys)
    return {keys[key]: holder.record_id for key, holder in holders.items() if holder.record_id}


def _found(
    record: Record,
    keys: Sequence[Key],
    shown: Mapping[Key, tuple[Observation | Invalid, ...]],
    held: Mapping[str, str],
) -> Found:
    mine: dict[str, Observation] = {}
    free: dict[str, Observation] = {}
    unreadable: set[str] = set()
    for key in keys:
        for each in shown.get(key, ()):
            if held.get(each.external_id, record.id) != record.id:
                continue
            if isinstance(each, Invalid):
                unreadable.add(each.external_id)
            elif key.name == REFERENCE or each.reference == record.id:
                mine[each.external_id] = each
            elif each.reference is None:
                free[each.external_id] = each
    others = {name: each for name, each in free.items() if name not in mine}
    return Found(tuple(mine.values()), tuple(others.values()), tuple(sorted(unreadable)))
