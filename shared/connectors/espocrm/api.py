"""Calls to one EspoCRM, and what its errors mean: one table.

Measured on 8.4: 401, 403 and 404 come with an empty body and a reason in `X-Status-Reason`; 400 names the field in
`messageTranslation.data`; 409 is a duplicate (the body lists the records that match) or, with a version, a stale write;
500 is also the answer to what is not JSON. Unknown keys of a body are silently ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from shared.connectors.http import Http, NotSent, Outcome, Reply, Request
from shared.connectors.http_faults import is_unsure, safe_text, trouble_of
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.core.observations import Next, Trouble

Row: TypeAlias = Mapping[str, Any]
Where: TypeAlias = tuple[str, str, str | Sequence[str]]
"""One condition: Espo's type of it (`in`, `after`, …), the attribute, the value or values."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list: its rows, whether Espo has more for the same question, and its clock as it says it."""

    rows: tuple[Row, ...]
    is_full: bool
    date: str = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """Espo says that there is no such record."""

    trouble: Trouble


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody knows whether a write was made."""

    reason: str


class Api:
    """The calls."""

    def __init__(self, http: Http, path: str, page_size: int) -> None:
        self.http = http
        self._path = path.rstrip("/")
        self._page_size = page_size

    def page(
        self, entity_type: str, select: Sequence[str], wheres: Iterable[Where], order_by: str = "id"
    ) -> Rows | Trouble:
        """Read a page of a list, in the order of one attribute."""
        query: list[tuple[str, str]] = [
            ("maxSize", str(self._page_size)),
            ("orderBy", order_by),
            ("order", "asc"),
            ("select", ",".join(select)),
        ]
        for number, (kind, attribute, value) in enumerate(wheres):
            place = f"where[{number}]"
            query += [(f"{place}[type]", kind), (f"{place}[attribute]", attribute)]
            many = [value] if isinstance(value, str) else value
            query += [(f"{place}[value]" if isinstance(value, str) else f"{place}[value][]", each) for each in many]
        answer = self._read(f"{self._path}/{quote(entity_type)}?{urlencode(query)}")
        return answer if isinstance(answer, Trouble) else self._rows(*answer)

    def one(self, entity_type: str, external_id: str) -> Row | Missing | Trouble:
        """Read one record."""
        answer = self._read(self._address(entity_type, external_id))
        if isinstance(answer, Trouble):
            return Missing(answer) if answer.code == "http-404" else answer
        row = answer[0]
        return row if isinstance(row, Mapping) and "id" in row else _no_list()

    def write(
        self, method: str, entity_type: str, external_id: str | None, body: Row | None, headers: Mapping[str, str]
    ) -> Row | Trouble | Unsure:
        """Send a write, once; return the record that Espo answers with (an empty one for a delete)."""
        address = self._address(entity_type, external_id) if external_id else f"{self._path}/{quote(entity_type)}"
        sent = {**headers, "Content-Type": "application/json"} if body is not None else dict(headers)
        raw = encoded(body) if body is not None else None
        outcome = self.http.send(Request(method, address, sent, raw, writes=True))
        if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
            return _written(outcome, method)
        if is_unsure(outcome) and not isinstance(outcome, NotSent):
            return Unsure(f"http-{outcome.status}" if isinstance(outcome, Reply) else outcome.reason)
        return self._trouble(outcome, _texts(body or {}))

    def _read(self, address: str) -> tuple[Any, Mapping[str, str]] | Trouble:
        outcome = self.http.send(Request("GET", address))
        if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
            return self._trouble(outcome)
        body = decoded(outcome.body)
        if isinstance(body, Unreadable):
            return Trouble(Next.RETRYABLE, "unreadable", f"the answer is {body.reason}", whole_system=body.is_page)
        return body, outcome.headers

    def _rows(self, body: Any, headers: Mapping[str, str]) -> Rows | Trouble:
        rows = body.get("list") if isinstance(body, Mapping) else None
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) and row.get("id") for row in rows):
            return _no_list()
        total = body.get("total")
        is_more = total > len(rows) if isinstance(total, int) and total >= 0 else len(rows) >= self._page_size
        return Rows(tuple(rows), bool(rows) and is_more, headers.get("date", ""))

    def _trouble(self, outcome: Outcome, hide: Iterable[str] = ()) -> Trouble:
        hidden = (*self.http.hidden(), *hide)
        trouble = trouble_of(outcome, hidden)
        if not isinstance(outcome, Reply):
            return trouble
        reason = outcome.headers.get("x-status-reason", "")
        named = _translation(decoded(outcome.body))
        field = named.get("data", {}).get("field") if isinstance(named.get("data"), Mapping) else None
        return replace(
            trouble,
            code=safe_text(str(named.get("label") or (reason if reason.isalpha() else trouble.code)), hidden),
            message=safe_text(reason, hidden) or trouble.message,
            field=safe_text(field, hidden) if isinstance(field, str) else None,
        )

    def _address(self, entity_type: str, external_id: str) -> str:
        return f"{self._path}/{quote(entity_type)}/{quote(external_id, safe='')}"


def _written(reply: Reply, method: str) -> Row | Unsure:
    body = decoded(reply.body)
    if method == "DELETE":
        return {}
    is_record = isinstance(body, Mapping) and isinstance(body.get("id"), str)
    return body if is_record else Unsure("the answer shows no record")


def _translation(body: Any) -> Mapping[str, Any]:
    found = body.get("messageTranslation") if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _texts(body: Row) -> list[str]:
    return [value for value in body.values() if isinstance(value, str) and len(value) > len("abc")]


def _no_list() -> Trouble:
    return Trouble(Next.RETRYABLE, "unreadable", "the answer is not what EspoCRM shows")
