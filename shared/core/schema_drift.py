"""Schema drift: a partner's fields are no longer what the mapping takes them for.

Two witnesses. *Observations*: a mapped field that full answers used to carry and that none of them carries any more has
vanished; one whose values can no longer be read, in several records and in none that can, has changed its type. A field
that some answers of one moment carry and others do not is *sparse*: there its absence says nothing. *Descriptions*: the
partner's own list of fields, held against the last one: what is gone, what is new, what has another type; something new
that looks like what is gone is told as a renaming.

What drifts is *withheld*: it is neither taken nor sent, and everything else goes on. It heals by itself when the field
is shown again in a form that can be read. What is not carried has not changed (SYNC §2.3): a field that vanishes clears
nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from shared.core.commands import Command, Create, Update
from shared.core.observations import Invalid, Observation, Shown, Source
from shared.core.paths import ELEMENTS, element_of, element_path, listed, pattern
from shared.core.replacing import replace

RECORDS = 3
"""In how many records a field must be unreadable before it is the field and not a record."""

RETURNS = 3
"""After how many returns a field that comes and goes counts as sparse."""

ALIKE = 0.6
"""From which likeness of two names one may be the other renamed."""

MOST_APPEARED = 10
"""How many new fields one description tells of."""


class Kind(StrEnum):
    """What has become of a field."""

    VANISHED = "vanished"
    RENAMED = "renamed"
    RETYPED = "type changed"
    APPEARED = "appeared"


@dataclass(frozen=True, slots=True)
class Drift:
    """One field that drifts: our pattern (of one that appeared: its name there), what became of it, what was seen.

    `name` is what the partner calls it, where a description told.
    """

    field: str
    kind: Kind
    seen: str
    since: datetime
    name: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of the fields of one entity in one system.

    `carried` are the patterns that full answers have carried, `sparse` those that come and go. `doubtful` are, per
    pattern, records in which it could not be read. `returns` counts how often a field came back. `drifts` are what
    drifts now, by field. `fields` are the types of the last description by `object.name`. All but the description
    belongs to one version of the rules: another mapping begins anew.
    """

    rules: str = ""
    carried: frozenset[str] = frozenset()
    sparse: frozenset[str] = frozenset()
    doubtful: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    returns: Mapping[str, int] = field(default_factory=dict)
    drifts: Mapping[str, Drift] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def withheld(self) -> frozenset[str]:
        """Return the patterns that are neither taken nor sent."""
        return frozenset(each for each, drift in self.drifts.items() if drift.kind is not Kind.APPEARED)


def begun(schema: Schema | None, rules: str) -> Schema:
    """Return what is known under these rules: nothing but the description where the rules are others."""
    if schema is None:
        return Schema(rules)
    return schema if schema.rules == rules else Schema(rules, fields=schema.fields)


def observed(schema: Schema, expected: Collection[str], shown: Collection[Shown], now: datetime) -> Schema:
    """Return what is known after these answers; `expected` are the patterns that the system is said to show."""
    seen = _Seen.of(expected, shown)
    after = _present(schema, seen)
    after = _vanished(after, schema.carried, seen, now)
    return _retyped(after, seen, shown, now)


def described(schema: Schema, names: Mapping[str, str], fields: Mapping[str, str], now: datetime) -> Schema:
    """Return what is known after a description: `fields` are types by `object.name`, `names` our pattern → such a name.

    The first one only says what there is. A field that a description shows is there, whatever observations left out.
    """
    there = {each: name for each, name in names.items() if name in fields}
    back = {
        each: drift
        for each, drift in schema.drifts.items()
        if each in there and _is_healed(drift, fields[there[each]], schema.fields.get(there[each], ""))
    }
    kept = {
        each: drift for each, drift in schema.drifts.items() if each not in back and drift.kind is not Kind.APPEARED
    }
    hidden = frozenset(each for each, drift in back.items() if drift.kind is Kind.VANISHED and not drift.name)
    found = _differences(schema.fields, names, fields, now) if schema.fields else {}
    news = {each: drift for each, drift in found.items() if each not in kept}
    types = {name: _type(schema, name, kind, news) for name, kind in fields.items()}
    return replace(schema, sparse=schema.sparse | hidden, drifts={**kept, **news}, fields=types)


