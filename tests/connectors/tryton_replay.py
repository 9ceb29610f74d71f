"""Recordings of a real Tryton, one file a scenario, and a server on a loopback port that replays one.

A recording holds the moment of the clock and each exchange in order: method, parameters, HTTP status, answer. The
server answers an exchange only if it is the next one to the letter: a call too many, too few or different is noticed.
Secrets and sessions are not kept. `python -m tests.connectors.tryton_replay` makes the recordings anew.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from local.tryton.rpc import Client
from local.tryton.server import TrytonServer
from tests.connectors.tryton_scenarios import SCENARIOS
from tests.connectors.tryton_world import StillClock, World, connected, prepare

FOLDER = Path(__file__).with_name("recordings") / "tryton"
Exchange = dict[str, Any]
Answer = Callable[[Mapping[str, Any]], tuple[int, Any]]

_HIDDEN: dict[str, Callable[[Any], Any]] = {
    "common.db.login": lambda params: [params[0], {"password": "…"}],
}


@contextmanager
def serving(answer: Answer, at: datetime) -> Iterator[str]:
    """Serve answers, dated at one moment, on a loopback port while the block runs; gives the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet, else each answer waits for the network's delayed acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = answer(json.loads(body))
            told = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def date_time_string(self, timestamp: float | None = None) -> str:
            """Return the moment of the recording."""
            return format_datetime(at.astimezone(UTC), usegmt=True) if timestamp is None else ""

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Replay:
    """Answers the exchanges of a recording, each once and in order; notes the first that differs."""

    def __init__(self, name: str) -> None:
        """Read the recording."""
        recording = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
        self.at = datetime.fromisoformat(recording["at"])
        self.left: list[Exchange] = recording["exchanges"]
        self.differs: str | None = None

    def __call__(self, asked: Mapping[str, Any]) -> tuple[int, Any]:
        """Answer the next exchange."""
        method, params = asked["method"], _kept(asked["method"], asked["params"])
        if self.left and (self.left[0]["method"], self.left[0]["params"]) == (method, params):
            exchange = self.left.pop(0)
            return exchange["status"], {"id": asked["id"], **exchange["answer"]}
        expected = {key: self.left[0][key] for key in ("method", "params")} if self.left else None
        self.differs = self.differs or f"asked {json.dumps([method, params])}, recorded {json.dumps(expected)}"
        return 400, {}


def _kept(method: str, params: Any) -> Any:
    return _HIDDEN.get(method, lambda each: each)(params)


def record_all() -> None:
    """Play every scenario on one fresh server and keep what was said."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, TrytonServer(Path(folder) / "erp") as server:
        erp = Client(server.url, server.database, server.user, server.password)
        prepare(erp)
        for scenario in SCENARIOS:
            _record(server, erp, scenario)
            print(scenario.__name__, file=sys.stderr)
        erp.close()


def _record(server: TrytonServer, erp: Client, scenario: Callable[[World], None]) -> None:
    import requests

    exchanges: list[Exchange] = []

    def pass_on(asked: Mapping[str, Any], headers: Mapping[str, str]) -> tuple[int, Any]:
        answer = requests.post(f"{server.url}/{server.database}/", json=asked, headers=dict(headers), timeout=60)
        return answer.status_code, answer.json() if answer.status_code == 200 else {}

    session: dict[str, str] = {}

    def answer(asked: Mapping[str, Any]) -> tuple[int, Any]:
        status, content = pass_on(asked, session)
        kept = {key: value for key, value in content.items() if key != "id"}
        if asked["method"] == "common.db.login":
            session.update(_session(server.user, content["result"]))
            kept = {"result": [content["result"][0], "a session", None]}
        params = _kept(asked["method"], asked["params"])
        exchanges.append({"method": asked["method"], "params": params, "status": status, "answer": kept})
        return status, content

    clock = StillClock(datetime.now(UTC))
    with serving(answer, clock.at) as url:
        secret = {"username": server.user, "password": server.password}
        system = connected(url, clock, secret)
        scenario(World(system, clock, lambda act: act(erp)))
        system.close()
    lines = ",\n".join(json.dumps(exchange, ensure_ascii=False, separators=(",", ":")) for exchange in exchanges)
    text = f'{{"at": "{clock.at.isoformat()}",\n"exchanges": [\n{lines}\n]}}\n'
    (FOLDER / f"{scenario.__name__}.json").write_text(text, encoding="utf-8")


def _session(user: str, result: list[Any]) -> dict[str, str]:
    from base64 import b64encode

    return {"Authorization": "Session " + b64encode(f"{user}:{result[0]}:{result[1]}".encode()).decode()}


if __name__ == "__main__":
    record_all()
