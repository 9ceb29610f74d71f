"""One login for all functions: who has the lease logs in, the others wait a moment for the token that it brings.

The rules are those of `shared.ports.tokens`: a token is shared until it ends, one that the partner no longer takes is
dropped, and a refused login trips the system, because some partners lock out whoever is refused a few times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from shared.connectors.http_secrets import Secrets
from shared.core.errors import BadSettings
from shared.core.observations import LOGIN_UNDER_WAY, Next, Trouble
from shared.ports.tokens import Tokens

WAIT_SECONDS = 3.0
_GLANCE_SECONDS = 0.1


class SharedLogin:
    """The token of one system, by the login that a connector knows how to make."""

    def __init__(
        self, system: str, tokens: Tokens, lease_seconds: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._system, self._tokens, self._lease_seconds = system, tokens, lease_seconds
        self._sleep = sleep

    def apart(self, tokens: Tokens) -> SharedLogin:
        """Return the same login with tokens of its own."""
        return SharedLogin(self._system, tokens, self._lease_seconds, self._sleep)

    def token(self, log_in: Callable[[], str | Trouble]) -> str | Trouble:
        """Return the token that holds; without one, what this caller's login brings, or another's within seconds."""
        token = self._tokens.token(self._system)
        if token is not None:
            return token
        if self._tokens.begin_login(self._system, self._lease_seconds):
            return log_in()
        for _ in range(round(WAIT_SECONDS / _GLANCE_SECONDS)):
            self._sleep(_GLANCE_SECONDS)
            token = self._tokens.token(self._system)
            if token is not None:
                return token
        waiting = "another function is logging in, or the system is paused"
        return Trouble(Next.RETRYABLE, LOGIN_UNDER_WAY, waiting, wait_seconds=1.0, whole_system=True)

    def keep(self, token: str, until: datetime) -> None:
        """Share the token that a login brought."""
        self._tokens.keep(self._system, token, until)

    def drop(self, token: str) -> None:
        """Forget a token that the partner no longer takes."""
        self._tokens.drop(self._system, token)

    def refused(self, why: str) -> Trouble:
        """Trip the system because it refused the login; return the trouble that this is."""
        self._tokens.refuse(self._system, why)
        return Trouble(Next.AUTH, "login-refused", why, whole_system=True)

    def lacks(self, wrong: BadSettings, secrets: Secrets) -> Trouble:
        """Trip the system because its secret does not hold what a login needs; say which secret that is."""
        where = wrong.where or f"secret {secrets.name}"
        return self.refused(str(BadSettings(wrong.what, where, wrong.remedy)))