def readable(shown: Shown, withheld: Collection[str]) -> Shown:
    """Return what a record shows besides withheld fields, where nothing else in it is unreadable."""
    if isinstance(shown, Invalid) and shown.others is not None and shown.wrong and shown.wrong <= frozenset(withheld):
        return shown.others
    return shown


def narrowed(command: Command, withheld: frozenset[str]) -> Command | None:
    """Return a command without withheld fields; nothing where it would change nothing any more.

    Where a whole collection is withheld, so are the fields of its elements: none is made of fields alone.
    """
    if not withheld or not isinstance(command, Create | Update):
        return command
    fields = {path: value for path, value in command.fields.items() if not _is_withheld(path, withheld)}
    return replace(command, fields=fields) if fields else None


def _is_withheld(path: str, withheld: frozenset[str]) -> bool:
    """Tell whether a field drifts, or the whole collection that it stands in: an element of which only some field
    drifts is made without that one (seed 56963)."""
    element = element_of(path)
    if element is None:
        return listed(withheld, path)
    return not withheld.isdisjoint((pattern(path), element_path(element.collection, "")))


# ── observations ──


class _Seen(NamedTuple):
    """What some answers show: patterns carried by any, left out by a full one, unreadable in records."""

    carried: frozenset[str]
    left_out: frozenset[str]
    unreadable: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, expected: Collection[str], shown: Collection[Shown]) -> _Seen:
        judged = _judged(frozenset(expected))
        carried: set[str] = set()
        left_out: set[str] = set()
        for state in _states(shown):
            carries = _carries(state)
            carried |= carries
            if state.source is Source.FETCHED and not judged <= carries:
                left_out |= _judging(state, judged - carries)
        bad: dict[str, tuple[str, ...]] = {}
        excused: set[str] = set()
        for one in (each for each in shown if isinstance(each, Invalid)):
            excused |= one.wrong
            for each in one.wrong & judged:
                bad[each] = (*bad.get(each, ()), one.external_id)
        return cls(judged & carried, frozenset(left_out - excused), bad)


def _states(shown: Iterable[Shown]) -> list[Observation]:
    return [each for each in map(_state, shown) if each is not None and not each.deleted]


def _held(shown: Iterable[Shown]) -> frozenset[str]:
    """Return the patterns of which any answer holds a value."""
    fields = (field for state in _states(shown) for field in state.fields.items())
    return frozenset(pattern(path) for path, value in fields if value is not None)


def _state(shown: Shown) -> Observation | None:
    if isinstance(shown, Invalid):
        return shown.others
    return shown if isinstance(shown, Observation) else None


@lru_cache(maxsize=4096)
def _judged(expected: frozenset[str]) -> frozenset[str]:
    """Return the patterns whose absence says something: one of any role of an address may stand in no record at all."""
    return frozenset(each for each in expected if "[]" not in each or element_of(each) is not None)


def _carries(state: Observation) -> set[str]:
    return {*map(pattern, state.fields), *[element_path(name, "") for name in state.collections]}


def _judging(state: Observation, judged: frozenset[str]) -> frozenset[str]:
    """Return the patterns of which this answer says whether they are there: fields of elements only if it has some."""
    has = {element.collection for element in map(element_of, state.fields) if element is not None}
    empty = ELEMENTS - has
    return frozenset(
        each
        for each in judged
        if (inner := element_of(each)) is None or not inner.field or inner.collection not in empty
    )


def _present(schema: Schema, seen: _Seen) -> Schema:
    """Learn what is carried; what comes and goes in one moment, or again and again, is sparse."""
    back = [
        each
        for each, drift in schema.drifts.items()
        if drift.kind in (Kind.VANISHED, Kind.RENAMED) and each in seen.carried
    ]
    returns = {**schema.returns, **{each: schema.returns.get(each, 0) + 1 for each in back}}
    often = frozenset(each for each in back if returns[each] >= RETURNS)
    sparse = schema.sparse | (seen.carried & seen.left_out) | often
    carried = (schema.carried | seen.carried) - sparse
    if not back and (carried, sparse) == (schema.carried, schema.sparse):
        return schema
    drifts = {each: drift for each, drift in schema.drifts.items() if each not in back}
    return replace(schema, carried=carried, sparse=sparse, returns=returns, drifts=drifts)


