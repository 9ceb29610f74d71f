"""replay: a decision of the ledger, made again from what it was made from.

The record before, the inputs that its cause names, and the rules go through the same verbs of the core, step by step;
what comes out is held against the record that was written and against what was decided. With the rules of then and the
code of then it is the same. If it is not, the rules have changed (their version says so) or the code has.

Whose key is whose was the store's word, not a decision: a key that was left to another record is left again, and
suspected duplicates are not compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TypeAlias

from shared.core.absorb import absorb
from shared.core.additions import as_far_as_shown, count_additions
from shared.core.commands import Archive, Create, Update
from shared.core.confirm import Said, confirm
from shared.core.decisions import OPERATOR, Cause, Decision, Ruling, Verdict, rulings
from shared.core.deliver import (
    Blocked,
    Plan,
    WaitFor,
    clear_intent,
    hold_back,
    note_intent,
    parents_of,
    park,
    park_keeping_intent,
    plan_delivery,
    postpone,
    renew_intent,
)
from shared.core.entered import disown_sends
from shared.core.inputs import Inputs, Step, answer_of, retold
from shared.core.observations import Observation
from shared.core.promised import say
from shared.core.records import EMPTY, Intent, Link, LinkState, Record, Verb
from shared.core.replacing import replace
from shared.core.rules import EntityRules
from shared.core.schema_drift import narrowed
from shared.core.unanswered import count_unanswered


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise: what (`field name`, `link erp: due_at`, `decided`), then and now, as text."""

    what: str
    then: str
    now: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """A decision made again: the record and the decisions of now, and what is different from then."""

    record: Record
    decided: tuple[Ruling, ...]
    differences: tuple[Difference, ...]
    rules_then: str
    rules_now: str

    @property
    def is_same(self) -> bool:
        """Tell whether the very same came out."""
        return not self.differences

    @property
    def because(self) -> str:
        """Return why it came out otherwise, as far as can be told."""
        if self.is_same:
            return ""
        return "the rules have changed" if self.rules_then != self.rules_now else "the code has changed"


@dataclass(frozen=True, slots=True)
class CannotReplay:
    """Not enough is known to make the decision again."""

    why: str


Replay: TypeAlias = Replayed | CannotReplay


def replay(before: Record | None, after: Record, cause: Cause, rules: EntityRules) -> Replay:
    """Make a decision again: `before` is the record of the version before, nothing for a first one."""
    if cause.operation.startswith(OPERATOR):
        return CannotReplay("a person did it")
    if cause.inputs is None or cause.at is None:
        return CannotReplay(f"what {cause.operation or 'this write'} was made from was not noted")
    if before is None and after.version > 1:
        return CannotReplay(f"version {after.version - 1} is not in the ledger")
    start = _blank(after) if before is None else before
    made = _Made(start, cause, cause.inputs, cause.at, rules, start)
    for step in cause.inputs.steps:
        _STEPS[step](made)
    record = replace(made.record, version=after.version, without_keys=made.record.without_keys | cause.inputs.keys_left)
    decided = _own(rulings(made.decisions))
    found = (*_of_records(after, record), *_of_decisions(_own(cause.decided), decided))
    return Replayed(record, decided, found, cause.rules, rules.version)


@dataclass(slots=True)
class _Made:
    """A decision on its way: the record as far as it has come, and everything that a step may ask for."""

    record: Record
    cause: Cause
    inputs: Inputs
    at: datetime
    rules: EntityRules
    start: Record
    decisions: tuple[Decision, ...] = ()
    shown: Observation | None = None

    @property
    def intent(self) -> Intent:
        """Return the intent that was open before the write; one that sent nothing where there was none."""
        return self.start.link(self.system).intent or Intent("", Verb.UPDATE, self.at, self.at)

    @property
    def system(self) -> str:
        return self.cause.system


def _blank(after: Record) -> Record:
    """Return a record before its first version: whose it is was decided by `match`."""
    return Record(after.id, after.entity, generation=after.generation, without_keys=after.without_keys)


# ── the steps ──


def _absorb(made: _Made) -> None:
    assert made.inputs.observed is not None
    made.shown = retold(made.record, made.cause, made.inputs.observed)
    absorbed = absorb(made.record, made.shown, made.rules, made.at)
    made.record, made.decisions = absorbed.record, made.decisions + absorbed.decisions


def _confirm(made: _Made) -> None:
    answer = answer_of(made.record, made.cause, made.inputs)
    said = Said(made.cause.detail.get("intent", ""), answer, made.inputs.jitter)
    confirmed = confirm(made.record, made.system, said, made.rules, made.at)
    made.record, made.decisions = confirmed.record, made.decisions + confirmed.decisions


def _clear(made: _Made) -> None:
    made.record = clear_intent(made.record, made.system, made.rules, made.at, may_land=False)


def _clear_late(made: _Made) -> None:
    made.record = clear_intent(made.record, made.system, made.rules, made.at, may_land=True)


def _disown(made: _Made) -> None:
    made.record = disown_sends(made.record, made.system, made.at)


def _count(made: _Made) -> None:
    counted, decisions = count_unanswered(made.record, made.system, made.intent, made.shown, made.rules, made.at)
    made.record, made.decisions = counted, (*made.decisions, *decisions)


