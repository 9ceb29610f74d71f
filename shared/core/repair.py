"""Repair: what an operator may do to a record, as pure decisions: a record in, a record out, or why it cannot be.

A value that an operator gives a field is an observation like any other: the field is set by `operator` and owed to all
who do not show it. The value that it sets aside becomes a conflict item. Nothing here calls a partner, and nothing is
written to one but through the ordinary delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from shared.core.absorb import Absorbed, absorb
from shared.core.decisions import Decision, Verdict
from shared.core.deliver import clear_intent
from shared.core.entities import Kind, is_known, kind_of
from shared.core.lives import DELETED
from shared.core.observations import Observation
from shared.core.owed import owed_digests
from shared.core.paths import element_of, presence
from shared.core.recognise import equals_sent
from shared.core.records import UNANSWERED, Field, Link, LinkState, Record, Verb, element_key
from shared.core.replacing import replace
from shared.core.rules import EntityRules
from shared.core.settle import settle
from shared.core.status import has_order, may_follow
from shared.core.unanswered import shown_value
from shared.core.values import Value, digest

OPERATOR = "operator"
"""Who sets a field that a person repairs here."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """It cannot be done: why, and what to do instead."""

    why: str
    do: str


@dataclass(frozen=True, slots=True)
class Repaired:
    """The record as the repair leaves it, and the values that it set aside."""

    record: Record
    decisions: tuple[Decision, ...] = ()


Repair: TypeAlias = Repaired | Impossible


def retry(record: Record, system: str, path: str, rules: EntityRules, now: datetime) -> Repair:
    """Try again at once: a parked or failing link, a held field (`path`), or a detached record, which is attached.

    An intent that was kept for a person is looked after again. A wish that the record gave up cannot be tried again.
    """
    link = record.link(system)
    if path:
        return _retry_field(record, system, path, rules, now)
    if link.state is LinkState.DETACHED and record.tombstone is None:
        link = Link(absorbs=link.absorbs)
    elif link.parked is None and link.failure is None:
        return Impossible("nothing is parked or failing there", "`tandem failures` lists what is")
    elif link.parked is not None and link.parked.code == DELETED:
        return Impossible("the owner of its life deleted it", "delete it there too, or skip it to keep it there")
    intent = None if link.intent is None else replace(link.intent, until=min(now, link.intent.until))
    fresh = replace(
        link, intent=intent, parked=None, failure=None, attempts=0, backoffs=0, due_at=now, waits_for=None, tries={}
    )
    return Repaired(settle(record.with_link(system, fresh), rules, now))


def edit(record: Record, path: str, value: Value, because: str, rules: EntityRules, now: datetime) -> Repair:
    """Give a field another value; it is owed to every system that does not show it."""
    hindrance = _not_editable(record, path, value, rules)
    if hindrance is not None:
        return hindrance
    before = record.value(path)
    fields = {**record.fields, path: Field(value, OPERATOR, now, record.version + 1)}
    after = replace(record, fields=fields, links=_freed(record, path))
    chosen = Decision(Verdict.CHOSEN, OPERATOR, path, before, value, record.version, because)
    return Repaired(settle(after, rules, now), (chosen,))


def skip(record: Record, system: str, path: str, rules: EntityRules, now: datetime) -> Repair:
    """Spare a system what it is owed now: the link is live again, and the values come to it only once they change."""
    link = record.link(system)
    if path and path not in link.held:
        return Impossible(f"{path} is not held there", "`tandem failures` lists what is")
    if not path and link.parked is None and link.failure is None:
        return Impossible("nothing is parked or failing there", "`tandem failures` lists what is")
    if link.parked is not None and link.parked.code == DELETED:
        kept = replace(link, state=LinkState.DETACHED, parked=None, due_at=None, held={})
        return Repaired(settle(record.with_link(system, kept), rules, now))
    if link.intent is not None:
        record = clear_intent(record, system, rules, now, may_land=True)
        link = record.link(system)
    free = replace(link, parked=None, failure=None, attempts=0, backoffs=0, due_at=None, waits_for=None)
    if path:
        free = replace(free, held={p: held for p, held in free.held.items() if p != path})
        spared = {path: digest(record.value(path))}
    else:
        spared = dict(owed_digests(record.with_link(system, free), system, rules))
    free = replace(free, skipped={**free.skipped, **spared})
    return Repaired(settle(record.with_link(system, free), rules, now))


def link_to(record: Record, observation: Observation, rules: EntityRules, now: datetime) -> Absorbed | Impossible:
    """Take a partner's record for this one: what it shows is merged, and a create that was in doubt is done with."""
    system = observation.system
    link = record.link(system)
    if record.tombstone is not None:
        again = "enter it again in the system that owns it, or delete what is left of it there, and retry"
        return Impossible("the record's life has ended", again)
    if link.is_live and link.external_id != observation.external_id:
        return Impossible(f"the record stands in {system} as {link.external_id} already", "unlink that one first")
    if link.intent is not None and link.intent.until > now:
        return Impossible("a delivery to it is under way", "try again in a minute")
    free = replace(link, parked=None, failure=None, attempts=0, backoffs=0, waits_for=None)
    absorbed = absorb(record.with_link(system, free), observation, rules, now)
    cleared = clear_intent(absorbed.record, system, rules, now, may_land=True)
    said = (*absorbed.decisions, *_perhaps_theirs(record, absorbed.record, observation))
    return replace(absorbed, record=settle(cleared, rules, now), decisions=said, changed=True)


