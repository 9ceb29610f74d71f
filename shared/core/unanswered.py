"""Writes that end without an answer, time after time: a look shows nothing of them, and what was sent is still owed.

They are sent again, but not for ever (SYNC §7.5). What a look shows for the third time, and is ours in another
spelling, is how that system stores it (F12); otherwise the link is parked after its attempts: a person must ask there.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.decisions import Decision, Verdict
from shared.core.deliver import park
from shared.core.forms import is_own_form
from shared.core.observations import Observation
from shared.core.owed import owed_digests
from shared.core.paths import element_of, element_path
from shared.core.records import Flip, Intent, Link, Parked, Record, Seen, Verb
from shared.core.replacing import replace
from shared.core.retry import ATTEMPTS, ROUNDS, back_off
from shared.core.rules import EntityRules
from shared.core.settle import settle
from shared.core.values import Value, digest

CODE = "unanswered"
REASON = "its writes end without an answer, and a look shows nothing of them"
AT_ONCE = 2
"""After how many of these the next is no longer sent at once."""


def count_unanswered(
    record: Record, system: str, intent: Intent, shown: Observation | None, rules: EntityRules, now: datetime
) -> tuple[Record, list[Decision]]:
    """Return the record after a look that ended an intent: counted, if anything that was sent is still owed."""
    link, decisions = record.link(system), []
    for path in _still_owed(record, system, intent, rules):
        known, rounds = link.fields.get(path), link.flips[path].rounds + 1 if path in link.flips else 1
        if known is None or shown is None:
            continue
        theirs = shown_value(link, shown, path)
        is_ours = path != "status" and digest(theirs) == known.seen and is_own_form(record.value(path), theirs)
        if is_ours and rounds > ROUNDS:  # the first of them counted twice: the look itself refused it
            decisions.append(Decision(Verdict.OWN_FORM, system, path, theirs, record.value(path), record.version))
            flips = {each: flip for each, flip in link.flips.items() if each != path}
            link = replace(link, fields={**link.fields, path: Seen(known.seen, intent.sent[path].value)}, flips=flips)
        elif is_ours:
            link = replace(link, flips={**link.flips, path: Flip(rounds, known.seen)})
    after = settle(record.with_link(system, link), rules, now)
    return (_failed(after, system, rules, now) if _still_owed(after, system, intent, rules) else after), decisions


def _failed(record: Record, system: str, rules: EntityRules, now: datetime) -> Record:
    link = record.link(system)
    attempts = link.attempts + 1
    if attempts >= ATTEMPTS:
        return park(record, system, Parked(REASON, now, code=CODE), rules, now)
    late = attempts - AT_ONCE
    due_at = back_off(now, late, 1.0) if late > 0 else now
    failed = replace(link, attempts=attempts, backoffs=max(0, late), due_at=due_at)
    return settle(record.with_link(system, failed), rules, now)


def _still_owed(record: Record, system: str, intent: Intent, rules: EntityRules) -> list[str]:
    owing = owed_digests(record, system, rules)
    if intent.verb is Verb.ARCHIVE:
        return [path for path in owing if not path]
    return [path for path, sent in sorted(intent.sent.items()) if owing.get(path) == sent.value]


def shown_value(link: Link, shown: Observation, path: str) -> Value:
    """Return what a system shows under one of our paths, by the elements that its link knows."""
    element = element_of(path)
    if element is None:
        return shown.fields.get(path)
    theirs = link.elements.get(element.key, "")
    return shown.fields.get(element_path(element.collection, theirs, element.field))
