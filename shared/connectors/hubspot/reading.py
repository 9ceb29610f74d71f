"""How HubSpot's records are asked for: what changed by search keyset, all of them by list, some by id or key in bulk.

A search shows at most 10,000 results, is eventually consistent and never shows what is archived. The walk asks anew
from the last moment shown, so that ceiling is never reached; a poll reaches back by the overlap; the recycle bin is
looked through at its end. Line items and contacts are records of their own and answer with their parents' ids.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.connectors.hubspot.api import Api, Filter, Row, Rows
from shared.connectors.hubspot.settings import Children
from shared.connectors.hubspot.subject import Subject, cleared
from shared.connectors.keys_shown import Found, by_key
from shared.connectors.keyset import Walk, begun, following, kept_state, walk_of
from shared.connectors.mapping.moments import STYLES, moment, written
from shared.connectors.mapping.places import MisfitError
from shared.connectors.mapping.values import NoSuchValueError, outgoing
from shared.core.keys import REFERENCE
from shared.core.observations import Gone, Next, Observation, Shown, Source, Trouble
from shared.core.values import Reference
from shared.ports.system import Entry, Key, Listing, Page

ID = "hs_object_id"
PHASES = ("own", "children", "archived")
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


class Reader:
    """Reads one entity."""

    def __init__(self, api: Api, subject: Subject, *, polls_archived: bool) -> None:
        self.subject = subject
        self._api = api
        self._polls_archived = polls_archived

    def changed_since(self, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed: the records, then parents of changed children, then what was archived."""
        state = _state(cursor)
        children = self.subject.given.children
        if state["phase"] == "children" and children is not None:
            return self._changed_children(children, state)
        if state["phase"] == "archived":
            return self._archived(state)
        return self._changed(state)

    def listing(self, cursor: str | None) -> Listing | Trouble:
        """Return a page of all records."""
        found = self._api.listed(self.subject.given.type, self.subject.properties(), cursor)
        rows = found if isinstance(found, Trouble) else self.whole(found.rows)
        if isinstance(found, Trouble) or isinstance(rows, Trouble):
            return found if isinstance(found, Trouble) else _trouble(rows)
        shown = [self.subject.observed(row, Source.MESSAGE) for row in rows]
        entries = tuple(Entry(e.external_id, e.revision if isinstance(e, Observation) else None, e) for e in shown)
        is_more = found.is_full and found.after is not None and found.after != cursor
        return Listing(entries, found.after if is_more else None, is_more)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id. An id that was merged away is gone; the one that a merge made shows the
        record under the id by which it is known."""
        wanted = list(dict.fromkeys(ids))
        found = self._api.read(
            self.subject.given.type, [self.subject.aliases.present(each) for each in wanted], self.subject.properties()
        )
        rows = found if isinstance(found, Trouble) else self.whole(found)
        if isinstance(rows, Trouble):
            return rows
        shown: dict[str, Shown] = {}
        for row in rows:
            each = self.subject.observed(row)
            is_gone = isinstance(each, Observation) and each.deleted
            shown[each.external_id] = Gone(each.external_id) if is_gone else each
            shown.setdefault(str(row["id"]), shown[each.external_id])
        return {each: shown.get(each, Gone(each)) for each in ids}

    def find(self, keys: Sequence[Key]) -> Found | Trouble:
        """Return the live records that show each key; our reference is read, other keys are searched for."""
        rows: dict[str, Row] = {}
        for name in dict.fromkeys(key.name for key in keys):
            found = self._found(name, [key for key in keys if key.name == name])
            if isinstance(found, Trouble):
                return found
            rows |= {str(row["id"]): row for row in found}
        whole = self.whole(list(rows.values()))
        return whole if isinstance(whole, Trouble) else by_key(keys, map(self.subject.observed, whole))

    def whole(self, rows: Sequence[Row]) -> list[dict[str, Any]] | Trouble:
        """Return records with their children and with the partners that are fields of ours."""
        complete = {str(row["id"]): dict(row) for row in rows}
        live = [each for each, row in complete.items() if row.get("archived") is not True]
        for to in self.subject.associations():
            partners = self._api.associated(self.subject.given.type, to, live) if live else {}
            if isinstance(partners, Trouble):
                return partners
            for each in live:
                first = next(iter(partners.get(each, ())), None)
                complete[each]["associated"] = {**complete[each].get("associated", {}), to: first}
        children = self.subject.given.children
        trouble = self._lay_children(children, complete, live) if children is not None and live else None
        return trouble or list(complete.values())

    def _lay_children(
        self, children: Children, complete: dict[str, dict[str, Any]], live: Sequence[str]
    ) -> Trouble | None:
        held = self._api.associated(self.subject.given.type, children.type, live)
        if isinstance(held, Trouble):
            return held
        ids = list(dict.fromkeys(each for some in held.values() for each in some))
        rows = self._api.read(children.type, ids, self.subject.child_properties(children)) if ids else []
        if isinstance(rows, Trouble):
            return rows
        by_id = {str(row["id"]): {**row, "properties": cleared(row)} for row in rows}
        for each in live:
            complete[each][self.subject.collection] = [by_id[child] for child in held.get(each, ()) if child in by_id]
        return None

    def _changed(self, state: dict[str, Any]) -> Page | Trouble:
        walk = begun(walk_of(state["own"]), self.subject.overlap)
        is_first = walk.since is None
        found = self._walked(self.subject.given.type, self.subject.given.modified, self.subject.properties(), walk)
        rows = found if isinstance(found, Trouble) else self.whole(found.rows)
        if isinstance(found, Trouble) or isinstance(rows, Trouble):
            return found if isinstance(found, Trouble) else _trouble(rows)
        after = self._after(walk, found, self.subject.given.modified)
        if is_first and state["children"] is None:
            state["children"] = Walk(top=after.top).text() if after.top else None
        state["own"] = after.text()
        state["phase"] = "own" if after.under_way else self._next_phase("own")
        shown = tuple(self.subject.observed(row, Source.MESSAGE) for row in rows)
        return Page(shown, (), json.dumps(state), after.under_way or state["phase"] != "own")

    def _changed_children(self, children: Children, state: dict[str, Any]) -> Page | Trouble:
        walk = begun(walk_of(state["children"]), self.subject.overlap)
        found = self._walked(children.type, children.modified, [children.modified], walk)
        if isinstance(found, Trouble):
            return found
        ids = [str(row["id"]) for row in found.rows]
        parents = self._api.associated(children.type, self.subject.given.type, ids) if ids else {}
        if isinstance(parents, Trouble):
            return parents
        after = self._after(walk, found, children.modified)
        state["children"] = after.text()
        state["phase"] = "children" if after.under_way else self._next_phase("children")
        named = self._known(list(dict.fromkeys(parent for some in parents.values() for parent in some)))
        if isinstance(named, Trouble):
            return named
        return Page((), tuple(named), json.dumps(state), state["phase"] != "own")

    def _known(self, ids: Sequence[str]) -> list[str] | Trouble:
        """Return the ids by which records are known: one that a merge made is not."""
        rows = self._api.read(self.subject.given.type, ids, [self.subject.merged]) if ids else []
        if isinstance(rows, Trouble):
            return rows
        return [self.subject.aliases.known_as(row, self.subject.merged) for row in rows]

    def _archived(self, state: dict[str, Any]) -> Page | Trouble:
        """Return what was archived since the poll before this one; the first poll only notes how far it is.

        The recycle bin is listed by id, not by time, so all of it is looked through.
        """
        found = self._api.listed(self.subject.given.type, [self.subject.given.modified], state["after"], archived=True)
        if isinstance(found, Trouble):
            return found
        since = _moment(state["bin"])
        rows = [row for row in found.rows if since and _is_since(row, since, self.subject)]
        is_more = found.is_full and found.after is not None and found.after != state["after"]
        latest = max(
            [each for row in found.rows if (each := _archived_at(row))] + ([since] if since else []), default=None
        )
        seen = max([each for each in (latest, _moment(state["seen"])) if each], default=None)
        state["after"], state["seen"] = (found.after, seen and seen.isoformat()) if is_more else (None, None)
        if not is_more:
            state["phase"] = "own"
            state["bin"] = (seen or LONG_AGO).isoformat()
        shown = tuple(self.subject.observed({**row, "archived": True}, Source.MESSAGE) for row in rows)
        return Page(shown, (), json.dumps(state), is_more)

    def _next_phase(self, phase: str) -> str:
        if phase == "own" and self.subject.given.children is not None:
            return "children"
        return "archived" if self._polls_archived else "own"

    def _walked(self, object_type: str, modified: str, properties: Sequence[str], walk: Walk) -> Rows | Trouble:
        filters: list[Filter] = []
        if walk.since is not None:
            operator = "EQ" if walk.within is not None else "GT" if walk.beyond else "GTE"
            at = str(written(walk.since, STYLES["milliseconds"]))
            filters.append({"propertyName": modified, "operator": operator, "value": at})
        if walk.within:
            filters.append({"propertyName": ID, "operator": "GT", "value": walk.within})
        return self._api.search(object_type, filters, modified if walk.within is None else ID, properties)

    def _after(self, walk: Walk, found: Rows, modified: str) -> Walk:
        rows = [(at, str(row["id"])) for row in found.rows if (at := self.subject.modified(row, modified)) is not None]
        return following(walk, rows, is_full=found.is_full)

    def _found(self, name: str, keys: Sequence[Key]) -> list[Row] | Trouble:
        properties = self.subject.properties()
        if name == REFERENCE:
            if not self.subject.given.reference:
                return _cannot_find(name)
            ids = [str(key.values[0]) for key in keys]
            return self._api.read(self.subject.given.type, ids, properties, self.subject.given.reference)
        mapped = self.subject.mapping.by_ours.get(name.partition("+")[0])
        if mapped is None or not mapped.place.startswith("properties."):
            return _cannot_find(name)
        asked: list[str] = []
        for key in keys:
            try:
                value = key.values[0]
                theirs = (
                    value.external_id
                    if isinstance(value, Reference)
                    else outgoing(self.subject.entity, mapped, value, None)
                )
                asked += [str(theirs), str(theirs).lower()]
            except NoSuchValueError:
                continue
        return self._searched(mapped.place.removeprefix("properties."), list(dict.fromkeys(asked)), properties)

    def _searched(self, name: str, values: Sequence[str], properties: Sequence[str]) -> list[Row] | Trouble:
        rows: list[Row] = []
        for start in range(0, len(values), 100):
            wanted: Filter = {"propertyName": name, "operator": "IN", "values": values[start : start + 100]}
            after: list[Filter] = []
            while True:
                found = self._api.search(self.subject.given.type, [wanted, *after], ID, properties)
                if isinstance(found, Trouble):
                    return found
                rows += found.rows
                if not found.is_full or (after and str(found.rows[-1]["id"]) == after[0]["value"]):
                    break
                after = [{"propertyName": ID, "operator": "GT", "value": str(found.rows[-1]["id"])}]
        return rows


def _state(cursor: str | None) -> dict[str, Any]:
    kept = kept_state(cursor)
    state = {name: kept.get(name) for name in ("own", "children", "after", "bin", "seen")}
    return {**state, "phase": kept.get("phase") if kept.get("phase") in PHASES else "own"}


def _archived_at(row: Row) -> datetime | None:
    try:
        shown = row.get("archivedAt") or row.get("updatedAt")
        return moment(shown) if shown else None
    except MisfitError:
        return None


def _is_since(row: Row, since: datetime, subject: Subject) -> bool:
    at = _archived_at(row)
    return at is None or at >= since - subject.overlap


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _trouble(found: Trouble | Sequence[Any]) -> Trouble:
    return found if isinstance(found, Trouble) else Trouble(Next.RETRYABLE, "unreadable")


def _cannot_find(name: str) -> Trouble:
    return Trouble(Next.PERMANENT, "cannot-find", f"HubSpot has no property for {name}: map it")
