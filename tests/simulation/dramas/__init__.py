"""All dramas, in the order in which seeds come to them."""

from __future__ import annotations

from tests.simulation.drama import Drama
from tests.simulation.dramas import answers, flows, keys, lives, parts, stops

EVERY = 4
"""Every how-manieth seed plays a drama besides."""

DRAMAS: tuple[Drama, ...] = (
    *answers.DRAMAS,
    *keys.DRAMAS,
    *lives.DRAMAS,
    *parts.DRAMAS,
    *flows.DRAMAS,
    *stops.DRAMAS,
)


def drama_of(seed: int) -> Drama | None:
    """Return the drama that a seed plays besides its own history: each in its turn, nothing in most seeds."""
    number, rest = divmod(seed, EVERY)
    return DRAMAS[number % len(DRAMAS)] if rest == 1 else None
