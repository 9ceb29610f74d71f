"""reconcile: list a system, compare with what was seen, queue only the drift (ARCHITECTURE §3).

A first load is a reconcile against an empty table. A long listing goes on in a new message, page by page. Only after
a complete listing is an absence a reason to ask for a record, and never for more of them than the cap (SYNC §2.8).
Last, what the system does not have at all, because it joined later or a message was lost, is queued for delivery.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from shared.core.absorb import is_echo
from shared.core.keys import id_key
from shared.core.observations import Gone, Observation, Shown, Trouble
from shared.core.owed import owed_digests
from shared.core.records import LinkState, Record
from shared.core.retry import GRACE_SECONDS
from shared.core.rules import EntityRules
from shared.flows.asking import fetch, resolved
from shared.flows.drifting import look_over
from shared.flows.noting import note_parked, parked
from shared.flows.parts import Parts
from shared.flows.putting_off import counted_delay, is_no_budget
from shared.flows.troubles import heed, may_call
from shared.ports.messages import Delivery, Poll
from shared.ports.stores import Holder, Note, NoteKind
from shared.ports.system import Entry, Hint

PAGES_PER_RUN = 100
"""How many pages one run compares before it queues the rest of itself."""

MISSING = "missing in a complete listing, beyond the cap of deletes per run"
NEW_RULES = "the settings are new since it was read"
_SOME = 500


def start_reconcile(parts: Parts) -> int:
    """Queue a reconcile of every system and entity that can be listed; return how many.

    What is set aside is walked through as well, in case the note that a stop has ended was lost.
    """
    run = parts.clock.new_id()
    parts.stopping.begin_drain(run)
    pairs = [pair for pair in parts.integration.pairs() if parts.integration.strand(*pair).listed]
    parts.messages.reconciles([Poll(system, entity, f"{run}/{system}/{entity}") for system, entity in pairs])
    return len(pairs)


def reconcile(parts: Parts, poll: Poll) -> int:
    """Compare some pages of a listing and queue the drift; return how many hints were queued."""
    pair = (poll.system, poll.entity)
    if not parts.integration.takes_part(*pair) or not may_call(parts, *pair):
        return 0
    if poll.page == 0:
        look_over(parts, *pair)
    rules = parts.integration.rules(poll.entity).version
    run = _run(poll.run or f"{parts.clock.new_id()}/{poll.system}/{poll.entity}", rules)
    is_new = parts.states.read_by(*pair) != rules
    cursor, queued = poll.cursor, 0
    for page in range(poll.page, poll.page + PAGES_PER_RUN):
        listing = parts.systems.system(poll.system).list(poll.entity, cursor)
        if isinstance(listing, Trouble):
            heed(parts, poll.system, listing)
            if is_no_budget(listing):
                rest = replace(poll, run=run, cursor=cursor, page=page)
                parts.messages.reconciles([rest], counted_delay(parts, listing))
            return queued
        queued += _queue_drift(parts, poll, listing.entries, is_new=is_new)
        parts.states.keep_page(run, page, [entry.external_id for entry in listing.entries])
        cursor = listing.next_cursor
        if not listing.more:
            missing = _missing(parts, poll, parts.states.pages(run))
            queued += _queue_missing(parts, poll, missing or {}, is_new=is_new)
            _queue_owed(parts, poll)
            if is_new and missing is not None and run.endswith(f"/{rules}"):
                parts.states.note_read(*pair, rules)
            return queued
    parts.messages.reconciles([replace(poll, run=run, cursor=cursor, page=poll.page + PAGES_PER_RUN)])
    return queued


def _run(run: str, rules: str) -> str:
    """Return the name of a run with the version of the rules that it began by: only one that ends by the same one has
    read the whole system by them."""
    return run if run.count("/") > 2 else f"{run}/{rules}"


def _queue_drift(parts: Parts, poll: Poll, entries: Sequence[Entry], *, is_new: bool) -> int:
    """Queue what has drifted; all of it where the rules are new since the system was last read whole: they may map or
    decide what nobody looked at, and no revision tells that."""
    holders = parts.identities.holders([id_key(poll.system, poll.entity, each.external_id) for each in entries])
    records = parts.records.get({holder.record_id for holder in holders.values() if holder.record_id})
    whole = resolved(parts, {each.external_id: each.shown for each in entries if each.shown is not None})
    rules = parts.integration.rules(poll.entity)
    states = (replace(each, shown=_state(whole.get(each.external_id))) for each in entries)
    drifted = [each for each in states if is_new or _has_drifted(poll, each, holders, records, rules)]
    hints = [Hint(poll.system, poll.entity, each.external_id) for each in drifted]
    if is_new:
        _note_unread(parts, poll, [each.external_id for each in entries])
    if hints:
        parts.messages.changes(hints)
    return len(hints)


def _note_unread(parts: Parts, poll: Poll, ids: Collection[str]) -> None:
    """Note what is linked as waiting to be read by new rules: nothing else would tell, if its hint were lost."""
    now = parts.clock.now()
    due_at = now + timedelta(seconds=GRACE_SECONDS)
    holders = parts.identities.holders([id_key(poll.system, poll.entity, each) for each in ids])
    for each in ids:
        key = id_key(poll.system, poll.entity, each)
        holder = holders.get(key)
        if holder is not None and holder.record_id and holder.note is None:
            note = Note(NoteKind.WAITING, poll.system, poll.entity, each, NEW_RULES, now, due_at, last_at=now)
            parts.identities.note(key, note)


def _state(shown: Shown | None) -> Observation | None:
    return shown if isinstance(shown, Observation) else None


def _has_drifted(
    poll: Poll, entry: Entry, holders: Mapping[str, Holder], records: Mapping[str, Record], rules: EntityRules
) -> bool:
    """Tell whether a listed record is unknown, waits, shows anything but what was seen, or leaves a question open: an
    edit elsewhere may tell by now which of our elements one of its own is (seed 1052204).

    An equal exact revision proves that nothing changed only where it covers all fields.
    """
    holder = holders.get(id_key(poll.system, poll.entity, entry.external_id))
    record = records.get(holder.record_id) if holder else None
    if holder is None or record is None or holder.note is not None:
        return True
    link = record.link(poll.system)
    if not link.is_live or link.external_id != entry.external_id or link.ambiguous:
        return True
    if isinstance(entry.shown, Observation) and is_echo(record, entry.shown, rules):
        return False
    covers_all = not rules.systems[poll.system].uncovered
    is_proof = covers_all and entry.revision is not None and entry.revision.exact
    return not is_proof or link.revision != entry.revision


def _missing(parts: Parts, poll: Poll, listed: frozenset[str]) -> Mapping[str, Shown] | None:
    """Ask for every linked id that a complete listing lacks; none if the system could not be asked."""
    alive = _still_live(parts, poll, [each for each in _links(parts, poll.system, poll.entity) if each not in listed])
    shown = fetch(parts, poll.system, poll.entity, alive) if alive else {}
    return None if isinstance(shown, Trouble) else {each: shown[each] for each in alive if each in shown}


def _queue_missing(parts: Parts, poll: Poll, missing: Mapping[str, Shown], *, is_new: bool) -> int:
    """Queue what a listing left out, and what is surely gone up to the cap; more of that waits for a person.

    Under new rules both wait to be read: what is gone today may be back tomorrow, with the revision that it had.
    """
    cap = parts.integration.rules(poll.entity).max_deletes_per_run
    gone = [each for each, shown in missing.items() if isinstance(shown, Gone)]
    there = [each for each in missing if each not in gone]
    for each in gone[cap:]:
        note_parked(parts, parked(poll.system, poll.entity, each, MISSING, parts.clock.now()))
    asked = [*there, *gone[:cap]]
    hints = [Hint(poll.system, poll.entity, each) for each in asked]
    if is_new:
        _note_unread(parts, poll, asked)
    if hints:
        parts.messages.changes(hints)
    return len(hints)


def _links(parts: Parts, system: str, entity: str) -> dict[str, str]:
    """Return every external id of a system that a record is linked to, with the record's id."""
    found: dict[str, str] = {}
    after: str | None = None
    while page := parts.identities.linked(system, entity, after, _SOME):
        found.update(page)
        after = max(page)
    return found


