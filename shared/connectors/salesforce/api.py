"""Calls to one org: queries page by page, collections of up to 200, graphs; every outcome as a value.

A collection answers in the order of its records and per item: status 200 may carry errors. An answer of another length
says nothing certain of anybody. A collection that is refused whole is halved until the bad record stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode

from shared.connectors.gaps import Gaps
from shared.connectors.http import NotSent, Outcome, Reply, Request
from shared.connectors.http_faults import is_unsure
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.connectors.salesforce.faults import Waits, item_trouble, trouble
from shared.connectors.salesforce.session import Session
from shared.connectors.salesforce.settings import SalesforceSettings
from shared.core.observations import Next, Trouble

Row: TypeAlias = Mapping[str, Any]
_JSON = {"Content-Type": "application/json"}
MORE = "nextRecordsUrl"


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a query: its rows, whether more may follow, and the server's clock."""

    rows: tuple[Row, ...]
    is_full: bool
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody knows whether a write was made."""

    reason: str


@dataclass(frozen=True, slots=True)
class Item:
    """One record of a collection: what is sent, whether it was named by its id, and texts that no message may show."""

    content: Row = field(repr=False)
    is_known: bool = False
    hide: tuple[str, ...] = field(default=(), repr=False)


Result: TypeAlias = str | Trouble | Unsure
"""A record's id, or why there is none."""

Again: TypeAlias = Callable[[Sequence[Item]], list[Result]]