def _perhaps_theirs(record: Record, after: Record, shown: Observation) -> Iterator[Decision]:
    """Yield what passed for our own because a create in doubt had sent it, where the row is not just what was sent: a
    person may have put it there, and it gives way to what the record holds by now."""
    intent = record.link(shown.system).intent
    if intent is None or intent.verb is not Verb.CREATE or shown.reference == record.id or equals_sent(record, shown):
        return
    link = after.link(shown.system)
    for path, sent in sorted(intent.sent.items()):
        held, seen = after.fields.get(path), link.fields.get(path)
        if held is not None and seen is not None and seen.stands == sent.value != digest(held.value):
            theirs, because = shown_value(link, shown, path), "ours is newer than what was sent there"
            yield Decision(Verdict.LOST, shown.system, path, theirs, held.value, held.version, because)


def unlink(record: Record, system: str, rules: EntityRules, now: datetime) -> Repair:
    """Part a record from what it is linked to in a system; there it is detached, and nothing is sent."""
    link = record.link(system)
    if not link.external_id:
        return Impossible(f"the record is linked to nothing in {system}", "`tandem explain` shows where it stands")
    if link.intent is not None and link.intent.until > now:
        return Impossible("a delivery to it is under way", "try again in a minute")
    parted = Link(state=LinkState.DETACHED, absorbs=link.absorbs + 1)
    return Repaired(settle(record.with_link(system, parted), rules, now))


def create_again(record: Record, system: str, rules: EntityRules, now: datetime) -> Repair:
    """Take a create without an answer for one that never arrived: it is made again, after the usual look."""
    link = record.link(system)
    if link.parked is None or link.parked.code != UNANSWERED:
        return Impossible("no create is in doubt there", "choose one of the candidates")
    cleared = clear_intent(record, system, rules, now, may_land=True)
    free = replace(cleared.link(system), parked=None, attempts=0, backoffs=0, due_at=now)
    return Repaired(settle(cleared.with_link(system, free), rules, now))


