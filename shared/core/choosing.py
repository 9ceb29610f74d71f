"""Choosing: what it means that a person chooses one of a conflict's two values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from shared.core.decisions import Decision, Verdict
from shared.core.observations import Observation
from shared.core.paths import element_of, element_path
from shared.core.records import Record
from shared.core.repair import Impossible
from shared.core.values import Reference, Value, digest

CHOICES = ("ours", "theirs", "other")


@dataclass(frozen=True, slots=True)
class Set:
    """The record takes this value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Ask:
    """The record takes what the system shows; the conflict does not tell it, so it is read there."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The record keeps its value, which is sent to the system once more."""


Choice: TypeAlias = Set | Ask | Retry | Impossible

_WITH_TWO_VALUES = frozenset(
    {
        Verdict.WON,
        Verdict.LOST,
        Verdict.REFUSED,
        Verdict.PASSED,
        Verdict.PERSON,
        Verdict.HELD,
        Verdict.YIELDED,
        Verdict.CHOSEN,
    }
)


def choice_of(record: Record, decision: Decision, choice: str) -> Choice:
    """Return what a choice does now. `other` is the value that the record does not hold.

    Where a field is held, choosing the record's own value sends it again, and choosing the system's may need a look.
    """
    if decision.verdict not in _WITH_TWO_VALUES:
        return Impossible(f"{decision.verdict.value} leaves no two values", "`tandem failures` says what can be done")
    if choice not in CHOICES:
        return Impossible(f"{choice} is no choice here", f"say one of {', '.join(CHOICES)}")
    held = record.link(decision.system).held.get(decision.path)
    if held is not None and not held.yielded:
        return _of_held(decision, choice, held.shown)
    return _of_decided(record, decision, choice)


def is_undoable(record: Record, decision: Decision) -> bool:
    """Tell whether the value that an operator gave a field still stands."""
    return digest(record.value(decision.path)) == digest(decision.ours)


def fetched_value(record: Record, shown: Observation, path: str) -> Set | Impossible:
    """Return the value that a system shows for a path of the record."""
    element = element_of(path)
    theirs = path
    if element is not None:
        names = record.link(shown.system).elements
        theirs = element_path(element.collection, names.get(element.key, element.key), element.field)
    value = shown.fields.get(theirs)
    if theirs not in shown.fields or isinstance(value, Reference):
        return Impossible(f"{shown.system} does not show {path}", "edit the field to the value that is right")
    return Set(value)


def _of_held(decision: Decision, choice: str, shown: str) -> Choice:
    if choice == "ours":
        return Retry()
    return Set(decision.theirs) if digest(decision.theirs) == shown else Ask()


def _of_decided(record: Record, decision: Decision, choice: str) -> Choice:
    stands = digest(record.value(decision.path))
    values = {"ours": decision.ours, "theirs": decision.theirs}
    if choice != "other":
        return Set(values[choice])
    if stands == digest(decision.theirs):
        return Set(decision.ours)
    if stands == digest(decision.ours):
        return Set(decision.theirs)
    return Impossible("the field has a third value since", "say ours or theirs, or edit it")