def _vanished(schema: Schema, before: frozenset[str], seen: _Seen, now: datetime) -> Schema:
    gone = (seen.left_out & before) - seen.carried - schema.sparse - schema.drifts.keys()
    if not gone:
        return schema
    told = "full answers do not carry it any more"
    return replace(schema, drifts={**schema.drifts, **{e: Drift(e, Kind.VANISHED, told, now) for e in sorted(gone)}})


def _retyped(schema: Schema, seen: _Seen, shown: Collection[Shown], now: datetime) -> Schema:
    if not (schema.doubtful or schema.drifts or seen.unreadable):
        return schema
    held = _held(shown)
    doubtful = {each: ids for each, ids in schema.doubtful.items() if each not in held}
    drifts = {
        each: drift for each, drift in schema.drifts.items() if drift.kind is not Kind.RETYPED or each not in held
    }
    healed = {schema.drifts[each].name for each in schema.drifts.keys() - drifts.keys()}
    for each in sorted(seen.unreadable.keys() - held - drifts.keys()):
        ids = tuple(dict.fromkeys((*doubtful.get(each, ()), *seen.unreadable[each])))[:RECORDS]
        doubtful[each] = ids
        if len(ids) >= RECORDS:
            del doubtful[each]
            drifts[each] = Drift(each, Kind.RETYPED, "its values cannot be read any more", now)
    fields = {name: kind for name, kind in schema.fields.items() if name not in healed}
    return replace(schema, doubtful=doubtful, drifts=drifts, fields=fields)


# ── descriptions ──


def _is_healed(drift: Drift, kind: str, before: str) -> bool:
    """Tell whether a description shows that a field is what it was; what cannot be read is for observations to say."""
    return drift.kind in (Kind.VANISHED, Kind.RENAMED) or (bool(drift.name) and kind == before)


def _type(schema: Schema, name: str, kind: str, news: Mapping[str, Drift]) -> str:
    """Return the type to hold the next description against: the old one while the field drifts for its type."""
    drifts = (*schema.drifts.values(), *news.values())
    is_open = any(each.kind is Kind.RETYPED and each.name == name for each in drifts)
    return schema.fields.get(name, kind) if is_open else kind


def _differences(
    before: Mapping[str, str], names: Mapping[str, str], fields: Mapping[str, str], now: datetime
) -> dict[str, Drift]:
    new = [name for name in fields if name not in before]
    found: dict[str, Drift] = {}
    for each, name in names.items():
        if name in before and name not in fields:
            found[each] = _gone(each, name, [other for other in new if _may_be(name, other, before, fields)], now)
        elif before.get(name) and fields.get(name) and before[name] != fields[name]:
            found[each] = Drift(each, Kind.RETYPED, f"{name}: {before[name]} → {fields[name]}", now, name)
    known = frozenset(names.values())
    for name in [other for other in sorted(new) if other not in known][:MOST_APPEARED]:
        found[name] = Drift(name, Kind.APPEARED, f"{name}: {fields[name]}", now, name)
    return found


def _gone(each: str, name: str, alike: Iterable[str], now: datetime) -> Drift:
    best = max(alike, key=lambda other: _likeness(name, other), default=None)
    if best is None:
        return Drift(each, Kind.VANISHED, f"there is no {name} any more", now, name)
    return Drift(each, Kind.RENAMED, f"there is no {name} any more; {best} is new", now, name)


def _may_be(name: str, other: str, before: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    is_near = name.rpartition(".")[0] == other.rpartition(".")[0] and before[name] == fields[other]
    return is_near and _likeness(name, other) >= ALIKE


def _likeness(name: str, other: str) -> float:
    from difflib import SequenceMatcher

    one, two = (each.rpartition(".")[2].lower() for each in (name, other))
    return 1.0 if one in two or two in one else SequenceMatcher(None, one, two).ratio()
