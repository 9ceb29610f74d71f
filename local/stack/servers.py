"""The loopback ports: the HTTP API of the application, and the AWS stand-in for other processes and containers."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local.stack.backplane import Backplane, Door, door
from local.stack.sources.http_api import LARGEST_BODY, HttpApi, HttpRequest, HttpResponse

HOST = "127.0.0.1"

Look = Callable[[], Any]

_LOCAL = "/_local/"
_OF_BROWSERS = ("HTTP_ORIGIN", "HTTP_SEC_FETCH_SITE")


class CannotListen(OSError):
    """An address that is not free or not ours; the text says what to do."""


class Server:
    """One threaded server at an address of this machine; port 0 takes a free one. CannotListen if that cannot be."""

    def __init__(self, application: Door, host: str, port: int, handler: type[WSGIRequestHandler]) -> None:
        with _bound(host, port) as listening:  # werkzeug would end the process where the port is taken
            self._server: BaseWSGIServer = make_server(
                host, port, application, threaded=True, request_handler=handler, fd=listening.fileno()
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.port = self._server.port
        self.url = f"http://{host}:{self.port}"

    def start(self) -> None:
        """Begins to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Ends answering and gives the port back."""
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _bound(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        what = f"port {port} of {host}" if port else f"address {host}"
        remedy = "choose another port with PORT=…" if port else "take an address of this machine with CONTAINERS=…"
        raise CannotListen(f"{what} cannot be used: {error} - {remedy}") from error
    return listening


def api_server(api: HttpApi, looks: Mapping[str, Look], port: int) -> Server:
    """Serves the routes of the application, and `GET /_local/<name>` as a look at the stack from outside."""
    return Server(_application(api, looks), HOST, port, _Quiet)


def aws_server(backplane: Backplane, host: str = HOST) -> Server:
    """Serves the AWS stand-in; moto answers whatever the backplane leaves to it. A browser gets nothing."""
    beyond: Any = DomainDispatcherApplication(create_backend_app)
    return Server(_without_browsers(door(backplane, beyond)), host, 0, _QuietMoto)


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Writes nothing: the functions have their own logs."""


class _QuietMoto(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        """Writes nothing."""


def _application(api: HttpApi, looks: Mapping[str, Look]) -> Door:
    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = str(environ["PATH_INFO"])
        if path.startswith(_LOCAL) and environ["REQUEST_METHOD"] == "GET":
            response = _look(looks, path.removeprefix(_LOCAL))
        else:
            response = api.answer(_request(environ))
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        start_response(status, [*response.headers, ("Content-Length", str(len(response.body)))])
        return [response.body]

    return application


def _without_browsers(behind: Door) -> Door:
    """Refuses what a web page sends: its browser names the page, or says where the call comes from; AWS's clients
    never do. Whoever may invoke a function here may do everything, and any page may send to this machine."""

    def application(environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if any(name in environ for name in _OF_BROWSERS):
            start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "0")])
            return [b""]
        return behind(environ, start_response)

    return application


def _look(looks: Mapping[str, Look], name: str) -> HttpResponse:
    headers = (("Content-Type", "application/json"),)
    if name not in looks:
        return HttpResponse(404, headers, json.dumps({"looks": sorted(looks)}).encode())
    return HttpResponse(200, headers, json.dumps(looks[name]()).encode())


def _request(environ: Mapping[str, Any]) -> HttpRequest:
    headers = {
        name[5:].replace("_", "-").lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")
    }
    for name in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        if environ.get(name):
            headers[name.replace("_", "-").lower()] = str(environ[name])
    raw = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"])
    return HttpRequest(
        method=str(environ["REQUEST_METHOD"]),
        raw_path=raw.partition("?")[0],
        raw_query=str(environ.get("QUERY_STRING", "")),
        headers=headers,
        body=_body(environ),
        source_ip=str(environ.get("REMOTE_ADDR", HOST)),
    )


def _body(environ: Mapping[str, Any]) -> bytes:
    """The body; of one over the limit only enough to see that it is."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length == 0 and environ.get("HTTP_TRANSFER_ENCODING") != "chunked":
        return b""
    most = LARGEST_BODY + 1 if length == 0 else min(length, LARGEST_BODY + 1)
    content: bytes = environ["wsgi.input"].read(most)
    if length > most:
        _discard(environ["wsgi.input"], length - most)
    return content


def _discard(stream: Any, length: int) -> None:
    while length > 0 and (piece := stream.read(min(length, 65536))):
        length -= len(piece)
