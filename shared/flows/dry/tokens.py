"""Login tokens of a dry installation: a token that everybody shares is used, one that is made here stays here."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.ports.clock import Clock
from shared.ports.stores import States, SystemState, SystemStatus
from shared.ports.tokens import REFUSED_SECONDS, Tokens


class DryTokens:
    """Tokens as they are, but for what was kept or dropped here."""

    def __init__(self, base: Tokens, states: States, clock: Clock) -> None:
        """Begin with what everybody shares; whether a system may be called is asked of `states`."""
        self._base, self._states, self._clock = base, states, clock
        self._kept: dict[str, tuple[str, datetime]] = {}
        self._dropped: dict[str, str] = {}
        self._leases: dict[str, datetime] = {}

    def token(self, system: str) -> str | None:
        """Return the token that still holds."""
        now = self._clock.now()
        if not self._states.state(system).may_call(now):
            return None
        kept = self._kept.get(system)
        if kept is not None and kept[1] > now:
            return kept[0]
        shared = self._base.token(system)
        return None if shared == self._dropped.get(system) else shared

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Tell whether this caller may log in."""
        now = self._clock.now()
        lease = self._leases.get(system)
        if self.token(system) is not None or (lease is not None and lease > now):
            return False
        if not self._states.state(system).may_call(now):
            return False
        self._leases[system] = now + timedelta(seconds=lease_seconds)
        return True

    def keep(self, system: str, token: str, expires: datetime) -> None:
        """Keep a token here and end the lease."""
        self._kept[system] = (token, expires)
        self._leases.pop(system, None)

    def drop(self, system: str, token: str) -> None:
        """Forget this token; a newer one stays."""
        if self._kept.get(system, ("",))[0] == token:
            del self._kept[system]
        else:
            self._dropped[system] = token

    def refuse(self, system: str, why: str) -> bool:
        """Trip the system here and end the lease."""
        now = self._clock.now()
        self._kept.pop(system, None)
        self._leases.pop(system, None)
        until = now + timedelta(seconds=REFUSED_SECONDS)
        return self._states.set_state(system, SystemState(SystemStatus.TRIPPED, until, why, since=now))
