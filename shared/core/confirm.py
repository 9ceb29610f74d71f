"""confirm: what does the target hold now? (SYNC §6)

It touches the sent fields only: agreed, the system's own form, no effect, or an observation to be merged, asked in
that order. The rest of an answer is an observation like any other, but only if nothing was absorbed since the intent
was noted; otherwise it is older than what is known, and dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.core.absorb import (
    Absorbed,
    ambiguities,
    carried,
    finish,
    gone_paths,
    into_link,
    next_try,
    observe_all,
)
from shared.core.additions import NOT_THERE, not_added
from shared.core.decisions import Cause, Decision, Verdict
from shared.core.deliver import clear_intent, park
from shared.core.elements import Adopted, adopt
from shared.core.inputs import with_answer
from shared.core.merge import Merge, Witness
from shared.core.observations import (
    NO_BUDGET,
    Accepted,
    Answer,
    Next,
    Observation,
    Refused,
    Stored,
    Trouble,
    Unknown,
)
from shared.core.observe import hear, heed_echo
from shared.core.paths import element_of, listed
from shared.core.records import Failure, Held, Intent, Link, LinkState, Parked, Record, Seen, Sent, Verb
from shared.core.replacing import replace
from shared.core.retry import ATTEMPTS, back_off
from shared.core.rules import EntityRules
from shared.core.settle import settle
from shared.core.values import Value


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as the flow brings it: whose intent it answers, and the jitter for a back-off."""

    intent_id: str
    answer: Answer
    jitter: float = 0.0


def confirm(record: Record, system: str, said: Said, rules: EntityRules, now: datetime) -> Absorbed:
    """Note what a system holds after a delivery; an answer to another intent changes nothing and is only a hint."""
    link, answer = record.link(system), said.answer
    cause = Cause("confirm", system, at=now, rules=rules.version, detail={"intent": said.intent_id})
    if link.intent is None or link.intent.id != said.intent_id or isinstance(answer, Unknown):
        return Absorbed(record, (), frozenset(), frozenset(), cause, changed=False)
    cause = with_answer(cause, record, answer, said.jitter)
    decisions: list[Decision] = []
    if isinstance(answer, Refused) and _is_of_one_field(link, link.intent, answer.trouble):
        after, decisions = _field_refused(record, system, link.intent, answer.trouble, rules, now)
    elif isinstance(answer, Refused):
        after = _refused(record, system, answer.trouble, said.jitter, rules, now)
        decisions = _parkings(after, system)
    elif link.intent.verb is Verb.ARCHIVE:
        after = record.with_link(system, _archived(record, link, link.intent))
    elif _is_disputed(link, link.intent):
        after = record.with_link(system, _look_again(link, link.intent, answer.external_id, now))
    elif isinstance(answer, Stored):
        after, decisions = _stored(record, link, link.intent, answer, rules, now)
    else:
        after = record.with_link(system, _accepted(link, link.intent, answer, now))
    return finish(record, after, system, rules, decisions, cause, now)


def _stored(
    record: Record, link: Link, intent: Intent, answer: Stored, rules: EntityRules, now: datetime
) -> tuple[Record, list[Decision]]:
    shown = replace(carried(answer.shown), external_id=answer.external_id)
    adopted = adopt(record, link, shown, first=False)
    merge = Merge.begin(record, link, rules, Witness(shown.system, shown.modified_at or now, now))
    gone = dict.fromkeys(gone_paths(link, adopted), False)
    values: dict[str, Value] = {**adopted.fields, **gone, **_removed(intent, adopted, shown)}
    for path in sorted(intent.sent, key=lambda each: (each != "status", each)):
        _confirm_field(merge, path, intent.sent[path], values, shown)
    if link.absorbs == intent.absorbs:
        observe_all(merge, adopted, leave_out=frozenset(intent.sent))
    for path in sorted(intent.sent.keys() & values.keys()):
        if path in merge.seen and merge.seen[path].stands == intent.sent[path].value:
            heed_echo(merge, path, values[path])
    if link.absorbs == intent.absorbs:
        kept = into_link(link, merge, adopted, shown)
    else:
        adopted = _only_sent(adopted, link, intent)
        kept = replace(into_link(link, merge, adopted, shown), revision=None)
    decisions = [*ambiguities(shown.system, adopted), *merge.decisions]
    after = replace(record, fields=merge.fields)
    if any(_is_untold(kept, shown, path) for path in intent.sent):
        return after.with_link(shown.system, replace(kept, intent=replace(intent, until=now))), decisions
    done = after.with_link(shown.system, _done(kept, due_at=next_try(merge) if merge.tries else now))
    counted, said = not_added(done, intent, shown, rules, now)
    return counted, [*decisions, *said]