def _still_live(parts: Parts, poll: Poll, ids: Iterable[str]) -> list[str]:
    """Return those ids whose links are live and that do not wait for a person already."""
    wanted = list(ids)
    holders = parts.identities.holders([id_key(poll.system, poll.entity, each) for each in wanted])
    records = parts.records.get({holder.record_id for holder in holders.values() if holder.record_id})
    return [each for each in wanted if _is_live(poll, each, holders, records)]


def _is_live(poll: Poll, external_id: str, holders: Mapping[str, Holder], records: Mapping[str, Record]) -> bool:
    holder = holders.get(id_key(poll.system, poll.entity, external_id))
    record = records.get(holder.record_id) if holder else None
    if holder is None or record is None or (holder.note is not None and holder.note.kind is NoteKind.PARKED):
        return False
    link = record.link(poll.system)
    return link.is_live and link.external_id == external_id


def _queue_owed(parts: Parts, poll: Poll) -> None:
    """Queue what the system is owed by records that stand elsewhere: it may have joined after they were written."""
    rules = parts.integration.rules(poll.entity)
    stand_here = frozenset(_links(parts, poll.system, poll.entity).values())
    ids = {
        record
        for other in rules.systems
        if other != poll.system
        for record in _links(parts, other, poll.entity).values()
    }
    for some in _chunks(sorted(ids), _SOME):
        records = parts.records.get(some).values()
        owing = [each for each in records if _owes(each, poll.system, rules) and not _is_lost(each, poll, stand_here)]
        if owing:
            parts.messages.deliveries([Delivery(poll.system, poll.entity, record.id) for record in owing])


def _owes(record: Record, system: str, rules: EntityRules) -> bool:
    """Tell whether a record owes the system something that no due time stands for, or a parent parked it."""
    link = record.link(system)
    by_parent = link.parked is not None and link.parked.parent is not None
    return by_parent or (link.due_at is None and link.parked is None and bool(owed_digests(record, system, rules)))


def _is_lost(record: Record, poll: Poll, stand_here: frozenset[str]) -> bool:
    """Tell whether only the link of a record was lost: its identity item says that it stands there, so that the hint
    of this very listing links it again, where a create could double it."""
    return record.link(poll.system).state is LinkState.EMPTY and record.id in stand_here


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
