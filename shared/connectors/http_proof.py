"""Credentials that go along with every call are tried by one caller before all use them (SYNC §7.4).

A token needs no login, but a wrong one is refused all the same: once for every function that starts at that moment,
and some partners lock out whoever is refused a few times. So the first call under a secret counts as the login. It is
made under the lease of `shared.ports.tokens`; once the partner has taken it, the digest of the secret is shared as the
token, and whoever holds that secret calls freely. Refused, it trips the system.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from enum import Enum, auto
from hashlib import blake2b

from shared.connectors.http_secrets import Secrets
from shared.ports.clock import Clock
from shared.ports.tokens import Tokens

PROVEN_HOURS = 12
LEASE_SECONDS = 45
"""Longer than a call may take."""

_WAIT_SECONDS = 3.0
_GLANCE_SECONDS = 0.1
_UNAUTHORIZED = 401
_TOO_MANY = 429
_SERVER_ERROR = 500


class Admission(Enum):
    """Whether a call may be made: under proven credentials, as the one that tries them, or not now."""

    PROVEN = auto()
    TRYING = auto()
    NOT_NOW = auto()


class Proof:
    """What one process knows of the credentials of one system; may be asked from many threads."""

    def __init__(
        self, system: str, secrets: Secrets, tokens: Tokens, clock: Clock, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._system, self._secrets, self._tokens, self._clock = system, secrets, tokens, clock
        self._sleep = sleep
        self._proven: str | None = None

    def enter(self) -> Admission:
        """Ask before a call. `NOT_NOW`: somebody else is trying the credentials, or the system may not be called."""
        mark = self._mark()
        if self._proven == mark or self._is_shared(mark):
            return Admission.PROVEN
        if self._tokens.begin_login(self._system, LEASE_SECONDS):
            return Admission.TRYING
        for _ in range(round(_WAIT_SECONDS / _GLANCE_SECONDS)):
            self._sleep(_GLANCE_SECONDS)
            if self._is_shared(mark):
                return Admission.PROVEN
        return Admission.NOT_NOW

    def leave(self, admission: Admission, status: int | None) -> None:
        """Tell after the call how it was answered; no status if it was not."""
        if status == _UNAUTHORIZED:
            self._refused(admission)
        elif admission is Admission.TRYING:
            taken = status is not None and status < _SERVER_ERROR and status != _TOO_MANY
            until = self._clock.now() + (timedelta(hours=PROVEN_HOURS) if taken else timedelta())
            mark = self._mark()
            self._tokens.keep(self._system, mark, until)  # one that holds no longer only ends the lease
            self._proven = mark if taken else None

    def _refused(self, admission: Admission) -> None:
        self._proven = None
        if admission is Admission.TRYING:
            self._tokens.refuse(self._system, "the system refused our credentials")
        else:
            self._tokens.drop(self._system, self._mark())

    def _is_shared(self, mark: str) -> bool:
        """Tell whether somebody has proven this secret; the proof of another one is dropped."""
        token = self._tokens.token(self._system)
        if token == mark:
            self._proven = mark
            return True
        if token is not None:
            self._tokens.drop(self._system, token)
        return False

    def _mark(self) -> str:
        text = json.dumps(dict(self._secrets.get()), sort_keys=True)
        return f"proof:{blake2b(text.encode(), digest_size=16, person=b'tandem proof').hexdigest()}"


def proof_of(system: str, secrets: Secrets, tokens: Tokens | None, clock: Clock | None) -> Proof | None:
    """Return what proves a system's credentials; nothing where nobody shares what was proven."""
    return None if tokens is None or clock is None else Proof(system, secrets, tokens, clock)
