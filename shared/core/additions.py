"""New lines and contacts that a partner accepts and does not keep: counted like any send without effect (SYNC §6.3).

An element has no digest of its own that was seen before, so what tells is a whole state after the write that does not
show it. After some sends the element is held as a wish; that the partner does not show it never removes it elsewhere.
"""

from __future__ import annotations

from datetime import datetime

from shared.core.commands import Archive, Command, Create
from shared.core.decisions import Decision, Verdict
from shared.core.observations import Observation
from shared.core.owed import element_fields, match_signatures
from shared.core.paths import element_of, listed
from shared.core.records import Held, Intent, Link, Record, Seen
from shared.core.replacing import replace
from shared.core.retry import SENDS, back_off
from shared.core.rules import EntityRules, SystemRules
from shared.core.settle import settle
from shared.core.values import digest

REASON = "the system does not keep what is added"
NOT_THERE = digest(False)


def not_added(
    record: Record, intent: Intent, shown: Observation, rules: EntityRules, now: datetime
) -> tuple[Record, list[Decision]]:
    """Return the record with every new element noted that an intent sent and that a state after it does not show."""
    link, decisions = record.link(shown.system), []
    for path in _presences(record, intent, link, shown):
        link = _remembered(link, intent, path)
        tries = link.tries.get(path, 0) + 1
        if tries < SENDS:
            due = back_off(now, 0, 0.0, float(rules.systems[shown.system].apply_seconds))
            link = replace(link, tries={**link.tries, path: tries}, due_at=due)
            continue
        held = Held(intent.sent[path].value, NOT_THERE, REASON, now)
        link = replace(
            link,
            tries={each: n for each, n in link.tries.items() if each != path},
            held={**link.held, path: held},
            fields={**link.fields, path: Seen(NOT_THERE, NOT_THERE)},
        )
        decisions.append(Decision(Verdict.HELD, shown.system, path, False, True, record.version, REASON))
    return record.with_link(shown.system, link), decisions


def count_additions(
    record: Record, intent: Intent, shown: Observation, rules: EntityRules, now: datetime
) -> tuple[Record, list[Decision]]:
    """Return the settled record after a read that followed a write whose answer showed nothing."""
    counted, decisions = not_added(record, intent, shown, rules, now)
    return settle(counted, rules, now), decisions


def as_far_as_shown(record: Record, command: Command, shown: Observation, rules: EntityRules) -> Command | None:
    """Return what may be sent after a look that left fields out: nothing that it did not show (SYNC §2.3, F6), and no
    archive of a record of which it did not show all that was ever seen there."""
    if shown.complete or isinstance(command, Create):
        return command
    link, able = record.link(shown.system), rules.systems[shown.system]
    if isinstance(command, Archive):
        return command if all(_is_seen(path, link, shown, able) for path in link.fields) else None
    fields = {path: value for path, value in command.fields.items() if _is_seen(path, link, shown, able)}
    return replace(command, fields=fields) if fields else None


def _is_seen(path: str, link: Link, shown: Observation, able: SystemRules) -> bool:
    """Tell whether a look showed a field, or there is nothing that it could have shown."""
    element = element_of(path)
    is_listed = element is not None and element.collection in shown.collections
    return path in shown.fields or path not in link.fields or is_listed or listed(able.write_only, path)


def _presences(record: Record, intent: Intent, link: Link, shown: Observation) -> list[str]:
    """Return the elements that were sent as new, that are not paired, and whose collection is shown whole.

    What may be one that is ambiguous there is not counted: it is not owed while that is open.
    """
    open_ = frozenset(link.ambiguous.values())
    elements = ((path, element_of(path)) for path, sent in sorted(intent.sent.items()) if sent.value != NOT_THERE)
    return [
        path
        for path, element in elements
        if element
        and not element.field
        and element.collection in shown.collections
        and element.key not in link.elements
        and not open_ & match_signatures(element.collection, element_fields(record, element.collection, element.key))
    ]


def _remembered(link: Link, intent: Intent, presence: str) -> Link:
    """Let what was sent of an element be known as our own if the partner shows it later after all."""
    late = {path: sent for path, sent in intent.sent.items() if path == presence or path.startswith(presence + ".")}
    echoes = {
        path: (*(each for each in link.echoes.get(path, ()) if each.value != sent.value), sent)[-4:]
        for path, sent in late.items()
    }
    return replace(link, echoes={**link.echoes, **echoes})
