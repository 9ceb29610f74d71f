"""Walks through lists: one page at a time, with a cursor of ours that says where the walk stands.

A walk ends where the partner says so, at an empty page, at a page that repeats, at a cursor that repeats, and (by
number) at a page that is shorter than the first: a server may give fewer than asked for, so a short *first* page proves
nothing. The cursor is JSON that nobody else reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import Any

from shared.connectors.rest import bodies
from shared.connectors.rest.addresses import asked, is_address, onwards, parameter
from shared.connectors.rest.observing import id_of
from shared.connectors.rest.route import Answered, Missing, Route
from shared.core.observations import Next, Trouble

MOST_PAGES = 100_000
_REMEMBERED = 50


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands. `at` is the next page (token, address, number), `since` the time that was asked for,
    `top` the latest modified time shown so far, `began` the partner's clock at the first page; all as the partner
    writes them. `pages` are digests of what was seen, `first` the length of the first page, `shown` all rows so far.
    `base` is the top of the walk before, `again` how often this one has been repeated since."""

    at: str | int | None = None
    since: str | int | None = None
    top: str | int | None = None
    began: str | None = None
    pages: tuple[str, ...] = ()
    first: int | None = None
    shown: int = 0
    base: str | int | None = None
    again: int = 0

    @property
    def is_under_way(self) -> bool:
        """Tell whether pages have been read that more will follow."""
        return self.first is not None

    def cursor(self) -> str:
        """Return the walk as the text that is kept."""
        return json.dumps({name: value for name, value in asdict(self).items() if value not in (None, (), 0)})


@dataclass(frozen=True, slots=True)
class Rows:
    """A page: its rows, the walk after it, whether more follow, and the partner's clock."""

    rows: list[Any]
    walk: Walk
    more: bool
    date: str | None = None


def walk_of(cursor: str | None) -> Walk:
    """Return the walk that a cursor stands for; a cursor that cannot be read begins anew."""
    try:
        kept = json.loads(cursor) if cursor else {}
        return Walk(**{**kept, "pages": tuple(kept.get("pages", ()))})
    except (ValueError, TypeError, AttributeError):
        return Walk()


def page(route: Route, walk: Walk, *queries: str) -> Rows | Trouble:
    """Read the page at which a walk stands."""
    answer = route.read(_address(route, walk, queries))
    if not isinstance(answer, Answered):
        return _ended(walk, answer)
    rows = bodies.rows_of(answer.body, route.given)
    if rows is None:
        return Trouble(Next.RETRYABLE, "no-list", "the answer shows no list of records")
    known = [row for row in rows if id_of(route, row)]
    if rows and not known:
        return Trouble(Next.PERMANENT, "no-id", f"no row of {route.entity} shows an id at {route.given.id}")
    sign = _sign(route, rows)
    if walk.at is not None and sign in walk.pages:
        return Rows([], walk, more=False, date=answer.headers.get("date"))
    seen = replace(
        walk,
        first=len(rows) if walk.first is None else walk.first,
        shown=walk.shown + len(rows),
        pages=(*walk.pages, sign)[-_REMEMBERED:],
    )
    following = _following(route, walk, seen, rows, answer.body, answer.headers)
    more = following is not None and following != walk.at and _digest(f"at {following}") not in walk.pages
    after = (
        replace(seen, at=following, pages=(*seen.pages, _digest(f"at {following}"))) if more else replace(seen, at=None)
    )
    return Rows(known, after, more, answer.headers.get("date"))


def _ended(walk: Walk, answer: Missing | Trouble) -> Rows | Trouble:
    """Return what a page means that is not there: beyond the last one by number some servers answer 404."""
    if isinstance(answer, Trouble):
        return answer
    return Rows([], replace(walk, at=None), more=False) if isinstance(walk.at, int) else answer.trouble


def everything(route: Route, *queries: str) -> Iterator[Rows | Trouble]:
    """Read all pages of a list; a trouble is the last thing that comes."""
    walk = Walk()
    for _ in range(MOST_PAGES):
        found = page(route, walk, *queries)
        yield found
        if isinstance(found, Trouble) or not found.more:
            return
        walk = found.walk


def all_rows(route: Route, *queries: str) -> list[Any] | Trouble:
    """Return the rows of all pages, or what went wrong on the way: part of a list is no list."""
    rows: list[Any] = []
    for found in everything(route, *queries):
        if isinstance(found, Trouble):
            return found
        rows += found.rows
    return rows


def _address(route: Route, walk: Walk, queries: tuple[str, ...]) -> str:
    spec = route.given.page
    if isinstance(walk.at, str) and is_address(walk.at):
        return onwards(route.http.base_url, route.given.path, walk.at)
    size = parameter(spec.size_param, spec.size) if spec.size is not None and spec.by != "none" else ""
    at = parameter(spec.parameter, walk.at) if walk.at is not None else ""
    return asked(route.given.path, *queries, size, at)


def _following(route: Route, walk: Walk, seen: Walk, rows: list[Any], body: Any, headers: Any) -> str | int | None:
    spec = route.given.page
    if spec.by == "none" or not rows:
        return None
    if spec.by == "cursor":
        return bodies.next_token(body, headers, spec, id_of(route, rows[-1]))
    total = bodies.total_of(body, spec)
    if bodies.says_no_next(body, spec):
        return None
    if (total is not None and seen.shown >= total) or (walk.first is not None and len(rows) < walk.first):
        return None
    here = walk.at if isinstance(walk.at, int) else spec.first
    return here + (1 if spec.by == "page" else len(rows))


def _sign(route: Route, rows: list[Any]) -> str:
    return _digest("\n".join(["rows", *(str(id_of(route, row)) for row in rows)]))


def _digest(words: str) -> str:
    return blake2b(words.encode(), digest_size=6).hexdigest()
