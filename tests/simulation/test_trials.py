"""Second runs of one history: what people do in them, and that their end is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.core.decisions import Decision, Verdict
from shared.core.records import Field, Record, Verb
from shared.core.values import Value
from tests.kit.memory import Conflict
from tests.kit.merging import NOW
from tests.simulation.ending import ending
from tests.simulation.history import History
from tests.simulation.trials import as_planned, compare, in_order, plan_trial, planned, run_trial

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


DISPUTED = 412269
"""A product is deleted by its owner and edited in the shop, which brings it back: archived first, or not at all."""


def test_a_plan_that_says_anything_else_than_the_run_did_is_told_also_of_what_was_deleted_and_edited() -> None:
    run = run_trial(plan_trial(DISPUTED), planned, None)
    assert as_planned(run) == []
    product = next(key for key in run.planned if key[1] == "product" and key[0] == "crm")
    customer = next(key for key in run.planned if key[1] == "customer")

    run.planned[product], run.planned[customer] = Verb.ARCHIVE, Verb.ARCHIVE
    assert [told.partition(" was ")[0] for told in as_planned(run)] == [str(customer)]
    del run.planned[customer]
    assert len(as_planned(run)) == 1
    run.connectors["crm"].landing.carried[product[1:]], run.planned[product] = Verb.CREATE, Verb.UPDATE
    assert len(as_planned(run)) == 2


@pytest.mark.parametrize(
    ("verdict", "is_told"), [(Verdict.WON, True), (Verdict.AMBIGUOUS, False)], ids=["another conflict", "ambiguous"]
)
def test_elements_of_which_one_was_ambiguous_are_left_out_of_the_ending(verdict: Verdict, *, is_told: bool) -> None:
    """Seed 2079919: which of two contacts one was told itself while the other was removed, before that was undone."""
    history = History(0)
    fields = {path: Field(value, "crm", NOW, 1) for path, value in KIM.items()}
    record = Record("r" * 8, "customer", 1, fields=fields)
    history.memory.records.held[record.id] = record
    decision = Decision(verdict, "erp", "contacts[e1]")
    history.memory.records.conflicts.append(Conflict(record.id, 1, decision))

    assert ("'skim'" in str(ending(history))) is is_told
    assert "'sada'" in str(ending(history))


KIM: Mapping[str, Value] = {"name": "ada", "contacts[k]": True, "contacts[k].name": "kim"}
