"""`tandem check-system`, against the deployed template on this machine."""

from __future__ import annotations

import pytest

from operate.command import main
from operate.verbs.checks import show
from tests.operate.test_command_on_a_stack import Running, add, running

__all__ = ["running"]


@pytest.mark.whole_stack
def test_a_system_tells_how_it_is_set_up(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    add(running.shop, "customers", name="Ann", email="ann@example.com")

    code, answer = running.tandem(capsys, "check-system", "shop")

    results = {item["check"]: item["result"] for item in answer["items"]}
    assert (code, answer["ok"], answer["system"]) == (0, True, "shop")
    assert results["credentials"] == results["clock"] == "ok"
    assert any(item["entity"] == "customer" and item["check"] == "fields" for item in answer["items"])
    assert running.tandem(capsys, "check-system", "mars")[0] == 1


def test_what_is_to_be_done_stands_below_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    fine = {"check": "clock", "entity": "", "result": "ok", "seen": "0 s apart", "remedy": "", "create": None}
    ill = {**fine, "check": "reference", "entity": "order", "result": "failed", "seen": "none", "remedy": "create it"}

    show({"system": "crm", "items": [fine, ill]})
    assert "→ reference order: create it" in capsys.readouterr().out
    show({"system": "crm", "items": [fine]})
    assert "nothing has to be done" in capsys.readouterr().out


def test_without_a_stack_it_says_how_to_start_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--target", "local:1", "check-system", "crm", "--json"]) == 1
    assert "make up" in capsys.readouterr().out
