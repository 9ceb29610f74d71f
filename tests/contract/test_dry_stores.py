"""A dry installation's stores keep the same promises as those that they read through, and leave those as they are."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from shared.flows.dry.identities import DryIdentities
from shared.flows.dry.records import DryRecords
from shared.flows.dry.relations import DryRelations
from shared.flows.dry.states import DryStates, DryStopping
from shared.flows.dry.tokens import DryTokens
from tests.contract.conftest import Stores
from tests.contract.test_stopping import (
    test_a_drain_is_one_walk_and_a_new_one_takes_its_place,
    test_a_system_and_its_entities_have_states_of_their_own,
    test_a_wait_for_approval_does_not_end_a_pause,
    test_notes_that_wait_for_a_resume_stand_in_order,
    test_one_caller_probes_at_a_time,
    test_only_what_is_tripped_is_probed,
    test_records_that_wait_for_a_resume_stand_in_order_of_turn_and_age,
    test_what_tripped_or_was_slowed_recovers_once,
    test_what_waits_for_a_person_does_not_recover,
)
from tests.contract.test_stores import *  # noqa: F403  # every promise there is one here
from tests.kit.activity import MemoryActivity
from tests.kit.alerts import MemoryAlerts
from tests.kit.budgets import MemoryBudgets
from tests.kit.clock import START, FakeClock
from tests.kit.counts import MemoryCounts
from tests.kit.failing import MemoryFailing, MemoryRemarks
from tests.kit.memory import Memory
from tests.kit.relations import MemoryRelations
from tests.kit.reservations import MemoryReservations
from tests.kit.tokens import MemoryTokens

__all__ = [
    "test_a_drain_is_one_walk_and_a_new_one_takes_its_place",
    "test_a_system_and_its_entities_have_states_of_their_own",
    "test_a_wait_for_approval_does_not_end_a_pause",
    "test_notes_that_wait_for_a_resume_stand_in_order",
    "test_one_caller_probes_at_a_time",
    "test_only_what_is_tripped_is_probed",
    "test_records_that_wait_for_a_resume_stand_in_order_of_turn_and_age",
    "test_what_tripped_or_was_slowed_recovers_once",
    "test_what_waits_for_a_person_does_not_recover",
]


@pytest.fixture
def stores() -> Iterator[Stores]:
    """Dry stores over empty ones, which are still empty afterwards."""
    base, clock = Memory(), FakeClock()
    base.states.clock = clock
    identities, states = DryIdentities(base.identities), DryStates(base.states)
    empty = _all_in(base)
    yield Stores(
        records=DryRecords(base.records, identities),
        identities=identities,
        states=states,
        idempotency=base.idempotency,
        tokens=DryTokens(MemoryTokens(base.states, clock), states, clock),
        clock=clock,
        ledger=base.ledger,
        history=base.ledger,
        conflicts=base.conflicts,
        failing=MemoryFailing(base),
        remarks=MemoryRemarks(),
        relations=DryRelations(MemoryRelations()),
        alerts=MemoryAlerts(),
        reservations=MemoryReservations(),
        activity=MemoryActivity(base.states),
        counts=MemoryCounts(base),
        stopping=DryStopping(base.stopping),
        budgets=MemoryBudgets(),
    )
    assert _all_in(base) == empty


def _all_in(base: Memory) -> Any:
    identities, states = base.identities, base.states
    kept = (base.records.held, base.records.conflicts, identities.holding, identities.notes, identities.creates)
    return deepcopy((kept, identities.links, states.states, states.cursors, states.listings, states.counts))


def test_a_run_that_writes_nothing_is_not_bounded(stores: Stores) -> None:
    """A plan tells where the real one would stop (`Beyond`)."""
    assert stores.stopping.spend("run", 5, 3, START)


def test_nothing_is_approved_here(stores: Stores) -> None:
    """Approving is a person's: what is approved elsewhere is read, and nothing is approved here."""
    stores.stopping.approve("erp", "customer", START)

    assert stores.stopping.approved_until("erp", "customer") is None
