"""Second runs of one history: what people do in them, and that their end is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.simulation.trials import compare, in_order, plan_trial, run_trial

HIDDEN = 70014
"""The CRM adds a line, the ERP confirms the order and would cancel it."""
ADDS_A_LINE, CONFIRMS, CANCELS = 100, 102, 106


def done_to_the_order(*left_out: int) -> set[str]:
    trial = plan_trial(HIDDEN)
    edits = (act for act in trial.edits if act.number not in left_out and act.kind != "delete")
    fewer = replace(trial, edits=tuple(edits))
    before = len(run_trial(replace(trial, edits=()), in_order, None).truth.edits)
    made = run_trial(fewer, in_order, None).truth.edits[before:]
    return {"line" if each.path.startswith("lines[") else str(each.value) for each in made if each.place[1] == "order"}


def test_an_order_is_not_confirmed_and_cancelled_unseen_while_its_lines_change_elsewhere() -> None:
    assert done_to_the_order() == {"line", "confirmed"}
    assert compare(HIDDEN)[0] == []


@pytest.mark.parametrize(
    ("left_out", "done"),
    [
        (ADDS_A_LINE, {"confirmed", "cancelled"}),
        (CONFIRMS, {"line", "cancelled"}),
        (CANCELS, {"line", "confirmed"}),
    ],
)
def test_any_two_of_these_are_done(left_out: int, done: set[str]) -> None:
    assert done_to_the_order(left_out) == done
