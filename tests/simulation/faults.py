"""The faults that a history may hold, each with the highest rate that is drawn for it."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from tests.simulation.themes import Theme

HIGHEST: Mapping[str, float] = {
    "crash": 0.03,
    "crash at a rare place": 0.5,
    "hiccup": 0.02,
    "lock lost": 0.05,
    "saved but told lost": 0.02,
    "stale index": 0.5,
    "outage": 0.05,
    "throttled": 0.03,
    "refused 400": 0.02,
    "refused 503": 0.06,
    "request lost": 0.1,
    "zombie request": 0.1,
    "reply lost": 0.2,
    "atomic batch refused": 0.3,
    "stale read": 0.5,
    "shy read": 0.3,
    "unstable listing": 0.8,
    "hints dropped": 0.3,
    "deliveries dropped": 0.3,
    "polls dropped": 0.3,
    "reconciles dropped": 0.3,
    "message late": 0.2,
    "message doubled": 0.3,
    "visibility ran out": 0.2,
    "stream repeated": 0.2,
    "queue took nothing": 0.02,
    "webhook dropped": 0.4,
    "webhook doubled": 0.3,
    "webhook forged": 0.02,
    "worker stalls": 0.004,
    "edit after our write": 0.3,
    "edit after our read": 0.15,
    "entered on both sides": 0.5,
}
SHARE = 0.6
"""In how many histories each fault may happen at all."""


def draw_rates(dice: Random, theme: Theme) -> dict[str, float]:
    """Return the rates of one history: one history in twenty has no faults, the others most of them together."""
    if dice.random() < 0.05:
        return {}
    drawn = {name: dice.uniform(0.1, 1.0) * rate for name, rate in HIGHEST.items() if dice.random() < SHARE}
    return {**drawn, **theme.rates}
