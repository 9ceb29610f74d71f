"""Stories of open conflicts: each is counted while it is true, and closes itself when it is true no more."""

from __future__ import annotations

from shared.core.decisions import Verdict
from shared.core.observations import Next, Trouble
from shared.core.rules import Decider, FieldRule
from shared.ports.conflicts import Conflict
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step

PERSON = {"name": FieldRule(decider=Decider.PERSON)}
REFUSED = Trouble(Next.PERMANENT, "422", "the name is too long")


def open_ones(world: World) -> list[Conflict]:
    return list(world.memory.conflicts.page(is_open=True, after=None, limit=100).conflicts)


def left_to_a_person() -> World:
    """Two people gave one customer two names, and the rule leaves that to a person."""
    world = in_step(World(integration_of(rules_of(fields=PERSON))))
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada C."})
    world.erp.edit("customer", world.erp.ids("customer")[0], {"name": "Ada E."})
    return world.poll()


def test_a_conflict_left_to_a_person_closes_when_the_systems_agree_by_themselves() -> None:
    world = left_to_a_person()
    assert [each.decision.verdict for each in open_ones(world)] == [Verdict.PERSON]

    (held,) = (system for system in ("crm", "erp") if world.link(system).held)
    partner = world.systems.partners[held]
    partner.edit("customer", partner.ids("customer")[0], {"name": world.record().value("name")})
    world.poll()

    assert open_ones(world) == []
    assert world.record().parked_since is None
    (conflict,) = [c for c in world.memory.conflicts.kept if c.decision.verdict is Verdict.PERSON]
    assert conflict.closed is not None
    assert (conflict.closed.by, conflict.closed.because) == ("", "absorb")


def test_a_conflict_that_goes_on_with_another_value_is_open_once() -> None:
    world = left_to_a_person()
    (held,) = (system for system in ("crm", "erp") if world.link(system).held)
    partner = world.systems.partners[held]

    partner.edit("customer", partner.ids("customer")[0], {"name": "Ada X."})
    world.poll()

    assert [each.decision.theirs for each in open_ones(world)] == ["Ada X."]


def test_a_held_field_that_comes_free_is_no_open_conflict_any_more() -> None:
    world = in_step(World())
    world.erp.habits.ignores = {"name"}
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "B"})
    world.poll().later(70, times=5)
    assert [each.decision.verdict for each in open_ones(world)] == [Verdict.HELD]

    world.erp.habits.ignores = set()
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "C"})
    world.poll()

    assert open_ones(world) == []
    assert world.agreed("customer", "name") == "C"


def test_a_parked_link_that_is_live_again_is_no_open_conflict_any_more() -> None:
    world = World()
    world.erp.next_writes = [REFUSED]
    c = world.crm.enter("customer", {"name": "Ada", "email": "ada@example.org", "phone": None})
    world.poll()
    assert [each.decision.verdict for each in open_ones(world)] == [Verdict.PARKED]

    world.crm.edit("customer", c, {"name": "A."})
    world.poll()

    assert open_ones(world) == []
    assert world.agreed("customer", "name") == "A."


def test_a_record_whose_life_ended_asks_nothing_any_more() -> None:
    world = left_to_a_person()

    world.crm.remove("customer", world.crm.ids("customer")[0])
    world.reconcile()

    assert world.record().tombstone is not None
    assert open_ones(world) == []
    assert world.record().parked_since is None


def test_suspected_doubles_are_closed_when_one_of_them_is_given_another_key() -> None:
    world = in_step(World(), "ada@example.org", "bob@example.org")
    _, bob = world.crm.ids("customer")
    world.crm.edit("customer", bob, {"email": "ada@example.org"})
    world.poll()
    assert {each.decision.verdict for each in open_ones(world)} == {Verdict.DUPLICATE}

    world.crm.edit("customer", bob, {"email": "bob@example.org"})
    world.poll()

    assert open_ones(world) == []
