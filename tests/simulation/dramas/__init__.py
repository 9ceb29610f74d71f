"""All dramas, and which seed plays which."""

from __future__ import annotations

from hashlib import blake2b

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
    """Return the drama that a seed plays besides its own history; nothing in most seeds.

    Which one it is hangs on the names, so that a new drama leaves most seeds what they were.
    """
    number, rest = divmod(seed, EVERY)
    return max(DRAMAS, key=lambda each: blake2b(f"{number} {each.name}".encode()).digest()) if rest == 1 else None
