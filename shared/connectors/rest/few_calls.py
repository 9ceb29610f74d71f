"""Many records at once from a partner that reads and looks up only one at a time: through pages of its list.

A list of a few pages answers a hundred questions in a few calls. It is walked only as long as that is surely cheaper
than asking one by one: half as many pages as there are questions, after which the rest is asked alone. How long a list
turned out to be is remembered, so that a long one is not begun again.

What it proves: a row is the record's state now. That a record is *not* there is believed for look-ups only, and only of
a list that came to its end, that cannot have moved under the walk (a cursor, or one page), and whose rows show the
field that was looked for; a record that is fetched and not listed is always asked for alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shared.connectors.rest import paging
from shared.connectors.rest.observing import id_of, is_deleted, observed
from shared.connectors.rest.route import Route
from shared.core.observations import Observation, Shown, Trouble

FEWEST = 3
"""So many questions are asked one by one before a list is thought of."""


def listed(route: Route, ids: Iterable[str]) -> dict[str, Shown]:
    """Return those of the records that a few pages of the list show whole."""
    missing = set(ids)
    found: dict[str, Shown] = {}
    if not _can_stand_for_reads(route) or len(missing) < FEWEST:
        return found
    for rows in _pages(route, len(missing) // 2):
        for row in rows:
            if id_of(route, row) in missing and isinstance(shown := _state(route, row), Observation):
                found[shown.external_id] = shown
        if missing <= set(found):
            break
    return found


def whole_list(route: Route, questions: int) -> list[Mapping[str, Any]] | None:
    """Return all rows of a list that is short against so many questions; nothing where it is none, or is not sure."""
    is_sure = route.given.consistent_listing and "list" in route.given.abilities
    if not is_sure or questions < FEWEST:
        return None
    pages = list(_pages(route, questions // 2))
    moves = len(pages) > 1 and route.given.page.by in ("page", "offset")
    if moves or route.learned.pages is None or route.learned.pages > len(pages):
        return None
    return [row for rows in pages for row in rows if isinstance(row, Mapping)]


def _pages(route: Route, most: int) -> Iterable[list[Any]]:
    """Yield pages of the list, at most so many, and learn how many there are."""
    if route.learned.pages is not None and route.learned.pages > most:
        return
    for number, page in enumerate(paging.everything(route), start=1):
        if isinstance(page, Trouble):
            route.learned.pages = None
            return
        route.learned.pages = number + page.more
        yield page.rows
        if number == most:
            return


def _can_stand_for_reads(route: Route) -> bool:
    """Tell whether a row says as much as a read: there is a list, its revision stands in it, nothing is sent back."""
    revision = route.given.revision
    has_revision = revision is None or revision.field is not None
    return "list" in route.given.abilities and has_revision and not route.puts


def _state(route: Route, row: Any) -> Shown | None:
    """Return what a row shows; nothing where it is no whole record: then it has to be read."""
    if not isinstance(row, Mapping) or is_deleted(route.given, row):
        return None
    shown = observed(route, row)
    return shown if isinstance(shown, Observation) and shown.complete else None
