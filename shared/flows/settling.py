"""After an intent whose lease ended without an answer: look, absorb, clear, or ask a person (SYNC §5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from shared.core.absorb import absorb, is_stale
from shared.core.deliver import clear_intent, park, park_keeping_intent
from shared.core.entered import absorb_entered, is_entered
from shared.core.inputs import Inputs, Step, and_then
from shared.core.keys import match_keys
from shared.core.match import is_shown_by_all, observed_keys
from shared.core.observations import Gone, Invalid, Observation, Trouble
from shared.core.recognise import CreateAgain, Ours, Recognised, equals_sent, recognise
from shared.core.records import UNANSWERED, UNREADABLE, Parked, Record, Verb
from shared.core.unanswered import count_unanswered
from shared.flows.asking import fetch, resolved
from shared.flows.looking import Found, can_be_asked, list_unlinked, look_by_id, look_by_keys
from shared.flows.matching import deleted
from shared.flows.round import Round, park_with


def look_after(round_: Round, records: Sequence[Record]) -> None:
    """Find out what intents that ran out have left behind, absorb it, and clear them. Never concludes from silence:
    a look that fails leaves the intent as it is."""
    known = [record for record in records if record.link(round_.system).external_id]
    asked = [record for record in records if record not in known and can_be_asked(round_, record)]
    listed = [record for record in records if record not in known and record not in asked]
    if known:
        _by_id(round_, known)
    if asked:
        _by_keys(round_, asked)
    if listed:
        _by_listing(round_, listed)


def link_or_park(round_: Round, record: Record, found: Found) -> None:
    """Exactly one that is ours, or exactly one that nobody else has, is this record; otherwise a person decides.

    What another record's open create may have made is left alone; the intent stays, and the next look tells.
    """
    if not found.ours and _may_be_anothers(round_, record, found.free):
        return
    single = found.ours or found.free
    if len(single) == 1 and not found.unreadable:
        is_sent = bool(found.ours) or not is_entered(record, single[0], round_.rules)
        (absorb_and_clear if is_sent else _absorb_entered)(round_, record, single[0])
        return
    now, reason = round_.now(), "several records there may be this one"
    sent = clear_intent(record, round_.system, round_.rules, now, may_land=True)
    parked = Parked(reason, now, candidates=found.candidates)
    after = park(sent, round_.system, parked, round_.rules, now)
    park_with(round_, record, after, parked, (Step.CLEAR_LATE, Step.PARK))


def meant(round_: Round, record: Record, found: Found) -> Found | None:
    """Return what a look found without what shows only a key that the record has no more, or that another holds.

    What equals all that was sent stays, but only where a row that we made would not show our reference. Nothing while
    that cannot be told: every live link elsewhere is read first, and what is new there is absorbed; a key that one of
    them does not show, since it was not brought there yet or not taken, links nobody (F11).
    """
    if found.ours or not found.free:
        return found
    rows = _rows_elsewhere(round_, record)
    if rows is None:
        return None
    keys = match_keys(record, round_.rules) | _given_back(round_, record)
    shown = {each.external_id: observed_keys(each, round_.rules).keys() for each in found.free}
    meant_by = {name: its & keys for name, its in shown.items()}
    free = tuple(
        each
        for each in found.free
        if is_shown_by_all(meant_by[each.external_id], rows, round_.rules) or _was_made(round_, record, each)
    )
    disputed = tuple(each for each in found.free if each not in free and meant_by[each.external_id])
    return replace(found, free=free, disputed=disputed)


def _given_back(round_: Round, record: Record) -> frozenset[str]:
    """Return the match keys that the record shows and does not hold, and that no other record holds any more."""
    without = record.without_keys
    holders = round_.parts.identities.holders(without) if without else {}
    return frozenset(key for key in without if key not in holders or not holders[key].record_id)


def _was_made(round_: Round, record: Record, observation: Observation) -> bool:
    """Tell whether a row without our reference may be what an open create made."""
    is_sent = record.link(round_.system).intent is not None and equals_sent(record, observation)
    return is_sent and not is_entered(record, observation, round_.rules)


def _rows_elsewhere(round_: Round, record: Record) -> list[Observation] | None:
    """Return what every live link elsewhere shows, if that is still what was seen; if not, absorb what it shows."""
    rows: list[Observation] = []
    for name, link in record.links.items():
        able = round_.rules.systems.get(name)
        if name == round_.system or able is None or not able.can_read or not link.is_live:
            continue
        shown = fetch(round_.parts, name, record.entity, [str(link.external_id)])
        if isinstance(shown, Trouble):
            return None
        for each in resolved(round_.parts, shown).values():
            observation = deleted(name, record.entity, each) if isinstance(each, Gone) else each
            if not isinstance(observation, Observation) or is_stale(record, observation, round_.rules):
                return None
            absorbed = absorb(record, observation, round_.rules, round_.now())
            if absorbed.changed:
                round_.save(record, absorbed)
                return None
            rows.append(observation)
    return rows


def _may_be_anothers(round_: Round, record: Record, free: Sequence[Observation]) -> bool:
    """Tell whether another record's create that is open here was sent with a match key that one of these shows.

    Of two whose leases have ended only the younger gives way, so that they do not wait for each other for ever.
    """
    if round_.able.carries_reference or not free:
        return False
    shown = frozenset[str]().union(*(observed_keys(each, round_.rules) for each in free))
    others = [each for each in _open_creates(round_) if each.id != record.id]
    mine, now = record.link(round_.system).intent, round_.now()
    theirs = [(each.id, intent) for each in others if (intent := each.link(round_.system).intent)]
    return any(
        intent.keys & shown
        and (mine is None or intent.until > now or (intent.made_at, name) < (mine.made_at, record.id))
        for name, intent in theirs
    )


def _open_creates(round_: Round) -> list[Record]:
    """Return the records that are being created in the system, or of which nobody knows whether they were."""
    opens = round_.parts.identities.open_creates(round_.system, round_.entity)
    found = round_.parts.records.get({each.record_id for each in opens}).values()
    return [each for each in found if _is_creating(each, round_.system)]


def _is_creating(record: Record, system: str) -> bool:
    intent = record.link(system).intent
    return intent is not None and intent.verb is Verb.CREATE


def absorb_and_clear(round_: Round, record: Record, observation: Observation) -> None:
    """Absorb what a look found, with the intent still open so that what we sent is known, then clear the intent."""
    now = round_.now()
    absorbed = absorb(record, observation, round_.rules, now)
    cleared = clear_intent(absorbed.record, round_.system, round_.rules, now, may_land=True)
    intent, steps = record.link(round_.system).intent, (Step.CLEAR_LATE,)
    if intent is None or intent.until > now:
        cause = and_then(absorbed.cause, *steps)
        round_.save(record, replace(absorbed, record=cleared, cause=cause, changed=True))
        return
    counted, said = count_unanswered(cleared, round_.system, intent, observation, round_.rules, now)
    cause = and_then(absorbed.cause, *steps, Step.COUNT)
    made = replace(absorbed, record=counted, decisions=(*absorbed.decisions, *said), cause=cause, changed=True)
    round_.save(record, made)


def _absorb_entered(round_: Round, record: Record, observation: Observation) -> None:
    """Absorb a row that people entered, with no intent open any more: nothing that it shows is our own echo."""
    absorbed = absorb_entered(record, observation, round_.rules, round_.now())
    round_.save(record, replace(absorbed, cause=and_then(absorbed.cause, Step.CLEAR_LATE), changed=True))


def park_invalid(round_: Round, record: Record, shown: Invalid | None) -> None:
    """Park a link whose record the system shows in a form that cannot be read."""
    now = round_.now()
    reason = shown.reason if shown else "the system does not show the record"
    parked = Parked(reason, now, code=UNREADABLE, field=shown.field if shown else None)
    after = park(record, round_.system, parked, round_.rules, now)
    park_with(round_, record, after, parked, (Step.PARK,), parked.field or "")


def _by_id(round_: Round, records: Sequence[Record]) -> None:
    shown = look_by_id(round_, records)
    if isinstance(shown, Trouble):
        return
    for record in records:
        each = shown.get(record.id)
        if isinstance(each, Observation):
            if not is_stale(record, each, round_.rules):
                absorb_and_clear(round_, record, each)
        elif isinstance(each, Gone):
            absorb_and_clear(round_, record, deleted(round_.system, round_.entity, each))
        else:
            park_invalid(round_, record, each)


def _by_keys(round_: Round, records: Sequence[Record]) -> None:
    found = look_by_keys(round_, records)
    if isinstance(found, Trouble):
        return
    for record in records:
        left = meant(round_, record, found[record.id])
        if left is not None and left.candidates:
            link_or_park(round_, record, left)
        elif left is not None and found[record.id].free and not round_.able.carries_reference:
            _park_doubtful(round_, record, found[record.id].candidates)
        elif left is not None:
            _clear(round_, record)


def _by_listing(round_: Round, records: Sequence[Record]) -> None:
    """The last row of SYNC §5's table: a complete listing tells, or a person does.

    Lists leave rows out: before anything is created again the keys that were sent are asked for too, where they can be.
    """
    unlinked = list_unlinked(round_)
    if isinstance(unlinked, Trouble):
        return
    open_, lacking = _open_creates(round_), list[Record]()
    for record in records:
        verdict = _recognised(round_, record, unlinked, open_)
        if isinstance(verdict, CreateAgain):
            lacking.append(record)
        else:
            unlinked = _settle(round_, record, verdict, unlinked)
    found = look_by_keys(round_, lacking) if lacking else {}
    if isinstance(found, Trouble):
        return
    for record in lacking:
        beside = found[record.id].ours or found[record.id].free
        verdict = _recognised(round_, record, beside, open_)
        _settle(round_, record, verdict, beside)


def _recognised(round_: Round, record: Record, rows: Sequence[Observation], open_: Sequence[Record]) -> Recognised:
    others = [each for each in open_ if each.id != record.id]
    return recognise(record, round_.system, rows, round_.rules, others)


def _settle(round_: Round, record: Record, verdict: Recognised, rows: Sequence[Observation]) -> list[Observation]:
    """Do what was recognised of a create without an answer; return the rows that are nobody's yet."""
    if isinstance(verdict, Ours):
        absorb_and_clear(round_, record, verdict.observation)
        return [each for each in rows if each.external_id != verdict.observation.external_id]
    if isinstance(verdict, CreateAgain):
        _clear(round_, record)
    else:
        _park_doubtful(round_, record, verdict.candidates)
    return list(rows)


def _clear(round_: Round, record: Record) -> None:
    now, intent = round_.now(), record.link(round_.system).intent
    assert intent is not None
    cleared = clear_intent(record, round_.system, round_.rules, now, may_land=True)
    counted, _ = count_unanswered(cleared, round_.system, intent, None, round_.rules, now)
    round_.save_record(record, counted, round_.cause("look", Inputs((Step.CLEAR_LATE, Step.COUNT)), now))


def _park_doubtful(round_: Round, record: Record, candidates: tuple[str, ...]) -> None:
    now, reason = round_.now(), "nobody can tell whether the record was created there"
    parked = Parked(reason, now, code=UNANSWERED, candidates=candidates)
    after = park_keeping_intent(record, round_.system, parked, round_.rules, now)
    park_with(round_, record, after, parked, (Step.PARK_OPEN,))
