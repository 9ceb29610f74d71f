"""A record's history as sentences: what each version was, told so that somebody who knows no code understands it.

Sentences name systems, fields, times and reasons, never values; those stand beside them in `changes`, so that whoever
must not see a person's data can be shown the sentence alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.core.decisions import OPERATOR, Cause, Ruling
from shared.core.inputs import Answered, Step
from shared.core.records import Intent, Link, Record, Verb
from shared.core.values import Value, digest


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a version changed; `before` is nothing where the record had no such field."""

    path: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Happening:
    """One version of a record: what happened, in a sentence, with the fields that it changed, what was decided, and
    the fields that were being sent."""

    version: int
    at: datetime | None
    operation: str
    system: str
    sentence: str
    changes: tuple[FieldChange, ...] = ()
    decided: tuple[Ruling, ...] = ()
    sent: tuple[str, ...] = ()

    def is_about(self, path: str) -> bool:
        """Tell whether a field (or one below it) was changed or sent, or something was decided about it."""
        named = (path for each in self.decided for path in each.paths)
        return any(is_under(each, path) for each in (*(each.path for each in self.changes), *named, *self.sent))

    def only(self, path: str) -> Happening:
        """Return it with nothing but what is about a field."""
        ruled = ((each, tuple(p for p in each.paths if is_under(p, path))) for each in self.decided)
        return replace(
            self,
            changes=tuple(each for each in self.changes if is_under(each.path, path)),
            decided=tuple(replace(each, paths=paths) for each, paths in ruled if paths),
            sent=tuple(each for each in self.sent if is_under(each, path)),
        )


def is_under(path: str, asked: str) -> bool:
    """Tell whether a path is the one that was asked for, or one below it: `lines` asks for all of `lines[…]`."""
    return path == asked or path.startswith((f"{asked}[", f"{asked}."))


def tell(before: Record | None, after: Record | None, version: int, cause: Cause) -> Happening:
    """Tell one version; where the ledger kept no record only what the cause says is told."""
    told = _Told(before, after, cause)
    by_name = _operator if cause.operation.startswith(OPERATOR) else _other
    sentence = _SENTENCES.get(cause.operation, by_name)(told)
    intent = told.link.intent if cause.operation == "intent" else told.sent
    return Happening(
        version,
        cause.at,
        cause.operation,
        cause.system,
        sentence,
        () if after is None else tuple(_changes(before, after)),
        cause.decided,
        tuple(sorted(intent.sent)) if intent is not None and cause.operation in ("intent", "confirm") else (),
    )


def in_words(ruling: Ruling) -> str:
    """Return a decision in words: `name, phone: taken (nobody else changed it)`."""
    because = f" ({ruling.because})" if ruling.because else ""
    paths = ", ".join(path for path in ruling.paths if path)
    return f"{paths}: {ruling.verdict.value}{because}" if paths else f"{ruling.verdict.value}{because}"


