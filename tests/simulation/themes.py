"""What a history is about: in half of them people, partners and faults keep to one theme, so that what needs several
rare things at once happens often enough to prove something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random


@dataclass(frozen=True, slots=True)
class Theme:
    """Acts that are drawn besides all others, kinds of partner of which one takes part, and faults with their rates."""

    name: str = "everything"
    first: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    rates: Mapping[str, float] = field(default_factory=dict)


EVERYTHING = Theme()
THEMES = (
    Theme(
        "keys",
        first=("enter customer",) * 3,
        later=("hand email on",) * 14 + ("change email", "enter same customer", "enter again", "delete") * 5,
        kinds=("no reference", "no reference", "slow look-up", "best", "guarded"),
        rates={"entered on both sides": 0.7, "hints dropped": 0.3, "reply lost": 0.2},
    ),
    Theme(
        "handed on",
        first=("enter customer", "hand email on") * 3,
        later=("hand email on",) * 40,
        kinds=("no reference",),
        rates={"reply lost": 0.5, "zombie request": 0.2},
    ),
    Theme(
        "orders",
        first=("enter customer", "enter product", "enter order", "enter order"),
        later=("set status",) * 20 + ("edit order",) * 20 + ("add line", "remove line", "enter same order") * 4,
        kinds=("best", "guarded", "time", "no look-up", "no revision", "no new lines"),
    ),
    Theme(
        "contacts",
        first=("enter customer",) * 4,
        later=("edit contact",) * 25 + ("add contact",) * 12 + ("remove contact",) * 5,
        kinds=("children apart", "children apart", "sparse", "minutes", "stale", "no new contacts", "no new contacts"),
        rates={"webhook doubled": 0.5, "message late": 0.4},
    ),
    Theme(
        "just then",
        first=("enter customer",) * 3,
        later=("edit customer",) * 30,
        kinds=("guarded", "seconds", "minutes", "backwards", "stale", "stale revisions", "shy", "mute", "mute"),
        rates={"edit after our write": 0.6, "edit after our read": 0.3, "message late": 0.4, "stale read": 0.8},
    ),
    Theme(
        "narrow",
        first=("enter customer", "enter same customer") * 3,
        later=("edit customer",) * 40,
        kinds=("shy",),
        rates={"shy read": 0.7, "webhook dropped": 0.3, "message late": 0.3, "edit after our read": 0.15},
    ),
    Theme(
        "lives",
        first=("enter customer",) * 3,
        later=("delete", "restore", "clone", "enter again", "merge", "edit customer") * 8,
        kinds=("best", "guarded", "no reference", "listing"),
    ),
)


def draw_theme(dice: Random) -> Theme:
    """Return what one history is about."""
    return dice.choice(THEMES) if dice.random() < 0.5 else EVERYTHING
