"""plan_delivery and the intent: what is owed, whether it may be sent now, and the note that says so (SYNC §4, §5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from shared.core.commands import Archive, Command, Create, Update
from shared.core.entities import referred
from shared.core.forms import stored_form
from shared.core.keys import match_keys
from shared.core.observations import Revision
from shared.core.owed import is_archive_owed, owed, owed_digests
from shared.core.paths import any_role, element_of, listed, pattern
from shared.core.records import Intent, Link, LinkState, Parked, Record, Sent, Verb
from shared.core.replacing import replace
from shared.core.retry import ATTEMPTS, back_off
from shared.core.rules import EntityRules, SystemRules
from shared.core.settle import settle
from shared.core.values import Reference, Value, digest


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing may or needs to be sent now."""


@dataclass(frozen=True, slots=True)
class Look:
    """An intent's lease has ended without an answer: look first, never send again blindly."""

    intent: Intent


@dataclass(frozen=True, slots=True)
class WaitFor:
    """A parent is not there yet."""

    record_id: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """A parent will not come there by itself: park with its reason."""

    record_id: str
    reason: str


Plan: TypeAlias = Create | Update | Archive | Nothing | Look | WaitFor | Blocked


def plan_delivery(
    record: Record, system: str, parents: Mapping[str, Link | None], rules: EntityRules, now: datetime
) -> Plan:
    """Decide what a system is to be told about a record now.

    `parents` gives, for every record that owed references name, its link in that system; nothing for a record that
    does not exist.
    """
    link = record.link(system)
    if system not in rules.systems or link.state in (LinkState.DETACHED, LinkState.ARCHIVED):
        return Nothing()
    if link.parked is not None and not _is_freed(link.parked, parents):
        return Nothing()
    if link.intent is not None:
        return Nothing() if link.intent.until > now else Look(link.intent)
    if is_archive_owed(record, system, rules):
        return Archive(record.id, str(link.external_id), _precondition(link, rules.systems[system]))
    values = owed(record, system, rules)
    if not values:
        return Nothing()
    hindrance = _hindrance(record.entity, values, parents)
    return hindrance or _command(record, system, values, parents, rules)


def parents_of(entity: str, values: Mapping[str, Value]) -> Mapping[str, str]:
    """Return the records that values refer to, each with its entity."""
    found = ((value, referred(entity, path)) for path, value in values.items())
    return {value: target for value, target in found if target is not None and isinstance(value, str)}


def must_look_before(system: str, command: Command, rules: EntityRules) -> bool:
    """Tell whether a command needs a read right before it: no exact precondition that covers what is sent (SYNC §4)."""
    able = rules.systems[system]
    if isinstance(command, Create) or not able.can_read:
        return False
    if command.precondition is None:
        return True
    return isinstance(command, Update) and any(listed(able.uncovered, path) for path in command.fields)


def note_intent(
    record: Record, system: str, command: Command, intent_id: str, rules: EntityRules, now: datetime
) -> Record:
    """Return the record with the intent noted: what is about to be sent, and until when nobody else may send it."""
    able, link = rules.systems[system], record.link(system)
    sent = (
        {path: record.value(path) for path in command.fields} if not isinstance(command, Archive) else able.archived_as
    )
    seconds = able.lease_seconds + (able.look_up_seconds if isinstance(command, Create) else 0)
    intent = Intent(
        id=intent_id,
        verb=_VERBS[type(command)],
        until=now + timedelta(seconds=seconds),
        made_at=now,
        sent={path: _sent(link, path, value, able) for path, value in sent.items()},
        keys=_sent_keys(record, rules) if isinstance(command, Create) else frozenset(),
        absorbs=link.absorbs,
    )
    noted = record.with_link(system, replace(link, intent=intent, waits_for=None, parked=None, due_at=None))
    return settle(noted, rules, now)


def is_in_time(intent: Intent, now: datetime) -> bool:
    """Tell whether a write that starts now will surely have ended, or be looked for, before the lease does.

    The lease is cut for a call that starts at once; a worker that lost a third of it on the way must renew it first.
    """
    return (intent.until - now) * 3 >= (intent.until - intent.made_at) * 2


def is_seen_lately(looked_at: datetime, intent: Intent, now: datetime) -> bool:
    """Tell whether what a look showed may still be written upon: a third of the lease later it must be looked anew."""
    return (now - looked_at) * 3 <= intent.until - intent.made_at


def renew_intent(record: Record, system: str, rules: EntityRules, now: datetime) -> Record:
    """Return the record with the lease of its intent begun anew."""
    link = record.link(system)
    assert link.intent is not None
    lease = link.intent.until - link.intent.made_at
    renewed = replace(link, intent=replace(link.intent, made_at=now, until=now + lease))
    return settle(record.with_link(system, renewed), rules, now)


def clear_intent(record: Record, system: str, rules: EntityRules, now: datetime, *, may_land: bool) -> Record:
    """Return the record without its intent, due at once if something is still owed.

    `may_land` is true after a look: what was sent may still land late, and is then an echo.
    """
    link = record.link(system)
    if link.intent is None:
        return record
    cleared = replace(link, intent=None, due_at=now, echoes=late_echoes(link) if may_land else link.echoes)
    return settle(record.with_link(system, cleared), rules, now)


def late_echoes(link: Link) -> Mapping[str, tuple[Sent, ...]]:
    """Return what was sent there and may land yet, with what the link's intent sends."""
    sent = link.intent.sent if link.intent is not None else {}
    late = {path: each for path, each in sent.items() if not _has_landed(link, path, each)}
    return {**link.echoes, **{path: (*link.echoes.get(path, ()), each)[-4:] for path, each in late.items()}}


