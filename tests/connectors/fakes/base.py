"""What every fake of a partner's API stands on: a server on loopback, a log, planned misbehaviour, a checked contract.

A fake keeps state and answers as its partner does. A request that the partner's contract does not know (method, path,
header, body) is noted in `problems`, and the kit fails the test. `next_replies` are given instead of the real answer,
first come first served; `tricks` switch on standing misbehaviour that the partner is known for.

A fake also speaks for the people who work there, in our words: `put`, `change`, `end` and `shown` know a customer by
`name` and `phone`, and by `unmapped`, a field that no mapping names.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = Any
Row = dict[str, Any]
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
REFUSED = "Refuse this one"
"""A name that every fake refuses, in its partner's own words."""

LYING_PAGE = "an empty page says that more follow"
REPEATS_CURSOR = "the last page gives the cursor of the page before"
OUT_OF_ORDER = "a batch is answered out of order"
TOO_SHORT = "a batch's answer leaves the last one out"
HIDES_PHONES = "a field that our user may not see is left out of what is read"
KEEPS_EMPTY = "an empty text is something else than nothing"
"""No misbehaviour but a manner; a fake that has it needs no more for it."""


class NoJson:
    """A body that is no JSON."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it arrived; header names in lower case, `body` decoded."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json = None
    raw: bytes = b""
    pairs: tuple[tuple[str, str], ...] = ()

    def values(self, ending: str) -> list[str]:
        """Return the values of every parameter whose name ends so."""
        return [value for name, value in self.pairs if name.endswith(ending)]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer as it goes out. `cut` sends only so many bytes; `applies` carries the request out all the same."""

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


class Fake:
    """A partner. A subclass says how requests are answered (`served`) and what people see and do there."""

    def __init__(self) -> None:
        self.url = ""
        self.now = START
        self.stamp: datetime | None = None
        self.credential: str | None = "a-live-credential"
        self.log: list[Asked] = []
        self.problems: list[str] = []
        self.next_replies: list[Given] = []
        self.tricks: set[str] = set()
        self.served_rows = 0
        self._lock = threading.RLock()

    def served(self, asked: Asked) -> Given:
        """Answer a request that carries a live credential."""
        raise NotImplementedError

    def is_let_in(self, asked: Asked) -> bool:
        """Tell whether a request carries the live credential."""
        return self.credential is not None and asked.headers.get("authorization") == f"Bearer {self.credential}"

    def shut_out(self) -> Given:
        """Return the answer to a request without a live credential."""
        return Given(401)

    def put(self, name: str, phone: str | None = None, unmapped: str = "") -> str:
        """Enter a customer; return its id."""
        raise NotImplementedError

    def change(self, external_id: str, **fields: str | None) -> None:
        """Change a customer."""
        raise NotImplementedError

    def end(self, external_id: str) -> None:
        """Delete a customer."""
        raise NotImplementedError

    def shown(self) -> Mapping[str, Mapping[str, str | None]]:
        """Return the live customers by id, each with `name`, `phone` and `unmapped`."""
        raise NotImplementedError

    def expire(self) -> Mapping[str, str]:
        """Let the present credential end; return the secret that holds from now on."""
        self.credential = "a-newer-credential"
        return {"token": self.credential, "api_key": self.credential}

    def lock_out(self) -> None:
        """Take no credential any more."""
        self.credential = None

    def tokens(self) -> list[str]:
        """Return what opens the door at the moment, and must not be told to anybody."""
        return [] if self.credential is None else [self.credential]

    def answer(self, asked: Asked) -> Given:
        """Return the answer to a request."""
        with self._lock:
            self.log.append(asked)
            instead = self.next_replies.pop(0) if self.next_replies else None
            if instead is not None:
                if instead.applies:
                    self.served(asked)
                return instead
            return self.served(asked) if self.is_let_in(asked) else self.shut_out()

    def wrong(self, asked: Asked, why: str, status: int = 400) -> Given:
        """Note a request that breaks the contract, and refuse it."""
        self.problems.append(f"{asked.method} {asked.path}: {why}")
        return Given(status)

    def time(self) -> datetime:
        """Return the moment of the next write: the one that a test holds, else a second later than the last."""
        if self.stamp is None:
            self.now += timedelta(seconds=1)
        return self.stamp or self.now

    def writes(self) -> list[Asked]:
        """Return the requests that were no plain reads."""
        return [asked for asked in self.log if asked.method != "GET"]


@contextmanager
def serving(fake: Fake) -> Iterator[None]:
    """Run a fake on a free port of loopback until the block ends."""
    httpd = _Listening(("127.0.0.1", 0), _handler(fake))
    fake.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _decoded(raw: bytes) -> Json:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return NoJson()


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def answer(self) -> None:
            """Answer one request."""
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            where = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            pairs = tuple(parse_qsl(where.query, keep_blank_values=True))
            asked = Asked(self.command, where.path, dict(pairs), headers, _decoded(raw), raw, pairs)
            self._give(fake.answer(asked))

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer  # noqa: N815  the names that http.server calls

        def _give(self, given: Given) -> None:
            if given.hangs_up:
                self._hang_up()
                return
            body = given.bytes()
            self.send_response_only(given.status)
            clock = format_datetime(fake.now, usegmt=True)
            for name, value in {"Date": clock, "Content-Type": "application/json", **given.headers}.items():
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
