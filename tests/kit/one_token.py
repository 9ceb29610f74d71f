"""The login tokens of one process, without a store: for a connector that is tested by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class OneToken:
    """Login tokens of one process; notes what was refused."""

    held: str | None = None
    refused: list[str] = field(default_factory=list)
    logins: int = 0

    def token(self, system: str) -> str | None:
        """Return the token."""
        del system
        return self.held

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Let everybody log in until a login was refused."""
        del system, lease_seconds
        self.logins += 1
        return not self.refused

    def keep(self, system: str, token: str, expires: datetime) -> None:
        """Keep the token."""
        del system, expires
        self.held = token

    def drop(self, system: str, token: str) -> None:
        """Forget the token."""
        del system
        self.held = None if self.held == token else self.held

    def refuse(self, system: str, why: str) -> bool:
        """Note the refusal."""
        del system
        self.refused.append(why)
        return len(self.refused) == 1


class Busy(OneToken):
    """Tokens while another function logs in."""

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Let nobody log in."""
        del system, lease_seconds
        return False
