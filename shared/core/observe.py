"""The merge of one field: what an observed value means, given the record, the link and the rules (SYNC §2, §6).

The order of the questions is the rule. Is it what was seen? What we sent ourselves? Does it agree? May this system
write it at all? Has anybody else changed it since the two agreed? Only what is left is a conflict, and a rule decides
it.
"""

from __future__ import annotations

from shared.core.decisions import Verdict
from shared.core.merge import Merge
from shared.core.paths import element_of, element_path, presence
from shared.core.records import Field, LinkState, Seen, Sent
from shared.core.rules import OURS, Decider
from shared.core.status import may_follow, rank
from shared.core.values import Digest, Value, digest


def observe(merge: Merge, path: str, value: Value) -> None:
    """Merge one carried field; the status must come first."""
    known, shown = merge.seen.get(path), digest(value)
    before = merge.unsure.pop(path, None)
    if known is not None and known.seen == shown:
        _settle_unchanged(merge, path, value, known, was_unsure=before is not None)
    elif _is_ours(merge, path, value, was_unsure=before is not None):
        heed_echo(merge, path, value)
    elif known is not None and shown == before:
        merge.no_effect(path, value, Sent(known.stands, known.seen, before))
    else:
        _decide(merge, path, value, is_unsure=before is not None)
    if path == "status":
        merge.status = merge.ours(path)


def hear(merge: Merge, path: str, value: Value, sent: Sent) -> None:
    """Merge what an answer shows of a field that was sent: agreed, own form, no effect, or an observation (SYNC §6)."""
    if digest(value) in (sent.value, sent.form):
        merge.agree(path, value, sent.value)
    elif path in merge.fields and digest(merge.ours(path)) == sent.value and merge.may_respell(path, value):
        merge.own_form(path, value, sent.value)
    elif digest(value) == sent.before:
        merge.no_effect(path, value, sent)
    else:
        before = merge.flips.get(path)
        if not merge.came_back(path, value, sent):
            observe(merge, path, value)
            merge.keep_rounds(path, value, before)


def observe_come_back(merge: Merge, path: str, value: Value) -> None:
    """Take what the record never had of an element that stands again by this very merge: it was refused when it came,
    and shows nothing new since."""
    whole = presence(path)
    if value is not None and whole is not None and merge.record.value(whole) is False and merge.ours(whole) is True:
        _first_value(merge, path, value)


def _settle_unchanged(merge: Merge, path: str, value: Value, known: Seen, *, was_unsure: bool) -> None:
    """The system shows what it showed: what was assumed of a write is true, and an only writer's word still counts."""
    if was_unsure:
        merge.agree(path, value, known.stands)
    heed_only_writer(merge, path, value)


def heed_only_writer(merge: Merge, path: str, value: Value) -> None:
    """Let the record take what a field's only writer shows, though unchanged, unless it stands for ours: what the
    record came to meanwhile will never be sent there (F13)."""
    if _has_the_say(merge, path):
        _take_from_only_writer(merge, path, value)


def heed_echo(merge: Merge, path: str, value: Value) -> None:
    """Let the record take it also where it is our own echo. That is nobody's word: what it takes the place of is
    logged, though the writer itself had set it (seed 209471)."""
    if _has_the_say(merge, path):
        _take_over(merge, path, value, is_of_others=path in merge.fields)


def _has_the_say(merge: Merge, path: str) -> bool:
    return not merge.stands(path) and not merge.is_status(path) and merge.is_only_writer(path)


def _is_ours(merge: Merge, path: str, value: Value, *, was_unsure: bool) -> bool:
    """Recognise what we sent: the value, its declared form or, if nobody has seen what it became, a spelling of it."""
    sent = _sent(merge, path, digest(value))
    if sent is not None:
        merge.agree(path, value, sent.value)
    elif was_unsure and merge.stands(path) and merge.may_respell(path, value):
        merge.own_form(path, value, digest(merge.ours(path)))
    else:
        return False
    return True


def _sent(merge: Merge, path: str, shown: Digest) -> Sent | None:
    sends = list(merge.echoes.get(path, ()))
    if merge.link.intent is not None and path in merge.link.intent.sent:
        sends.insert(0, merge.link.intent.sent[path])
    return next((sent for sent in sends if shown in (sent.value, sent.form)), None)


