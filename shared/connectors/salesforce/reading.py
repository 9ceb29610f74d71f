"""How Salesforce's records are asked for: what changed, all of them by id, some by id or key in bulk; parts with each.

What changed is asked for by queryAll, which shows what is in the recycle bin too. Contacts and order items are records
of their own: a change of one does not stamp its parent, so they are walked as well and answer with the parent's id;
one that was deleted still names it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shared.connectors.keys_shown import Found, by_key
from shared.connectors.keyset import kept_state
from shared.connectors.observing import asked_for
from shared.connectors.salesforce.api import Api, Row, Rows
from shared.connectors.salesforce.ids import is_id, whole_id
from shared.connectors.salesforce.settings import Children
from shared.connectors.salesforce.subject import DELETED, Subject, modified_of
from shared.connectors.salesforce.walk import STAMP, Walk, begun, following, quoted, walk_of
from shared.core.observations import Gone, Next, Observation, Shown, Source, Trouble
from shared.ports.system import Entry, Key, Listing, Page

BY_TIME = f"{STAMP}, Id"
KEYS_AT_A_TIME = 100


class Reader:
    """Reads one entity."""

    def __init__(self, api: Api, subject: Subject, fetch_size: int) -> None:
        self.subject = subject
        self._api = api
        self._fetch_size = fetch_size

    def changed_since(self, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed: first the records themselves, then the parents of changed children."""
        state = _state(cursor)
        children = self.subject.given.children
        if state["phase"] == "children" and children is not None:
            return self._changed_children(children, state)
        walk = begun(walk_of(state["own"]), self.subject.overlap)
        found = self._walked(self.subject.columns(), self.subject.given.type, walk)
        rows = found if isinstance(found, Trouble) else self._whole(found.rows)
        if isinstance(found, Trouble) or isinstance(rows, Trouble):
            return found if isinstance(found, Trouble) else _trouble(rows)
        after = _after(walk, found)
        if children is not None and state["children"] is None:
            state["children"] = Walk(top=found.at).kept()
        elif children is not None and not after.under_way:
            state["phase"] = "children"
        state["own"] = after.kept()
        shown = tuple(self.subject.observed(row, Source.MESSAGE) for row in rows)
        return Page(shown, (), json.dumps(state), after.under_way or state["phase"] == "children")

    def listing(self, cursor: str | None) -> Listing | Trouble:
        """Return a page of all live records, by id."""
        where = f"Id > {quoted(cursor)}" if cursor else ""
        found = self._api.query(self.subject.columns(), self.subject.given.type, where, "Id")
        rows = found if isinstance(found, Trouble) else self._whole(found.rows)
        if isinstance(found, Trouble) or isinstance(rows, Trouble):
            return found if isinstance(found, Trouble) else _trouble(rows)
        last = str(rows[-1]["Id"]) if rows else None
        shown = [self.subject.observed(row, Source.MESSAGE) for row in rows if not self.subject.is_ended(row)]
        entries = tuple(Entry(e.external_id, e.revision if isinstance(e, Observation) else None, e) for e in shown)
        is_more = found.is_full and last != cursor
        return Listing(entries, last if is_more else None, is_more)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id, of fifteen characters or eighteen; what cannot be an id is gone."""
        wanted = list(dict.fromkeys(whole_id(each) for each in ids if is_id(each)))
        shown: dict[str, Shown] = {}
        for some in _parts(wanted, self._fetch_size):
            rows = self._every(f"Id IN ({', '.join(map(quoted, some))})")
            if isinstance(rows, Trouble):
                return rows
            for row in rows:
                each = self.subject.observed(row)
                is_gone = isinstance(each, Observation) and each.deleted
                shown[each.external_id] = Gone(each.external_id) if is_gone else each
        return {each: shown.get(whole_id(each), Gone(each)) for each in ids}

    def find(self, keys: Sequence[Key]) -> Found | Trouble:
        """Return the live records that show each key; one query per key's name and hundred of them."""
        rows: dict[str, Row] = {}
        for name in dict.fromkeys(key.name for key in keys):
            asked = asked_for(self.subject.mapping, name, [key for key in keys if key.name == name], "Salesforce")
            if isinstance(asked, Trouble):
                return asked
            for some in _parts(asked[1], KEYS_AT_A_TIME):
                found = self._every(f"{asked[0]} IN ({', '.join(map(quoted, some))})")
                if isinstance(found, Trouble):
                    return found
                rows |= {str(row["Id"]): row for row in found}
        return by_key(keys, map(self.subject.observed, rows.values()))

    def _changed_children(self, children: Children, state: dict[str, Any]) -> Page | Trouble:
        walk = begun(walk_of(state["children"]), self.subject.overlap)
        found = self._walked(["Id", children.parent, STAMP, DELETED], children.type, walk)
        if isinstance(found, Trouble):
            return found
        after = _after(walk, found)
        state["children"] = after.kept()
        state["phase"] = "children" if after.under_way else "own"
        parents = dict.fromkeys(whole_id(str(row[children.parent])) for row in found.rows if row.get(children.parent))
        return Page((), tuple(parents), json.dumps(state), after.under_way)

    def _walked(self, columns: Sequence[str], of: str, walk: Walk) -> Rows | Trouble:
        return self._api.query(columns, of, walk.condition(), BY_TIME, deleted=True)

    def _every(self, where: str) -> list[dict[str, Any]] | Trouble:
        """Return every live record that a condition holds for, with its children."""
        rows = self._all(self.subject.columns(), self.subject.given.type, where)
        return rows if isinstance(rows, Trouble) else self._whole(rows)

    def _all(self, columns: Sequence[str], of: str, where: str) -> list[Row] | Trouble:
        rows: list[Row] = []
        last = ""
        while True:
            found = self._api.query(columns, of, f"{where} AND Id > {quoted(last)}" if last else where, "Id")
            if isinstance(found, Trouble):
                return found
            rows += found.rows
            if not found.is_full or str(found.rows[-1]["Id"]) == last:
                return rows
            last = str(found.rows[-1]["Id"])

    def _whole(self, rows: Sequence[Row]) -> list[dict[str, Any]] | Trouble:
        """Return records with their children laid in."""
        whole = [dict(row) for row in rows]
        children, name = self.subject.given.children, self.subject.collection
        if children is None:
            return whole
        held: dict[str, list[Row]] = {whole_id(str(row["Id"])): [] for row in whole if not self.subject.is_ended(row)}
        for some in _parts(list(held), self._fetch_size):
            where = f"{children.parent} IN ({', '.join(map(quoted, some))})"
            found = self._all(self.subject.child_columns(children), children.type, where)
            if isinstance(found, Trouble):
                return found
            for child in found:
                held.get(whole_id(str(child.get(children.parent))), []).append(child)
        return [{**row, name: held.get(whole_id(str(row["Id"])), [])} for row in whole]


def _state(cursor: str | None) -> dict[str, Any]:
    kept = kept_state(cursor)
    phase = kept.get("phase") if kept.get("phase") in ("own", "children") else "own"
    return {"phase": phase, "own": kept.get("own"), "children": kept.get("children")}


def _after(walk: Walk, found: Rows) -> Walk:
    rows = [(at, str(row["Id"])) for row in found.rows if (at := modified_of(row)) is not None]
    return following(walk, rows, is_full=found.is_full)


def _parts(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _trouble(found: Trouble | Sequence[Any]) -> Trouble:
    return found if isinstance(found, Trouble) else Trouble(Next.RETRYABLE, "unreadable")
