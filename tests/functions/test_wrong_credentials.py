"""A system that refuses our login: one try, one datum, and then it is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.functions.conftest import FakeContext, handler_of
from tests.kit.aws_world import AwsWorld, aws_world

INTEGRATION = """
[systems.crm]
connector = "rest"
side = "crm"
base_url = "http://127.0.0.1:9"
secret = "crm"
[systems.crm.entities.customer]
path = "/customers"
id = "id"
can = ["list", "read"]
[systems.crm.entities.customer.fields]
name = "name"

[systems.erp]
connector = "tryton"
side = "supply_chain"
base_url = "http://127.0.0.1:{port}"
database = "erp"
secret = "erp"

[entities.customer]
systems = ["crm", "erp"]
"""


class Server(ThreadingHTTPServer):
    """Notes the methods that were called."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.calls: list[str] = []


class Refusing(BaseHTTPRequestHandler):
    """Answers every call as Tryton answers a wrong password."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append(body["method"])
        answer = json.dumps({"id": body["id"], "result": None}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def refusals() -> Iterator[tuple[int, list[str]]]:
    """A server that refuses every login: its port, and the methods that were called."""
    server = Server(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1], server.calls
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def world(tmp_path: Path, refusals: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsWorld]:
    """An AWS whose secret for the ERP holds a wrong password."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    path = tmp_path / "integration.toml"
    path.write_text(INTEGRATION.replace("{port}", str(refusals[0])))
    with aws_world(str(path)) as made:
        made.clients.secrets.put_secret_value(
            SecretId="tandem/erp", SecretString='{"username": "sync", "password": "wrong"}'
        )
        yield made


def test_wrong_credentials_trip_the_system_after_one_login_and_are_counted_once(
    world: AwsWorld,
    refusals: tuple[int, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in world.environment("poll_changes").items():
        monkeypatch.setenv(name, value)
    body = json.dumps({"format": 1, "kind": "poll", "system": "erp", "entity": "customer", "trace": "t"})
    event = {"Records": [{"messageId": "m1", "body": body}]}

    answers = [handler_of("poll_changes")(event, FakeContext()) for _ in range(4)]

    assert answers == [{"batchItemFailures": []}] * 4
    assert refusals[1] == ["common.db.login"]
    printed = capsys.readouterr().out
    metrics = [json.loads(line) for line in printed.splitlines() if '"SystemTripped"' in line]
    assert [line["SystemTripped"] for line in metrics] == [[1.0]]
    assert "wrong" not in printed.replace("wrong username or password", "")
    (state,) = [item for item in world.items("state") if item["pk"]["S"] == "state/erp"]
    assert state["status"]["S"] == "tripped"
    counted = [item for item in world.items("state") if item["pk"]["S"] == "usage"]
    assert [(item["sk"]["S"], item["read"]["N"]) for item in counted] == [("erp", "1")]
