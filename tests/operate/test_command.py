"""The command as a person or a program meets it: exit codes, one object on stdout, the next step on stderr."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from operate import target as targets
from operate.command import main

RIGHT = """
[systems.shop]
connector = "rest"
side = "crm"
base_url = "http://127.0.0.1:9000"
[systems.shop.entities.customer]
path = "/customers"
[systems.shop.entities.customer.fields]
name = "name"
email = "email"
"""
BOTH = RIGHT + RIGHT.replace("systems.shop", "systems.wms").replace('"crm"', '"supply_chain"')

LIGHT = """
import sys
import operate.command
heavy = {"boto3", "botocore", "pydantic", "requests", "rich.table"} & set(sys.modules)
print(sorted(heavy))
"""


def answer_of(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_help_lists_the_verbs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0

    text = capsys.readouterr().out
    for verb in ("settle", "status", "unsupported", "connectors", "check", "poll", "reconcile", "sweep"):
        assert f"\n  {verb}" in text


def test_the_command_starts_without_what_only_its_verbs_need() -> None:
    answer = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True, timeout=60)

    assert answer.stdout.strip() == "[]"


def test_a_right_file_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "integration.toml").write_text(BOTH)

    assert main(["check", str(tmp_path / "integration.toml"), "--json"]) == 0
    assert answer_of(capsys) == {"ok": True, "items": [], "next": None}


def test_a_wrong_file_ends_with_2_and_lists_its_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(BOTH.replace('side = "crm"', 'side = "sales"'))

    assert main(["check", str(file), "--json"]) == 2

    answer = answer_of(capsys)
    assert answer["ok"] is False
    assert answer["items"][0]["line"] == 4
    assert "supply_chain" in answer["items"][0]["remedy"]


def test_people_get_mistakes_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(BOTH.replace('name = "name"', 'nmae = "name"', 1))

    assert main(["check", str(file)]) == 2

    shown = capsys.readouterr()
    assert "did you mean name?" in shown.err
    assert "1 problem" in shown.out


def test_connectors_are_an_object_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connectors", "--json"]) == 0

    answer = answer_of(capsys)
    assert {"rest", "tryton"} <= answer.keys()
    assert "properties" in answer["rest"]["settings"]
    assert answer["tryton"]["entities"]["customer"]["calls"]["update"] == 3


def test_connectors_can_be_shown_without_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connectors", "--config", str(tmp_path / "none.toml"), "--json"]) == 0

    assert answer_of(capsys)["rest"]["systems"] == {}


def test_connectors_show_what_the_systems_of_a_file_can_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(BOTH)

    assert main(["connectors", "--config", str(file), "--json"]) == 0

    customer = answer_of(capsys)["rest"]["systems"]["shop"]["entities"]["customer"]
    assert "name" in customer["carries"]
    assert {"list", "create"} <= set(customer["can"])


def test_connectors_are_a_table_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "integration.toml"
    file.write_text(BOTH)

    assert main(["connectors", "--config", str(file)]) == 0
    assert "tryton" in capsys.readouterr().out


def test_a_wrong_file_stops_connectors_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "integration.toml"
    file.write_text("systems = 3")

    assert main(["connectors", "--config", str(file), "--json"]) == 2
    assert answer_of(capsys)["ok"] is False


@pytest.mark.parametrize("arguments", [["frobnicate"], ["settle", "--nothing"], ["--target", "moon", "status"]])
def test_wrong_usage_ends_with_2(arguments: list[str]) -> None:
    assert main(arguments) == 2


def test_a_time_out_must_be_a_time() -> None:
    assert main(["settle", "--timeout", "0"]) == 2


@pytest.mark.parametrize("verb", ["settle", "status", "unsupported", "poll", "reconcile", "sweep"])
def test_a_stack_that_does_not_answer_ends_with_1_and_the_next_step(
    verb: str, capsys: pytest.CaptureFixture[str], closed_port: int
) -> None:
    assert main(["--target", f"local:{closed_port}", verb, "--json"]) == 1

    shown = capsys.readouterr()
    answer = json.loads(shown.out)
    assert answer["ok"] is False
    assert answer["remedy"] == targets.START
    assert "make up" in shown.err
