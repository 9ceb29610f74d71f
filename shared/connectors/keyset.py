"""Walks through what changed, by keyset, at a partner that sorts by one field only and cuts its answers off.

A walk asks for what was modified at or after a moment, in the order of modification, and goes on from the last moment
shown. So nothing is counted off and no ceiling of a search is ever reached. Where one instant fills a whole page the
walk goes through that instant by id, and then on beyond it. Rows may come twice, which ends in the merge; none is left
out. The next poll begins at the latest moment shown, less an overlap for what was not committed then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands: modified at or after `since` (after it, if `beyond`), or within it, past the id `within`.

    `top` is the latest moment shown so far. A walk that has ended keeps only that.
    """

    since: datetime | None = None
    beyond: bool = False
    within: str | None = None
    top: datetime | None = None
    under_way: bool = False

    def text(self) -> str:
        """Return the walk as it is kept."""
        kept = {
            "since": self.since and self.since.isoformat(),
            "beyond": self.beyond,
            "within": self.within,
            "top": self.top and self.top.isoformat(),
            "under_way": self.under_way,
        }
        return json.dumps({name: value for name, value in kept.items() if value not in (None, False)})


def walk_of(text: str | None) -> Walk:
    """Return a kept walk; one that cannot be read begins anew."""
    try:
        kept = json.loads(text) if text else {}
        return Walk(
            since=_moment(kept.get("since")),
            beyond=bool(kept.get("beyond")),
            within=kept.get("within"),
            top=_moment(kept.get("top")),
            under_way=bool(kept.get("under_way")),
        )
    except (ValueError, TypeError, AttributeError):
        return Walk()


def kept_state(cursor: str | None) -> Mapping[str, Any]:
    """Return what a cursor of several walks keeps; nothing of one that cannot be read, which begins anew."""
    try:
        kept = json.loads(cursor) if cursor else {}
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def begun(walk: Walk, overlap: timedelta) -> Walk:
    """Return a walk that is under way as it is; after one that has ended, the next."""
    if walk.under_way:
        return walk
    return Walk(since=walk.top - overlap if walk.top else None, top=walk.top, under_way=True)


def following(walk: Walk, rows: Sequence[tuple[datetime, str]], *, is_full: bool) -> Walk:
    """Return the walk after a page of (modified, id); it is no longer under way when everything has been shown."""
    walk = replace(walk, top=max([row[0] for row in rows] + ([walk.top] if walk.top else []), default=None))
    if walk.within is not None:
        if is_full and rows and rows[-1][1] != walk.within:
            return replace(walk, within=rows[-1][1])
        return replace(walk, beyond=True, within=None)
    if not is_full or not rows:
        return Walk(top=walk.top)
    last = rows[-1][0]
    if last == walk.since and not walk.beyond:
        return replace(walk, within="")
    return replace(walk, since=last, beyond=False)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
