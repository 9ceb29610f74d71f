"""Which rows may lift a tombstone that were never the record's own: a clone that nothing tells from what was made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.core.decisions import Cause
from shared.core.records import Link, LinkState, Record, Tombstone
from shared.flows.fan_out import Image
from tests.kit.merging import NOW
from tests.simulation.history import History
from tests.simulation.kinds import KINDS
from tests.simulation.properties import CHECKS
from tests.simulation.setting import draw_setting
from tests.simulation.windows import CLONED, ENTERED

DEAD = Record("r", "customer", 1, tombstone=Tombstone("crm", NOW))


def lift(history: History, name: str) -> None:
    """A row of the ERP brings the record back."""
    alive = Record("r", "customer", 2).with_link("erp", Link(LinkState.LIVE, name))
    history.watch.note_image(Image(DEAD, alive, Cause("absorb", "erp", name)))


@pytest.mark.parametrize(
    ("reference", "is_removed", "was_linked", "is_judged_wrong"),
    [("r", True, False, False), (None, True, False, True), ("r", False, False, True), ("r", True, True, True)],
)
def test_only_a_clone_of_what_a_create_made_and_nobody_knew_of_may_bring_a_deleted_record_back(
    reference: str | None, is_removed: bool, was_linked: bool, is_judged_wrong: bool
) -> None:
    """Seed 45632: a create goes unanswered, and its record is deleted; what it made is cloned with our reference, then
    deleted itself. The look after the lease finds the clone alone, with an edit."""
    history = History(45632)
    erp = history.partners["erp"]
    made = erp.create("customer", {"name": "n1", "email": "e"}, "r", "r")
    history.truth.made_for["erp", "customer", made] = "r"
    if was_linked:
        history.watch.linked_at["erp", "customer", made] = (0.0, "r")
    clone = erp.enter("customer", {"name": "n2", "email": "e"}, "person", reference)
    if is_removed:
        erp.remove("customer", made)
    history.stage.seconds += 1.0

    lift(history, clone)
    found = list(CHECKS["foreign lifts"](history))

    wrong = [f"8 only a row of its own lifts a record's tombstone: {clone} lifted that of r"]
    assert found == (wrong if is_judged_wrong else [])
    assert history.opened[CLONED, "best"] == (0 if is_judged_wrong else 1)


@pytest.mark.parametrize(("record_id", "is_told"), [("r", False), ("another", True)])
def test_who_was_taken_for_what_a_lost_create_made_may_bring_the_record_back(record_id: str, *, is_told: bool) -> None:
    """Seed 3092838: a create goes unanswered, its row is given another e-mail and a new customer its own; the record is
    deleted elsewhere, and the look after the lease finds the new customer."""
    drawn = draw_setting(0)
    history = History(0, setting=replace(drawn, kinds={**drawn.kinds, "erp": KINDS["no reference"]}))
    entered = history.partners["erp"].enter("customer", {"name": "n2", "email": "e"}, "person")
    history.chronicle.taken_for_made.add((record_id, ("erp", "customer", entered)))

    lift(history, entered)
    found = list(CHECKS["foreign lifts"](history))

    assert found == (
        [f"8 only a row of its own lifts a record's tombstone: {entered} lifted that of r"] if is_told else []
    )
    assert history.opened[ENTERED, "no reference"] == (0 if is_told else 1)
