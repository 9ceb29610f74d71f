"""The CRM as a process: ready in time, gone in time, and its file kept."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from local.crm.process import PROJECT, ServerError, ServerProcess
from local.crm.running import SampleCrm


def test_what_was_entered_is_there_after_a_restart(tmp_path: Path) -> None:
    database = str(tmp_path / "crm.sqlite")
    with SampleCrm(database=database) as crm, crm.client() as client:
        made = client.create("customers", {"name": "Ada"})

    with SampleCrm(database=database) as crm, crm.client() as client:
        again = client.create("customers", {"name": "Bea"})
        assert client.get("customers", made["id"]) == made

    assert again["id"] > made["id"]
    assert crm.pid == 0
    with pytest.raises(requests.ConnectionError):
        requests.get(crm.url, timeout=1)


def test_it_prints_one_line_when_ready_and_ends_when_its_parent_is_gone() -> None:
    command = [sys.executable, "-m", "local.crm", "--port", "0", "--ends-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=PROJECT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert requests.get(ready["url"] + "/api/v1/customers", timeout=5).json() == {"data": [], "next": None}
        assert (ready["ready"], ready["pid"]) == (True, process.pid)

        process.stdin.close()

        assert process.wait(5) == 0


def test_a_server_that_does_not_start_says_why() -> None:
    with pytest.raises(ServerError, match="24 to 64 bytes"):
        SampleCrm(webhook_secret="secret").start()


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    silent = ServerProcess("http.server", ["--help"], ready_within_seconds=0)

    with pytest.raises(ServerError, match="not ready"):
        silent.start()
    assert silent.pid == 0


def test_its_options_reach_it(tmp_path: Path) -> None:
    with SampleCrm(token="other", webhook_url="http://127.0.0.1:9/", database=str(tmp_path / "c.sqlite")) as crm:
        assert requests.get(crm.url + "/api/v1/customers", timeout=5).status_code == 401
        with crm.client() as client:
            (webhook,) = client.send("GET", "/api/v1/webhooks")["data"]
            assert (webhook["url"], webhook["events"]) == ("http://127.0.0.1:9/", ["*"])
    assert crm.secret() == {"token": "other", "webhook_secret": crm.webhook_secret}


@pytest.mark.parametrize("module", ["local.crm", "local.simple"])
def test_a_port_that_is_taken_is_told_with_the_remedy(module: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", module, "--port", port]
        ended = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"port {port} of 127.0.0.1 cannot be used: ")
    assert ended.stderr.endswith("choose another one with --port\n")
