"""A plain REST server on loopback, real sockets and all, whose manners and misbehaviour a test chooses.

Records are kept as they came (JSON), in order of creation, with `updated_at` from a clock that the test can hold. What
was asked is in `log`. `next_replies` are given instead of the real answer, first come first served.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

Json = Any
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json = None
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it will go out. `cut` sends only so many bytes of the body; `applies` carries the request out."""

    status: int = 200
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    cut: int | None = None
    applies: bool = False
    hangs_up: bool = False

    def bytes(self) -> bytes:
        """Return the body."""
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass
class Manners:
    """How this server speaks."""

    wrap: str | None = "data"
    ids: Literal["number", "text"] = "number"
    page: Literal["none", "page", "offset", "cursor", "link", "more"] = "none"
    most: int = 1000
    answers: Literal["record", "id", "bare id", "nothing", "location"] = "record"
    etags: bool = False
    can: frozenset[str] = frozenset({"list", "read", "create", "update", "archive", "batch"})
    sorts_by_time: bool = False
    ignores: frozenset[str] = frozenset()
    archives: bool = False
    token: str | None = None
    batch_is_atomic: bool = False
    unique: str | None = None
    numbered: str | None = None


@dataclass
class RestServer:
    """The server: its address, its records by resource (`/customers` → id → record), what it was asked."""

    url: str = ""
    manners: Manners = field(default_factory=Manners)
    resources: dict[str, dict[str, Record]] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    next_replies: list[Given | Callable[[Asked], Given | None]] = field(default_factory=list)
    time: int = 0
    connections: int = 0

    def put(self, resource: str, *records: Record) -> None:
        """Keep records as if somebody had entered them there."""
        for record in records:
            self._keep(resource, record)

    def rows(self, resource: str) -> list[Record]:
        """Return the live records of a resource."""
        return [row for row in self.resources.get(resource, {}).values() if not row.get("archived")]

    def asked(self, method: str) -> list[Asked]:
        """Return the requests of one method."""
        return [each for each in self.log if each.method == method]

    def answer(self, asked: Asked) -> Given:
        """Return the answer to a request."""
        self.log.append(asked)
        instead = self.next_replies.pop(0) if self.next_replies else None
        if callable(instead):
            instead = instead(asked)
        if isinstance(instead, Given):
            if instead.applies:
                self._served(asked)
            return instead
        if self.manners.token is not None and asked.headers.get("authorization") != f"Bearer {self.manners.token}":
            return Given(401, {"title": "Unauthorized"})
        return self._served(asked)

    def _served(self, asked: Asked) -> Given:
        resource, _, rest = asked.path.removeprefix("/api/v1/").partition("/")
        resource, _, batch = resource.partition(":")
        if batch:
            return self._batch(resource, asked.body)
        if not rest:
            return self._list(resource, asked) if asked.method == "GET" else self._create(resource, asked.body)
        if rest not in self.resources.get(resource, {}):
            return Given(404, {"title": "Not found"})
        return self._one(resource, rest, asked)

    def _one(self, resource: str, record_id: str, asked: Asked) -> Given:
        row = self.resources[resource][record_id]
        tag = f'"{row.get("version")}"'
        if asked.method == "GET":
            if "read" not in self.manners.can:
                return Given(405, {"title": "Method not allowed"})
            if self.manners.etags and asked.headers.get("if-none-match") == tag:
                return Given(304, headers={"ETag": tag})
            return Given(410 if row.get("archived") else 200, row, {"ETag": tag} if self.manners.etags else {})
        if asked.headers.get("if-match", tag) != tag:
            return Given(412, {"title": "Precondition failed"})
        if asked.method == "DELETE":
            row["archived"] = True
            if not self.manners.archives:
                del self.resources[resource][record_id]
            return Given(204)
        changed = dict(asked.body) if asked.method == "PUT" else {**row, **asked.body}
        return self._written(self._keep(resource, {**changed, "id": row["id"]}), 200)

    def _list(self, resource: str, asked: Asked) -> Given:
        query = {name: value for name, value in asked.query.items() if name not in self.manners.ignores}
        rows = self.rows(resource)
        if self.manners.sorts_by_time:
            rows.sort(key=lambda row: (str(row.get("updated_at")), str(row["id"])))
        if "updated_since" in query:
            rows = [row for row in rows if str(row.get("updated_at", "")) >= query["updated_since"]]
        if "ids" in query:
            rows = [row for row in rows if str(row["id"]) in query["ids"].split(",")]
        for name in query.keys() - {"updated_since", "ids", "limit", "page", "offset", "after"}:
            rows = [row for row in rows if str(row.get(name)) in query[name].split(",")]
        return self._paged(rows, query)

    def _paged(self, rows: list[Record], query: Mapping[str, str]) -> Given:
        size = min(int(query.get("limit", 1000)), self.manners.most)
        start = self._start(rows, query, size)
        shown, rest = rows[start : start + size], rows[start + size :]
        if self.manners.page == "none":
            shown, rest = rows, []
        extra: Record = {}
        headers = {}
        if self.manners.page == "cursor":
            extra["next"] = f"c{start + size}" if rest else None
        if self.manners.page == "more":
            extra["next"] = bool(rest)
        if self.manners.page == "link" and rest:
            others = "&".join(f"{n}={quote(v)}" for n, v in query.items() if n != "after")
            headers["Link"] = f'<http://elsewhere.invalid/api/v1/customers?{others}&after={start + size}>; rel="next"'
        body: Json = shown if self.manners.wrap is None else {self.manners.wrap: shown, **extra}
        return Given(200, body, headers)

    def _start(self, rows: list[Record], query: Mapping[str, str], size: int) -> int:
        if self.manners.page == "page":
            return (int(query.get("page", 1)) - 1) * size
        if self.manners.page == "offset":
            return int(query.get("offset", 0))
        after = query.get("after", "0")
        if self.manners.page == "more":
            ids = [str(row["id"]) for row in rows]
            return ids.index(after) + 1 if after in ids else 0
        return int(after.removeprefix("c")) if self.manners.page in ("cursor", "link") else 0

    def _create(self, resource: str, body: Json) -> Given:
        if "create" not in self.manners.can:
            return Given(405, {"title": "Method not allowed"})
        if not isinstance(body, dict) or not body:
            return Given(422, {"title": "Unprocessable", "detail": "an object is wanted", "field": "name"})
        if self.manners.unique is not None:
            name = self.manners.unique
            for row in self.rows(resource):
                if row.get(name) == body.get(name):
                    return Given(409, {"title": "Conflict", "detail": f"{name} is taken", "holder_id": row["id"]})
        return self._written(self._keep(resource, body), 201, f"/api/v1/{resource}")

    def _written(self, row: Record, status: int, path: str = "") -> Given:
        headers = {"ETag": f'"{row.get("version")}"'} if self.manners.etags else {}
        answers = self.manners.answers
        if answers == "record":
            return Given(status, row, headers)
        if answers == "id":
            return Given(status, {"id": row["id"]}, headers)
        if answers == "bare id":
            return Given(status, row["id"], headers)
        if answers == "location":
            return Given(status, None, {**headers, "Location": f"{path}/{row['id']}"})
        return Given(204, None, headers)

    def _batch(self, resource: str, body: Json) -> Given:
        before = json.dumps(self.resources.get(resource, {}))
        results = [self._item(resource, item) for item in body]
        if self.manners.batch_is_atomic and any(result["status"] >= 400 for result in results):
            self.resources[resource] = json.loads(before)
            return Given(422, {"title": "Unprocessable", "detail": "one of them is wrong"})
        return Given(200, results)

    def _item(self, resource: str, item: Json) -> Record:
        if item["op"] == "create":
            given = self._create(resource, item["fields"])
        elif str(item["id"]) not in self.resources.get(resource, {}):
            given = Given(404, {"title": "Not found"})
        else:
            method = "PATCH" if item["op"] == "update" else "DELETE"
            headers = {"if-match": f'"{item["if_match"]}"'} if item.get("if_match") else {}
            asked = Asked(method, "", {}, headers, item.get("fields"))
            given = self._one(resource, str(item["id"]), asked)
        name = "error" if given.status >= 400 else "body"
        own = given.body.get("id") if isinstance(given.body, dict) else None
        return {"status": given.status, "id": item.get("id") or own, name: given.body}

    def _keep(self, resource: str, record: Record) -> Record:
        kept = self.resources.setdefault(resource, {})
        number = record.get("id") or (len(kept) + 1 if self.manners.ids == "number" else f"r-{len(kept) + 1}")
        self.time += 1
        stamp = f"2026-03-02T09:{self.time // 60:02d}:{self.time % 60:02d}Z"
        version = int(kept.get(str(number), {}).get("version", 0)) + 1
        for place, element in enumerate(record.get(self.manners.numbered or "") or []):
            element.setdefault("id", f"{number}-{self.time}-{place}")
        row = {**record, "id": number, "version": version, "updated_at": record.get("stamp", stamp)}
        kept[str(number)] = row
        return row


@contextmanager
def serving(manners: Manners | None = None, **resources: list[Record]) -> Iterator[RestServer]:
    """Run a server on a free port of loopback until the block ends."""
    server = RestServer(manners=manners or Manners())
    httpd = _Listening(("127.0.0.1", 0), _handler(server))
    server.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    for name, records in resources.items():
        server.put(name, *records)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(server: RestServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            server.connections += 1
            super().setup()

        def answer(self) -> None:
            """Answer one request."""
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            where = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw) if raw else None
            query = dict(parse_qsl(where.query, keep_blank_values=True))
            self._give(server.answer(Asked(self.command, where.path, query, headers, body, raw)))

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815  the names that http.server calls

        def _give(self, given: Given) -> None:
            if given.hangs_up:
                self._hang_up()
                return
            body = given.bytes()
            self.send_response(given.status)
            for name, value in {"Content-Type": "application/json", **given.headers}.items():
                self.send_header(name, value)
            if given.status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if given.status not in (204, 304):
                self.wfile.write(body if given.cut is None else body[: given.cut])
            if given.cut is not None:
                self._hang_up()

        def _hang_up(self) -> None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
