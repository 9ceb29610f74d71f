"""Low bounds on what a run may write, and the person who looks now and then and approves what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING

from shared.core.integration import Integration
from shared.flows.operating.stopping import approve, stops, trip
from shared.flows.parts import Parts
from shared.ports.stores import SystemState, SystemStatus
from tests.kit.clock import START

if TYPE_CHECKING:
    from tests.simulation.history import History

SHARE = 0.12
LOOK_SECONDS = 45.0


def bounded(integration: Integration, dice: Random) -> Integration:
    """Return the rules with bounds that a history's writes go beyond, in a share of the histories."""
    if dice.random() >= SHARE:
        return integration
    creates, updates, archives = dice.choice((1, 3)), dice.choice((2, 6)), dice.choice((0, 1))
    entities = {
        entity: replace(rules, max_creates_per_run=creates, max_updates_per_run=updates, max_archives_per_run=archives)
        for entity, rules in integration.entities.items()
    }
    return replace(integration, entities=entities)


def is_bounded(integration: Integration) -> bool:
    """Tell whether a history has low bounds."""
    return any(rules.max_archives_per_run < 2 for rules in integration.entities.values())


def plan_looks(history: History, until: float) -> None:
    """Let the operator trip an entity once, and look every so often what waits for an approval."""
    dice = history.chance.of("bounds")
    pair = dice.choice(history.integration.pairs())
    history.stage.after(dice.uniform(5, until), lambda: _trip(history, *pair))
    for number in range(1, int(until / LOOK_SECONDS)):
        history.stage.after(number * LOOK_SECONDS, lambda: history.operator("approve", _approve_what_waits))


def lift_bounds(history: History) -> None:
    """Let everything that waits or is tripped go on for good."""
    for system, entity in history.integration.pairs():
        history.stores.stopping.approve(system, entity, START + timedelta(days=9999))
        if history.stores.states.state(system, entity).is_stopped:
            history.stores.states.set_state(system, SystemState(), entity)


def _trip(history: History, system: str, entity: str) -> None:
    history.tell(f"the operator trips {entity} in {system}")
    history.operator("trip", lambda parts: trip(parts, system, entity, 1, "operator"))


def _approve_what_waits(parts: Parts) -> None:
    for line in stops(parts):
        if line.entity and (line.status is SystemStatus.WAITING or line.deletes_waiting):
            approve(parts, line.system, line.entity, 1)
