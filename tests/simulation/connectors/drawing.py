"""What a history of one connector is given before it begins: the exact simulated partner stands on the other side."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tests.simulation.bounds import bounded
from tests.simulation.connectors.binding import Binding, kind_of
from tests.simulation.connectors.wire import HIGHEST
from tests.simulation.faults import SHARE, draw_rates
from tests.simulation.kinds import KINDS
from tests.simulation.plan import Act, plan_acts
from tests.simulation.rules import integration_of
from tests.simulation.setting import ACTS_SECONDS, Setting
from tests.simulation.storm import draw_spells
from tests.simulation.themes import draw_theme

EXACT = ("best", "guarded", "revisions", "time")
"""The kinds of the partner on the other side."""

FIRST_ORDERS = ("enter product", "enter order") * 6
ORDERS = (*("edit order", "set status", "add line") * 12, *("remove line", "edit product") * 6)
"""What people do besides in half of the histories of a partner that has orders: they are what is hardest to write."""


def draw_connected(seed: int, binding: Binding) -> Setting:
    """Return the setting of a seed."""
    dice = Random(f"{seed}/{binding.name}")
    systems = ("crm", "erp")
    theme = replace(draw_theme(dice), kinds=())
    if "order" in binding.offers and dice.random() < 0.5:
        theme = replace(theme, first=theme.first + FIRST_ORDERS, later=theme.later + ORDERS)
    other = KINDS[dice.choice(EXACT)]
    kinds = {name: kind_of(binding) if name == binding.system else other for name in systems}
    rates = draw_rates(dice, theme)
    wire = {name: dice.uniform(0.1, 1.0) * rate for name, rate in HIGHEST.items() if dice.random() < SHARE}
    acts = plan_acts(dice, systems, ACTS_SECONDS, theme)
    return Setting(
        binding.name,
        kinds,
        bounded(integration_of(kinds, dice), dice),
        {**rates, **wire} if rates else {},
        max_skew=dice.choice((0.0, 0.0, 2.0)),
        slowest=dice.choice((1.0, 3.0)) if dice.random() < 0.25 else 0.2,
        pauses=draw_spells(dice, 0.2, systems),
        lock_outs=draw_spells(dice, 0.15, systems),
        acts=tuple(each for each in acts if each.system != binding.system or can_be_done(each, binding)),
        has_operator=seed % 2 == 1,
        theme=theme.name,
    )


def can_be_done(act: Act, binding: Binding) -> bool:
    """Tell whether people at the partner can do such a thing."""
    entities = [entity for entity in ("customer", "product", "order") if entity in act.kind]
    entities += ["order"] if act.kind in ("set status", "add line", "remove line") else []
    return act.kind not in binding.without and all(entity in binding.offers for entity in entities)
