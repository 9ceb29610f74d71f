"""Reads by id and look-ups by key: in bulk where the partner can, through the whole listing where it can do neither.

That an id is missing from a bulk answer proves nothing (a server may cap its answers): it is asked for alone before it
counts as gone. One that reads or looks up only one at a time is asked for many through its list, where that takes fewer
calls (`few_calls`). A partner without reads by id is listed once for all ids that are asked for, and only a listing
that came to its end says that one is gone; by page numbers two of them, since a record may slip past a page. Whatever
a query answers is checked against the key: a server that ignores an unknown parameter shows everything.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.mapping.values import id_text, incoming, outgoing, text
from shared.connectors.rest import addresses, bodies, few_calls, paging
from shared.connectors.rest.observing import fetched, id_of, is_deleted, observed
from shared.connectors.rest.route import Answered, Missing, Route
from shared.connectors.rest.specs import QuerySpec
from shared.core.keys import REFERENCE
from shared.core.observations import Gone, Invalid, Next, Observation, Shown, Trouble
from shared.core.values import Reference, Value, canonical
from shared.ports.system import Key

_T = TypeVar("_T")
Found = dict[Key, list[Observation | Invalid]]


def fetch(route: Route, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
    """Return what is shown now for every id."""
    wanted = list(dict.fromkeys(ids))
    if "read" not in route.given.abilities or _reads_many(route):
        return fetch_whole(route, wanted)
    shown = few_calls.listed(route, wanted)
    alone = _one_by_one(route, [each for each in wanted if each not in shown])
    return alone if isinstance(alone, Trouble) else {**shown, **alone}


def fetch_whole(route: Route, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
    """Return what is shown now for every id, by reads where there are any; remembers the records with all they hold."""
    wanted = list(dict.fromkeys(ids))
    if "read" not in route.given.abilities:
        return _from_listing(route, wanted)
    if route.given.read is None or not _reads_many(route):
        return _one_by_one(route, wanted)
    shown: dict[str, Shown] = {}
    for some in _chunks(wanted, route.given.read.size):
        rows = paging.all_rows(route, _several(route.given.read, some))
        if isinstance(rows, Trouble):
            return rows
        shown |= _shown(route, rows, some)
    alone = _one_by_one(route, [each for each in wanted if each not in shown])
    return alone if isinstance(alone, Trouble) else {**shown, **alone}


def _reads_many(route: Route) -> bool:
    return route.given.read is not None and route.given.read.many is not None


def find(route: Route, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
    """Return all live records that show each key."""
    found: Found = {key: [] for key in keys}
    by_name: dict[str, list[Key]] = {}
    for key in found:
        by_name.setdefault(key.name, []).append(key)
    scanned = [key for name, some in by_name.items() for key in some if not _can_ask(route, name, key)]
    trouble = _scan(route, scanned, found) if scanned else None
    listed = set() if scanned else _from_a_short_list(route, by_name, found)
    for name, some in by_name.items():
        if trouble is None and name in route.given.find and name not in listed:
            trouble = _ask(route, route.given.find[name], [key for key in some if _can_ask(route, name, key)], found)
    return trouble or {key: tuple(shown) for key, shown in found.items()}


def _from_a_short_list(route: Route, by_name: Mapping[str, Sequence[Key]], found: Found) -> set[str]:
    """Answer, from the whole list if it is short, the look-ups that go one by one; return the keys that it answered.

    A list of which no row shows a field says nothing about it, unless it is empty.
    """
    single = {name: some for name, some in by_name.items() if route.given.find[name].many is None}
    rows = few_calls.whole_list(route, sum(map(len, single.values())))
    if rows is None:
        return set()
    told = [name for name in single if not rows or any(_values(route, name, row) is not None for row in rows)]
    _attribute(route, rows, [key for name in told for key in single[name]], found)
    return set(told)


def _can_ask(route: Route, name: str, key: Key) -> bool:
    """Tell whether a query can find this key; a value with the separator in it would be taken for two."""
    spec = route.given.find.get(name)
    if spec is None:
        return False
    return spec.one is not None or spec.separator not in _asked(route, key)[0]


def _one_by_one(route: Route, ids: Iterable[str]) -> dict[str, Shown] | Trouble:
    """Read each id alone. What is wrong with one record alone must not hold up the others."""
    shown: dict[str, Shown] = {}
    failed: dict[str, Trouble] = {}
    for external_id in ids:
        answer = route.read(addresses.one(route.given, external_id), conditional=True)
        if isinstance(answer, Answered):
            shown[external_id] = _single(route, external_id, answer)
        elif isinstance(answer, Missing):
            shown[external_id] = Gone(external_id)
        elif answer.whole_system or answer.next is Next.THROTTLED:
            return answer
        else:
            failed[external_id] = answer
    if failed and not shown and any(each.next is not Next.PERMANENT for each in failed.values()):
        return next(iter(failed.values()))
    return shown | {
        each: Invalid(each, "", f"cannot be read: {why.code} {why.message}") for each, why in failed.items()
    }


def _single(route: Route, external_id: str, answer: Answered) -> Shown:
    record = bodies.record_of(answer.body, route.given)
    if record is None:
        return Gone(external_id) if answer.status == 204 or answer.body in ([], None) else _no_record(external_id)
    shown = fetched(route, record, answer.headers)
    return shown if shown.external_id == external_id else _no_record(external_id)


def _no_record(external_id: str) -> Invalid:
    return Invalid(external_id, "", "the answer shows no such record")


def _from_listing(route: Route, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
    if "list" not in route.given.abilities:
        return Trouble(Next.PERMANENT, "cannot-read", f"{route.entity} can neither be read nor listed")
    rows = paging.all_rows(route) if ids else []
    if isinstance(rows, Trouble):
        return rows
    shown = _shown(route, rows, ids)
    missing = [each for each in ids if each not in shown]
    if missing and route.given.page.by in ("page", "offset"):
        again = paging.all_rows(route)
        if isinstance(again, Trouble):
            return again
        shown |= _shown(route, again, missing)
    return {each: shown.get(each) or Gone(each) for each in ids}


def _shown(route: Route, rows: Iterable[Any], ids: Iterable[str]) -> dict[str, Shown]:
    wanted = set(ids)
    return {shown.external_id: shown for row in rows if id_of(route, row) in wanted for shown in [fetched(route, row)]}


def _scan(route: Route, keys: Sequence[Key], found: Found) -> Trouble | None:
    if "list" not in route.given.abilities:
        return Trouble(Next.PERMANENT, "cannot-find", f"{route.entity} cannot be looked up by {keys[0].name}")
    rows = paging.all_rows(route)
    if isinstance(rows, Trouble):
        return rows
    _attribute(route, rows, keys, found)
    return None


def _ask(route: Route, spec: QuerySpec, keys: Sequence[Key], found: Found) -> Trouble | None:
    if spec.many is not None:
        alone = [key for key in keys if spec.separator in _asked(route, key)[0]]
        for some in _chunks([key for key in keys if key not in alone], spec.size):
            rows = _rows(route, _several(spec, [_asked(route, key)[0] for key in some]))
            if isinstance(rows, Trouble):
                return rows
            _attribute(route, rows, some, found)
        keys = alone
    for key in keys:
        rows = _rows(route, addresses.filled(spec.one or "", *_asked(route, key)))
        if isinstance(rows, Trouble):
            return rows
        _attribute(route, rows, [key], found, trusted=True)
    return None


def _rows(route: Route, query: str) -> list[Any] | Trouble:
    """Return what a query answers; 404 says that there is nothing."""
    if not query.startswith("/"):
        return paging.all_rows(route, query)
    answer = route.read(query)
    if not isinstance(answer, Answered):
        return [] if isinstance(answer, Missing) else answer
    rows = bodies.rows_of(answer.body, route.given)
    if rows is None:
        record = bodies.record_of(answer.body, route.given)
        rows = [] if record is None else [record]
    return rows


def _attribute(route: Route, rows: Iterable[Any], keys: Sequence[Key], found: Found, *, trusted: bool = False) -> None:
    """Put each live row to the keys that it shows. A row that does not carry the field is believed if `trusted`."""
    by_sign: dict[tuple[str, tuple[str, ...]], list[Key]] = {}
    for key in keys:
        by_sign.setdefault((key.name, _sign(key.values)), []).append(key)
    names = {key.name for key in keys}
    for row in rows:
        if not isinstance(row, Mapping) or is_deleted(route.given, row):
            continue
        for name in names:
            values = _values(route, name, row)
            meant = keys if values is None and trusted else by_sign.get((name, _sign(values or ())), [])
            for key in meant if values is None or all(value not in (None, "") for value in values) else []:
                found[key].append(observed(route, row))


def _values(route: Route, name: str, row: Mapping[str, Any]) -> tuple[Value, ...] | None:
    """Return the values that a row shows for a key; nothing where it does not carry one of them."""
    found: list[Value] = []
    for path in name.split("+"):
        try:
            value = _value(route, path, row)
        except MisfitError:
            return None
        if value is MISSING:
            return None
        found.append(value)
    return tuple(found)


def _value(route: Route, path: str, row: Mapping[str, Any]) -> Any:
    if path == REFERENCE:
        raw = MISSING if route.mapping.reference is None else look(row, route.mapping.reference)
        return MISSING if raw is MISSING else id_text(raw)
    mapped = route.mapping.by_ours.get(path)
    raw = MISSING if mapped is None else look(row, mapped.place)
    return MISSING if raw is MISSING or mapped is None else incoming(route.system, route.entity, mapped, raw)


def _asked(route: Route, key: Key) -> list[str]:
    """Return a key's values as the partner spells them."""
    found = []
    for path, value in zip(key.name.split("+"), key.values, strict=False):
        mapped = route.mapping.by_ours.get(path)
        if mapped is not None and not isinstance(value, Reference):
            value = outgoing(route.entity, mapped, value, route.habits.get(route.entity, path))
        found.append(value.external_id if isinstance(value, Reference) else text(value))
    return found


def _several(spec: QuerySpec, values: Sequence[str]) -> str:
    return addresses.filled(spec.many or "", spec.separator.join(values))


def _sign(values: Iterable[Value]) -> tuple[str, ...]:
    """Return values as they are compared: letter case, Unicode form and white space at the ends make no difference."""
    return tuple(
        unicodedata.normalize("NFKC", value).strip().casefold() if isinstance(value, str) else canonical(value)
        for value in values
    )


def _chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
