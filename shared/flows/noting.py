"""What becomes of a hint that could not be absorbed: it waits, or a person is asked (SYNC §7.2).

The note at the identity item comes first, then the new message, and only then does the old message succeed; so a
crash between any two of them loses nothing, and the sweep finds the note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.core.keys import id_key
from shared.core.retry import ATTEMPTS, GRACE_SECONDS, back_off
from shared.core.stopping import is_set_aside, set_aside
from shared.core.turns import turn_of
from shared.flows.parts import Parts
from shared.flows.troubles import is_closed
from shared.ports.stores import Holder, Note, NoteKind
from shared.ports.system import Hint

LONGEST_DELAY_SECONDS = 900
"""The longest delay that the queue can give a message."""

PARTED = "an operator parted it from its record"
"""Why a partner's record waits that is to become a record of its own, whoever shows its keys."""

NOT_SHOWN = "the system did not show it, and may only not show it yet"
"""Why an id waits that a system which reads stale does not show: it is looked for once more."""

STALE_SECONDS = 10.0
"""How long what a system that reads stale does not show waits to be looked for again; half as long is no new look."""

STOPPED_SECONDS = 3600.0
"""How long something waits that cannot go on because another system, or another entity, is stopped."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """An id that waits: why, and how long at least; one that `gives_up` is parked after its attempts."""

    external_id: str
    reason: str
    wait_seconds: float | None = None
    gives_up: bool = False


def put_off(parts: Parts, system: str, entity: str, deferred: Sequence[Deferred]) -> None:
    """Note ids as waiting and send their hints again later; the delay grows, but not for ever (SYNC §7.5).

    What is to wait for longer than a message can is brought by the sweep; where the system is stopped, by the drain
    that follows its resume: one note, however long that takes.
    """
    if not deferred:
        return
    holders = parts.identities.holders([id_key(system, entity, each.external_id) for each in deferred])
    now = parts.clock.now()
    if is_closed(parts, system, entity):
        for each in deferred:
            _set_aside(parts, system, entity, each, holders)
        return
    by_delay: dict[int, list[Hint]] = {}
    for each in deferred:
        attempts = _attempts(holders, id_key(system, entity, each.external_id)) + 1
        if each.gives_up and attempts > ATTEMPTS:
            note_parked(parts, parked(system, entity, each.external_id, each.reason, now))
            continue
        until = back_off(now, attempts, parts.clock.jitter(), each.wait_seconds)
        delay = max(0, round((until - now).total_seconds()))
        due_at = now + timedelta(seconds=delay + GRACE_SECONDS)
        note = Note(NoteKind.WAITING, system, entity, each.external_id, each.reason, now, due_at, attempts)
        _note_waiting(parts, note, holders)
        if delay <= LONGEST_DELAY_SECONDS:
            by_delay.setdefault(delay, []).append(Hint(system, entity, each.external_id))
    for delay, hints in by_delay.items():
        parts.messages.changes(hints, delay)


def look_once_more(parts: Parts, system: str, entity: str, external_id: str) -> None:
    """Have what a system did not show looked for again, when that is no old state any more."""
    put_off(parts, system, entity, [Deferred(external_id, NOT_SHOWN, STALE_SECONDS)])


def was_gone_before(parts: Parts, holder: Holder | None) -> bool:
    """Tell whether a system did not show it some time ago either."""
    note = holder.note if holder else None
    if note is None or note.reason != NOT_SHOWN:
        return False
    return parts.clock.now() - note.since > timedelta(seconds=STALE_SECONDS / 2)


def note_parted(parts: Parts, system: str, entity: str, external_id: str) -> None:
    """Note, before it is parted from its record, that a partner's record becomes one of its own, should we die then."""
    now = parts.clock.now()
    due_at = now + timedelta(seconds=GRACE_SECONDS)
    note = Note(NoteKind.WAITING, system, entity, external_id, PARTED, now, due_at, last_at=now)
    parts.identities.note(id_key(system, entity, external_id), note)


def note_parked(parts: Parts, note: Note) -> None:
    """Note a partner's record as parked; one that is parked already keeps the time since when."""
    key = id_key(note.system, note.entity, note.external_id)
    holder = parts.identities.holders([key]).get(key)
    known = holder.note if holder else None
    since = known.since if known and known.kind is NoteKind.PARKED else note.since
    parts.identities.note(key, replace(note, since=since, last_at=note.since))
    parts.telemetry.tell("parked", system=note.system, entity=note.entity, id=note.external_id, reason=note.reason)


def parked(
    system: str, entity: str, external_id: str, reason: str, since: datetime, candidates: tuple[str, ...] = ()
) -> Note:
    """Return the note of a partner's record that needs a person."""
    return Note(NoteKind.PARKED, system, entity, external_id, reason, since, candidates=candidates)


def _note_waiting(parts: Parts, note: Note, holders: Mapping[str, Holder]) -> None:
    """Note an id as waiting; one that waits already keeps since when, one that was parked before, or is not shown for
    the first time, begins anew."""
    key = id_key(note.system, note.entity, note.external_id)
    holder = holders.get(key)
    known = holder.note if holder else None
    is_new = known is None or known.kind is not NoteKind.WAITING or NOT_SHOWN == note.reason != known.reason
    since = note.since if known is None or is_new else known.since
    parts.identities.note(key, replace(note, since=since, last_at=note.since))


def _set_aside(parts: Parts, system: str, entity: str, each: Deferred, holders: Mapping[str, Holder]) -> None:
    """Note that an id waits for a resume; one that is noted so already costs no write."""
    holder = holders.get(id_key(system, entity, each.external_id))
    if holder is not None and holder.note is not None and is_set_aside(holder.note.due_at):
        return
    now = parts.clock.now()
    due_at = set_aside(now, each.external_id, turn_of(entity, is_there=True))
    note = Note(NoteKind.WAITING, system, entity, each.external_id, each.reason, now, due_at)
    _note_waiting(parts, note, holders)


def _attempts(holders: Mapping[str, Holder], key: str) -> int:
    holder = holders.get(key)
    return holder.note.attempts if holder and holder.note else 0
