"""Partners whose quota is used for now: a flow is told to ask later, or a call that it began is not made any more."""

from __future__ import annotations

from random import Random

from shared.core.observations import NO_BUDGET, Next, Trouble
from shared.core.turns import Turn
from tests.simulation.chance import Chance

ROOM, BUDGET = "no room", "no budget"
NOT_MADE = Trouble(Next.THROTTLED, NO_BUDGET, "the quota is used for now", wait_seconds=2.0, whole_system=True)


def draw_stinginess(dice: Random) -> dict[str, float]:
    """Return how often there is no room for calls, in half of the histories, and that one notices it late."""
    if dice.random() < 0.5:
        return {}
    return {ROOM: dice.uniform(0.05, 0.5), BUDGET: dice.uniform(0.005, 0.05)}


class Stingy:
    """An allowance that has no room now and then."""

    def __init__(self, chance: Chance) -> None:
        """Ask chance."""
        self._chance = chance

    def wait(self, system: str, entity: str, turn: Turn) -> float:
        """Return 0, or some seconds."""
        is_full = self._chance.strikes(ROOM)
        return self._chance.of(f"room {system} {entity} {turn.name}").uniform(0.1, 8.0) if is_full else 0.0

    def has_room(self, system: str, turn: Turn) -> bool:
        """Return whether there is, mostly."""
        return not self.wait(system, "any", turn)

    def used(self, system: str) -> float | None:
        """Return nothing: no history draws such a share."""
        return self._chance.rates.get(f"used {system}")
