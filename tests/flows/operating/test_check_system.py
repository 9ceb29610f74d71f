"""check_system: what a system tells about itself, beginning with whether it lets us in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from shared.core.inspection import Described, Finding, Needed, Result, There
from shared.core.observations import NO_BUDGET, Next, Trouble
from shared.core.stopping import SystemState, SystemStatus
from shared.flows.operating.check_system import Checked, check_system
from shared.ports.inspection import Greeted, Inspector
from tests.kit.partner import Partner
from tests.kit.world import World


@dataclass
class Told:
    """An inspector that tells what a test has set."""

    greeting: Greeted | Trouble
    described: dict[str, Sequence[Described] | Trouble] = field(default_factory=dict)
    is_closed: bool = False
    describes: bool = True

    def greet(self) -> Greeted | Trouble:
        """Answer."""
        return self.greeting

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Describe."""
        return self.described.get(entity, [])

    def webhooks(self) -> Sequence[Finding]:
        """Tell of webhooks."""
        return [Finding("webhooks", "", Result.NOT_VISIBLE, "subscriptions do not show", "subscribe")]

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


class Talkative(Partner):
    """A partner that can be asked about itself."""

    told: Told

    def inspector(self) -> Inspector:
        """Return what asks it."""
        return self.told


def checked(told: Told, world: World | None = None) -> Checked:
    world = world or World()
    partner = Talkative("crm", world.clock)
    partner.told = told
    world.systems.partners["crm"] = partner
    found = check_system(world.parts, "crm")
    assert told.is_closed
    return found


def test_a_system_that_lets_us_in_is_asked_about_everything() -> None:
    world = World()
    quota = Finding("quota", "", Result.OK, "few calls are used")
    name = Described("customer", "Account", (Needed("name", "Name"),), {"Name": There()})
    told = Told(Greeted(world.clock.now(), (quota,)), {"customer": [name], "order": _SLOW})

    found = checked(told, world)

    assert found.is_well
    assert [(each.check, each.entity, each.result) for each in found.findings if each.entity != "shipment"] == [
        ("credentials", "", Result.OK),
        ("clock", "", Result.OK),
        ("quota", "", Result.OK),
        ("fields", "customer", Result.OK),
        ("fields", "order", Result.NOT_VISIBLE),
        ("webhooks", "", Result.NOT_VISIBLE),
    ]


_SLOW = Trouble(Next.RETRYABLE, "http-503")


@pytest.mark.parametrize(
    ("trouble", "result", "remedy"),
    [
        (Trouble(Next.AUTH, "http-401", whole_system=True), Result.FAILED, "tandem resume crm"),
        (Trouble(Next.THROTTLED, "http-429"), Result.NOT_VISIBLE, "in a few minutes"),
        (Trouble(Next.RETRYABLE, "unreachable", "no connection could be made"), Result.FAILED, "base_url"),
    ],
)
def test_one_that_does_not_let_us_in_is_asked_nothing_more(trouble: Trouble, result: Result, remedy: str) -> None:
    (found,) = checked(Told(trouble)).findings

    assert (found.check, found.result) == ("credentials", result)
    assert trouble.code in found.seen
    assert remedy in found.remedy


def test_one_whose_quota_is_used_is_asked_later() -> None:
    (found,) = checked(Told(Trouble(Next.THROTTLED, NO_BUDGET, "used", wait_seconds=9.0))).findings

    assert (found.result, found.seen) == (Result.NOT_VISIBLE, "all calls that it allows are in use just now")
    assert "deliveries go first" in found.remedy


def test_a_check_that_failed_is_no_good_news() -> None:
    world = World()
    lacks = Described("customer", "Account", (Needed("name", "Name"),), {})

    assert not checked(Told(Greeted(world.clock.now()), {"customer": [lacks]}), world).is_well


def test_that_a_system_is_stopped_is_said_first() -> None:
    world = World()
    world.parts.states.set_state("crm", SystemState(SystemStatus.PAUSED))

    found = checked(Told(Greeted(world.clock.now() + timedelta(hours=1))), world).findings

    assert (found[0].check, found[0].result, found[0].remedy) == (
        "state",
        Result.WARNING,
        "once all is well: tandem resume crm",
    )
    assert found[0].seen.startswith("it is paused")


def test_a_system_that_only_calls_us_is_not_asked() -> None:
    (found,) = check_system(World().parts, "crm").findings

    assert (found.check, found.result) == ("credentials", Result.NOT_VISIBLE)