def _is_untold(link: Link, shown: Observation, path: str) -> bool:
    """Tell whether a sent element has no partner's id yet and the answer does not show all of its collection."""
    element = element_of(path)
    return element is not None and element.collection not in shown.collections and _is_new_element(link, path)


def _confirm_field(merge: Merge, path: str, sent: Sent, values: dict[str, Value], shown: Observation) -> None:
    """Note one sent field; one that an answer leaves out is recognised as our own when it shows."""
    able = merge.rules.systems[shown.system]
    if path not in values:
        if listed(able.write_only, path):
            merge.seen[path] = Seen(sent.form, sent.value)
        elif not shown.complete:
            _assume(merge, path, sent)
        elif path in merge.seen:
            merge.unanswered(path, sent)
        return
    hear(merge, path, values[path], sent)


def _assume(merge: Merge, path: str, sent: Sent) -> None:
    """Note a field that a sparse answer leaves out as an answer of only an id does: the declared form is assumed.

    The next observation tells; a person's edit made after our write is then an edit of ours, not a conflict with it.
    """
    if _is_new_element(merge.link, path):
        merge.remember(path, sent)
    else:
        merge.seen[path] = Seen(sent.form, sent.value)
        merge.unsure[path] = sent.before or ""


def _only_sent(adopted: Adopted, link: Link, intent: Intent) -> Adopted:
    """Return of the elements of an answer that is older than what is known only those that were sent."""
    keys = {element.key for element in map(element_of, intent.sent) if element is not None}
    missing = adopted.missing & keys
    elements = {**link.elements, **{key: theirs for key, theirs in adopted.elements.items() if key in keys}}
    return replace(
        adopted,
        elements={key: theirs for key, theirs in elements.items() if key not in missing},
        ambiguous=link.ambiguous,
        missing=missing,
        newly_ambiguous=frozenset(),
    )


def _is_disputed(link: Link, intent: Intent) -> bool:
    """Tell whether a sent field was seen with another value since the intent: the answer may be older or newer."""
    if link.absorbs == intent.absorbs:
        return False
    seen = ((link.fields[path].seen, sent) for path, sent in intent.sent.items() if path in link.fields)
    return any(known not in (sent.before, sent.value, sent.form) for known, sent in seen)


def _look_again(link: Link, intent: Intent, external_id: str, now: datetime) -> Link:
    """Leave the intent open with its lease ended, so that a look decides what the system holds."""
    looked = replace(intent, until=now)
    return replace(link, state=LinkState.LIVE, external_id=external_id, intent=looked, revision=None)


def _archived(record: Record, link: Link, intent: Intent) -> Link:
    """End the link; if the record came back to life meanwhile, it is to be created there again.

    What stays to be seen there (an order that is cancelled) is what we made of it, and lifts no tombstone.
    """
    if record.tombstone is None:
        return Link(absorbs=link.absorbs)
    shown = {path: Seen(sent.form, sent.value) for path, sent in intent.sent.items()}
    return replace(_done(link), state=LinkState.ARCHIVED, fields={**link.fields, **shown}, revision=None)


def _removed(intent: Intent, adopted: Adopted, shown: Observation) -> dict[str, Value]:
    """Return the elements that were sent as removed and are indeed not shown any more."""
    elements = ((path, element_of(path)) for path in intent.sent)
    gone = [p for p, e in elements if e and not e.field and e.collection in shown.collections]
    gone = [path for path in gone if intent.sent[path].value == NOT_THERE]
    return {path: False for path in gone if path not in adopted.fields}


def _accepted(link: Link, intent: Intent, answer: Accepted, now: datetime) -> Link:
    """The answer showed no values: the declared form is assumed, and the next observation tells (SYNC §6).

    New elements have no partner's ids yet, so the intent stays open until a look has paired them.
    """
    fields = {**link.fields, **{path: Seen(sent.form, sent.value) for path, sent in intent.sent.items()}}
    elements = {path: sent for path, sent in intent.sent.items() if _is_new_element(link, path)}
    plain = {path: seen for path, seen in fields.items() if path not in elements}
    unsure = {path: sent.before or "" for path, sent in intent.sent.items() if path not in elements}
    orders = [n for n in (link.floor, answer.revision.order if answer.revision else None) if n is not None]
    known = replace(
        link,
        state=LinkState.LIVE,
        external_id=answer.external_id,
        fields=plain,
        revision=None,
        floor=max(orders, default=None),
        unsure={**link.unsure, **unsure},
    )
    return known if elements else _done(known, now)


