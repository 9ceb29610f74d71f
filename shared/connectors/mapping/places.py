"""Places in a partner's record: `billing.city`, `emails[0].value`, `addresses[type=billing].city`.

A place is read without surprise: a key that is missing was not carried, a parent that is null makes its children
null, and in a list that is shown an entry that is not there is null as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

_STEP = re.compile(r"^(?P<name>[^\[\].]+)(?:\[(?:(?P<index>\d+)|(?P<key>[^\[\]=]+)=(?P<value>[^\[\]]*))\])?$")


class Missing(Enum):
    """The one value that says that a key was not carried."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class MisfitError(ValueError):
    """A value that is not what its place should hold; the text says why, without the value."""


class UnknownValueError(MisfitError):
    """A value of the right kind that the mapping has no word for: one record's matter, not its field's."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The entry of a list whose `key` shows `value`."""

    key: str
    value: str


Step: TypeAlias = str | int | Chosen


@lru_cache(maxsize=4096)
def steps(place: str) -> tuple[Step, ...]:
    """Return the steps of a place. ValueError for one that cannot be read."""
    found: list[Step] = []
    for part in place.split("."):
        step = _STEP.match(part)
        if step is None:
            raise ValueError(f"{place!r} is no place in a record; write it like billing.city")
        found.append(step["name"])
        if step["index"] is not None:
            found.append(int(step["index"]))
        elif step["key"] is not None:
            found.append(Chosen(step["key"], step["value"]))
    return tuple(found)


def look(record: Any, place: str) -> Any:
    """Return what stands at a place, or `MISSING`. MisfitError where a parent is neither object nor list."""
    here = record
    for step in steps(place):
        here = _child(here, step)
        if here is None or here is MISSING:
            return here
    return here


def put(record: dict[str, Any], place: str, value: Any) -> None:
    """Set what stands at a place, making its parents where there are none."""
    _put(record, steps(place), value)


def is_plain(place: str) -> bool:
    """Tell whether a place is a key of the record itself."""
    return len(steps(place)) == 1


def has_list(place: str) -> bool:
    """Tell whether a place lies in an entry of a list."""
    return any(not isinstance(step, str) for step in steps(place))


def top(place: str) -> str:
    """Return the key of the record itself under which a place lies."""
    return str(steps(place)[0])


def _child(here: Any, step: Step) -> Any:
    if isinstance(step, str):
        if not isinstance(here, dict):
            raise MisfitError("its parent is not an object")
        return here.get(step, MISSING)
    if not isinstance(here, list):
        raise MisfitError("its parent is not a list")
    if isinstance(step, int):
        return here[step] if step < len(here) else None
    return next((each for each in here if _shows(each, step)), None)


def _shows(entry: Any, step: Chosen) -> bool:
    return isinstance(entry, dict) and str(entry.get(step.key)) == step.value


def _put(here: Any, way: tuple[Step, ...], value: Any) -> None:
    step, rest = way[0], way[1:]
    if not rest:
        _place(here, step, value)
        return
    below = _below(here, step, [] if not isinstance(rest[0], str) else {})
    _put(below, rest, value)


def _below(here: Any, step: Step, empty: Any) -> Any:
    known = _child(here, step)
    if isinstance(known, type(empty)):
        return known
    if isinstance(step, Chosen):
        empty = {step.key: step.value}
    _place(here, step, empty)
    return empty


def _place(here: Any, step: Step, value: Any) -> None:
    if isinstance(step, str) or (isinstance(step, int) and step < len(here)):
        here[step] = value
    else:
        here.append(value)