def _count_added(made: _Made) -> None:
    assert made.shown is not None
    counted, decisions = count_additions(made.record, made.intent, made.shown, made.rules, made.at)
    made.record, made.decisions = counted, (*made.decisions, *decisions)


def _intend(made: _Made) -> None:
    """An intent was noted, so all parents stood there."""
    plan = _plan(made, {})
    if not isinstance(plan, Create | Update | Archive):
        return
    plan = narrowed(plan, made.inputs.withheld) or plan
    shown = as_far_as_shown(made.record, plan, made.shown, made.rules) if made.shown is not None else plan
    intent_id = made.cause.detail.get("intent", "")
    made.record = note_intent(made.record, made.system, shown or plan, intent_id, made.rules, made.at)


def _hold_back(made: _Made) -> None:
    parent = made.inputs.parent
    assert parent is not None
    plan = _plan(made, {parent.record_id: parent.link})
    if isinstance(plan, WaitFor | Blocked):
        made.record = hold_back(made.record, made.system, plan, made.inputs.jitter, made.rules, made.at)


def _plan(made: _Made, known: Mapping[str, Link | None]) -> Plan:
    record = made.record
    parked = record.link(made.system).parked
    named = {*parents_of(record.entity, {path: held.value for path, held in record.fields.items()})}
    named |= {parked.parent} if parked and parked.parent else set()
    parents = {**dict.fromkeys(named, _STANDING), **known}
    return plan_delivery(record, made.system, parents, made.rules, made.at)


def _renew(made: _Made) -> None:
    made.record = renew_intent(made.record, made.system, made.rules, made.at)


def _park(made: _Made) -> None:
    assert made.inputs.parked is not None
    made.record = park(made.record, made.system, made.inputs.parked, made.rules, made.at)
    _say_parked(made)


def _park_open(made: _Made) -> None:
    assert made.inputs.parked is not None
    made.record = park_keeping_intent(made.record, made.system, made.inputs.parked, made.rules, made.at)
    _say_parked(made)


def _say_parked(made: _Made) -> None:
    parked = made.inputs.parked
    assert parked is not None
    said = Decision(Verdict.PARKED, made.system, parked.field or "", because=parked.reason)
    made.decisions = (*made.decisions, said)


def _postpone(made: _Made) -> None:
    made.record = postpone(made.record, made.inputs.until, made.rules, made.at)


def _promise(made: _Made) -> None:
    made.record = say(made.record, made.cause.values, made.rules, made.at)


def _list(made: _Made) -> None:
    """Nothing but the version changes."""


_STEPS: Mapping[Step, Callable[[_Made], None]] = {
    Step.ABSORB: _absorb,
    Step.CONFIRM: _confirm,
    Step.CLEAR: _clear,
    Step.CLEAR_LATE: _clear_late,
    Step.DISOWN: _disown,
    Step.COUNT: _count,
    Step.COUNT_ADDED: _count_added,
    Step.INTEND: _intend,
    Step.RENEW: _renew,
    Step.HOLD_BACK: _hold_back,
    Step.PARK: _park,
    Step.PARK_OPEN: _park_open,
    Step.POSTPONE: _postpone,
    Step.PROMISE: _promise,
    Step.LIST: _list,
}
_STANDING = Link(LinkState.LIVE, "there")


# ── what is different ──


def _own(decided: tuple[Ruling, ...]) -> tuple[Ruling, ...]:
    return tuple(each for each in decided if each.verdict is not Verdict.DUPLICATE)


def _of_decisions(then: tuple[Ruling, ...], now: tuple[Ruling, ...]) -> Iterator[Difference]:
    if _sorted(then) != _sorted(now):
        yield Difference("decided", "; ".join(_sorted(then)), "; ".join(_sorted(now)))


def _sorted(decided: tuple[Ruling, ...]) -> list[str]:
    said = ((path, each.verdict.value, each.because) for each in decided for path in each.paths)
    return sorted(f"{path or 'record'} {verdict} ({because})" for path, verdict, because in said)


def _of_records(then: Record, now: Record) -> Iterator[Difference]:
    if then.fields != now.fields:
        yield from _of_maps("field", then.fields, now.fields)
    for name in sorted({*then.links, *now.links}):
        yield from _of_links(name, then.links.get(name, EMPTY), now.links.get(name, EMPTY))
    for name in _OF_RECORD:
        if getattr(then, name) != getattr(now, name):
            yield Difference(name, str(getattr(then, name)), str(getattr(now, name)))


def _of_links(system: str, then: Link, now: Link) -> Iterator[Difference]:
    for name in _OF_LINK:
        one, other = getattr(then, name), getattr(now, name)
        if one == other:
            continue
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _of_maps(f"link {system}: {name}", one, other)
        else:
            yield Difference(f"link {system}: {name}", str(one), str(other))


def _of_maps(what: str, then: Mapping[str, object], now: Mapping[str, object]) -> Iterator[Difference]:
    for key in sorted({*then, *now}):
        if then.get(key) != now.get(key):
            yield Difference(f"{what} {key}", str(then.get(key, "")), str(now.get(key, "")))


_OF_LINK = tuple(each.name for each in fields(Link))
_OF_RECORD = ("generation", "tombstone", "without_keys", "due_at", "parked_since", "waits_for")
