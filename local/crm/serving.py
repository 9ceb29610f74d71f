"""Run an ASGI application on 127.0.0.1 until SIGTERM, or until whoever started it is gone."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import struct
import sys
import threading
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_STANDARD_INPUT = 0
_BAD_INPUT = 2
_NO_LINGER = struct.pack("ii", 1, 0)


class CuttableProtocol(H11Protocol):
    """HTTP/1.1 that lets the application cut its connection: `scope["extensions"]["cut"]()` resets it at once."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """Lay the scissors into the scope of every request of this connection."""
        super().connection_made(transport)
        app = self.app

        async def with_scissors(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})["cut"] = lambda: cut(transport)
            await app(scope, receive, send)

        self.app = with_scissors


def cut(transport: asyncio.Transport) -> None:
    """Reset a connection: the other side sees an error, not an end."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


class ReadyServer(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual, then say so."""
        await super().startup(sockets)
        self._on_ready()


def serve(app: ASGIApp, port: int, *, ends_with_stdin: bool) -> None:
    """Serve until told to stop; print `{"ready": true, "url": …, "pid": …}` as one line when ready.

    Port 0 takes a free one; with one that cannot be used the process ends with 2 and says so.
    """
    try:
        listener = listen(port)
    except OSError as error:
        print(f"port {port} of 127.0.0.1 cannot be used: {error} - choose another one with --port", file=sys.stderr)
        raise SystemExit(_BAD_INPUT) from None
    ready = {"ready": True, "url": f"http://127.0.0.1:{listener.getsockname()[1]}", "pid": os.getpid()}
    config = uvicorn.Config(
        app,
        http=CuttableProtocol,
        loop="asyncio",
        ws="none",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=300,
        timeout_graceful_shutdown=1,
    )
    server = ReadyServer(config, lambda: _print_line(ready))
    if ends_with_stdin:
        threading.Thread(target=_end_with_stdin, args=(server,), daemon=True).start()
    server.run([listener])


def listen(port: int) -> socket.socket:
    """Return a listening socket on 127.0.0.1.

    The protocol is named on purpose: asyncio switches Nagle's algorithm off only where it reads TCP there, and an
    answer of two parts (head, body) costs 40 ms with it.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def _print_line(ready: dict[str, Any]) -> None:
    print(json.dumps(ready), flush=True)


def _end_with_stdin(server: uvicorn.Server) -> None:
    """Stop the server when standard input closes, which happens however its parent ends."""
    while os.read(_STANDARD_INPUT, 1024):
        pass
    server.should_exit = True
