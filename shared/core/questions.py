"""Questions: what of a record waits for a person, and which open conflict items say so.

A conflict item is written once, in the write that set a value aside; whether it is still true is read from the record:
its held fields, its parked links, its ambiguous elements, the keys that it goes without. So each write tells which of
its record's questions it answered, whoever or whatever answered them, and their items are closed with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from shared.core.decisions import Decision, Verdict
from shared.core.records import DUPLICATE, Link, Record


class About(StrEnum):
    """What a question is about."""

    HELD = "held"
    PARKED = "parked"
    AMBIGUOUS = "ambiguous"
    DUPLICATE = "duplicate"


class Question(NamedTuple):
    """Something that a person is asked: a held field, a parked link, an ambiguous element (path), a double.

    An empty system speaks of every system.
    """

    about: About
    system: str
    path: str = ""


_VERDICTS = {
    About.HELD: frozenset({Verdict.HELD, Verdict.PERSON}),
    About.PARKED: frozenset({Verdict.PARKED}),
    About.AMBIGUOUS: frozenset({Verdict.AMBIGUOUS}),
    About.DUPLICATE: frozenset({Verdict.DUPLICATE}),
}
_OF_A_PATH = frozenset({About.HELD, About.AMBIGUOUS})


def answered(before: Record, after: Record) -> frozenset[Question]:
    """Return the questions of a record that a write of it answers, or asks anew with other values."""
    found = {q for name, link in before.links.items() for q in _answered(name, link, after.link(name))}
    if before.without_keys and not after.without_keys:
        found.add(Question(About.DUPLICATE, ""))
    return frozenset(found)


def asks(question: Question, decision: Decision) -> bool:
    """Tell whether a decision is what a question was asked by."""
    if decision.verdict not in _VERDICTS[question.about] or question.system not in ("", decision.system):
        return False
    return question.about not in _OF_A_PATH or question.path == decision.path


def _answered(system: str, before: Link, after: Link) -> list[Question]:
    found = [Question(About.HELD, system, path) for path, held in before.held.items() if after.held.get(path) != held]
    found += [
        Question(About.AMBIGUOUS, system, f"{sign.partition('/')[0]}[{theirs}]")
        for theirs, sign in before.ambiguous.items()
        if theirs not in after.ambiguous
    ]
    if before.parked is not None and (after.parked is None or after.parked.since != before.parked.since):
        found.append(Question(About.PARKED, system))
        if before.parked.code == DUPLICATE:
            found.append(Question(About.DUPLICATE, system))
    return found
