"""A walk through what changed, by SystemModstamp and id: nothing is counted off, and no cursor is kept at Salesforce.

Each page asks for what comes after the last row of the one before. The next poll begins at the latest moment shown,
less an overlap for what was not committed then. Rows may come twice, which ends in the merge; none is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

STAMP = "SystemModstamp"


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands: past the row (`at`, `id`), or at the moment `at` without an id. `top`: the latest shown."""

    at: datetime | None = None
    id: str = ""
    top: datetime | None = None
    under_way: bool = False

    def kept(self) -> dict[str, Any]:
        """Return the walk as it is kept."""
        at, top = (each.isoformat() if each else None for each in (self.at, self.top))
        return {"at": at, "id": self.id, "top": top, "under_way": self.under_way}

    def condition(self) -> str:
        """Return what a row must hold to come next; nothing where every row may."""
        if self.at is None:
            return f"Id > {quoted(self.id)}" if self.id else ""
        since = f"{STAMP} >= {written(self.at)}"
        return f"{since} AND ({STAMP} > {written(self.at)} OR Id > {quoted(self.id)})" if self.id else since


def walk_of(kept: Any) -> Walk:
    """Return a kept walk; one that cannot be read begins anew."""
    try:
        found = kept if isinstance(kept, Mapping) else {}
        at, top = (datetime.fromisoformat(found[name]) if found.get(name) else None for name in ("at", "top"))
        return Walk(at, str(found.get("id") or ""), top, bool(found.get("under_way")))
    except (ValueError, TypeError):
        return Walk()


def begun(walk: Walk, overlap: timedelta) -> Walk:
    """Return a walk that is under way as it is; after one that has ended, the next."""
    if walk.under_way:
        return walk
    return Walk(walk.top - overlap if walk.top else None, "", walk.top, under_way=True)


def following(walk: Walk, rows: Sequence[tuple[datetime, str]], *, is_full: bool) -> Walk:
    """Return the walk after a page of (modified, id); it is no longer under way when everything has been shown."""
    top = max([at for at, _ in rows] + ([walk.top] if walk.top else []), default=None)
    if not is_full or not rows or rows[-1] == (walk.at, walk.id):
        return Walk(top=top)
    return replace(walk, at=rows[-1][0], id=rows[-1][1], top=top)


def quoted(text: str) -> str:
    """Return a text as SOQL writes it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r") + "'"


def written(at: datetime) -> str:
    """Return a moment as SOQL writes it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
