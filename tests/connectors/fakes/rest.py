"""A small plain REST system with everything that a description can speak of: cursor pages, batches, versions.

Other manners of such systems are laid over it in `rest_variants`: they page, update and name bodies in their own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.connectors.fakes.base import (
    HIDES_PHONES,
    LYING_PAGE,
    OUT_OF_ORDER,
    REFUSED,
    REPEATS_CURSOR,
    TOO_SHORT,
    Asked,
    Fake,
    Given,
    Row,
)

PATH = "/api/v1/customers"
PAGE = 100
BLANK: Row = {
    **dict.fromkeys(("external_ref", "email", "phone", "city", "credit_limit")),
    **{"note": "", "people": []},
}
"""What is shown of a customer that has nothing but a name."""
ASKED_BY = {"external_ref", "email"}


class RestFake(Fake):
    """Customers below `/api/v1/customers`."""

    at = "after"
    """The parameter that says where a page begins."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, Row] = {}
        self._people = 0

    def enter(self, **fields: Any) -> str:
        """Enter a customer with any fields."""
        return str(self.keep(fields)["id"])

    def edit(self, external_id: str, **fields: Any) -> None:
        """Change any fields of a customer."""
        self.keep({**self.rows[external_id], **fields})

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter a customer."""
        return str(self.keep({"name": name, "phone": phone, "note": unmapped})["id"])

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change a customer."""
        self.keep({**self.rows[external_id], **fields})

    def end(self, external_id: str) -> None:
        """Delete a customer."""
        del self.rows[external_id]

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the customers."""
        return {
            each: {"name": row["name"], "phone": row["phone"], "unmapped": row["note"]}
            for each, row in self.rows.items()
        }

    def paged(self, asked: Asked, shown: list[Row], following: str | None) -> Given:
        """Answer one page; `following` is where the next one begins."""
        del asked
        return Given(200, {"data": shown, "next": following})

    def updated(self, asked: Asked, row: Row) -> Given:
        """Answer a change of a customer."""
        if asked.method != "PATCH":
            return self.wrong(asked, "no such method", 405)
        return Given(200, self.keep({**row, **asked.body}))

    def media(self, asked: Asked) -> str:
        """Return what the body of a request must be said to be."""
        del asked
        return "application/json"

    def served(self, asked: Asked) -> Given:
        """Answer a request."""
        has_body = asked.method != "GET" and asked.body is not None
        if has_body and asked.headers.get("content-type") != self.media(asked):
            return self.wrong(asked, f"the body is not said to be {self.media(asked)}")
        if asked.path == PATH:
            return self._listed(asked) if asked.method == "GET" else self._created(asked)
        if asked.path == f"{PATH}:batch" and asked.method == "POST":
            return self._batch(asked)
        if asked.path.startswith(f"{PATH}/"):
            return self._one(asked, asked.path.removeprefix(f"{PATH}/"))
        return self.wrong(asked, "there is no such path", 404)

    def _one(self, asked: Asked, external_id: str) -> Given:
        row = self.rows.get(external_id)
        if row is None:
            return Given(404, {"title": "Not found"})
        if asked.method == "GET":
            return Given(200, self._visible(row))
        if asked.headers.get("if-match", f'"{row["version"]}"') != f'"{row["version"]}"':
            return Given(412, {"title": "Precondition failed"})
        if asked.method == "DELETE":
            del self.rows[external_id]
            return Given(204)
        return self.updated(asked, row)

    def _created(self, asked: Asked) -> Given:
        if asked.method != "POST" or not isinstance(asked.body, dict):
            return self.wrong(asked, "a new customer is an object that is posted")
        if asked.body.get("name") == REFUSED:
            return Given(422, {"title": "Unprocessable", "field": "name"})
        taken = [row for row in self.rows.values() if row["external_ref"] and row["external_ref"] == _ref(asked.body)]
        return Given(409, {"holder_id": taken[0]["id"]}) if taken else Given(201, self.keep(asked.body))

    def _batch(self, asked: Asked) -> Given:
        if not isinstance(asked.body, list) or len(asked.body) > PAGE:
            return self.wrong(asked, "a batch is a list of at most a hundred")
        results = [self._item(asked, item) for item in asked.body]
        if OUT_OF_ORDER in self.tricks:
            results.reverse()
        return Given(200, results[:-1] if TOO_SHORT in self.tricks else results)

    def _item(self, asked: Asked, item: Row) -> Row:
        method = {"create": "POST", "update": "PATCH", "archive": "DELETE"}[item["op"]]
        headers = {"if-match": f'"{item["if_match"]}"'} if item.get("if_match") else {}
        inner = Asked(method, asked.path, {}, headers, item.get("fields"))
        given = self._created(inner) if method == "POST" else self._one(inner, str(item["id"]))
        own = given.body.get("id") if isinstance(given.body, dict) else item.get("id")
        return {"status": given.status, "id": own, "error" if given.status >= 400 else "body": given.body}

    def _listed(self, asked: Asked) -> Given:
        if unknown := asked.query.keys() - {"limit", self.at, "updated_since", *ASKED_BY}:
            return self.wrong(asked, f"unknown parameters {sorted(unknown)}")
        rows = [row for row in self.rows.values() if self._is_wanted(row, asked.query)]
        start, size = int(asked.query.get(self.at, 0)), min(int(asked.query.get("limit", 20)), PAGE)
        shown, rest = rows[start : start + size], rows[start + size :]
        following = str(start + size) if rest else None
        if REPEATS_CURSOR in self.tricks and not rest and start:
            following = str(start)
        if LYING_PAGE in self.tricks and not rest:
            following = str(start + size)
        return self.paged(asked, [self._visible(row) for row in shown], following)

    def _visible(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if HIDES_PHONES not in self.tricks or name != "phone"}

    def _is_wanted(self, row: Row, query: Mapping[str, str]) -> bool:
        since = query.get("updated_since")
        if since is not None and _moment(row["updated_at"]) < _moment(since):
            return False
        return all(str(row.get(name)) in query[name].split(",") for name in ASKED_BY & query.keys())

    def keep(self, fields: Row) -> Row:
        """Store a customer."""
        external_id = str(fields.get("id") or f"c-{self.served_rows + 1}")
        self.served_rows += external_id not in self.rows
        known = self.rows.get(external_id, {"version": 0, **BLANK})
        stamp = self.time().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if "people" in fields:
            fields = {**fields, "people": [self._person(each) for each in fields["people"] or ()]}
        row = {**known, **fields, "id": external_id, "version": known["version"] + 1, "updated_at": stamp}
        self.rows[external_id] = row
        return row

    def _person(self, person: Row) -> Row:
        self._people += "id" not in person
        return {"id": f"p-{self._people}", "name": None, "email": None, "phone": None, **person}


def _ref(body: Row) -> Any:
    return body.get("external_ref")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
