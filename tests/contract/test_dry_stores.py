"""A dry installation's stores keep the same promises as those that they read through, and leave those as they are."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from shared.flows.dry.identities import DryIdentities
from shared.flows.dry.records import DryRecords
from shared.flows.dry.states import DryStates, DryStopping
from shared.flows.dry.tokens import DryTokens
from tests.contract.conftest import Stores
from tests.contract.test_stores import *  # noqa: F403  # every promise there is one here
from tests.kit.activity import MemoryActivity
from tests.kit.clock import FakeClock
from tests.kit.counts import MemoryCounts
from tests.kit.failing import MemoryFailing, MemoryRemarks
from tests.kit.memory import Memory
from tests.kit.tokens import MemoryTokens


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
        activity=MemoryActivity(base.states),
        counts=MemoryCounts(base),
        stopping=DryStopping(base.stopping),
    )
    assert _all_in(base) == empty


def _all_in(base: Memory) -> Any:
    identities, states = base.identities, base.states
    kept = (base.records.held, base.records.conflicts, identities.holding, identities.notes, identities.creates)
    return deepcopy((kept, identities.links, states.states, states.cursors, states.listings, states.counts))
