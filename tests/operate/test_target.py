"""Which stack is meant."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from operate.failures import FAILED, USAGE, Failed
from operate.target import LOCAL_STACK, target_of


@contextmanager
def answering(path: str, body: object) -> Iterator[int]:
    """Something on a port that answers one path with JSON, and any other with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = json.dumps(body if self.path == path else {"message": "Not Found"}).encode()
            self.send_response(200 if self.path == path else 404)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def state_file(tmp_path: Path) -> Path:
    file = tmp_path / "local.json"
    state = {"api": "http://127.0.0.1:8080", "aws": "http://127.0.0.1:9009", "pid": 7, "stack": "tandem-demo"}
    file.write_text(json.dumps(state))
    return file


@pytest.mark.parametrize("text", [None, "local", "local:8080", "local:9009"])
def test_the_stack_that_was_last_started_is_meant(state_file: Path, text: str | None) -> None:
    target = target_of(text, state_file)

    assert (target.stack, target.endpoint) == ("tandem-demo", "http://127.0.0.1:9009")
    assert target.is_local


def test_another_port_is_the_aws_port_of_another_stack(state_file: Path) -> None:
    target = target_of("local:7007", state_file)

    assert (target.stack, target.endpoint) == (LOCAL_STACK, "http://127.0.0.1:7007")


def test_a_port_needs_no_state_file(tmp_path: Path) -> None:
    assert target_of("local:7007", tmp_path / "none.json").endpoint == "http://127.0.0.1:7007"


def test_the_api_port_of_any_running_stack_leads_to_its_aws_port(state_file: Path) -> None:
    state = {"api": "", "aws": "http://127.0.0.1:7007", "pid": 8, "stack": "tandem-other"}
    with answering("/_local/stack", state) as port:
        target = target_of(f"local:{port}", state_file)

    assert (target.stack, target.endpoint) == ("tandem-other", "http://127.0.0.1:7007")


def test_a_port_at_which_something_else_answers_is_told() -> None:
    with answering("/", {}) as port:
        target = target_of(f"local:{port}")
        with pytest.raises(Failed, match="does not answer"), target.reached():
            target.named("RecordsTableName")


def test_a_stack_in_aws_is_meant_by_its_name(state_file: Path) -> None:
    target = target_of("stack:tandem-prod", state_file)

    assert (target.stack, target.endpoint, target.is_local) == ("tandem-prod", None, False)


def test_without_a_started_stack_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failed) as raised:
        target_of(None, tmp_path / "none.json")

    assert "make up" in raised.value.remedy
    assert raised.value.code == FAILED


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_state_file_that_says_nothing_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "local.json").write_text(content)

    with pytest.raises(Failed, match="make up"):
        target_of("local", tmp_path / "local.json")


@pytest.mark.parametrize("text", ["prod", "stack:", "local:abc", "local:-1"])
def test_a_target_that_cannot_be_is_wrong_usage(state_file: Path, text: str) -> None:
    with pytest.raises(Failed) as raised:
        target_of(text, state_file)

    assert raised.value.code == USAGE
