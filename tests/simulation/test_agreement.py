"""Which rows need no link: those that people brought back where the record's life, and its place there, were over."""

from __future__ import annotations

import pytest

from shared.core.keys import id_key
from shared.core.records import Link, LinkState, Record, Tombstone
from shared.ports.stores import Holder
from tests.kit.merging import NOW
from tests.simulation.agreement import agreement
from tests.simulation.history import History

DEAD = Tombstone("crm", NOW)


@pytest.mark.parametrize(
    ("tombstone", "state", "is_brought_back", "is_known"),
    [
        (DEAD, LinkState.DETACHED, True, True),
        (None, LinkState.DETACHED, True, False),
        (DEAD, LinkState.ARCHIVED, True, False),
        (DEAD, LinkState.DETACHED, False, False),
    ],
)
def test_a_row_may_be_brought_back_where_the_record_is_dead_and_another_row_of_it_was_deleted(
    tombstone: Tombstone | None, state: LinkState, *, is_brought_back: bool, is_known: bool
) -> None:
    """Seed 75820: a customer was deleted in the ERP, entered again there, brought back beside that, the new one deleted
    too, and then the record by its owner, the CRM, before anybody read what was brought back."""
    history = History(75820)
    erp = history.partners["erp"]
    first, second = (erp.enter("customer", {"name": "n"}, "ada") for _ in range(2))
    erp.remove("customer", second)
    if is_brought_back:
        erp.remove("customer", first)
        erp.restore("customer", first)
    record = Record("r" * 8, "customer", 1, tombstone=tombstone).with_link("erp", Link(state, second))
    history.memory.records.held[record.id] = record
    for name in (first, second):
        history.memory.identities.holding[id_key("erp", "customer", name)] = Holder(record.id)

    found = list(agreement(history))

    told = f"1 convergence: {first} is customer rrrr's, whose link there is {state.value} {second}"
    assert found == ([] if is_known else [told])
