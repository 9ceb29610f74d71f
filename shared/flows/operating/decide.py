"""Conflicts: choose the other value, say what an ambiguous element is, keep suspected doubles apart; undo a choice.

What a person chooses is an observation by the operator: the field is set and owed to all who do not show it, and the
value that it sets aside stands as a conflict of its own, by which the choice is undone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.core.cases import is_record_id
from shared.core.choosing import Ask, Retry, Set, choice_of, fetched_value, is_undoable
from shared.core.decisions import Decision, Verdict
from shared.core.questions import About, Question
from shared.core.records import Record
from shared.core.repair import OPERATOR, Impossible, Repair, Repaired, pair_element, retry
from shared.core.rules import EntityRules
from shared.flows.operating.edit import set_field
from shared.flows.operating.repairing import Act, Done, NotThere, Outcome, repair, shown_now
from shared.flows.parts import Parts
from shared.flows.saving import Also
from shared.ports.conflicts import Conflict
from shared.ports.system import Hint

APART = "apart"
"""The choice that suspected doubles are two."""

UNDO = timedelta(days=30)
"""How long a choice can be undone."""


def conflict_id(conflict: Conflict) -> str:
    """Return the id of a conflict: record, version, and its number among the conflicts of that write."""
    return f"{conflict.record_id}:{conflict.version}.{conflict.place}"


def one_conflict(parts: Parts, id_: str) -> Conflict | None:
    """Return a conflict by its id; nothing if there is none."""
    record_id = id_.partition(":")[0]
    if not is_record_id(record_id):
        return None
    return next((each for each in parts.conflicts.of(record_id) if conflict_id(each) == id_), None)


def choose_value(parts: Parts, id_: str, choice: str, by: str) -> Outcome:
    """Decide a conflict. `choice` is `ours`, `theirs` or `other` (than what stands); for an ambiguous element the key
    of one of ours, or `new`; for suspected doubles `apart`."""
    conflict = one_conflict(parts, id_)
    if conflict is None:
        return NotThere(f"there is no conflict {id_}")
    verdict = conflict.decision.verdict
    if verdict is Verdict.AMBIGUOUS:
        return _pair(parts, conflict, choice, by)
    if verdict is Verdict.DUPLICATE:
        return _keep_apart(parts, conflict, choice, by)
    return _choose(parts, conflict, choice, by)


def undo_choice(parts: Parts, id_: str, by: str) -> Outcome:
    """Give a field back the value that a choice set aside, within 30 days and while the chosen one still stands."""
    conflict = one_conflict(parts, id_)
    if conflict is None:
        return NotThere(f"there is no conflict {id_}")
    made = _made_by_choice(parts, conflict)
    if made is None:
        return Impossible("no operator chose here", "choose the other value instead")
    record = parts.records.get([made.record_id]).get(made.record_id)
    now = parts.clock.now()
    if made.at is None or now - made.at > UNDO:
        return Impossible("the choice is older than 30 days", "edit the field instead")
    if record is None or not is_undoable(record, made.decision):
        return Impossible("the field has another value since", "edit it instead")
    return set_field(parts, made.record_id, made.decision.path, made.decision.theirs, by, "undo")


def _choose(parts: Parts, conflict: Conflict, choice: str, by: str) -> Outcome:
    record = parts.records.get([conflict.record_id]).get(conflict.record_id)
    if record is None:
        return NotThere(f"there is no record {conflict.record_id}")
    decision = conflict.decision
    chosen = choice_of(record, decision, choice)
    if isinstance(chosen, Ask):
        chosen = _asked(parts, record, conflict)
    if isinstance(chosen, Impossible):
        return chosen
    if isinstance(chosen, Retry):
        return _try_ours_again(parts, conflict, by)
    return set_field(parts, record.id, decision.path, chosen.value, by, "choose")


def _asked(parts: Parts, record: Record, conflict: Conflict) -> Set | Impossible:
    """Return the value that a system holds on to; a refusal does not tell it, so it is read there."""
    system, path = conflict.decision.system, conflict.decision.path
    shown = shown_now(parts, system, record.entity, str(record.link(system).external_id))
    return shown if isinstance(shown, Impossible) else fetched_value(record, shown, path)


def _try_ours_again(parts: Parts, conflict: Conflict, by: str) -> Outcome:
    """Send the record's value once more; what the system shows instead is set aside."""
    decision = conflict.decision
    act = Act("choose", by, decision.system, detail={"path": decision.path})

    def decide(record: Record, rules: EntityRules, now: datetime) -> Repair:
        again = retry(record, decision.system, decision.path, rules, now)
        if isinstance(again, Impossible) or decision.theirs is None:
            return again
        ours = record.value(decision.path)
        said = Decision(
            Verdict.CHOSEN, OPERATOR, decision.path, decision.theirs, ours, record.version, f"choose by {by}"
        )
        return Repaired(again.record, (said,))

    return repair(parts, conflict.record_id, act, f"{decision.path} is sent to {decision.system} again", decide)


def _pair(parts: Parts, conflict: Conflict, ours: str, by: str) -> Outcome:
    system, path = conflict.decision.system, conflict.decision.path
    act = Act("choose", by, system, detail={"path": path, "element": ours})

    def decide(record: Record, rules: EntityRules, now: datetime) -> Repair:
        return pair_element(record, system, path, ours, rules, now)

    outcome = repair(parts, conflict.record_id, act, f"{path} of {system} is {ours}", decide)
    if isinstance(outcome, Done) and outcome.after is not None:
        link = outcome.after.link(system)
        parts.messages.changes([Hint(system, outcome.after.entity, str(link.external_id))])
    return outcome


def _keep_apart(parts: Parts, conflict: Conflict, choice: str, by: str) -> Outcome:
    if not conflict.is_open:
        return Impossible("it is decided already", "merge the two in one of the systems if they are one")
    if choice != APART:
        return Impossible("suspected doubles are merged in one of the systems", f"say {APART} if they are two")
    question = Question(About.DUPLICATE, conflict.decision.system)
    act = Act("choose", by, conflict.decision.system, detail={"choice": APART})
    return repair(
        parts,
        conflict.record_id,
        act,
        "they stay apart",
        lambda record, _rules, _now: Repaired(record),
        Also(closes=frozenset({question})),
    )


def _made_by_choice(parts: Parts, conflict: Conflict) -> Conflict | None:
    """Return the newest choice of an operator about a conflict's field since that conflict; itself if it is one."""
    if conflict.decision.verdict is Verdict.CHOSEN:
        return conflict
    later = [each for each in parts.conflicts.of(conflict.record_id) if each.version > conflict.version]
    chosen = [each for each in later if each.decision.verdict is Verdict.CHOSEN]
    return next((each for each in reversed(chosen) if each.decision.path == conflict.decision.path), None)
