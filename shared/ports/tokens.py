"""The port to login tokens of partners: one login for all functions, and a refused one ends all calls (SYNC §7.4).

A connector that logs in goes this way, before each run of calls:

1. `token` gives what somebody else's login brought: use it.
2. Nothing there: `begin_login` gives the lease to one caller. Whoever does not get it answers a retryable `Trouble` of
   the whole system; the token will be there when the message comes again.
3. The partner takes the password: `keep`. It refuses it: `refuse`, which trips the system before the lease ends.
   Neither (time-out, 5xx): nothing; the lease ends by itself.
4. The partner no longer takes a token: `drop` it and begin at 1, once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

REFUSED_SECONDS = 3600
"""How long a system that refused a login is left alone unless a person resumes it: a try an hour locks nobody out."""


class Tokens(Protocol):
    """Tokens shared by all functions."""

    def token(self, system: str) -> str | None:
        """Return the token that still holds; nothing if there is none, or the system may not be called."""

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Tell whether this caller may log in: no token is there, nobody else is about to, the system may be called."""

    def keep(self, system: str, token: str, expires: datetime) -> None:
        """Share the token that a login brought, until it expires, and end the lease."""

    def drop(self, system: str, token: str) -> None:
        """Forget a token that the partner no longer takes; a newer one stays."""

    def refuse(self, system: str, why: str) -> bool:
        """Trip the system for `REFUSED_SECONDS` because it refused the login; tell whether this call tripped it."""
