"""How Espo's records are asked for: what changed (children too), all of them, some by id, some by key; in bulk.

Times are cut to the second, UTC, and only `after` is a comparison that Espo documents for them, so a walk asks from a
second earlier. Contacts and lines are records of their own: a change of one does not stamp its parent, so they are
walked as well and answer with the parent's id. What is deleted is simply no longer listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from shared.connectors.espocrm.api import Api, Missing, Row, Rows, Where
from shared.connectors.espocrm.settings import Children
from shared.connectors.espocrm.subject import MODIFIED, Subject, modified_of
from shared.connectors.keys_shown import Found, by_key
from shared.connectors.keyset import Walk, begun, following, kept_state, walk_of
from shared.connectors.observing import asked_for
from shared.core.observations import Gone, Invalid, Next, Observation, Shown, Source, Trouble
from shared.ports.system import Entry, Key, Listing, Page

SECOND = timedelta(seconds=1)


class Reader:
    """Reads one entity."""

    def __init__(self, api: Api, subject: Subject) -> None:
        self.subject = subject
        self._api = api

    def changed_since(self, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed; first the records themselves, then the parents of changed children."""
        state = _state(cursor)
        children = self.subject.given.children
        if children is not None and state["at"] == "children":
            return self._changed_children(children, state)
        walk = begun(walk_of(state["own"]), self.subject.overlap)
        found = self._walked(self.subject.given.type, self.subject.attributes(), walk)
        if isinstance(found, Trouble):
            return found
        after = _after(walk, found)
        if children is not None and state["children"] is None:
            state["children"] = Walk(top=_clock(found.date)).text()
        elif children is not None and not after.under_way:
            state["at"] = "children"
        state["own"] = after.text()
        rows = self._with_children(found.rows)
        if isinstance(rows, Trouble):
            return rows
        shown = tuple(self.subject.observed(row, Source.MESSAGE) for row in rows)
        return Page(shown, (), json.dumps(state), after.under_way or state["at"] == "children")

    def listing(self, cursor: str | None) -> Listing | Trouble:
        """Return a page of all records, by id."""
        wheres: list[Where] = [("greaterThan", "id", cursor)] if cursor else []
        found = self._api.page(self.subject.given.type, self.subject.attributes(), wheres)
        if isinstance(found, Trouble):
            return found
        if cursor and any(str(row["id"]) <= cursor for row in found.rows):
            return Trouble(Next.PERMANENT, "ignores-where", "EspoCRM shows ids that were not asked for")
        rows = self._with_children(found.rows)
        if isinstance(rows, Trouble):
            return rows
        shown = [self.subject.observed(row, Source.MESSAGE) for row in rows]
        entries = tuple(Entry(e.external_id, e.revision if isinstance(e, Observation) else None, e) for e in shown)
        return Listing(entries, str(rows[-1]["id"]) if found.is_full else None, found.is_full)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id. One that no list shows is asked for alone before it counts as gone."""
        shown: dict[str, Shown] = {}
        for some in _parts(list(dict.fromkeys(ids)), self.subject.fetch_size):
            rows = self._all([("in", "id", some)])
            if isinstance(rows, Trouble):
                return rows
            shown |= {str(row["id"]): _as_shown(self.subject.observed(row)) for row in rows}
        for each in dict.fromkeys(ids):
            alone = shown.get(each) or self._alone(each)
            if isinstance(alone, Trouble):
                return alone
            shown[each] = alone
        return {each: shown[each] for each in ids}

    def find(self, keys: Sequence[Key]) -> Found | Trouble:
        """Return the live records that show each key; one call per key's name and part of a page."""
        shown: dict[str, Observation | Invalid] = {}
        for name in dict.fromkeys(key.name for key in keys):
            asked = asked_for(self.subject.mapping, name, [key for key in keys if key.name == name], "EspoCRM")
            if isinstance(asked, Trouble):
                return asked
            attribute, values = asked
            for some in _parts(values, self.subject.fetch_size):
                rows = self._all([("in", attribute, some)])
                if isinstance(rows, Trouble):
                    return rows
                shown |= {str(row["id"]): self.subject.observed(row) for row in rows}
        return by_key(keys, shown.values())

    def _alone(self, external_id: str) -> Shown | Trouble:
        row = self._api.one(self.subject.given.type, external_id)
        if isinstance(row, Missing):
            return Gone(external_id)
        if isinstance(row, Trouble):
            is_its_own = row.next is Next.PERMANENT and not row.whole_system
            return Invalid(external_id, "", f"cannot be read: {row.code} {row.message}") if is_its_own else row
        rows = self._with_children([row])
        return rows if isinstance(rows, Trouble) else _as_shown(self.subject.observed(rows[0]))

    def _all(self, wheres: Sequence[Where]) -> list[dict[str, Any]] | Trouble:
        """Return every record that a condition holds for, with children."""
        rows = self._every(self.subject.given.type, self.subject.attributes(), wheres)
        return rows if isinstance(rows, Trouble) else self._with_children(rows)

    def _every(self, entity_type: str, select: Sequence[str], wheres: Sequence[Where]) -> list[Row] | Trouble:
        rows: list[Row] = []
        after: list[Where] = []
        while True:
            found = self._api.page(entity_type, select, [*wheres, *after])
            if isinstance(found, Trouble):
                return found
            if after and any(str(row["id"]) <= str(after[0][2]) for row in found.rows):
                return Trouble(Next.PERMANENT, "ignores-where", "EspoCRM shows ids that were not asked for")
            rows += found.rows
            if not found.is_full:
                return rows
            after = [("greaterThan", "id", str(found.rows[-1]["id"]))]

    def _with_children(self, rows: Sequence[Row]) -> list[dict[str, Any]] | Trouble:
        children = self.subject.given.children
        whole: dict[str, dict[str, Any]] = {str(row["id"]): dict(row) for row in rows}
        if children is None:
            return list(whole.values())
        for row in whole.values():
            row[self.subject.collection] = []
        for some in _parts(list(whole), self.subject.fetch_size):
            select = self.subject.child_attributes(children)
            found = self._every(children.type, select, [("in", children.parent, some)])
            if isinstance(found, Trouble):
                return found
            for child in found:
                parent = whole.get(str(child.get(children.parent)))
                if parent is not None:
                    parent[self.subject.collection].append(child)
        return list(whole.values())

    def _changed_children(self, children: Children, state: dict[str, Any]) -> Page | Trouble:
        walk = begun(walk_of(state["children"]), self.subject.overlap)
        found = self._walked(children.type, ["id", children.parent, MODIFIED], walk)
        if isinstance(found, Trouble):
            return found
        after = _after(walk, found)
        state |= {"children": after.text(), "at": "children" if after.under_way else "own"}
        parents = dict.fromkeys(str(row[children.parent]) for row in found.rows if row.get(children.parent))
        return Page((), tuple(parents), json.dumps(state), after.under_way)

    def _walked(self, entity_type: str, select: Sequence[str], walk: Walk) -> Rows | Trouble:
        if walk.since is None:
            return self._api.page(entity_type, select, (), MODIFIED)
        if walk.within is None:
            after = walk.since if walk.beyond else walk.since - SECOND
            return self._api.page(entity_type, select, [("after", MODIFIED, _written(after))], MODIFIED)
        wheres: list[Where] = [
            ("after", MODIFIED, _written(walk.since - SECOND)),
            ("before", MODIFIED, _written(walk.since + SECOND)),
        ]
        if walk.within:
            wheres.append(("greaterThan", "id", walk.within))
        return self._api.page(entity_type, select, wheres)


def _after(walk: Walk, found: Rows) -> Walk:
    rows = [(modified, str(row["id"])) for row in found.rows if (modified := modified_of(row)) is not None]
    return following(walk, rows, is_full=found.is_full)


def _state(cursor: str | None) -> dict[str, Any]:
    kept = kept_state(cursor)
    return {"own": kept.get("own"), "children": kept.get("children"), "at": kept.get("at") or "own"}


def _clock(date: str) -> datetime:
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except ValueError:
        return datetime(1970, 1, 2, tzinfo=UTC)


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _as_shown(shown: Observation | Invalid) -> Shown:
    return Gone(shown.external_id) if isinstance(shown, Observation) and shown.deleted else shown


def _parts(items: Sequence[str], size: int) -> Iterable[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
