"""The steps of a delivery after its intent is noted: look where a look must come first, write, confirm (SYNC §4-§6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from shared.core.absorb import Absorbed, absorb, is_stale, may_be_unseen
from shared.core.additions import as_far_as_shown, count_additions
from shared.core.commands import Archive, Command, Create, Update
from shared.core.confirm import Said, confirm
from shared.core.decisions import Decision, Verdict
from shared.core.deliver import (
    clear_intent,
    is_in_time,
    is_seen_lately,
    must_look_before,
    note_intent,
    plan_delivery,
    renew_intent,
)
from shared.core.inputs import Inputs, Step, and_then, begun_by, withholding
from shared.core.keys import id_key
from shared.core.observations import (
    Accepted,
    Answer,
    Gone,
    Invalid,
    Next,
    Observation,
    Refused,
    Revision,
    Shown,
    Stored,
    Trouble,
)
from shared.core.records import DUPLICATE, Record
from shared.core.schema_drift import narrowed
from shared.flows.asking import closed, fetch, resolved
from shared.flows.guarding import is_within_bound
from shared.flows.looking import look_by_id, look_by_keys
from shared.flows.matching import deleted
from shared.flows.putting_off import put_off_refused
from shared.flows.round import Round, Sending, joined, step
from shared.flows.settling import link_or_park, meant, park_invalid
from shared.flows.troubles import heed, may_write
from shared.ports.stores import KeysHeld
from shared.ports.system import Hint

UNSEEN = Trouble(Next.RETRYABLE, "not shown", "the system does not show the value that is to be replaced")
"""A look left out every field that was to be sent: after its attempts a person is asked."""

OTHER_KEY = Trouble(
    Next.RETRYABLE, "another key", "somebody there shows its key, and a row of its own elsewhere does not"
)
"""A look found somebody by a key that a row of the record elsewhere does not show: look again when that was brought
there, and in the end ask a person (F11)."""

NOT_YET = Trouble(
    Next.THROTTLED, "not told yet", "a row of its own elsewhere cannot be read now, or shows something new"
)
"""A look found somebody, and whether that is the record cannot be told before its rows elsewhere are read."""

OLD_STATE = Trouble(Next.RETRYABLE, "old state", "the system shows a state older than one that it showed before")
"""A look at a system that reads stale was older than what is known: look again later."""

CONFIRMS = 6
"""How often confirm reads again and applies again after a lost write."""


def send(round_: Round, sendings: Sequence[Sending], size: int) -> int:
    """Look, write what is still to be written, at most `size` in one call, and confirm; return how many were confirmed.

    All creates share one look; a look before a write is followed by that write, so that no edit in between is lost.
    """
    creates = [each for each in sendings if isinstance(each.command, Create)]
    others = [each for each in sendings if not isinstance(each.command, Create)]
    confirmed = sum(_write(round_, some) for some in _portions(_look_before_create(round_, creates), size))
    for some in _portions(others, size):
        ready = _look_before_write(round_, some)
        for verb in (Update, Archive):
            of_verb = [each for each in ready if isinstance(each.command, verb)]
            confirmed += _write(round_, of_verb) if of_verb else 0
    return confirmed


def _portions(sendings: Sequence[Sending], size: int) -> Iterator[Sequence[Sending]]:
    return (sendings[start : start + size] for start in range(0, len(sendings), size))


def _look_before_create(round_: Round, sendings: Sequence[Sending]) -> list[Sending]:
    """Link what stands there already, park what is doubtful; return what is surely to be created."""
    if not sendings:
        return []
    found = look_by_keys(round_, [each.record for each in sendings])
    if isinstance(found, Trouble):
        _confirm_all(round_, sendings, [Refused(found)] * len(sendings))
        return []
    left, seen_at = [], round_.now()
    for each in sendings:
        there = meant(round_, each.record, found[each.record.id])
        if there is None:  # an intent of which nothing was sent would claim what people enter there (seed 348173)
            _confirm_all(round_, [each], [Refused(NOT_YET)])
        elif there.candidates:
            link_or_park(round_, each.record, there)
        elif there.disputed:
            those = tuple(one.external_id for one in there.disputed)
            _confirm_all(round_, [each], [Refused(replace(OTHER_KEY, candidates=those))])
        else:
            left.append(replace(each, looked_at=seen_at))
    return left


def _look_before_write(round_: Round, sendings: Sequence[Sending]) -> list[Sending]:
    """Read in bulk what has no exact precondition, absorb what differs, plan again: no blind overwrite (SYNC §4)."""
    bare = [each for each in sendings if must_look_before(round_.system, each.command, round_.rules)]
    guarded = [each for each in sendings if each not in bare]
    if not bare:
        return guarded
    shown = look_by_id(round_, [each.record for each in bare])
    if isinstance(shown, Trouble):
        _confirm_all(round_, bare, [Refused(shown)] * len(bare))
        return guarded
    seen_at = round_.now()
    old = [each for each in bare if _is_old(round_, each.record, shown.get(each.record.id))]
    _confirm_all(round_, old, [Refused(OLD_STATE)] * len(old))
    looked = [_plan_again(round_, each, shown.get(each.record.id)) for each in bare if each not in old]
    return guarded + [replace(each, looked_at=seen_at) for each in looked if each is not None]


def _is_old(round_: Round, record: Record, shown: Shown | None) -> bool:
    """Tell whether a look must be thrown away: below what the system showed before (SYNC §2.1), or gone where it may
    only not be shown yet; then those who absorb find out."""
    if shown is not None and may_be_unseen(record, round_.system, shown, round_.rules):
        _hint(round_, shown.external_id)
        return True
    return isinstance(shown, Observation) and is_stale(record, shown, round_.rules)


def _is_before(round_: Round, answer: Answer, shown: Shown | None) -> bool:
    """Tell whether a system that reads stale showed, after a write, a state from before it."""
    if not round_.able.stale_reads or not isinstance(answer, Accepted) or not isinstance(shown, Observation):
        return False
    orders = [each.order for each in (shown.revision, answer.revision) if each is not None and each.order is not None]
    return len(orders) == 2 and orders[0] < orders[1]


def _plan_again(round_: Round, sending: Sending, shown: Shown | None) -> Sending | None:
    """Absorb a look into the record; return what is still to be sent, with the intent that says so."""
    record, system = sending.record, round_.system
    if shown is None or isinstance(shown, Invalid):
        park_invalid(round_, record, shown)
        return None
    observation = deleted(system, round_.entity, shown) if isinstance(shown, Gone) else shown
    now = round_.now()
    unsent = clear_intent(record, system, round_.rules, now, may_land=False)  # so nothing shown is an echo of it
    absorbed = absorb(unsent, observation, round_.rules, now)
    fresh = _exact(round_, observation)
    known = as_far_as_shown(record, sending.command, observation, round_.rules)
    if not absorbed.changed and known is None:
        _confirm_all(round_, [sending], [Refused(UNSEEN)])
        return None
    if not absorbed.changed and known == sending.command:
        return replace(sending, command=_guarded(sending.command, fresh))
    bare, cause = absorbed.record, begun_by(absorbed.cause, Step.CLEAR)
    owing = plan_delivery(bare, system, round_.parents([bare]), round_.rules, now)
    left = narrowed(owing, round_.withheld) if isinstance(owing, Update | Archive) else None
    plan = as_far_as_shown(bare, left, observation, round_.rules) if left is not None else None
    if plan is None:
        round_.save(record, replace(absorbed, record=bare, cause=cause))
        return None
    noted = note_intent(bare, system, plan, sending.intent_id, round_.rules, now)
    cause = replace(withholding(and_then(cause, Step.INTEND), round_.withheld), detail={"intent": sending.intent_id})
    kept = round_.save(record, replace(absorbed, record=noted, cause=cause))
    return Sending(kept, _guarded(plan, fresh), sending.intent_id) if isinstance(kept, Record) else None


def _exact(round_: Round, observation: Observation) -> Revision | None:
    revision = observation.revision
    return revision if round_.able.exact and revision is not None and revision.exact else None


def _guarded(command: Command, revision: Revision | None) -> Command:
    return command if isinstance(command, Create) else replace(command, precondition=revision)


def _write(round_: Round, sendings: Sequence[Sending]) -> int:
    """Send the commands in one bulk call and confirm each answer."""
    if not may_write(round_.parts, round_.system, round_.entity):
        return _refuse_all(round_, sendings)
    if not is_within_bound(round_, [each.command for each in sendings]):
        return _refuse_all(round_, sendings)
    sendings = [each for each in (_in_time(round_, each) for each in sendings) if each is not None]
    if not sendings:
        return 0
    system = round_.parts.systems.system(round_.system)
    answers = system.write(round_.entity, [each.command for each in sendings])
    whole = [each.trouble for each in answers if isinstance(each, Refused) and each.trouble.whole_system]
    if whole:
        heed(round_.parts, round_.system, whole[0])
    return _confirm_all(round_, sendings, answers)


def _refuse_all(round_: Round, sendings: Sequence[Sending]) -> int:
    trouble = closed(round_.parts, round_.system, round_.entity)
    return _confirm_all(round_, sendings, [Refused(trouble)] * len(sendings))


def _in_time(round_: Round, sending: Sending) -> Sending | None:
    """Return what may still be sent: a worker that was slow renews its lease first, or finds that it has lost it.

    What must be looked at before it is written, and was so long ago, is owed anew instead: a lease that begins anew
    makes no look of before it younger.
    """
    intent, now = sending.record.link(round_.system).intent, round_.now()
    if intent is not None and is_in_time(intent, now):
        return sending
    if intent is not None and sending.looked_at is not None and not is_seen_lately(sending.looked_at, intent, now):
        unsent = clear_intent(sending.record, round_.system, round_.rules, now, may_land=False)
        round_.save_record(sending.record, unsent, round_.cause("postpone", Inputs((Step.CLEAR,)), now))
        return None
    renewed = renew_intent(sending.record, round_.system, round_.rules, now)
    kept = round_.save_record(sending.record, renewed, round_.cause("intent", Inputs((Step.RENEW,)), now))
    return replace(sending, record=kept) if isinstance(kept, Record) else None


def _confirm_all(round_: Round, sendings: Sequence[Sending], answers: Sequence[Answer]) -> int:
    shown = _read_back(round_, sendings, answers)
    put_off_refused(round_, sendings, answers)
    confirmed = 0
    for sending, answer in zip(sendings, answers, strict=True):
        external_id = answer.external_id if isinstance(answer, Accepted) else ""
        applied = _confirm(round_, sending, answer, shown.get(external_id))
        confirmed += applied and not isinstance(answer, Refused)
    return confirmed


def _read_back(round_: Round, sendings: Sequence[Sending], answers: Sequence[Answer]) -> Mapping[str, Shown]:
    """Read what the answers did not show, in bulk; nothing if it cannot be read now."""
    ids = [
        answer.external_id
        for sending, answer in zip(sendings, answers, strict=True)
        if isinstance(answer, Accepted) and not isinstance(sending.command, Archive)
    ]
    if not ids or not round_.able.can_read:
        return {}
    shown = fetch(round_.parts, round_.system, round_.entity, ids)
    return {} if isinstance(shown, Trouble) else resolved(round_.parts, shown)


def _confirm(round_: Round, sending: Sending, answer: Answer, shown: Shown | None) -> bool:
    """Note what the target holds; after a lost write read the record again and apply the answer again (SYNC §6)."""
    record = sending.record
    shown = None if _is_old(round_, record, shown) or _is_before(round_, answer, shown) else shown
    for _ in range(CONFIRMS):
        after = _confirmed(round_, record, sending, answer, shown)
        if not after.changed:
            break
        kept = round_.save(record, after)
        if isinstance(kept, Record):
            if isinstance(answer, Stored | Accepted) and _is_open(answer, shown):
                _hint(round_, answer.external_id)
            return True
        if isinstance(kept, KeysHeld):
            _suspect(round_, record, answer, kept)
            return False
        record = round_.parts.records.get([record.id])[record.id]
        shown = None
    if isinstance(answer, Stored | Accepted):
        _hint(round_, answer.external_id)
    return False


def _is_open(answer: Answer, shown: Shown | None) -> bool:
    """Tell whether an answer left open what was stored, so that a look must tell (SYNC §6)."""
    if isinstance(answer, Stored):
        return not answer.shown.complete
    return isinstance(answer, Accepted) and not isinstance(shown, Observation)


def _confirmed(round_: Round, record: Record, sending: Sending, answer: Answer, shown: Shown | None) -> Absorbed:
    jitter, now = round_.parts.clock.jitter(), round_.now()
    if isinstance(answer, Stored):
        answer = replace(answer, shown=_resolved(round_, answer.shown))
    if isinstance(answer, Accepted) and isinstance(shown, Observation) and _is_the_write_s_own(answer, shown):
        answer, shown = Stored(answer.external_id, shown), None
    first = confirm(record, round_.system, Said(sending.intent_id, answer, jitter), round_.rules, now)
    if not first.changed or not isinstance(answer, Accepted) or not isinstance(shown, Observation):
        return first
    second = absorb(first.record, shown, round_.rules, now)
    cleared = clear_intent(second.record, round_.system, round_.rules, now, may_land=False)
    intent = sending.record.link(round_.system).intent
    assert intent is not None
    counted, decisions = count_additions(cleared, intent, shown, round_.rules, now)
    cause = and_then(second.cause, Step.CLEAR, Step.COUNT_ADDED)
    return joined(first, replace(second, record=counted, decisions=(*second.decisions, *decisions), cause=cause))


def _is_the_write_s_own(answer: Accepted, shown: Observation) -> bool:
    """Tell whether a re-read shows the very revision that the write made: then it shows what was stored."""
    return answer.revision is not None and answer.revision.exact and shown.revision == answer.revision


def _resolved(round_: Round, shown: Observation) -> Observation:
    whole = resolved(round_.parts, {shown.external_id: shown})[shown.external_id]
    return whole if isinstance(whole, Observation) else shown


def _hint(round_: Round, external_id: str) -> None:
    round_.parts.messages.changes([Hint(round_.system, round_.entity, external_id)])


def _suspect(round_: Round, record: Record, answer: Answer, held: KeysHeld) -> None:
    """What was created there is another record's already: park both as suspected duplicates (SYNC §6)."""
    external_id = answer.external_id if isinstance(answer, Stored | Accepted) else ""
    holder = held.holders.get(id_key(round_.system, round_.entity, external_id), "")
    trouble = Trouble(Next.PERMANENT, DUPLICATE, "another record holds what was created there", candidates=(holder,))
    intent = record.link(round_.system).intent
    assert intent is not None
    parked = confirm(record, round_.system, Said(intent.id, Refused(trouble)), round_.rules, round_.now())
    decision = Decision(Verdict.DUPLICATE, round_.system, because=f"record {holder} holds {external_id} there")
    round_.save(record, replace(parked, decisions=(*parked.decisions, decision)))
    other = round_.parts.records.get([holder]).get(holder)
    if other is not None:
        twin = Decision(
            Verdict.DUPLICATE, round_.system, because=f"record {record.id} was created as {external_id} too"
        )
        cause = round_.cause("suspect", Inputs((Step.LIST,)), round_.now())
        round_.save(other, step(cause, other, twin))
