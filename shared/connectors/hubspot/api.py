"""Calls to one HubSpot account: search, lists, batches with trace ids, associations; every outcome as a value.

A batch answers per item, in no promised order, and status 200 may carry errors: each input has a trace id, by which
its result or error is known. What a batch says nothing of is unsure. A batch that is refused whole is halved until the
bad input stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode

from shared.connectors.http import Http, NotSent, Outcome, Reply, Request
from shared.connectors.http_faults import is_unsure
from shared.connectors.http_json import Unreadable, decoded, encoded
from shared.connectors.hubspot.faults import item_trouble, trouble
from shared.connectors.hubspot.settings import HubSpotSettings
from shared.core.observations import Next, Trouble

Row: TypeAlias = Mapping[str, Any]
Filter: TypeAlias = Mapping[str, Any]
TRACE = "objectWriteTraceId"
_READABLE = frozenset({200, 201, 207})


@dataclass(frozen=True, slots=True)
class Rows:
    """A page: its rows, and whether more follow (with the token that asks for them, in a list)."""

    rows: tuple[Row, ...]
    is_full: bool
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody knows whether a write was made."""

    reason: str


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a batch: its trace id, what is sent, and texts of it that no message may show."""

    trace: str
    content: Row = field(repr=False)
    hide: tuple[str, ...] = field(default=(), repr=False)


Result: TypeAlias = Row | Trouble | Unsure


class Api:
    """The calls."""

    def __init__(self, http: Http, settings: HubSpotSettings) -> None:
        self.http = http
        self._settings = settings
        objects = "/crm/v3/objects" if settings.version == "v3" else f"/crm/objects/{settings.version}"
        self._objects = objects
        version = settings.associations
        self._associations = f"/crm/{version}/associations" if version == "v4" else f"/crm/associations/{version}"

    def search(
        self, object_type: str, filters: Sequence[Filter], sort: str, properties: Sequence[str]
    ) -> Rows | Trouble:
        """Search one page, in ascending order of a property. Pages beyond it are asked for by other filters."""
        body = {
            "filterGroups": [{"filters": list(filters)}] if filters else [],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}],
            "properties": list(properties),
            "limit": self._settings.search_size,
        }
        answer = self._asked(f"{self._objects}/{quote(object_type)}/search", body)
        return answer if isinstance(answer, Trouble) else self._rows(answer, self._settings.search_size)

    def listed(
        self, object_type: str, properties: Sequence[str], after: str | None, *, archived: bool = False
    ) -> Rows | Trouble:
        """List one page, by id; of what is archived, or of what is not."""
        query = {"limit": str(self._settings.list_size), "properties": ",".join(properties)}
        query |= {"archived": "true" if archived else "false"} | ({"after": after} if after else {})
        answer = self._asked(f"{self._objects}/{quote(object_type)}?{urlencode(query)}")
        return answer if isinstance(answer, Trouble) else self._rows(answer, None)

    def read(
        self, object_type: str, ids: Sequence[str], properties: Sequence[str], id_property: str | None = None
    ) -> list[Row] | Trouble:
        """Read records by id, or by a property with unique values; what is not there is left out."""
        rows: list[Row] = []
        for some in _parts(ids, self._settings.batch_size):
            body: dict[str, Any] = {"inputs": [{"id": each} for each in some], "properties": list(properties)}
            body |= {"idProperty": id_property} if id_property else {}
            answer = self._asked(f"{self._objects}/{quote(object_type)}/batch/read", body)
            found = answer if isinstance(answer, Trouble) else self._rows(answer, None)
            if isinstance(found, Trouble):
                return found
            failed = self._failed_reads(answer)
            if failed is not None:
                return failed
            rows += found.rows
        return rows

    def batch(self, object_type: str, verb: str, inputs: Sequence[Input]) -> dict[str, Result]:
        """Write a batch; one result per trace id."""
        ended: dict[str, Result] = {}
        for some in _parts(inputs, self._settings.batch_size):
            ended |= self._batch(f"{self._objects}/{quote(object_type)}/batch/{verb}", some)
        return ended

    def associated(self, of: str, to: str, ids: Sequence[str]) -> dict[str, list[str]] | Trouble:
        """Return, per id, the ids of the records of another type that it is associated with."""
        found: dict[str, list[str]] = {each: [] for each in ids}
        for some in _parts(list(found), 1000):
            body = {"inputs": [{"id": each} for each in some]}
            answer = self._asked(f"{self._associations}/{quote(of)}/{quote(to)}/batch/read", body)
            results = answer if isinstance(answer, Trouble) else _list_in(answer, "results")
            if isinstance(results, Trouble):
                return results
            for result in results:
                whole = self._whole(of, to, result)
                if isinstance(whole, Trouble):
                    return whole
                found.setdefault(str(result["from"]["id"]), []).extend(whole)
        return found

    def associate(self, of: str, to: str, pairs: Sequence[tuple[str, str]], *, part: bool = False) -> None:
        """Associate pairs of records in the usual way, or part them. What fails is seen when they are read back."""
        verb = "archive" if part else "associate/default"
        for some in _parts(pairs, 100):
            inputs = [{"from": {"id": a}, "to": [{"id": b}] if part else {"id": b}} for a, b in some]
            self._post(f"{self._associations}/{quote(of)}/{quote(to)}/batch/{verb}", {"inputs": inputs}, writes=True)

    def _batch(self, address: str, inputs: Sequence[Input]) -> dict[str, Result]:
        outcome = self._post(address, {"inputs": [each.content for each in inputs]}, writes=True)
        if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
            return self._results(outcome, inputs, address)
        if is_unsure(outcome) and not isinstance(outcome, NotSent):
            reason = f"http-{outcome.status}" if isinstance(outcome, Reply) else outcome.reason
            return {each.trace: Unsure(reason) for each in inputs}
        refused = self._trouble(outcome, [text for each in inputs for text in each.hide])
        if len(inputs) == 1 or refused.whole_system or refused.next in (Next.THROTTLED, Next.AUTH):
            return {each.trace: refused for each in inputs}
        middle = len(inputs) // 2
        return self._batch(address, inputs[:middle]) | self._batch(address, inputs[middle:])

    def _results(self, reply: Reply, inputs: Sequence[Input], address: str) -> dict[str, Result]:
        if reply.status == 204 and address.endswith("/archive"):
            return {each.trace: {} for each in inputs}
        body = decoded(reply.body)
        if not isinstance(body, Mapping):
            return {each.trace: Unsure("the answer cannot be read") for each in inputs}
        ended: dict[str, Result] = {each.trace: Unsure("the answer does not speak of this one") for each in inputs}
        hide = [*self.http.hidden(), *(text for each in inputs for text in each.hide)]
        for row in _maps(body.get("results")):
            place = _trace_of(row, inputs)
            if place is not None and row.get("id"):
                ended[place] = row
        for error in _maps(body.get("errors")):
            for trace in _named(error, inputs):
                ended[trace] = item_trouble(error, hide)
        return ended

    def _whole(self, of: str, to: str, result: Row) -> list[str] | Trouble:
        """Return all partners of a record; where one answer holds only some, the others are asked for."""
        ids = [str(each["toObjectId"]) for each in _maps(result.get("to")) if "toObjectId" in each]
        after, own = _after(result), quote(str(result["from"]["id"]), safe="")
        while after is not None:
            version = self._settings.associations
            start = f"/crm/{version}/objects" if version == "v4" else f"/crm/objects/{version}"
            address = f"{start}/{quote(of)}/{own}/associations/{quote(to)}?{urlencode({'limit': 500, 'after': after})}"
            answer = self._asked(address)
            results = answer if isinstance(answer, Trouble) else _list_in(answer, "results")
            if isinstance(results, Trouble):
                return results
            ids += [str(each["toObjectId"]) for each in results if "toObjectId" in each]
            following = _after(answer) if isinstance(answer, Mapping) and results else None
            after = following if following != after else None
        return ids

    def _asked(self, address: str, body: Row | None = None) -> Row | Trouble:
        outcome = self.http.send(Request("GET", address)) if body is None else self._post(address, body)
        if not isinstance(outcome, Reply) or outcome.status not in _READABLE:
            return self._trouble(outcome)
        content = decoded(outcome.body)
        if isinstance(content, Unreadable):
            return Trouble(
                Next.RETRYABLE, "unreadable", f"the answer is {content.reason}", whole_system=content.is_page
            )
        return content if isinstance(content, Mapping) else _unreadable()

    def _post(self, address: str, body: Row, *, writes: bool = False) -> Outcome:
        headers = {"Content-Type": "application/json"}
        return self.http.send(Request("POST", address, headers, encoded(body), writes=writes))

    def _rows(self, body: Row, size: int | None) -> Rows | Trouble:
        results = _list_in(body, "results")
        if isinstance(results, Trouble):
            return results
        if not all(row.get("id") for row in results):
            return _unreadable()
        after = _after(body)
        is_full = bool(results) and (after is not None or (size is not None and len(results) >= size))
        return Rows(tuple(results), is_full, after if results else None)

    def _failed_reads(self, body: Row | Trouble) -> Trouble | None:
        """Return what kept a batch from being read whole; that something is not there keeps nothing."""
        for error in _maps(body.get("errors")) if isinstance(body, Mapping) else ():
            found = item_trouble(error, self.http.hidden())
            if found.code != "OBJECT_NOT_FOUND":
                return found
        return None

    def _trouble(self, outcome: Outcome, hide: Iterable[str] = ()) -> Trouble:
        return trouble(outcome, (*self.http.hidden(), *hide), self._settings.daily_wait_seconds)


def _trace_of(row: Row, inputs: Sequence[Input]) -> str | None:
    trace = row.get(TRACE)
    known = {each.trace for each in inputs}
    if isinstance(trace, str):
        return trace if trace in known else None
    return next((each.trace for each in inputs if each.content.get("id") == row.get("id")), None)


def _named(error: Row, inputs: Sequence[Input]) -> list[str]:
    """Return the traces of the inputs that an error is about."""
    context = error.get("context")
    context = context if isinstance(context, Mapping) else {}
    traces, ids = context.get(TRACE) or [], context.get("ids") or context.get("id") or []
    return [each.trace for each in inputs if each.trace in traces or each.content.get("id") in ids]


def _after(body: Row) -> str | None:
    paging = body.get("paging")
    following = paging.get("next") if isinstance(paging, Mapping) else None
    after = following.get("after") if isinstance(following, Mapping) else None
    return None if after is None else str(after)


def _list_in(body: Row, name: str) -> list[Row] | Trouble:
    found = body.get(name)
    return found if isinstance(found, list) and all(isinstance(each, Mapping) for each in found) else _unreadable()


def _maps(value: Any) -> list[Row]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _unreadable() -> Trouble:
    return Trouble(Next.RETRYABLE, "unreadable", "the answer is not what HubSpot shows")


def _parts(items: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
