"""What waits or is parked at an identity key: since when."""

from __future__ import annotations

from datetime import datetime

import pytest

from shared.core.keys import id_key
from shared.flows.noting import NOT_SHOWN, Deferred, note_parked, parked, put_off
from tests.kit.clock import START
from tests.kit.world import World


@pytest.mark.parametrize(
    ("before", "after", "waits_anew"),
    [("busy", "busy", False), ("busy", "slow", False), ("busy", NOT_SHOWN, True), (NOT_SHOWN, NOT_SHOWN, False)],
)
def test_what_waits_has_waited_since_it_began_for_whatever_reason_but_an_absence_is_counted_from_the_first(
    before: str, after: str, *, waits_anew: bool
) -> None:
    world = World()
    put_off(world.parts, "crm", "customer", [Deferred("c1", before)])
    world.clock.go_on(60)

    put_off(world.parts, "crm", "customer", [Deferred("c1", after)])

    assert (since(world) == world.clock.now()) is waits_anew


def test_what_was_parked_and_waits_again_begins_anew() -> None:
    world = World()
    note_parked(world.parts, parked("crm", "customer", "c1", "a person is asked", START))
    world.clock.go_on(60)

    put_off(world.parts, "crm", "customer", [Deferred("c1", "busy")])

    assert since(world) == world.clock.now() != START


def since(world: World) -> datetime:
    return world.memory.identities.notes[id_key("crm", "customer", "c1")].since
