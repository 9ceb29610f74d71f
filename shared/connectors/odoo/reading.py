"""How Odoo's records are asked for: what changed (children too), all of them, some by id, some by key; in bulk.

`write_date` is shown in seconds and kept in microseconds, and it is when a transaction began, not when it could be
seen: so a walk asks for `>=`, goes through one second by id, and each poll reaches back by the overlap. A change of a
line or a contact does not always stamp its parent: they are walked as well and answer with the parent's id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from shared.connectors.keys_shown import Found, by_key
from shared.connectors.keyset import Walk, begun, following, kept_state, walk_of
from shared.connectors.mapping.values import NoSuchValueError, outgoing
from shared.connectors.odoo.api import Api, Domain, Row
from shared.connectors.odoo.completing import Completing
from shared.connectors.odoo.subject import Children, Subject
from shared.connectors.odoo.wire import MODIFIED, SECOND, id_of, modified_of, written
from shared.core.keys import REFERENCE
from shared.core.observations import Gone, Invalid, Next, Observation, Shown, Source, Trouble
from shared.core.values import Reference
from shared.ports.system import Entry, Key, Listing, Page

LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


class Reader:
    """Reads one entity."""

    def __init__(self, api: Api, subject: Subject, completing: Completing) -> None:
        self.subject = subject
        self._api = api
        self._completing = completing

    def changed_since(self, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed; first the records themselves, then the parents of changed children."""
        state = _state(cursor)
        children = self.subject.children
        if children is not None and state["at"] == "children":
            return self._changed_children(children, state)
        walk = begun(walk_of(state["own"]), self.subject.overlap)
        rows = walked(self._api, self.subject.model, self.subject.given.domain, self.subject.names(), walk)
        whole = rows if isinstance(rows, Trouble) else self._completing.whole(rows)
        if isinstance(rows, Trouble) or isinstance(whole, Trouble):
            return _trouble(rows, whole)
        after = after_page(walk, rows, self._api.page_size)
        if children is not None and state["children"] is None:
            state["children"] = Walk(top=after.top or LONG_AGO).text() if not after.under_way else None
        elif children is not None and not after.under_way:
            state["at"] = "children"
        state["own"] = after.text()
        shown = tuple(self.subject.observed(row, Source.MESSAGE) for row in whole)
        return Page(shown, (), json.dumps(state), after.under_way or state["at"] == "children")

    def listing(self, cursor: str | None) -> Listing | Trouble:
        """Return a page of all live records, by id."""
        last = int(cursor) if cursor and cursor.isdecimal() else 0
        domain = [*self.subject.given.domain, ["id", ">", last]]
        rows = self._api.search(self.subject.model, domain, self.subject.names(), archived=False)
        if not isinstance(rows, Trouble) and any(row["id"] <= last for row in rows):
            return Trouble(Next.PERMANENT, "ignores-domain", "Odoo shows ids that were not asked for")
        whole = rows if isinstance(rows, Trouble) else self._completing.whole(rows)
        if isinstance(rows, Trouble) or isinstance(whole, Trouble):
            return _trouble(rows, whole)
        shown = [self.subject.observed(row, Source.MESSAGE) for row in whole]
        entries = tuple(Entry(e.external_id, e.revision if isinstance(e, Observation) else None, e) for e in shown)
        is_full = len(rows) >= self._api.page_size
        return Listing(entries, str(rows[-1]["id"]) if is_full else None, is_full)

    def fetch(self, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown for each id; what is archived, or no longer counts as one, is gone."""
        wanted = sorted({int(each) for each in ids if each.isdecimal()})
        shown = self._all([["id", "in", wanted]]) if wanted else []
        if isinstance(shown, Trouble):
            return shown
        by_id: dict[str, Shown] = {each.external_id: _as_shown(each) for each in shown}
        return {each: by_id.get(each, Gone(each)) for each in ids}

    def find(self, keys: Sequence[Key]) -> Found | Trouble:
        """Return the live records that show each key; one call per key's name."""
        shown: dict[str, Observation | Invalid] = {}
        for name in dict.fromkeys(key.name for key in keys):
            domain = self._domain(name, [key for key in keys if key.name == name])
            found = domain if isinstance(domain, Trouble) else self._all(domain) if domain else []
            if isinstance(found, Trouble):
                return found
            shown |= {each.external_id: each for each in found}
        return by_key(keys, shown.values())

    def _all(self, domain: Domain) -> list[Observation | Invalid] | Trouble:
        rows = self._api.every(self.subject.model, [*self.subject.given.domain, *domain], self.subject.names())
        whole = rows if isinstance(rows, Trouble) else self._completing.whole(rows)
        return whole if isinstance(whole, Trouble) else [self.subject.observed(row) for row in whole]

    def _domain(self, name: str, keys: Sequence[Key]) -> list[Any] | Trouble:
        """Return what to ask for: of a key of several parts the first one; texts in any case of their letters."""
        path = name.partition("+")[0]
        values = [key.values[0] for key in keys if key.values]
        if path == REFERENCE and self.subject.mapping.reference:
            return [[self.subject.mapping.reference, "in", [str(value) for value in values]]]
        mapped = self.subject.mapping.by_ours.get(path)
        if mapped is None:
            return Trouble(Next.PERMANENT, "cannot-find", f"Odoo has no field for {name}: map it")
        asked: list[Any] = []
        for value in values:
            try:
                asked.append(outgoing(self.subject.entity, mapped, value, None))
            except NoSuchValueError:
                continue
            if isinstance(value, Reference):
                asked[-1] = int(asked[-1]) if asked[-1].isdecimal() else 0
        texts = list(dict.fromkeys(each for each in asked if isinstance(each, str) and each))
        others = [each for each in asked if not isinstance(each, str)]
        terms: list[Any] = [[mapped.place, "=ilike", _literally(each)] for each in texts]
        terms += [[mapped.place, "in", others]] if others else []
        return [*["|"] * (len(terms) - 1), *terms]

    def _changed_children(self, children: Children, state: dict[str, Any]) -> Page | Trouble:
        walk = begun(walk_of(state["children"]), self.subject.overlap)
        fields = ["id", children.parent, MODIFIED]
        rows = walked(self._api, children.model, [[children.parent, "!=", False]], fields, walk)
        if isinstance(rows, Trouble):
            return rows
        after = after_page(walk, rows, self._api.page_size)
        state |= {"children": after.text(), "at": "children" if after.under_way else "own"}
        parents = dict.fromkeys(str(each) for row in rows if (each := id_of(row.get(children.parent))))
        return Page((), tuple(parents), json.dumps(state), after.under_way)


def walked(api: Api, model: str, domain: Domain, fields: Sequence[str], walk: Walk) -> list[Row] | Trouble:
    """Return the next page of a walk by `write_date`, archived records among them."""
    if walk.since is None:
        return api.search(model, domain, fields, f"{MODIFIED}, id")
    if walk.within is None:
        since = walk.since + SECOND if walk.beyond else walk.since
        return api.search(model, [*domain, [MODIFIED, ">=", written(since)]], fields, f"{MODIFIED}, id")
    second = [[MODIFIED, ">=", written(walk.since)], [MODIFIED, "<", written(walk.since + SECOND)]]
    past = [["id", ">", int(walk.within)]] if walk.within.isdecimal() else []
    return api.search(model, [*domain, *second, *past], fields)


def after_page(walk: Walk, rows: Sequence[Row], page_size: int) -> Walk:
    """Return the walk after a page."""
    shown = [(modified, str(row["id"])) for row in rows if (modified := modified_of(row)) is not None]
    return following(walk, shown, is_full=len(rows) >= page_size)


def _state(cursor: str | None) -> dict[str, Any]:
    kept = kept_state(cursor)
    return {"own": kept.get("own"), "children": kept.get("children"), "at": kept.get("at") or "own"}


def _trouble(*found: Any) -> Trouble:
    return next(each for each in found if isinstance(each, Trouble))


def _as_shown(shown: Observation | Invalid) -> Shown:
    return Gone(shown.external_id) if isinstance(shown, Observation) and shown.deleted else shown


def _literally(text: str) -> str:
    """Return a text in which nothing is a pattern."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