class Api:
    """The calls."""

    def __init__(self, session: Session, settings: SalesforceSettings) -> None:
        self.session = session
        self._settings = settings
        self._gaps = Gaps()
        self._waits = Waits(settings.daily_wait_seconds, settings.busy_wait_seconds)
        rule = f"allowSave={str(settings.save_duplicates).lower()}"
        self._writing = {
            **_JSON,
            "Sforce-Duplicate-Rule-Header": f"{rule}; includeRecordDetails=true; runAsCurrentUser=true",
        }

    def query(
        self, columns: Sequence[str], of: str, where: str, order: str, *, deleted: bool = False
    ) -> Rows | Trouble:
        """Return the first page of a query. The next one is asked for by another condition, never by a cursor.

        A field that is not there any more is left out.
        """
        return self._gaps.read(
            of,
            columns,
            lambda left: self._query(left, of, where, order, deleted=deleted),
            lambda why: self.fields(of) if why.code == "INVALID_FIELD" else None,
            _trouble_in,
        )

    def fields(self, of: str) -> frozenset[str] | None:
        """Return the fields of an object, and the names of its relations; nothing where it is not described."""
        outcome = self._send(Request("GET", f"{self.session.root}/sobjects/{of}/describe"))
        body = decoded(outcome.body) if isinstance(outcome, Reply) and outcome.status == 200 else None
        rows = body.get("fields") if isinstance(body, Mapping) else None
        if not isinstance(rows, list):
            return None
        named = (str(row.get(key)) for row in rows if isinstance(row, Mapping) for key in ("name", "relationshipName"))
        return frozenset(named)

    def _query(self, columns: Sequence[str], of: str, where: str, order: str, *, deleted: bool) -> Rows | Trouble:
        size = self._settings.page_size
        condition = f" WHERE {where}" if where else ""
        soql = f"SELECT {', '.join(columns)} FROM {of}{condition} ORDER BY {order} LIMIT {size}"
        verb = "queryAll" if deleted else "query"
        outcome = self._send(Request("GET", f"{self.session.root}/{verb}?{urlencode({'q': soql})}"))
        if not isinstance(outcome, Reply) or outcome.status != 200:
            return outcome if isinstance(outcome, Trouble) else self.trouble(outcome)
        body = decoded(outcome.body)
        if isinstance(body, Unreadable):
            return Trouble(Next.RETRYABLE, "unreadable", f"the answer is {body.reason}", whole_system=body.is_page)
        records = body.get("records") if isinstance(body, Mapping) else None
        if not isinstance(records, list) or not all(isinstance(row, Mapping) and row.get("Id") for row in records):
            return Trouble(Next.RETRYABLE, "unreadable", "the answer is not what Salesforce shows")
        is_full = bool(records) and (len(records) >= size or body.get("done") is False or MORE in body)
        return Rows(tuple(records), is_full, _date(outcome))

    def collection(self, method: str, address: str, items: Sequence[Item], reference: str = "") -> list[Result]:
        """Write one collection below `/composite/sobjects`; one result per record, same order."""
        body = {"allOrNone": False, "records": [each.content for each in items]}
        path = f"{self.session.root}/composite/sobjects{address}"
        outcome = self._send(Request(method, path, self._writing, encoded(body), writes=True))
        return self._ended(outcome, items, reference, lambda some: self.collection(method, address, some, reference))

    def deleted(self, ids: Sequence[str]) -> list[Result]:
        """Delete records by id; one result per id, same order."""
        query = urlencode({"ids": ",".join(ids), "allOrNone": "false"})
        request = Request("DELETE", f"{self.session.root}/composite/sobjects?{query}", self._writing, writes=True)
        items = [Item({"Id": each}, is_known=True) for each in ids]
        return self._ended(self._send(request), items, "", self._deleted_again)

    def graphs(self, body: Row, hide: Sequence[str]) -> Row | Trouble | Unsure:
        """Send graphs; return the answer, why they were refused whole, or that nobody knows."""
        path = f"{self.session.root}/composite/graph"
        outcome = self._send(Request("POST", path, self._writing, encoded(body), writes=True))
        if isinstance(outcome, Trouble):
            return outcome
        if not isinstance(outcome, Reply) or outcome.status != 200:
            return self._failed(outcome, hide)
        found = decoded(outcome.body)
        return found if isinstance(found, Mapping) else Unsure("the answer cannot be read")

    def trouble(self, outcome: Outcome, hide: Sequence[str] = ()) -> Trouble:
        """Return the trouble behind an outcome that is no success."""
        return trouble(outcome, (*self.session.hidden(), *hide), self._waits)

    def _deleted_again(self, items: Sequence[Item]) -> list[Result]:
        return self.deleted([each.content["Id"] for each in items])

    def _ended(self, outcome: Outcome | Trouble, items: Sequence[Item], reference: str, again: Again) -> list[Result]:
        if isinstance(outcome, Trouble):
            return [outcome] * len(items)
        if isinstance(outcome, Reply) and outcome.status == 200:
            return self._results(outcome, items, reference)
        failed = self._failed(outcome, [text for each in items for text in each.hide])
        is_one_s_own = isinstance(failed, Trouble) and failed.next is Next.PERMANENT and not failed.whole_system
        if len(items) == 1 or not is_one_s_own:
            return [failed] * len(items)
        middle = len(items) // 2
        return [*again(items[:middle]), *again(items[middle:])]

    def _failed(self, outcome: Outcome, hide: Sequence[str]) -> Trouble | Unsure:
        if is_unsure(outcome) and not isinstance(outcome, NotSent):
            return Unsure(f"http-{outcome.status}" if isinstance(outcome, Reply) else outcome.reason)
        return self.trouble(outcome, hide)

    def _results(self, reply: Reply, items: Sequence[Item], reference: str) -> list[Result]:
        body = decoded(reply.body)
        if not isinstance(body, list) or not all(isinstance(each, Mapping) for each in body):
            return [Unsure("the answer cannot be read")] * len(items)
        if len(body) != len(items):
            return [Unsure("the answer does not speak of every record")] * len(items)
        return [self._result(shown, item, reference) for shown, item in zip(body, items, strict=True)]

    def _result(self, shown: Row, item: Item, reference: str) -> Result:
        if shown.get("success") is True and shown.get("id"):
            return str(shown["id"])
        errors = shown.get("errors")
        error = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
        if shown.get("success") is not False:
            return Unsure("the answer says neither that it was stored nor that it was not")
        return item_trouble(error, (*self.session.hidden(), *item.hide), reference, is_known=item.is_known)

    def _send(self, request: Request) -> Outcome | Trouble:
        return self.session.send(request)


def _trouble_in(found: Rows | Trouble) -> Trouble | None:
    return found if isinstance(found, Trouble) else None


def _date(reply: Reply) -> datetime | None:
    try:
        return parsedate_to_datetime(reply.headers["date"])
    except (KeyError, ValueError):
        return None
