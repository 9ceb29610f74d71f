"""A system that Tandem has never met: a REST server on loopback whose manners a test chooses, and its people.

It knows nothing of Tandem. Its contents (`rows`), what was asked of it (`asked`) and how many writes it carried out
are what a test looks at. `mishaps` befall the next calls that they are meant for, first come first served.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Row = dict[str, Any]
Headers = Mapping[str, str]
Page = Literal["none", "page", "cursor", "cursor url"]
Create = Literal["record", "id", "location", "wrapped"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: `text` instead of JSON where it is said."""

    status: int
    body: Any = None
    headers: Headers = field(default_factory=dict)
    text: str | None = None


@dataclass(slots=True)
class Mishap:
    """What befalls the next `times` calls of this method to a path that holds `where`."""

    kind: Literal["lost reply", "500 after", "500", "429", "html", "down"]
    method: str = ""
    where: str = ""
    times: int = 1

    def befalls(self, method: str, path: str) -> bool:
        """Tell whether this call is meant, and count it."""
        is_meant = self.times > 0 and self.method in ("", method) and self.where in path
        self.times -= is_meant
        return is_meant


@dataclass(frozen=True, slots=True)
class Manners:
    """How a system speaks."""

    base: str = "/api/v1/"
    id: str = "id"
    ids: Literal["int", "text"] = "int"
    can: frozenset[str] = frozenset({"list", "create"})
    create: Create = "record"
    created: int = 201
    page: Page = "none"
    items: str = "items"
    stamp: str = ""
    stamp_format: str = "%Y-%m-%dT%H:%M:%S.%fZ"
    inclusive: bool = True
    since: str = "updated_since"
    revision: Literal["none", "counter", "etag"] = "none"
    strict: bool = False
    takes_batches: bool = True
    authorization: Headers = field(default_factory=dict)
    defaults: Mapping[str, Row] = field(default_factory=dict)