def pair_element(record: Record, system: str, path: str, ours: str, rules: EntityRules, now: datetime) -> Repair:
    """Say which of our elements (by key) an ambiguous one is, or that it is `new`; the next look merges it."""
    element, link = element_of(path), record.link(system)
    if element is None or element.key not in link.ambiguous:
        return Impossible(f"{path} is not in doubt there", "`tandem conflicts` lists what is")
    key = element_key(record.id, system, element.key) if ours == "new" else ours
    if ours != "new" and record.value(f"{element.collection}[{ours}]") is not True:
        return Impossible(
            f"the record has no {element.collection}[{ours}]", "name the key of one of its elements, or new"
        )
    if key in link.elements:
        return Impossible(f"{element.collection}[{ours}] is paired already", "name another one, or new")
    paired = replace(
        link,
        elements={**link.elements, key: element.key},
        ambiguous={theirs: sign for theirs, sign in link.ambiguous.items() if theirs != element.key},
        revision=None,
    )
    return Repaired(settle(record.with_link(system, paired), rules, now))


def value_of(entity: str, path: str, text: str | None) -> Value | Impossible:
    """Return the value that a text means for a field: nothing for nothing, `true` and `false` for what is there or not,
    a number with a dot, a moment as ISO 8601 (UTC where it names no zone)."""
    if text is None:
        return None
    try:
        return _READ.get(kind_of(entity, path), str)(text)
    except (InvalidOperation, ValueError, OverflowError):
        return Impossible(f"{path} is a {kind_of(entity, path).value}", f"write one instead of `{text}`")


_MOST_DIGITS = 30
"""How large or small a number may be: written out, it must stay one that a partner can read."""


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > _MOST_DIGITS:
        raise ValueError(text)
    return number


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


_READ: Mapping[Kind, Callable[[str], Value]] = {
    Kind.NUMBER: _number,
    Kind.MONEY: _number,
    Kind.FLAG: _flag,
    Kind.PRESENCE: _flag,
    Kind.MOMENT: _moment,
}


def _retry_field(record: Record, system: str, path: str, rules: EntityRules, now: datetime) -> Repair:
    link = record.link(system)
    held = link.held.get(path)
    if held is None:
        return Impossible(f"{path} is not held there", "`tandem failures` lists what is")
    if held.yielded:
        return Impossible("the record took the system's value", "edit the field to what it should be")
    free = replace(
        link,
        held={p: each for p, each in link.held.items() if p != path},
        tries={p: tries for p, tries in link.tries.items() if p != path},
        flips={p: flip for p, flip in link.flips.items() if p != path},
        due_at=now if link.intent is None else link.due_at,
    )
    return Repaired(settle(record.with_link(system, free), rules, now))


def _not_editable(record: Record, path: str, value: Value, rules: EntityRules) -> Impossible | None:
    if record.tombstone is not None:
        return Impossible("the record's life has ended", "enter it again in the system that owns it")
    if path not in record.fields and not _may_have(record, path):
        return Impossible(f"the record has no field {path}", "`tandem explain` lists its fields")
    if digest(record.value(path)) == digest(value):
        return Impossible(f"{path} is that already", "retry, if a system should be told again")
    writers = rules.writers(path, value if path == "status" else record.value("status"))
    only = next(iter(writers)) if len(writers) == 1 else ""
    if only and record.link(only).is_live and len(rules.systems) > 1:
        return Impossible(f"only {only} may set {path}", f"change it in {only}")
    if path == "status" and has_order(record.entity) and not may_follow(record.entity, record.value(path), value):
        return Impossible(f"{value} cannot follow {record.value(path)}", "choose a status that may follow")
    return None


def _may_have(record: Record, path: str) -> bool:
    """Tell whether a record without a field may have it: a known one, not of an element that is not there."""
    whole = presence(path)
    return is_known(record.entity, path) and (whole is None or record.value(whole) is True)


def _freed(record: Record, path: str) -> dict[str, Link]:
    """Return the links as a new value finds them: what was counted against the old one counts no more."""
    return {
        name: replace(
            link,
            tries={p: tries for p, tries in link.tries.items() if p != path},
            flips={p: flip for p, flip in link.flips.items() if p != path},
        )
        for name, link in record.links.items()
    }