def moment(at: datetime) -> str:
    """Return a moment as a person reads it, to the second, in UTC."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


@dataclass(frozen=True, slots=True)
class _Told:
    """What a sentence is made of."""

    before: Record | None
    after: Record | None
    cause: Cause

    @property
    def system(self) -> str:
        return self.cause.system

    @property
    def link(self) -> Link:
        return Link() if self.after is None else self.after.link(self.system)

    @property
    def sent(self) -> Intent | None:
        """Return what was being sent before this version."""
        return None if self.before is None else self.before.link(self.system).intent


def _changes(before: Record | None, after: Record) -> Iterable[FieldChange]:
    old = {} if before is None else before.fields
    for path, held in sorted(after.fields.items()):
        was = old[path].value if path in old else None
        if path not in old or digest(was) != digest(held.value):
            yield FieldChange(path, was, held.value)


def _absorb(told: _Told) -> str:
    cause = told.cause
    revision = f", revision {cause.revision}" if cause.revision else ""
    changed = f", changed there on {moment(cause.modified_at)}" if cause.modified_at else ""
    if cause.inputs is not None and Step.CLEAR_LATE in cause.inputs.steps:
        return f"a look after a lost answer found {cause.external_id} in {told.system}{revision}{changed}"
    first = ": a new record" if told.before is None else ""
    return f"{told.system} showed {cause.external_id}{revision}{changed}{first}"


def _delete(told: _Told) -> str:
    return f"{told.system} no longer has {told.cause.external_id}"


def _intent(told: _Told) -> str:
    intent = told.link.intent
    if intent is None:
        return f"began to send to {told.system}"
    if intent.verb is Verb.ARCHIVE:
        return f"began to archive it in {told.system}"
    fields = ", ".join(sorted(intent.sent))
    if intent.verb is Verb.CREATE:
        return f"began to create it in {told.system} with {fields}"
    return f"began to send {fields} to {told.system}"


def _confirm(told: _Told) -> str:
    inputs = told.cause.inputs
    if inputs is not None and inputs.trouble is not None:
        trouble = inputs.trouble
        reason = " ".join(filter(None, (trouble.code, trouble.message)))
        return f"{told.system} did not take it: {reason}{_what_next(told.link)}"
    verb = told.sent.verb if told.sent is not None else None
    done = _DONE.get(verb, "took what was sent")
    named = f" as {told.cause.external_id}" if verb is Verb.CREATE and told.cause.external_id else ""
    if inputs is not None and inputs.answered is Answered.ACCEPTED and inputs.observed is None:
        return f"{told.system} {done}{named}, without showing what it stored"
    return f"{told.system} {done}{named}"


def _what_next(link: Link) -> str:
    if link.parked is not None:
        return "; parked until a person decides"
    return f"; to be tried again on {moment(link.due_at)}" if link.due_at else ""


def _wait(told: _Told) -> str:
    link = told.link
    if link.parked is not None:
        return f"not sent to {told.system}, parked: {link.parked.reason}"
    return f"not sent to {told.system} yet: {link.waits_for} must stand there first"


def _park(told: _Told) -> str:
    parked = told.link.parked
    return f"parked for {told.system}: {parked.reason}" if parked else f"parked for {told.system}"


def _look(told: _Told) -> str:
    return f"a look after a lost answer found nothing new in {told.system}; to be sent again"


def _postpone(told: _Told) -> str:
    inputs = told.cause.inputs
    if inputs is not None and Step.CLEAR in inputs.steps:
        return f"nothing was sent to {told.system} yet: the look before it was too long ago"
    until = {} if inputs is None else inputs.until
    named = ", ".join(f"{system} (until {moment(at)})" for system, at in sorted(until.items()))
    return f"waits, because these may not be called: {named}" if named else "waits for a system that may not be called"


def _promise(_: _Told) -> str:
    return "what it gets of the goods, and when, was worked out anew"


def _suspect(told: _Told) -> str:
    return f"listed as a suspected duplicate in {told.system}"


def _operator(told: _Told) -> str:
    """Tell what a person did: `ann: retry for erp`."""
    verb = told.cause.operation.removeprefix(OPERATOR)
    where = f" for {told.system}" if told.system else ""
    return f"{told.cause.detail.get('by', 'somebody')}: {verb}{where}"


def _other(told: _Told) -> str:
    where = f" for {told.system}" if told.system else ""
    said = " ".join(f"{name} {text}" for name, text in sorted(told.cause.detail.items()))
    return f"{told.cause.operation}{where}{f': {said}' if said else ''}"


_SENTENCES: Mapping[str, Callable[[_Told], str]] = {
    "absorb": _absorb,
    "delete": _delete,
    "intent": _intent,
    "confirm": _confirm,
    "wait": _wait,
    "park": _park,
    "look": _look,
    "postpone": _postpone,
    "suspect": _suspect,
    "promise": _promise,
}
_DONE: Mapping[Verb | None, str] = {
    Verb.CREATE: "created it",
    Verb.UPDATE: "took what was sent",
    Verb.ARCHIVE: "archived it",
}
