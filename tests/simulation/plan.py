"""What people are going to do in a history, planned before it begins so that single acts can be left out."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.simulation.themes import Theme


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a person is going to do."""

    number: int
    at: float
    system: str
    kind: str
    pick: int
    other: int


FIRST = ("enter customer", "enter product", "enter order", "enter same customer", "enter same order")
LATER = (
    "enter same order",
    "hand email on",
    "hand email on",
    *("edit customer",) * 10,
    *("edit order",) * 7,
    *("set status",) * 5,
    *("edit contact",) * 3,
    *("edit product",) * 3,
    "enter customer",
    "enter customer",
    "enter order",
    "enter same customer",
    "add contact",
    "remove contact",
    "add line",
    "remove line",
    "change email",
    "clear field",
    "delete",
    "delete",
    "restore",
    "enter again",
    "clone",
    "merge",
    "import",
    "delete many",
)


def plan_acts(dice: Random, systems: tuple[str, ...], seconds: float, theme: Theme) -> tuple[Act, ...]:
    """Return what people are going to do in a history, in order of time."""
    few, is_hot = dice.choice((3, 6, 12, 25)), dice.random() < 0.5
    acts = [(dice.uniform(0, 5), "enter customer")]
    acts += [(dice.uniform(0, 20), dice.choice(FIRST + theme.first)) for _ in range(dice.choice((1, 3, 5)))]
    bursts = [dice.uniform(15, seconds) for _ in range(dice.choice((2, 5)))]
    for _ in range(few):
        at = dice.choice(bursts) + dice.uniform(0, 4) if is_hot else dice.uniform(5, seconds)
        acts.append((at, dice.choice(LATER + theme.later)))
    return tuple(
        Act(number, at, dice.choice(systems), kind, _pick_one(dice, is_hot), dice.randrange(1000))
        for number, (at, kind) in enumerate(sorted(acts))
    )


def _pick_one(dice: Random, is_hot: bool) -> int:
    """Where it is hot, most acts are about the same record."""
    return 0 if is_hot and dice.random() < 0.6 else dice.randrange(1000)
