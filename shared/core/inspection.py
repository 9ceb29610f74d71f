"""Whether a system is set up as Tandem needs it: what its own description says, held against what the mapping uses.

A connector tells what there is (`Described`), this module says what that means (`Finding`) and what a person should do,
down to the field that has to be created. Nothing here asks anybody, and no finding holds a value of a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shared.core.keys import REFERENCE

WIDEST_CLOCK_SECONDS = 60
"""How far two clocks may be apart. A login by JWT allows 150 s in all, a signed webhook 300."""

MOST_NAMED = 8
"""How many names one sentence lists."""


class Result(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_VISIBLE = "not visible"


class Uniqueness(StrEnum):
    """Whether a field has to tell records apart: without it look-ups are ambiguous (must), or merely slower (wish)."""

    MUST = "must"
    WISH = "wish"
    NO = "no"


@dataclass(frozen=True, slots=True)
class ToCreate:
    """A field that has to be created: in which object, its name, its type in the partner's words, whether unique."""

    object: str
    name: str
    type: str
    unique: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: of which entity (empty: the whole system), how it came out, what was seen, and what to do."""

    check: str
    entity: str
    result: Result
    seen: str
    remedy: str = ""
    create: ToCreate | None = None


@dataclass(frozen=True, slots=True)
class Needed:
    """A field of a partner that the mapping uses: our pattern, its name there, and what must hold of it.

    `type` is what a new one is created as, `types` those that can hold it (none: any).
    """

    ours: str
    name: str
    is_sent: bool = True
    type: str = "text"
    types: frozenset[str] = frozenset()
    unique: Uniqueness = Uniqueness.NO


@dataclass(frozen=True, slots=True)
class There:
    """A field as a partner describes it; nothing where it does not say."""

    type: str = ""
    is_unique: bool | None = None
    is_writable: bool | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """One object type of a partner: the fields it has (nothing: they cannot be seen), and what we may do to it.

    `needed` are the fields that the mapping uses of it, `may` says per verb whether our user has the right. `where` is
    the place where a person makes a field; `rights` says how rights are given. `is_sample` says that the fields are
    those of some records, so that one which is not among them may be there all the same. `told` is what the connector
    found besides.
    """

    entity: str
    object: str
    needed: tuple[Needed, ...] = ()
    fields: Mapping[str, There] | None = None
    may: Mapping[str, bool | None] = field(default_factory=dict)
    where: str = ""
    rights: str = ""
    is_sample: bool = False
    told: tuple[Finding, ...] = ()


def judged(described: Described) -> tuple[Finding, ...]:
    """Return what a description means: rights, our reference and its uniqueness, and the other mapped fields."""
    return (*_rights(described), *_reference(described), *_mapped(described), *described.told)


def clock_finding(system: str, theirs: datetime | None, before: datetime, after: datetime) -> Finding:
    """Return how far a system's clock is from ours; ours was read before and after the answer."""
    if theirs is None:
        return Finding("clock", "", Result.NOT_VISIBLE, "the answer shows no time")
    apart = _apart(theirs, before, after)
    if abs(apart.total_seconds()) <= WIDEST_CLOCK_SECONDS:
        return Finding("clock", "", Result.OK, f"{_seconds(apart)} apart")
    which = "ahead of" if apart > timedelta() else "behind"
    seen = f"its clock is {_seconds(apart)} {which} ours"
    remedy = (
        f"let the clock of {system} be set by a time service (ours is): signed webhooks are refused when they are "
        "more than five minutes off, and `latest` decides by its times"
    )
    return Finding("clock", "", Result.WARNING, seen, remedy)


def _apart(theirs: datetime, before: datetime, after: datetime) -> timedelta:
    """Return by how much their clock is off; a time that they may have had during the call is not off at all."""
    if theirs > after:
        return theirs - after
    return min(theirs + timedelta(seconds=1) - before, timedelta())  # it is told in whole seconds


