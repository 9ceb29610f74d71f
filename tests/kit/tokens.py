"""Login tokens in memory, on the states of `tests.kit.memory`."""

from __future__ import annotations

from datetime import datetime, timedelta

from shared.ports.clock import Clock
from shared.ports.stores import States, SystemState, SystemStatus
from shared.ports.tokens import REFUSED_SECONDS


class MemoryTokens:
    """Tokens shared by all that hold this object."""

    def __init__(self, states: States, clock: Clock) -> None:
        """Begin without a token; whether a system may be called is read from `states`."""
        self.kept: dict[str, tuple[str, datetime]] = {}
        self.leases: dict[str, datetime] = {}
        self.logins = 0
        self._states, self._clock = states, clock

    def token(self, system: str) -> str | None:
        """Return the token that still holds."""
        kept, now = self.kept.get(system), self._clock.now()
        if kept is None or kept[1] <= now or not self._states.state(system).may_call(now):
            return None
        return kept[0]

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Tell whether this caller may log in."""
        now = self._clock.now()
        lease = self.leases.get(system)
        if not self._states.state(system).may_call(now) or (lease is not None and lease > now):
            return False
        if self.token(system) is not None:
            return False
        self.leases[system] = now + timedelta(seconds=lease_seconds)
        self.logins += 1
        return True

    def keep(self, system: str, token: str, expires: datetime) -> None:
        """Share a token and end the lease."""
        self.kept[system] = (token, expires)
        self.leases.pop(system, None)

    def drop(self, system: str, token: str) -> None:
        """Forget this token; a newer one stays."""
        if self.kept.get(system, ("",))[0] == token:
            del self.kept[system]

    def refuse(self, system: str, why: str) -> bool:
        """Trip the system and end the lease."""
        now = self._clock.now()
        state = SystemState(SystemStatus.TRIPPED, now + timedelta(seconds=REFUSED_SECONDS), why, since=now)
        tripped = self._states.set_state(system, state)
        self.kept.pop(system, None)
        self.leases.pop(system, None)
        return tripped
