"""The door of a Salesforce org: logins by client credentials or JWT, and a session whose answer names no end."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from tests.connectors.fakes.base import Asked, Fake, Given
from tests.connectors.fakes.salesforce_soql import refused

LOGIN = "/services/oauth2/token"


class LoginDesk(Fake):
    """Who is let in; what the org holds is laid over it."""

    def __init__(self) -> None:
        super().__init__()
        self.credential = "a-live-secret"
        self.access = "00D-access-1"
        self.logins: list[dict[str, str]] = []

    def tokens(self) -> list[str]:
        """Return the secret and the session."""
        return [*super().tokens(), self.access]

    def expire(self) -> Mapping[str, str]:
        """Let the secret and the session end."""
        self.credential, self.access = "a-newer-secret", "00D-access-2"
        return {"client_secret": self.credential}

    def lock_out(self) -> None:
        """Take no secret and no session any more."""
        self.credential, self.access = None, "nobody's"

    def is_let_in(self, asked: Asked) -> bool:
        """Tell whether a request carries the live session; a login needs none."""
        is_login = asked.path == LOGIN
        return is_login or asked.headers.get("authorization") == f"Bearer {self.access}"

    def shut_out(self) -> Given:
        """Return the answer to a call without a live session."""
        return refused(401, "INVALID_SESSION_ID", "Session expired or invalid")

    def logged_in(self, asked: Asked) -> Given:
        """Answer a login; a JWT is taken as it is."""
        form = {name: values[0] for name, values in parse_qs(asked.raw.decode()).items()}
        self.logins.append(form)
        if form.get("grant_type") == "client_credentials" and form.get("client_secret") != self.credential:
            return Given(400, {"error": "invalid_client", "error_description": "invalid client credentials"})
        return Given(200, {"access_token": self.access, "instance_url": self.url, "token_type": "Bearer"})
