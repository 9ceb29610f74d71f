"""What may be raised, sorted by what to do next. What a partner does is a result, not an exception (ports.system).

TandemError
├── TryAgain        the platform had a hiccup: report the item as failed, it comes again
├── NeedsAPerson    nothing in the code can go on: the message ends in the dead-letter queue
└── BadSettings     integration.toml, environment or secret is wrong: what, where, and the remedy
"""

from __future__ import annotations


class TandemError(Exception):
    """The root. Texts name system, record and remedy, never a secret or a payload."""


class TryAgain(TandemError):
    """Something outside had a hiccup; the same call may succeed later."""


class NeedsAPerson(TandemError):
    """A message that no code can process."""


class BadSettings(TandemError):
    """A setting is missing or wrong."""

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        super().__init__(": ".join(part for part in (where, what) if part) + (f" - {remedy}" if remedy else ""))
        self.what, self.where, self.remedy = what, where, remedy
