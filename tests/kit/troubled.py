"""Worlds in which something needs a person, for the tests of what people then do."""

from __future__ import annotations

from typing import Any

from shared.core.observations import Next, Trouble
from shared.core.rules import Decider, FieldRule
from shared.flows.operating.failures import Listed, Wanted, list_failures
from shared.flows.operating.repairing import Done, Outcome
from shared.ports.conflicts import Conflict
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
REFUSED = Trouble(Next.PERMANENT, "422", "the name is too long", field="name")
BUSY = Trouble(Next.RETRYABLE, "500", "internal error")
BY = "maria"


def cases(world: World, **wanted: Any) -> list[Listed]:
    """Return every case."""
    return list(list_failures(world.parts, Wanted(**wanted), None, 100).items)


def only_case(world: World) -> Listed:
    """Return the only case there is."""
    (listed,) = cases(world)
    return listed


def open_conflicts(world: World) -> list[Conflict]:
    """Return the conflicts that wait for a person."""
    return list(world.memory.conflicts.page(is_open=True, after=None, limit=100).conflicts)


def done(outcome: Outcome) -> Done:
    """Return what was done; fail with the reason if it was not."""
    assert isinstance(outcome, Done), outcome
    return outcome


def refused_create() -> World:
    """A customer of the crm that the erp refused for good."""
    world = World()
    world.erp.next_writes = [REFUSED]
    world.crm.enter("customer", ADA)
    return world.poll()


def held_field() -> World:
    """A customer whose new name the erp refused; the rest went."""
    world = in_step(World())
    world.erp.next_writes = [REFUSED]
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "A name that is too long"})
    return world.poll()


def ignored_field() -> World:
    """A customer whose new name the erp takes with a friendly answer and ignores."""
    world = in_step(World())
    world.erp.habits.ignores = {"name"}
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada L."})
    return world.poll().later(70, times=5)


def left_to_a_person() -> World:
    """A customer with a name from each side; the rule leaves that to a person. The erp shows the other one."""
    fields = {"name": FieldRule(decider=Decider.PERSON)}
    world = in_step(World(integration_of(rules_of(fields=fields))))
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "Ada C."})
    world.erp.edit("customer", world.erp.ids("customer")[0], {"name": "Ada E."})
    return world.poll()


def several_here() -> World:
    """A customer of the erp that may be either of two of the crm: one has its e-mail, the other its tax number."""
    world = World()
    world.crm.enter("customer", {**ADA, "tax_number": "1"})
    world.crm.enter("customer", {"name": "Bob", "email": "bob@example.org", "tax_number": "2"})
    world.erp.trouble = Trouble(Next.RETRYABLE, "503", whole_system=True)
    world.poll()
    world.erp.trouble = None
    world.erp.enter("customer", {"name": "Ada", "email": "ada@example.org", "tax_number": "2"})
    return world
