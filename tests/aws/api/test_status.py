"""GET /status."""

from __future__ import annotations

from shared.ports.stores import SystemState, SystemStatus
from tests.aws.api.asking import Asking
from tests.kit.world import World


def test_every_system_is_shown_with_what_holds_it_back() -> None:
    world = World()
    world.parts.states.set_state("erp", SystemState(SystemStatus.TRIPPED, world.clock.now(), "login refused"))

    reply = Asking(world).get("/status")

    assert reply.status == 200
    crm, erp = reply.content["items"]
    assert (crm["system"], crm["status"], crm["why"]) == ("crm", "running", None)
    assert (erp["status"], erp["why"]) == ("tripped", "login refused")
    assert erp["until"].startswith(f"{world.clock.now():%Y-%m-%dT%H:%M}")
    assert (reply.content["owed"], reply.content["parked"], reply.content["conflicts"]) == (0, 0, 0)
