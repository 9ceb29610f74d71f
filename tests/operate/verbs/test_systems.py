"""`tandem systems`, `pause`, `resume`, `trip` and `approve`, against the deployed template on this machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from operate.command import main
from operate.verbs.systems import _show
from tests.operate.test_command_on_a_stack import Running, add, running

__all__ = ["running"]


def statuses(answer: Any) -> dict[tuple[str, str | None], str]:
    return {(item["system"], item["entity"]): item["status"] for item in answer["items"]}


@pytest.mark.whole_stack
def test_a_paused_warehouse_gets_nothing_until_it_is_resumed(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = running.tandem(capsys, "pause", "warehouse")
    assert (code, answer["would"]) == (3, "warehouse would be paused until somebody resumes it")

    code, answer = running.tandem(capsys, "pause", "warehouse", "--why", "stocktaking", "--yes")
    assert (code, answer["items"][0]["why"]) == (0, "stocktaking")
    add(running.shop, "customers", name="Ann", email="ann@example.com")
    running.tandem(capsys, "settle", "--timeout", "5")
    assert running.warehouse.rows("customers") == []

    code, answer = running.tandem(capsys, "resume", "warehouse", "--yes")
    assert (code, statuses(answer)) == (0, {("warehouse", None): "running"})
    running.tandem(capsys, "settle", "--timeout", "30")
    assert [row["name"] for row in running.warehouse.rows("customers")] == ["Ann"]


@pytest.mark.whole_stack
def test_an_entity_is_tripped_for_some_minutes_and_approved_by_name(
    running: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    code, answer = running.tandem(capsys, "trip", "shop", "order", "--minutes", "5", "--yes")
    assert (code, statuses(answer)) == (0, {("shop", "order"): "tripped"})

    code, answer = running.tandem(capsys, "systems")
    assert (code, statuses(answer)) == (
        0,
        {("shop", None): "running", ("shop", "order"): "tripped", ("warehouse", None): "running"},
    )
    assert running.tandem(capsys, "resume", "shop", "order", "--yes")[0] == 0

    code, answer = running.tandem(capsys, "approve", "warehouse", "customer", "--yes")
    assert (code, answer["deletes"]) == (0, 0)
    assert running.tandem(capsys, "approve", "warehouse", "shipment", "--yes")[0] == 1
    assert running.tandem(capsys, "pause", "mars", "--yes")[0] == 1


@pytest.mark.parametrize("verb", [["pause", "erp"], ["resume", "erp"], ["trip", "erp"], ["approve", "erp", "order"]])
def test_nothing_is_done_without_a_yes(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*verb, "--json"]) == 3

    printed = json.loads(capsys.readouterr().out)
    assert (printed["ok"], printed["remedy"]) == (False, "add --yes")


def test_an_approval_that_lets_deletions_through_says_how_many(capsys: pytest.CaptureFixture[str]) -> None:
    item = {"system": "erp", "entity": "order", "status": "running", "since": None, "until": None}

    _show({"items": [item], "deletes": 3, "until": "2026-03-02T09:00:00Z"}, as_json=False)

    told = capsys.readouterr().out
    assert "3 deletions" in told
    assert "no bound counts there until 2026-03-02T09:00 UTC" in told


@pytest.mark.whole_stack
def test_what_waits_is_listed(running: Running, capsys: pytest.CaptureFixture[str]) -> None:
    code, answer = running.tandem(capsys, "waiting", "warehouse", "customer")

    assert (code, answer["items"], answer["next"]) == (0, [], None)
    assert main(["--target", running.target, "waiting", "warehouse"]) == 0
    assert "waiting for warehouse: nothing" in " ".join(capsys.readouterr().out.split())
