"""What a history is given before it begins: systems, rules, faults, ailments and the plans of its people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from shared.core.integration import Integration
from tests.simulation.bounds import bounded
from tests.simulation.crash_points import target_of
from tests.simulation.faults import draw_rates
from tests.simulation.kinds import KINDS, Kind, draw_kinds
from tests.simulation.plan import Act, plan_acts
from tests.simulation.rules import integration_of
from tests.simulation.schema import Revised, draw_change
from tests.simulation.stage import Site
from tests.simulation.stingy import draw_stinginess
from tests.simulation.storm import Spell, draw_spells
from tests.simulation.themes import draw_theme

ACTS_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Setting:
    """The setting of one history.

    In an amnesia a system knows nothing of half of its rows; where lists are short, it only leaves them out of lists.
    `slowest` is how long one effect takes at most, `max_skew` how far off a worker's clock is; a worker that first
    reaches `crash_at` dies there.
    """

    mix: str
    kinds: Mapping[str, Kind]
    integration: Integration
    rates: Mapping[str, float]
    max_skew: float = 0.0
    slowest: float = 0.2
    pauses: tuple[Spell, ...] = ()
    lock_outs: tuple[Spell, ...] = ()
    amnesias: tuple[Spell, ...] = ()
    short_lists: tuple[Spell, ...] = ()
    acts: tuple[Act, ...] = ()
    change: Revised | None = None
    crash_at: tuple[Site, str] | None = None
    has_operator: bool = False
    theme: str = ""

    @property
    def systems(self) -> tuple[str, ...]:
        """Return the systems that take part."""
        return tuple(self.kinds)


def draw_setting(seed: int) -> Setting:
    """Return the setting of a seed: most faults together, in most histories."""
    dice = Random(f"{seed}/setup")
    systems = ("crm", "erp", "shop") if dice.random() < 0.3 else ("crm", "erp")
    theme = draw_theme(dice)
    mix, kinds = draw_kinds(systems, dice, theme)
    crash_at = target_of(seed)
    if crash_at is not None and crash_at[0][0] == "settling._open_creates":
        mix, kinds = "any", dict.fromkeys(systems, KINDS["no reference"])  # nobody else comes there
    rates = draw_rates(dice, theme)
    rates |= draw_stinginess(Random(f"{seed}/quota")) if rates else {}
    integration = bounded(integration_of(kinds, dice), Random(f"{seed}/bounds"))
    max_skew = dice.choice((0.0, 0.0, 2.0))
    slowest = dice.choice((1.0, 3.0)) if dice.random() < 0.25 else 0.2
    pauses, lock_outs = draw_spells(dice, 0.2, systems), draw_spells(dice, 0.15, systems)
    acts = plan_acts(dice, systems, ACTS_SECONDS, theme)
    losses = Random(f"{seed}/losses")
    amnesias, short_lists = draw_spells(losses, 0.06, systems), draw_spells(losses, 0.06, systems)
    if amnesias or short_lists:
        many = Act(900, losses.uniform(1, 4), losses.choice(systems), "import", 0, losses.randrange(1000))
        acts = (many, *acts)
    return Setting(
        mix,
        kinds,
        integration,
        rates,
        max_skew,
        slowest,
        pauses=pauses,
        lock_outs=lock_outs,
        amnesias=amnesias,
        short_lists=short_lists,
        acts=acts,
        change=draw_change(seed, integration),
        crash_at=crash_at,
        has_operator=seed % 2 == 1,
        theme=theme.name,
    )
