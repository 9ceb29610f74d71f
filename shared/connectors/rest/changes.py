"""What changed since a cursor, and listings of everything.

Without a cursor everything is asked for: that is the first load. Afterwards a poll asks for what was modified since the
latest modified time that it saw, less an overlap for what the partner had not committed then; never later than the
partner's own clock, so that one record dated ahead hides nothing. A walk that is under way goes on where it stands;
one by page numbers during which a record changed is repeated, because a record may have slipped past a page.
A partner that cannot be asked for changes is listed whole. Rows carry state, but only as a message does (SYNC §2.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from shared.connectors.mapping.moments import moment, style_of, written
from shared.connectors.mapping.places import MisfitError
from shared.connectors.rest import paging
from shared.connectors.rest.addresses import filled
from shared.connectors.rest.observing import id_of, is_deleted, modified_raw, observed, revision_of
from shared.connectors.rest.paging import Rows, Walk
from shared.connectors.rest.route import Route
from shared.core.observations import Invalid, Observation, Source, Trouble
from shared.ports.system import Entry, Listing, Page

Shown = str | int
REPEATS = 5


def changed_since(route: Route, cursor: str | None, overlap_seconds: int) -> Page | Trouble:
    """Return one page of what changed since a cursor."""
    walk = paging.walk_of(cursor)
    if not walk.is_under_way:
        walk = replace(walk, since=_since(route, walk, overlap_seconds), base=walk.top)
    found = paging.page(route, walk, *_query(route, walk))
    if isinstance(found, Trouble):
        return found
    after = _noted(route, found)
    if found.more:
        return _page(route, found.rows, _jumped(route, after, found.rows).cursor(), more=True)
    if _is_shaken(route, walk, after):
        return _page(route, found.rows, Walk(top=walk.base, again=walk.again + 1).cursor(), more=True)
    return _page(route, found.rows, Walk(top=_end(after)).cursor(), more=False)


def listing(route: Route, cursor: str | None) -> Listing | Trouble:
    """Return one page of all records."""
    found = paging.page(route, paging.walk_of(cursor))
    if isinstance(found, Trouble):
        return found
    entries = tuple(_entry(route, row) for row in found.rows if not is_deleted(route.given, row))
    return Listing(entries, found.walk.cursor() if found.more else None, found.more)


def _page(route: Route, rows: Iterable[Any], cursor: str, *, more: bool) -> Page:
    shown: list[Observation | Invalid] = []
    ids: list[str] = []
    for row in rows:
        if isinstance(row, dict):
            shown.append(observed(route, row, Source.MESSAGE))
        else:
            ids.append(id_of(route, row) or "")
    return Page(tuple(shown), tuple(each for each in ids if each), cursor, more)


def _entry(route: Route, row: Any) -> Entry:
    external_id = id_of(route, row) or ""
    if not isinstance(row, dict):
        return Entry(external_id)
    return Entry(external_id, revision_of(route.given.revision, row, {}), observed(route, row, Source.MESSAGE))


def _query(route: Route, walk: Walk) -> list[str]:
    template = route.given.updated_since
    return [filled(template, str(walk.since))] if template is not None and walk.since is not None else []


def _since(route: Route, walk: Walk, overlap_seconds: int) -> Shown | None:
    """Return the time to ask for, in the style in which the partner writes times."""
    if walk.top is None or route.given.updated_since is None:
        return None
    try:
        return written(moment(walk.top) - timedelta(seconds=overlap_seconds), style_of(walk.top))
    except (MisfitError, OverflowError):
        return None


def _noted(route: Route, found: Rows) -> Walk:
    """Return the walk with what this page showed of the partner's times."""
    walk = found.walk
    times = [each for row in found.rows if (each := _modified(route, row)) is not None]
    latest = max((*times, *_as_times([walk.top])), default=None, key=lambda pair: pair[0])
    began = walk.began or _clock(found.date)
    return replace(walk, top=latest[1] if latest else walk.top, began=began)


def _end(walk: Walk) -> Shown | None:
    """Return the time from which the next poll asks: the latest shown, but not beyond the partner's clock."""
    shown = _as_times([walk.top])
    clock = _as_times([walk.began])
    if not shown:
        return walk.began if walk.shown else walk.top
    if clock and shown[0][0] > clock[0][0]:
        return written(clock[0][0], style_of(shown[0][1]))
    return shown[0][1]


def _jumped(route: Route, walk: Walk, rows: list[Any]) -> Walk:
    """Return the walk by keyset: where the server sorts by modified time, pages by number begin anew at the last one.

    So a record that changes meanwhile and moves to the end moves no other out of sight. Equal stamps go on by number.
    """
    spec = route.given.page
    if not spec.sorted or spec.by not in ("page", "offset") or route.given.updated_since is None or not rows:
        return walk
    last, since = _modified(route, rows[-1]), _as_times([walk.since])
    if last is None or (since and last[0] <= since[0][0]):
        return walk
    return replace(walk, since=last[1], at=None, pages=())


def _is_shaken(route: Route, walk: Walk, after: Walk) -> bool:
    """Tell whether a walk by number must be repeated: a record changed meanwhile, and one may have slipped past."""
    if not walk.is_under_way or route.given.page.by not in ("page", "offset") or route.given.updated_since is None:
        return False
    top, began = _as_times([after.top]), _as_times([after.began])
    return bool(top and began) and top[0][0] >= began[0][0] and walk.again < REPEATS


def _modified(route: Route, row: Any) -> tuple[datetime, Shown] | None:
    shown = modified_raw(route.given, row) if isinstance(row, dict) else None
    found = _as_times([int(shown) if isinstance(shown, Decimal) else shown])
    return found[0] if found else None


def _as_times(values: Iterable[Shown | None]) -> list[tuple[datetime, Shown]]:
    found = []
    for value in values:
        try:
            if value is not None:
                found.append((moment(value), value))
        except MisfitError:
            continue
    return found


def _clock(date: str | None) -> str | None:
    try:
        return None if date is None else str(written(parsedate_to_datetime(date).astimezone(UTC)))
    except (ValueError, TypeError):
        return None
