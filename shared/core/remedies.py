"""Remedies: what each kind of trouble means, and what a person may do about it. A table, and how to look it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.core.lives import DELETED
from shared.core.records import DUPLICATE, UNANSWERED, UNREADABLE, Held, Parked


class Kind(StrEnum):
    """Kinds of trouble, each with a remedy of its own."""

    REFUSED = "refused"
    FAILING = "failing"
    FIELD_REFUSED = "field-refused"
    NO_EFFECT = "no-effect"
    KEEPS_COMING_BACK = "keeps-coming-back"
    LEFT_TO_A_PERSON = "left-to-a-person"
    SEVERAL_THERE = "several-there"
    UNANSWERED = "unanswered-create"
    DOUBLE = "double"
    PARENT = "parent"
    UNREADABLE = "unreadable"
    DELETED = "deleted"
    SEVERAL_HERE = "several-here"
    KEY_TWICE = "key-twice"
    MAY_NOT_CREATE = "may-not-create"
    TWIN = "twin"
    MISSING = "missing"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Remedy:
    """What a kind of trouble means, what to do, and the verbs that do it (of the command and of the API alike)."""

    means: str
    do: str
    verbs: tuple[str, ...]


REMEDIES: Mapping[Kind, Remedy] = {
    Kind.REFUSED: Remedy(
        "the system refused the record for good",
        "edit the value that it does not take, or put it right in the system that it came from; or change what the "
        "system allows and retry; or skip this version",
        ("edit", "retry", "skip"),
    ),
    Kind.FAILING: Remedy(
        "the system refused the record, and is tried again by itself",
        "wait; or put the cause right and retry at once",
        ("retry", "edit", "skip"),
    ),
    Kind.FIELD_REFUSED: Remedy(
        "the system refused this one field; the others went",
        "edit the value, or retry once the system takes it, or skip it: the system keeps what it shows",
        ("edit", "retry", "skip"),
    ),
    Kind.NO_EFFECT: Remedy(
        "the system took the change with a friendly answer and did nothing",
        "see in the system why (a locked document, a missing right); then retry, or edit, or skip",
        ("retry", "edit", "skip"),
    ),
    Kind.KEEPS_COMING_BACK: Remedy(
        "the system changes the value back each time",
        "find the rule or automation in that system that does it; then retry, or edit to the value that it wants",
        ("edit", "retry", "skip"),
    ),
    Kind.LEFT_TO_A_PERSON: Remedy(
        "two systems changed the field, and the rule leaves it to a person",
        "choose ours or theirs (`tandem conflicts` shows both values)",
        ("choose", "edit"),
    ),
    Kind.SEVERAL_THERE: Remedy(
        "several records in the system may be this one",
        "choose the right one by its id there, or put their keys right there and retry",
        ("choose", "link", "retry", "skip"),
    ),
    Kind.UNANSWERED: Remedy(
        "a create ended without an answer, and nobody can tell whether it arrived",
        "look in the system: choose its id if it is there, or choose new if it is not",
        ("choose", "link", "retry", "skip"),
    ),
    Kind.DOUBLE: Remedy(
        "what was created there belongs to another record already",
        "merge the two in one of the systems, or unlink the other one, then retry",
        ("unlink", "retry", "skip"),
    ),
    Kind.PARENT: Remedy(
        "what it refers to is not there",
        "repair what it refers to; this one follows by itself",
        ("retry", "skip"),
    ),
    Kind.UNREADABLE: Remedy(
        "the system shows something that cannot be read",
        "put the named field right in that system; the next look closes this",
        ("retry", "skip"),
    ),
    Kind.DELETED: Remedy(
        "the owner of its life deleted the record; the rule asks a person what becomes of it here",
        "delete it in this system too, or skip: it stays there, and nothing is sent to it any more",
        ("skip",),
    ),
    Kind.SEVERAL_HERE: Remedy(
        "several of our records may be this one",
        "choose the right one, or choose new if it is none of them",
        ("choose", "link", "retry"),
    ),
    Kind.KEY_TWICE: Remedy(
        "a key that must be unique stands in the system twice",
        "put the key right in that system and retry; or choose new if they are two",
        ("retry", "choose", "link"),
    ),
    Kind.MAY_NOT_CREATE: Remedy(
        "it was first seen in a system that may not create it",
        "link it to the record that it belongs to, or choose new",
        ("link", "choose", "retry"),
    ),
    Kind.TWIN: Remedy(
        "the record stands in this system twice",
        "merge the two in that system; or unlink one of them, so that it becomes a record of its own",
        ("unlink", "retry"),
    ),
    Kind.MISSING: Remedy(
        "more records are missing in the system than one run may delete",
        "see why they are missing; retry carries the deletion of this one out, `tandem approve` that of all",
        ("retry",),
    ),
    Kind.WAITING: Remedy(
        "it could not be read or placed yet, and is tried again by itself",
        "wait; or put the cause right and retry at once",
        ("retry",),
    ),
}

COMMON_VERBS = ("assign", "note")
"""What may be done about every case."""

_CODES = {
    UNREADABLE: Kind.UNREADABLE,
    UNANSWERED: Kind.UNANSWERED,
    DUPLICATE: Kind.DOUBLE,
    DELETED: Kind.DELETED,
}
_HELD = {
    "left to a person": Kind.LEFT_TO_A_PERSON,
    "the change had no effect there": Kind.NO_EFFECT,
    "the answer does not show the field": Kind.NO_EFFECT,
    "the value keeps coming back": Kind.KEEPS_COMING_BACK,
}
_NOTES = {
    "several records may be meant": Kind.SEVERAL_HERE,
    "it may be what a create without an answer made": Kind.SEVERAL_HERE,
    "a unique key stands there twice": Kind.KEY_TWICE,
    "first seen in ": Kind.MAY_NOT_CREATE,
    "what it refers to": Kind.PARENT,
    "missing in a complete listing": Kind.MISSING,
    "stands there as ": Kind.TWIN,
}


def kind_of_parked(parked: Parked) -> Kind:
    """Return what kind of trouble parked a link."""
    if parked.parent is not None:
        return Kind.PARENT
    if parked.code in _CODES:
        return _CODES[parked.code]
    return Kind.SEVERAL_THERE if parked.candidates else Kind.REFUSED


def kind_of_held(held: Held) -> Kind:
    """Return what kind of trouble holds a field."""
    return _HELD.get(held.reason, Kind.FIELD_REFUSED)


def kind_of_note(reason: str) -> Kind:
    """Return what kind of trouble parked a partner's record that has no record of ours (or a second one)."""
    return next((kind for start, kind in _NOTES.items() if reason.startswith(start)), Kind.UNREADABLE)