def wait_for(record: Record, system: str, parent: str, retry_at: datetime, rules: EntityRules, now: datetime) -> Record:
    """Return the record noted as waiting for a parent, with a due time of its own: a wake-up can be lost. If another
    parent had parked it, that one has come (seed 19254)."""
    link = record.link(system)
    waiting = replace(link, parked=None, waits_for=parent, due_at=retry_at, backoffs=link.backoffs + 1)
    return settle(record.with_link(system, waiting), rules, now)


def hold_back(
    record: Record, system: str, plan: WaitFor | Blocked, jitter: float, rules: EntityRules, now: datetime
) -> Record:
    """Return the record waiting for its parent; after its attempts, or where the parent will not come by itself,
    parked until it does (F14)."""
    failures = record.link(system).backoffs
    if isinstance(plan, WaitFor) and failures < ATTEMPTS:
        return wait_for(record, system, plan.record_id, back_off(now, failures + 1, jitter), rules, now)
    reason = plan.reason if isinstance(plan, Blocked) else "what it refers to does not come there"
    return park(record, system, Parked(reason, now, parent=plan.record_id), rules, now)


def postpone(record: Record, until: Mapping[str, datetime], rules: EntityRules, now: datetime) -> Record:
    """Return the record with the due times of systems that may not be called moved, and no failure counted."""
    for name, moment in until.items():
        record = record.with_link(name, replace(record.link(name), due_at=moment, backoffs=0))
    return settle(record, rules, now)


def park(record: Record, system: str, parked: Parked, rules: EntityRules, now: datetime) -> Record:
    """Return the record with its link parked; what is owed now is noted, so that a change of it is noticed."""
    return park_keeping_intent(
        record.with_link(system, replace(record.link(system), intent=None)), system, parked, rules, now
    )


def park_keeping_intent(record: Record, system: str, parked: Parked, rules: EntityRules, now: datetime) -> Record:
    """Return the record parked with its intent kept: what appears there later is known for what it may be."""
    link = replace(record.link(system), parked=None, due_at=None)
    digests = owed_digests(record.with_link(system, link), system, rules)
    held = replace(link, parked=replace(parked, owed=digests))
    return settle(record.with_link(system, held), rules, now)


_VERBS = {Create: Verb.CREATE, Update: Verb.UPDATE, Archive: Verb.ARCHIVE}


def _has_landed(link: Link, path: str, sent: Sent) -> bool:
    known = link.fields.get(path)
    return known is not None and known.stands == sent.value and known.seen in (sent.value, sent.form)


def _is_freed(parked: Parked, parents: Mapping[str, Link | None]) -> bool:
    """Tell whether a link that a parent parked may go on: the parent stands there now."""
    parent = parents.get(parked.parent) if parked.parent else None
    return parent is not None and parent.is_live and parent.parked is None


def _hindrance(
    entity: str, values: Mapping[str, Value], parents: Mapping[str, Link | None]
) -> WaitFor | Blocked | None:
    waiting: WaitFor | None = None
    for parent in sorted(parents_of(entity, values)):
        link = parents.get(parent)
        if link is None or link.is_live:
            if link is None:
                return Blocked(parent, "what it refers to has no record")
            continue
        if link.parked is not None:
            return Blocked(parent, f"what it refers to is parked there: {link.parked.reason}")
        if link.state in (LinkState.DETACHED, LinkState.ARCHIVED):
            return Blocked(parent, f"what it refers to is {link.state.value} there")
        waiting = waiting or WaitFor(parent)
    return waiting


def _command(
    record: Record, system: str, values: Mapping[str, Value], parents: Mapping[str, Link | None], rules: EntityRules
) -> Create | Update:
    link = record.link(system)
    fields = {path: _outward(record.entity, path, value, system, parents) for path, value in values.items()}
    if link.state is LinkState.EMPTY:
        return Create(record.id, fields)
    return Update(
        record_id=record.id,
        external_id=str(link.external_id),
        fields=fields,
        precondition=_precondition(link, rules.systems[system]),
        elements=link.elements,
        whole=_whole(record, fields, system, parents),
    )


def _outward(entity: str, path: str, value: Value, system: str, parents: Mapping[str, Link | None]) -> Value:
    target = referred(entity, path)
    if target is None or not isinstance(value, str):
        return value
    link = parents.get(value)
    return Reference(system, target, str(link.external_id)) if link is not None and link.external_id else value


def _whole(
    record: Record, fields: Mapping[str, Value], system: str, parents: Mapping[str, Link | None]
) -> Mapping[str, Value]:
    """Return every value of the touched collections, for partners that take a collection only as a whole."""
    touched = {element.collection for element in map(element_of, fields) if element is not None}
    whole: dict[str, Value] = {}
    for path, held in record.fields.items():
        element = element_of(path)
        if element is not None and element.collection in touched:
            whole[path] = _outward(record.entity, path, held.value, system, parents)
    return whole


def _precondition(link: Link, able: SystemRules) -> Revision | None:
    """Return the link's revision if it is exact enough to guard a write."""
    return link.revision if able.exact and link.revision is not None and link.revision.exact else None


def _sent_keys(record: Record, rules: EntityRules) -> frozenset[str]:
    """Return the match keys that a create shows there, also those that another record keeps."""
    return match_keys(replace(record, without_keys=frozenset()), rules)


def _sent(link: Link, path: str, value: Value, able: SystemRules) -> Sent:
    forms = able.stored_forms.get(pattern(path)) or able.stored_forms.get(any_role(path) or "") or ()
    known = link.fields.get(path)
    before = link.unsure.get(path, known.seen if known else digest(None))
    return Sent(digest(value), digest(stored_form(value, forms)), before)
