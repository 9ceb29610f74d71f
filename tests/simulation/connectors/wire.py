"""The wire between a connector and its fake: a transport of `requests` that loses, delays, garbles and refuses.

Every call hands the stage over first, so that people and other workers get in between two calls of one connector; a
worker may die there too. What the fake then answers is read for the ids in it: that is what the worker has seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import NewConnectionError

from tests.connectors.fakes.base import Asked, Given, NoJson
from tests.simulation.landing import LONGEST_ZOMBIE, TIME_OUT
from tests.simulation.stage import Crashed

if TYPE_CHECKING:
    from tests.simulation.connectors.reached import Reached

PAGE = b"<!doctype html><html><title>Sign in</title><body>We will be back soon.</body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}

REFUSALS: Mapping[str, Given] = {
    "wire: 429": Given(429, {"message": "too many"}, {"Retry-After": "4"}),
    "wire: 500": Given(500, {"message": "something broke"}),
    "wire: 503 with a page": Given(503, raw=PAGE, headers=HTML),
    "wire: a page with 200": Given(200, raw=PAGE, headers=HTML),
}
"""Answers in place of the fake's, which then has done nothing."""

HIGHEST: Mapping[str, float] = {
    **dict.fromkeys(REFUSALS, 0.02),
    "wire: 401": 0.003,
    "wire: no connection": 0.02,
    "wire: request lost": 0.03,
    "wire: request late": 0.03,
    "wire: reply lost": 0.06,
    "wire: reply cut off": 0.03,
    "wire: 500 though done": 0.03,
    "wire: a page though done": 0.02,
    "crash between calls": 0.02,
}
"""The faults of the wire, each with the highest rate that is drawn for it."""


class Wire(HTTPAdapter):
    """The transport of every session to one fake."""

    def __init__(self, reached: Reached) -> None:
        """Carry the calls of one system."""
        super().__init__()
        self._reached, self._stage, self._chance = reached, reached.stage, reached.stage.chance
        self._pace = self._chance.of(f"wire {reached.name}")

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Carry one call."""
        self._hand_over()
        asked = _asked(request)
        self._chance.note("calls")
        if self._reached.is_locked_out:
            self._chance.note("locked out")
            return self._response(request, self._reached.house.fake.shut_out())
        for fault, given in REFUSALS.items():
            if self._chance.strikes(fault):
                return self._response(request, given)
        if self._chance.strikes("wire: 401"):
            return self._response(request, self._reached.house.fake.shut_out())
        if self._chance.strikes("wire: no connection"):
            raise requests.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool
        if self._chance.strikes("wire: request lost"):
            return self._time_out(request)
        serve = self._reached.server()
        if self._chance.strikes("wire: request late"):
            self._stage.after(self._pace.uniform(TIME_OUT, LONGEST_ZOMBIE), lambda: self._land_late(serve, asked))
            return self._time_out(request)
        return self._heard(request, serve(asked))

    def _land_late(self, serve: Callable[[Asked], Given], asked: Asked) -> None:
        given = serve(asked)
        self._stage.tell(f"  (late) {self._reached.name} carried out {asked.method} {asked.path}: {given.status}")

    def _heard(self, request: requests.PreparedRequest, given: Given) -> requests.Response:
        if self._chance.strikes("wire: reply lost"):
            raise requests.ConnectionError("reset")
        if self._chance.strikes("wire: 500 though done"):
            return self._response(request, REFUSALS["wire: 500"])
        if self._chance.strikes("wire: a page though done"):
            return self._response(request, REFUSALS["wire: a page with 200"])
        if given.bytes() and self._chance.strikes("wire: reply cut off"):
            return self._response(request, given, cut=len(given.bytes()) // 2)
        self._reached.note_reads(given)
        return self._response(request, given)

    def _hand_over(self) -> None:
        if self._stage.current is None:
            return
        self._stage.pause(self._pace.uniform(0.01, self._stage.slowest))
        if self._chance.strikes("crash between calls"):
            raise Crashed

    def _time_out(self, request: requests.PreparedRequest) -> requests.Response:
        if self._stage.current is not None:
            self._stage.pause(TIME_OUT)
        raise requests.ReadTimeout(request=request)

    def _response(self, request: requests.PreparedRequest, given: Given, cut: int | None = None) -> requests.Response:
        body = given.bytes() if given.status not in (204, 304) else b""
        clock = f"{self._reached.house.fake.now:%a, %d %b %Y %H:%M:%S} GMT"
        headers = {"Date": clock, "Content-Type": "application/json", **given.headers, "Content-Length": str(len(body))}
        raw = HTTPResponse(BytesIO(body[:cut]), headers, given.status, preload_content=False, request_method="POST")
        return self.build_response(request, raw)


def ids_in(given: Given) -> Iterator[str]:
    """Yield the ids of all records that an answer shows."""
    if given.raw is None:
        yield from _ids(given.body)


def _ids(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        for name, value in content.items():
            if name in ("id", "Id") and isinstance(value, str | int):
                yield str(value)
            else:
                yield from _ids(value)
    elif isinstance(content, list | tuple):
        for each in content:
            yield from _ids(each)


def _asked(request: requests.PreparedRequest) -> Asked:
    where = urlsplit(request.url or "")
    raw = request.body.encode() if isinstance(request.body, str) else request.body or b""
    pairs = tuple(parse_qsl(where.query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Asked(request.method or "", where.path, dict(pairs), headers, _decoded(raw), raw, pairs)


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return NoJson()