def _is_new_element(link: Link, path: str) -> bool:
    element = element_of(path)
    return element is not None and element.key not in link.elements


def _refused(record: Record, system: str, trouble: Trouble, jitter: float, rules: EntityRules, now: datetime) -> Record:
    """Surely not applied: the intent is cleared at once, and the class says what is next (SYNC §5, §7.4)."""
    record = clear_intent(record, system, rules, now, may_land=False)
    link = record.link(system)
    if trouble.code == NO_BUDGET:
        due_at = now + timedelta(seconds=trouble.wait_seconds or 1.0)
        return _later(record, system, replace(link, due_at=due_at), rules, now)
    if trouble.whole_system or trouble.next in (Next.THROTTLED, Next.AUTH):
        wait = back_off(now, link.backoffs + 1, jitter, trouble.wait_seconds)
        return _later(record, system, replace(link, due_at=wait, backoffs=link.backoffs + 1), rules, now)
    if trouble.next is Next.CONFLICT:
        return _failed(record, system, replace(link, revision=None), trouble, now, jitter, rules)
    if trouble.next is Next.PERMANENT:
        failed = replace(link, attempts=link.attempts + 1, failure=_failure(link, trouble, now))
        return park(record.with_link(system, failed), system, _parking(trouble, now), rules, now)
    return _failed(record, system, link, trouble, now, jitter, rules)


def _is_of_one_field(link: Link, intent: Intent, trouble: Trouble) -> bool:
    """Tell whether a permanent refusal names one of several fields: the others can still go (SYNC §7.5)."""
    return (
        trouble.next is Next.PERMANENT
        and intent.verb is Verb.UPDATE
        and trouble.field in intent.sent
        and trouble.field in link.fields
    )


def _field_refused(
    record: Record, system: str, intent: Intent, trouble: Trouble, rules: EntityRules, now: datetime
) -> tuple[Record, list[Decision]]:
    """Hold the field that a system refuses for good, not the link; what else is owed goes at once."""
    path, reason = str(trouble.field), trouble.message or trouble.code
    link = record.link(system)
    held = Held(intent.sent[path].value, link.fields[path].seen, reason, now, code=trouble.code)
    link = replace(link, held={**link.held, path: held})
    cleared = clear_intent(record.with_link(system, link), system, rules, now, may_land=False)
    decision = Decision(Verdict.HELD, system, path, None, record.value(path), record.version, reason)
    return cleared, [decision]


def _failed(
    record: Record, system: str, link: Link, trouble: Trouble, now: datetime, jitter: float, rules: EntityRules
) -> Record:
    attempts = link.attempts + 1
    link = replace(link, attempts=attempts, failure=_failure(link, trouble, now))
    if attempts >= ATTEMPTS:
        return park(record.with_link(system, link), system, _parking(trouble, now), rules, now)
    quick = trouble.next is Next.CONFLICT and attempts <= 2
    due = now if quick else back_off(now, link.backoffs + 1, jitter, trouble.wait_seconds)
    failed = replace(link, backoffs=link.backoffs + 1, due_at=due)
    return _later(record, system, failed, rules, now)


def _later(record: Record, system: str, link: Link, rules: EntityRules, now: datetime) -> Record:
    return settle(record.with_link(system, link), rules, now)


def _failure(link: Link, trouble: Trouble, now: datetime) -> Failure:
    first = link.failure.first if link.failure else now
    return Failure(trouble.code, trouble.message, trouble.field, first, now)


def _parking(trouble: Trouble, now: datetime) -> Parked:
    return Parked(
        reason=trouble.message or trouble.code,
        since=now,
        code=trouble.code,
        field=trouble.field,
        candidates=trouble.candidates,
    )


def _parkings(after: Record, system: str) -> list[Decision]:
    parked = after.link(system).parked
    if parked is None:
        return []
    path = parked.field or ""
    return [Decision(Verdict.PARKED, system, path, None, after.value(path), after.version, parked.reason)]


def _done(link: Link, due_at: datetime | None = None) -> Link:
    return replace(link, intent=None, attempts=0, backoffs=0, due_at=due_at, waits_for=None, parked=None, failure=None)
