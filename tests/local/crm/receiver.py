"""A receiver of webhooks for the tests: keeps what arrives, and answers as it was told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any, Self

WAIT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Arrived:
    """One webhook as it arrived: header names in lower case, the exact bytes."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The payload, parsed."""
        return dict(json.loads(self.body))


class Receiver:
    """Listens on a free port of 127.0.0.1, one request at a time; `answers` are the next statuses, then 200."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self._arrived: Queue[Arrived] = Queue()
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def next(self) -> Arrived:
        """Return the next webhook; `queue.Empty` when none comes within the bound."""
        return self._arrived.get(timeout=WAIT_SECONDS)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """Takes one POST."""

            def do_POST(self) -> None:
                """Keep the webhook, answer the next status."""
                body = self.rfile.read(int(self.headers["content-length"]))
                status = receiver.answers.pop(0) if receiver.answers else 200
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
                receiver._arrived.put(Arrived({name.lower(): value for name, value in self.headers.items()}, body))

            def log_message(self, format: str, *values: object) -> None:
                """Keep quiet."""

        return Handler
