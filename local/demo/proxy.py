"""A proxy before a server that can lose a reply (the request is carried out, then the line reset), or be down."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)
_TIMEOUT_SECONDS = 60
_OF_THE_CONNECTION = ("connection", "transfer-encoding", "content-length", "date", "server")


class LosingProxy:
    """Passes everything on to `target`; `lose_next(mark)` drops the reply to one request whose body has the mark.

    While it is `down` every connection is reset, and nothing is passed on.
    """

    def __init__(self, target: str) -> None:
        self._target = urlsplit(target)
        self._marks: list[bytes] = []
        self.lost = 0
        self.down = False
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """Where the proxy answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def lose_next(self, mark: str) -> None:
        """Lose the reply to one request that has this text in its body."""
        self._marks.append(mark.encode())

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _passes(self, body: bytes) -> bool:
        for mark in self._marks:
            if mark in body:
                self._marks.remove(mark)
                self.lost += 1
                return False
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                if proxy.down:
                    self._reset()
                    return
                target = proxy._target
                assert target.hostname is not None
                onward = http.client.HTTPConnection(target.hostname, target.port, timeout=_TIMEOUT_SECONDS)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                onward.request("POST", self.path, body, headers)
                answer = onward.getresponse()
                content = answer.read()
                onward.close()
                if proxy._passes(body):
                    self._answer(answer, content)
                else:
                    self._reset()

            def _reset(self) -> None:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                self.connection.close()
                self.close_connection = True

            def _answer(self, answer: http.client.HTTPResponse, content: bytes) -> None:
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in _OF_THE_CONNECTION:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def finish(self) -> None:
                if not self.wfile.closed and not self.close_connection:
                    self.wfile.flush()
                self.rfile.close()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the demo's terminal belongs to its progress bars."""

        return Handler