def _is_sending_another(merge: Merge, path: str) -> bool:
    """Tell whether a value is on its way there that the record has left again: if it has arrived, who changed it there
    saw that one, and did not know that it had been taken back elsewhere."""
    intent = merge.link.intent
    return intent is not None and path in intent.sent and intent.sent[path].value != digest(merge.ours(path))


def _decide(merge: Merge, path: str, value: Value, *, is_unsure: bool) -> None:
    system = merge.witness.system
    if value is not None and _is_edit_of_removed(merge, path, value):
        _decide_removed(merge, path, value)
    elif path not in merge.fields:
        _first_value(merge, path, value)
    elif digest(merge.ours(path)) == digest(value):
        merge.flips.pop(path, None)
        _second(merge, path, value)
        merge.agree(path, value, digest(value))
    elif merge.is_status(path):
        _decide_status(merge, path, value)
    elif merge.is_only_writer(path) and not merge.stands(path):
        _take_from_only_writer(merge, path, value)
    elif system not in merge.rules.writers(path, merge.status):
        merge.refuse(path, value, Verdict.REFUSED, "the system may not write this field")
    elif merge.stands(path) and not _rivals(merge, path, value):
        if is_unsure or _is_sending_another(merge, path):
            merge.take(path, value, Verdict.WON, "nobody saw whether ours had arrived there")
        else:
            merge.take(path, value, Verdict.TAKEN, "nobody else changed it")
    else:
        _decide_conflict(merge, path, value)


def _second(merge: Merge, path: str, value: Value) -> None:
    """A value that a person of this system came to as well counts for whichever of the two the rule prefers, so that
    an edit which is seen last meets the same one (seed 300499)."""
    decider, owner = merge.rules.decider(path)
    is_edit = path in merge.seen and merge.witness.system in merge.rules.writers(path, merge.status)
    if is_edit and not merge.is_status(path) and _beats(merge, decider, owner, value, merge.fields[path]):
        merge.second(path)


def _first_value(merge: Merge, path: str, value: Value) -> None:
    """The record never had the field: who may write it sets it, anybody else only while it stands in no writer."""
    writers = merge.rules.writers(path, merge.status)
    if value is None:
        merge.agree(path, value, digest(value))
    elif not writers:
        merge.fields[path] = Field(None, OURS, merge.witness.now, merge.record.version + 1)
        merge.refuse(path, value, Verdict.REFUSED, "no system may write this field")
    elif merge.witness.system in writers or not any(_stands_in(merge, each) for each in writers):
        merge.take(path, value, Verdict.TAKEN, "the first value")
    else:
        _note_absence(merge, path, min(writers))
        merge.refuse(path, value, Verdict.REFUSED, "the system may not write this field")


def _stands_in(merge: Merge, writer: str) -> bool:
    """Tell whether the record stands in a writer, or would if it lived: what a row that was there all along shows may
    not come to more for being seen after the record was deleted (seed 1042754)."""
    link = merge.record.link(writer)
    return link.is_live or (link.state is LinkState.ARCHIVED and merge.link.is_live)


def _note_absence(merge: Merge, path: str, writer: str) -> None:
    """Let the record say that there is nothing, so that this is owed back; of an absent element only its absence."""
    element = element_of(path)
    if element is not None and element.field and merge.ours(element_path(element.collection, element.key)) is not True:
        return
    nothing = False if element is not None and not element.field else None
    merge.fields[path] = Field(nothing, writer, merge.witness.now, merge.record.version + 1)


def _decide_status(merge: Merge, path: str, value: Value) -> None:
    entity, ours, system = merge.record.entity, merge.ours(path), merge.witness.system
    if system not in merge.rules.writers(path, value):
        merge.refuse(path, value, Verdict.REFUSED, "the system may not set this status")
    elif may_follow(entity, ours, value):
        verdict = Verdict.TAKEN if merge.stands(path) else Verdict.WON
        merge.take(path, value, verdict, "it follows in the order of statuses")
    elif rank(entity, value) > rank(entity, ours):
        merge.take(path, value, Verdict.WON, "what has happened outranks it")
    elif system in merge.rules.writers(path, ours) and (merge.stands(path) or merge.fields[path].by == system):
        merge.take(path, value, Verdict.TAKEN, "who has the say took the status back")
    else:
        merge.refuse(path, value, Verdict.LOST, "the record is further in the order of statuses")


def _take_from_only_writer(merge: Merge, path: str, value: Value) -> None:
    ours = merge.fields.get(path)
    is_of_others = ours is not None and (ours.by != merge.witness.system or path not in merge.seen)  # their other row's
    _take_over(merge, path, value, is_of_others=is_of_others)


