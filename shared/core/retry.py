"""When to try again: back-off with jitter, and how many attempts a record or a field gets before a person is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

GRACE_SECONDS = 60
"""How long the stream has to bring something newly owed before the sweep does."""

ATTEMPTS = 8
"""Failures of the record's own before its link is parked."""

SENDS = 3
"""Sends of one field without effect before the field is held."""

ROUNDS = 3
"""How often one field may come back the same other value before that value is taken for the system's own form."""

FLIPS = 6
"""How often one field may come back other than it was sent before it is held."""

_FIRST_SECONDS = 5.0
_LONGEST_SECONDS = 900.0


def back_off(now: datetime, failures: int, jitter: float, wait_seconds: float | None = None) -> datetime:
    """Return when to try again after so many failures: exponential, half of it spread, never before a told wait."""
    delay = min(_LONGEST_SECONDS, _FIRST_SECONDS * 2 ** min(max(0, failures - 1), 10))
    spread = delay * (0.5 + jitter / 2)
    return now + timedelta(seconds=max(spread, wait_seconds or 0.0))


def after_grace(now: datetime) -> datetime:
    """Return when the sweep may take what has just become owed."""
    return now + timedelta(seconds=GRACE_SECONDS)