class Partner:
    """The server, as its own people and a test see it."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.rows: dict[str, dict[str, Row]] = {}
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.mishaps: list[Mishap] = []
        self.versions: dict[str, int] = {}
        self.last = 0
        self.lock = threading.RLock()
        self.url = ""

    # ------------------------------------------------------------------------------------------------ its people

    def enter(self, resource: str, **fields: Any) -> Any:
        """Let somebody enter a record; its id."""
        with self.lock:
            self.last += 1
            key = self.last if self.manners.ids == "int" else f"{resource[:3]}-{self.last:04d}"
            row = {**self.manners.defaults.get(resource, {}), self.manners.id: key, **fields}
            self.rows.setdefault(resource, {})[str(key)] = row
            self._touched(row)
            return key

    def edit(self, resource: str, key: Any, **fields: Any) -> None:
        """Let somebody change a record."""
        with self.lock:
            row = self.rows[resource][str(key)]
            row.update(fields)
            self._touched(row)

    def remove(self, resource: str, key: Any) -> None:
        """Let somebody delete a record."""
        with self.lock:
            del self.rows[resource][str(key)]

    def all(self, resource: str) -> list[Row]:
        """What stands in a list."""
        with self.lock:
            return [dict(row) for row in self.rows.get(resource, {}).values()]

    def one(self, resource: str, **fields: Any) -> Row:
        """The only record that shows these values."""
        found = [row for row in self.all(resource) if fields.items() <= row.items()]
        assert len(found) == 1, (fields, self.all(resource))
        return found[0]

    def calls(self, *methods: str) -> int:
        """How often it was asked in these ways; in any, where none is said."""
        return sum(not methods or method in methods for method, _ in list(self.asked))

    def writes(self) -> int:
        """How often something was sent to it."""
        return self.calls("POST", "PUT", "PATCH", "DELETE")

    # ----------------------------------------------------------------------------------------------- its answers

    def answer(self, method: str, target: str, headers: Headers, body: Any) -> Reply | None:
        """Answer one call; nothing where the line goes dead."""
        address = urlsplit(target)
        with self.lock:
            self.asked.append((method, target))
            self.bodies.append(body)
            mishap = next((each for each in self.mishaps if each.befalls(method, target)), None)
            if mishap and mishap.kind not in ("lost reply", "500 after"):
                return _BEFORE[mishap.kind]
            if any(headers.get(name) != value for name, value in self.manners.authorization.items()):
                return Reply(401, {"error": "who are you?"})
            reply = self._routed(method, address.path, dict(parse_qsl(address.query)), headers, body)
            if mishap:
                return None if mishap.kind == "lost reply" else Reply(500, text="<html>Oops</html>")
            return reply

    def _routed(self, method: str, path: str, query: dict[str, str], headers: Headers, body: Any) -> Reply:
        resource, _, key = path.removeprefix(self.manners.base).partition("/")
        if resource.endswith(":batch") and self.manners.takes_batches:
            return self._batched(resource.removesuffix(":batch"), body)
        if ":" in resource:
            return Reply(404, {"error": "no such thing here"})
        verb = {"GET": "read" if key else "list", "POST": "create", "DELETE": "archive"}.get(method, "update")
        if verb not in self.manners.can:
            return Reply(404 if key else 405, {"error": f"no {method} here"})
        if not key:
            return self._listed(resource, query) if verb == "list" else self._created(resource, body)
        row = self.rows.get(resource, {}).get(key)
        if row is None:
            return Reply(404, {"error": "not found"})
        return self._at(verb, resource, key, row, headers, body)

    def _at(self, verb: str, resource: str, key: str, row: Row, headers: Headers, body: Any) -> Reply:
        version = self._version(row)
        if verb == "read":
            if version and headers.get("If-None-Match") == version:
                return Reply(304, headers={"ETag": version})
            return self._shown(row)
        asked = headers.get("If-Match")
        if version and asked is None and self.manners.strict:
            return Reply(428, {"error": "If-Match, please"})
        if version and asked is not None and asked.strip('"') != version.strip('"'):
            return Reply(412, {"error": "somebody was quicker"})
        if verb == "archive":
            del self.rows[resource][key]
            return Reply(204)
        row.update({name: value for name, value in body.items() if name != self.manners.id})
        self._touched(row)
        return self._shown(row)

    def _version(self, row: Row) -> str:
        if self.manners.revision == "counter":
            return str(row["version"])
        return f'"v{row["_v"]}"' if self.manners.revision == "etag" else ""

    def _shown(self, row: Row, status: int = 200) -> Reply:
        seen = {name: value for name, value in row.items() if not name.startswith("_")}
        body = {"data": seen} if self.manners.create == "wrapped" else seen
        return Reply(status, body, {"ETag": self._version(row)} if self.manners.revision == "etag" else {})

    def _created(self, resource: str, body: Any) -> Reply:
        key = self.enter(resource, **{name: value for name, value in body.items() if name != self.manners.id})
        row = self.rows[resource][str(key)]
        match self.manners.create:
            case "id":
                return Reply(self.manners.created, {self.manners.id: key})
            case "location":
                return Reply(self.manners.created, None, {"Location": f"{self.manners.base}{resource}/{key}"})
            case _:
                return self._shown(row, self.manners.created)

    def _listed(self, resource: str, query: dict[str, str]) -> Reply:
        manners = self.manners
        found = [row for row in self.rows.get(resource, {}).values() if self._is_asked(row, query)]
        seen = [{name: value for name, value in row.items() if not name.startswith("_")} for row in found]
        size = int(query.get("limit") or query.get("size") or query.get("page_size") or 50)
        if manners.page == "none":
            return Reply(200, {manners.items: seen} if manners.items != "" else seen)
        if manners.page == "page":
            start = (int(query.get("page", "1")) - 1) * size
            return Reply(200, {manners.items: seen[start : start + size], "count": len(seen)})
        start = int(query.get("after", "0"))
        nearby = start + size if start + size < len(seen) else None
        rest = {**query, "after": str(nearby)}
        url = f"{self.url}{manners.base}{resource}?" + "&".join(f"{name}={value}" for name, value in rest.items())
        following = url if manners.page == "cursor url" else str(nearby)
        return Reply(200, {manners.items: seen[start : start + size], "next": following if nearby else None})

    def _is_asked(self, row: Row, query: dict[str, str]) -> bool:
        stamp, since = self.manners.stamp, query.get(self.manners.since)
        if stamp and since is not None and (row[stamp] < since or (row[stamp] == since and not self.manners.inclusive)):
            return False
        return all(str(row[name]) == value for name, value in query.items() if name in row)

    def _batched(self, resource: str, body: Any) -> Reply:
        items = body if isinstance(body, list) else next(iter(body.values()))
        results = [self._one_of_batch(resource, item) for item in items]
        return Reply(200, results if isinstance(body, list) else {"results": results})

    def _one_of_batch(self, resource: str, item: Row) -> Row:
        fields, key = item.get("fields", {}), item.get(self.manners.id)
        if item["op"] == "create":
            reply = self._created(resource, fields)
        elif str(key) not in self.rows.get(resource, {}):
            reply = Reply(404, {"error": "not found"})
        else:
            row, verb = self.rows[resource][str(key)], {"update": "update"}.get(item["op"], "archive")
            wanted = {"If-Match": str(item["if_match"])} if item.get("if_match") is not None else {}
            reply = self._at(verb, resource, str(key), row, wanted, fields)
        name = "error" if reply.status >= 300 else "body"
        return {"status": reply.status, name: reply.body}

    def _touched(self, row: Row) -> None:
        row["_v"] = row.get("_v", 0) + 1
        if self.manners.revision == "counter":
            row["version"] = row.get("version", 0) + 1
        if self.manners.stamp:
            row[self.manners.stamp] = datetime.now(UTC).strftime(self.manners.stamp_format)


_BEFORE: Mapping[str, Reply | None] = {
    "500": Reply(500, {"error": "boom"}),
    "429": Reply(429, {"error": "slowly"}, {"Retry-After": "1"}),
    "html": Reply(502, text="<html><body><h1>Bad gateway</h1></body></html>"),
    "down": None,
}


@contextmanager
def open_partner(manners: Manners) -> Iterator[Partner]:
    """Serve on a free port of loopback until the block ends."""
    partner = Partner(manners)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(partner))
    server.daemon_threads = True
    partner.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield partner
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(partner: Partner) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = partner.answer(self.command, self.path, dict(self.headers), json.loads(raw) if raw else None)
            if reply is None:
                self.close_connection = True
                return
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            empty = reply.body is None and reply.text is None
            text = "" if empty else reply.text if reply.text is not None else json.dumps(reply.body)
            content = text.encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if not empty:
                self.send_header("Content-Type", "text/html" if reply.text else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the names that http.server looks for

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler
