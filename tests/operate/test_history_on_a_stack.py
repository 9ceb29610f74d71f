"""`tandem explain`, `replay` and `plan` against the deployed template, between two systems of the simplest kind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from operate.command import main
from tests.operate.test_command_on_a_stack import CONFIG, Running, add, running

__all__ = ["running"]

pytestmark = pytest.mark.whole_stack


@pytest.fixture
def trading(running: Running) -> Running:
    """A stack between a shop that has a customer and a warehouse that does not have her yet."""
    add(running.shop, "customers", name="Ann Baker", email="ann@example.org")
    return running


def test_a_plan_is_made_then_run_then_explained_and_replayed(
    trading: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "plan.json"

    code, plan = trading.tandem(capsys, "plan", "--out", str(out))
    assert code == 3
    assert [(each["system"], each["entity"], each["verb"]) for each in plan["items"]] == [
        ("warehouse", "customer", "create")
    ]
    assert json.loads(out.read_text()) == plan
    assert trading.warehouse.rows("customers") == []

    assert trading.tandem(capsys, "settle", "--timeout", "60")[0] == 0
    assert trading.tandem(capsys, "plan", "--reconcile")[0] == 0

    code, found = trading.tandem(capsys, "explain", "customer", "ann@example.org", "email")
    assert code == 0
    (email,) = found["items"]
    assert (email["value"], email["by"]) == ("ann@example.org", "shop")
    assert [each["shows"] for each in email["systems"]] == ["the same", "the same"]

    code, replayed = trading.tandem(capsys, "replay", "customer", "shop:1")
    assert code == 0
    assert [each["same"] for each in replayed["items"]] == [True] * 3


def test_people_read_tables_and_sentences(trading: Running, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*arguments: str) -> tuple[int, str]:
        code = main(["--target", trading.target, *arguments])
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    code, text = said("plan")
    assert code == 3
    assert "create" in text
    assert "name: Ann Baker" in text
    assert said("settle", "--timeout", "60")[0] == 0
    assert "nothing would change" in said("plan")[1]

    new = tmp_path / "new.toml"
    systems = {"shop": ("crm", trading.shop.url), "warehouse": ("supply_chain", trading.warehouse.url)}
    texts = [
        CONFIG.replace("NAME", name).replace("SIDE", side).replace("URL", url) for name, (side, url) in systems.items()
    ]
    new.write_text("".join(texts) + '[entities.customer]\ncreators = ["warehouse"]\n')
    add(trading.shop, "customers", name="Bob", email="bob@example.org")
    assert "Bob" in said("plan")[1]
    code, text = said("plan", "--config", str(new))
    assert code == 3
    assert "which may not create it" in text
    assert said("replay", "customer", "shop:1", "--config", str(new))[0] == 0
    assert "Bob" not in text

    code, text = said("explain", "customer", "shop:1")
    assert code == 0
    assert "shop showed 1" in text
    assert "created it" in text
    code, text = said("explain", "customer", "shop:1", "name")
    assert "name is Ann Baker" in text
    assert said("explain", "customer", "nobody")[0] == 1
    code, text = said("explain", "customer", "shop:1", "--as-of", "2020-01-01")
    assert code == 1
    assert "its history begins on" in text
    assert said("explain", "customer", "shop:1", "--as-of", "yesterday")[0] == 2
    assert "version 3 on 2999" in said("explain", "customer", "shop:1", "--as-of", "2999-01-01T00:00Z")[1]
    code, text = said("replay", "customer", "shop:1")
    assert code == 0
    assert "0 come out otherwise" in text

    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[systems.shop]\n")
    code, text = said("plan", "--config", str(wrong))
    assert code == 2
    assert "wrong.toml:1" in text
