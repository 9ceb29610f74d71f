"""POST /plans."""

from __future__ import annotations

from shared.core.errors import NeedsAPerson
from shared.ports.stores import SystemState, SystemStatus
from tests.aws.api.asking import Asking, Reply
from tests.kit.world import World, in_step


def asked(world: World, scope: str = "tandem/operate", **wanted: object) -> Reply:
    """Ask for a plan."""
    return Asking(world, scope).send("POST", "/plans", wanted)


def test_a_plan_shows_what_would_be_written_and_writes_nothing() -> None:
    world = in_step(World())
    world.crm.edit("customer", "crm-1", {"name": "Ada L."})

    reply = asked(world)

    assert reply.status == 200
    (write,) = reply.content["items"]
    assert (write["system"], write["verb"], write["external_id"]) == ("erp", "update", "erp-1")
    assert write["fields"] == [{"path": "name", "before": "Ada", "known": True, "after": "Ada L."}]
    assert not reply.content["is_empty"]
    assert [(each["system"], each["update"]) for each in reply.content["totals"]] == [("erp", 1)]
    assert world.erp.shown("customer")["name"] == "Ada"


def test_only_the_entities_that_are_named_are_planned() -> None:
    world = in_step(World())
    world.crm.edit("customer", "crm-1", {"name": "Ada L."})

    assert asked(world, entities=["order"]).content["is_empty"]
    assert not asked(world, entities=["customer"], reconcile=True).content["is_empty"]


def test_a_system_that_cannot_be_read_makes_the_plan_incomplete() -> None:
    world = in_step(World())
    world.parts.states.set_state("erp", SystemState(SystemStatus.PAUSED))

    content = asked(world).content

    assert not content["ok"]
    assert [(each["system"], each["why"]) for each in content["unread"]] == [("erp", "paused")]


def test_who_may_only_read_gets_no_plan_since_it_shows_values() -> None:
    assert asked(World(), scope="tandem/read").status == 403


def test_what_cannot_be_planned_says_what_to_put_right() -> None:
    world = World()

    unknown, senseless = asked(world, entities=["planet"]), asked(world, config="[systems.crm]\n")

    assert unknown.status == senseless.status == 422
    assert unknown.content["mistakes"] == [{"where": "body.entities", "what": "planet is not kept in step"}]
    assert senseless.content["mistakes"][0]["where"].startswith("body.config, line 1")


def test_a_plan_that_takes_too_long_or_fails_says_what_to_do() -> None:
    world = World()
    world.planner.is_slow = True
    slow = asked(world)
    world.planner.error = NeedsAPerson("PlanChanges failed: no memory")
    failed = asked(world)

    assert (slow.status, failed.status) == (504, 502)
    assert "tandem plan" in slow.content["remedy"]
    assert "no memory" in failed.content["detail"]