def _take_over(merge: Merge, path: str, value: Value, *, is_of_others: bool) -> None:
    ours = merge.fields.get(path)
    is_overwritten = is_of_others and (merge.ours(path) is not None or path in merge.seen)  # who clears a field edits
    if ours is not None and digest(ours.value) == digest(value):
        merge.agree(path, value, digest(value))
    else:
        verdict = Verdict.PASSED if is_overwritten else Verdict.TAKEN
        merge.take(path, value, verdict, "the field's only writer has the say")


def _decide_conflict(merge: Merge, path: str, value: Value) -> None:
    if path not in merge.seen and value is None:
        merge.agree(path, value, digest(value))
        return
    if path not in merge.seen and merge.ours(path) is None:
        merge.take(path, value, Verdict.WON, "on a first link what stands there beats nothing")
        return
    decider, owner = merge.rules.decider(path)
    rivals = [each for each, _ in _rivals(merge, path, value)]
    if merge.is_only_writer(path):
        merge.overrule(rivals, Verdict.PASSED, "the field's only writer has the say")
        merge.take(path, value, Verdict.PASSED, "the field's only writer has the say")
    elif decider is Decider.PERSON:
        merge.leave_to_person(path, value)
    elif _wins(merge, decider, owner, path, value):
        merge.overrule(rivals, Verdict.WON, f"rule {decider.value}")
        merge.take(path, value, Verdict.WON, f"rule {decider.value}")
    else:
        merge.refuse(path, value, Verdict.LOST, f"rule {decider.value}")


def _wins(merge: Merge, decider: Decider, owner: str, path: str, value: Value) -> bool:
    """Tell whether the observed value beats all that stands against it; the same whichever of them came first."""
    against = [held for _, held in _rivals(merge, path, value)] or [merge.fields[path]]
    return all(_beats(merge, decider, owner, value, held) for held in against)


def _beats(merge: Merge, decider: Decider, owner: str, value: Value, ours: Field) -> bool:
    """Compare the observed value with one of the record's; total and antisymmetric."""
    system = merge.witness.system
    if decider is Decider.OWNER and owner in (system, ours.by) and system != ours.by:
        return owner == system
    return (merge.witness.modified_at, system, digest(value)) > (ours.at, ours.by, digest(ours.value))


def _rivals(merge: Merge, path: str, value: Value) -> list[tuple[str, Field]]:
    """Return the edits of an element that were not delivered yet to the system which now removes the element."""
    element = element_of(path)
    if element is None or element.field or value is not False:
        return []
    inside = [each for each in merge.seen if each.startswith(path + ".") and each in merge.fields]
    return [(each, merge.fields[each]) for each in inside if not merge.stands(each)]


def _is_edit_of_removed(merge: Merge, path: str, value: Value) -> bool:
    """Tell whether a field of an element was edited that another system removed and that this one still has."""
    whole = presence(path)
    if whole is None or whole == path or whole not in merge.seen or merge.ours(whole) is not False:
        return False
    may_write = merge.witness.system in merge.rules.writers(path, merge.status)
    return may_write and not merge.stands(whole) and _is_news_inside(merge, path, whole, value)


def _is_news_inside(merge: Merge, path: str, whole: str, value: Value) -> bool:
    """Tell whether a value is not simply what was there when the element was removed; what was kept since is an edit,
    and two who put the same have edited twice."""
    is_kept = path in merge.fields and merge.fields[path].version > merge.fields[whole].version
    return is_kept or digest(merge.ours(path)) != digest(value)


def _decide_removed(merge: Merge, path: str, value: Value) -> None:
    """An edit meets the removal of its element: the same conflict, and the same end, as the other way round."""
    whole = str(presence(path))
    decider, owner = merge.rules.decider(whole)
    if merge.witness.system not in merge.rules.writers(whole, merge.status):
        merge.keep_inside(path, value)
    elif decider is Decider.PERSON:
        merge.leave_to_person(whole, True)
        merge.keep_inside(path, value)
    elif _wins(merge, decider, owner, whole, True):
        merge.take(whole, True, Verdict.WON, f"rule {decider.value}")
        merge.take(path, value, Verdict.TAKEN if merge.stands(path) else Verdict.WON, "the element stays")
    else:
        merge.keep_inside(path, value)