def _seconds(apart: timedelta) -> str:
    seconds = round(abs(apart.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


def _rights(described: Described) -> Iterator[Finding]:
    if not described.may:
        return
    denied = [verb for verb, may in described.may.items() if may is False]
    unseen = [verb for verb, may in described.may.items() if may is None]
    granted = [verb for verb, may in described.may.items() if may]
    if denied:
        seen = f"our user may not {' or '.join(denied)} {described.object}"
        yield Finding("permissions", described.entity, Result.FAILED, seen, described.rights)
    elif granted:
        yield Finding("permissions", described.entity, Result.OK, f"{' '.join(granted)} {described.object}")
    if unseen:
        seen = f"whether our user may {' or '.join(unseen)} {described.object}"
        yield Finding("permissions", described.entity, Result.NOT_VISIBLE, seen, described.rights)


def _reference(described: Described) -> Iterator[Finding]:
    for need in described.needed:
        if need.ours == REFERENCE:
            yield _referring(described, need)


def _referring(described: Described, need: Needed) -> Finding:
    """Return how our reference is kept there."""
    create = ToCreate(described.object, need.name, need.type, need.unique is not Uniqueness.NO)
    result, seen, remedy = _as_kept(described, need, create)
    is_to_create = result is not Result.OK and remedy != described.rights
    return Finding("reference", described.entity, result, seen, remedy, create if is_to_create else None)


def _as_kept(described: Described, need: Needed, create: ToCreate) -> tuple[Result, str, str]:
    name = f"{described.object}.{need.name}"
    if described.fields is None:
        return Result.NOT_VISIBLE, f"whether {name} is there", _creating(described, create)
    there = described.fields.get(need.name)
    if there is None and described.is_sample:
        return (
            Result.WARNING,
            f"no record shows {name}",
            f"unless it is there all the same, {_creating(described, create)}",
        )
    if there is None:
        return Result.FAILED, f"there is no {name}", _creating(described, create)
    if need.types and there.type not in need.types:
        remedy = f'create it anew as {need.type}, or create another one and name it: reference = "…"'
        return Result.FAILED, f"{name} is of type {there.type}", remedy
    if there.is_writable is False:
        return Result.FAILED, f"{name} cannot be written by our user", described.rights
    if there.is_unique or need.unique is Uniqueness.NO:
        return Result.OK, f"{name} is there{', its values are unique' if there.is_unique else ''}", ""
    return _not_unique(described, need, there)


def _not_unique(described: Described, need: Needed, there: There) -> tuple[Result, str, str]:
    name = f"{described.object}.{need.name}"
    remedy = f"let {name} take each value only once{f' ({described.where})' if described.where else ''}"
    if there.is_unique is None:
        return Result.NOT_VISIBLE, f"{name} is there; whether its values are unique does not show", remedy
    if need.unique is Uniqueness.WISH:
        return Result.WARNING, f"{name} is there, but its values are not unique", remedy
    remedy += '; where that cannot be changed any more, create another field and name it: reference = "…"'
    return Result.FAILED, f"{name} is there, but its values are not unique", remedy


def _creating(described: Described, create: ToCreate) -> str:
    unique = ", unique values" if create.unique else ""
    where = f" ({described.where})" if described.where else ""
    return f"create the field {create.name} of {create.object}: {create.type}{unique}{where}"


def _mapped(described: Described) -> Iterator[Finding]:
    needed = [need for need in described.needed if need.ours != REFERENCE]
    if not needed:
        return
    if described.fields is None:
        seen = f"whether {described.object} has {_named(need.name for need in needed)}"
        yield Finding("fields", described.entity, Result.NOT_VISIBLE, seen)
        return
    fields = described.fields
    yield from (_missing(described, need) for need in needed if need.name not in fields)
    there = [need for need in needed if need.name in fields]
    fixed = [need.name for need in there if need.is_sent and fields[need.name].is_writable is False]
    if fixed:
        seen = f"{described.object}: {_named(fixed)} cannot be written by our user"
        remedy = f"{described.rights}; or say read_only of them in the mapping".removeprefix("; or ")
        yield Finding("fields", described.entity, Result.WARNING, seen, remedy)
    if len(there) == len(needed) and not fixed:
        yield Finding("fields", described.entity, Result.OK, f"{described.object} has all {len(there)} that are mapped")


def _missing(described: Described, need: Needed) -> Finding:
    create = ToCreate(described.object, need.name, need.type, unique=False)
    if described.is_sample:
        seen = f"no record shows {described.object}.{need.name}, which is {need.ours}"
        remedy = "look whether it is spelt so; a partner that leaves out what is empty wants omits_null = true"
        return Finding("fields", described.entity, Result.WARNING, seen, remedy, create)
    seen = f"there is no {described.object}.{need.name}, which is {need.ours}"
    remedy = f"{_creating(described, create)}; or take {need.ours} out of the mapping"
    return Finding("fields", described.entity, Result.FAILED, seen, remedy, create)


def _named(names: Iterable[str]) -> str:
    some = list(dict.fromkeys(names))
    return ", ".join(some[:MOST_NAMED]) + (f" and {len(some) - MOST_NAMED} more" if len(some) > MOST_NAMED else "")
