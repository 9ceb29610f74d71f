"""`make demo-faults`: played whole on the real ERP, and a repair that does not repair is told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import requests

from local.crm.process import PROJECT
from local.crm.running import SampleCrm
from local.demo.faults import SCENARIOS, run_faults
from local.demo.faults.__main__ import report
from local.demo.faults.conflict import left_to_a_person
from local.demo.faults.refused import refused_record
from local.demo.faults.stage import NotRepaired, Stage, Typist
from local.demo.proxy import LosingProxy
from local.demo.systems import Systems
from local.tryton import paths
from local.tryton.rpc import Client

WHOLE_SECONDS = 480


class Idle:
    """An operator whose commands end well and change nothing; one case is listed all the time."""

    def __init__(self) -> None:
        self.typed: list[str] = []

    def types(self, *arguments: str, ends: int = 0) -> None:
        """Note what was typed."""
        del ends
        self.typed.append(arguments[0])

    def asks(self, *arguments: str) -> dict[str, Any]:
        """List one case."""
        del arguments
        return {"items": [{"id": "case"}]}


@pytest.mark.real_system
@pytest.mark.slow
@pytest.mark.skipif(not paths.is_installed(), reason="Tryton is not installed: run `make .venvs/tryton/.made`")
def test_every_fault_is_repaired_through_the_command_and_both_systems_are_equal_then() -> None:
    command = [sys.executable, "-m", "local.demo.faults"]

    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, timeout=WHOLE_SECONDS, check=False)

    assert done.stdout, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"scenarios": dict.fromkeys(SCENARIOS, "ok")}
    assert done.returncode == 0


def test_a_repair_that_does_not_repair_is_told_with_what_is_wrong() -> None:
    operator = Idle()
    with SampleCrm() as server, server.client() as crm, LosingProxy("http://127.0.0.1:9") as proxy:
        systems = Systems(crm, Client("http://127.0.0.1:9", "erp", "nobody", ""), proxy, "", "http://127.0.0.1:9")
        results = run_faults(Stage(systems, operator, lambda _: None), {"refused_record": refused_record})

    assert "edit" in operator.typed
    assert results == {"refused_record": "the tax number in the CRM is 'DE123' instead of 'DE136695976'"}
    assert report(results) == 1


def test_one_fault_that_stays_does_not_keep_the_others_from_being_repaired(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: Stage) -> None:
        raise NotRepaired("it stays broken")

    with LosingProxy("http://127.0.0.1:9") as proxy, SampleCrm() as server, server.client() as crm:
        systems = Systems(crm, Client("", "", "", ""), proxy, "", "")
        results = run_faults(Stage(systems, Idle(), lambda _: None), {"first": fails, "second": lambda _: None})

    assert report(results) == 1
    assert json.loads(capsys.readouterr().out) == {"scenarios": {"first": "it stays broken", "second": "ok"}}
    assert report({}) == 1
    assert report({"second": "ok"}) == 0


def test_a_command_that_ends_otherwise_than_expected_is_told_with_its_exit_code() -> None:
    told: list[str] = []
    with LosingProxy("http://127.0.0.1:9") as proxy, SampleCrm() as server, server.client() as crm:
        systems = Systems(crm, Client("", "", "", ""), proxy, "", "http://127.0.0.1:1")
        typist = Typist(systems, told.append)

        with pytest.raises(NotRepaired, match="tandem check no-such-file ended with 2 instead of 0"):
            typist.types("check", "no-such-file")

    assert told[0] == "   $ tandem check no-such-file"
    assert len(told) > 1


def test_the_shipped_file_has_the_rule_that_is_left_to_a_person() -> None:
    text = (PROJECT / "integration.toml").read_text(encoding="utf-8")

    assert 'rule = "person"' in left_to_a_person(text)
    with pytest.raises(LookupError, match="phones"):
        left_to_a_person("")


def test_a_proxy_that_is_down_passes_nothing_on_and_does_again_afterwards() -> None:
    with SampleCrm() as server, LosingProxy(server.url) as proxy:
        proxy.down = True
        with pytest.raises(requests.ConnectionError):
            requests.post(f"{proxy.url}/control/reset", timeout=5)
        proxy.down = False

        assert requests.post(f"{proxy.url}/control/reset", timeout=5).status_code == 204
