"""Secrets of partner systems: read on first use, kept for a while, turned into headers, never shown.

A secret is a JSON object of texts: `token`, `api_key`, `username` and `password`, `webhook_secret`.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Mapping

from shared.core.errors import BadSettings

Secret = Mapping[str, str]
ReadSecret = Callable[[str], Secret]
Authorize = Callable[[Secret], Mapping[str, str]]

KEPT_SECONDS = 300.0


class Secrets:
    """The secret of one system, by name; no name, no secret. Raises what reading it raises."""

    def __init__(self, name: str, read: ReadSecret, kept_seconds: float = KEPT_SECONDS) -> None:
        self.name = name
        self._read = read
        self._kept_seconds = kept_seconds
        self._until = 0.0
        self._secret: Secret | None = None

    def get(self) -> Secret:
        """Return the secret."""
        secret = self._secret
        if secret is None or time.monotonic() >= self._until:
            secret = dict(self._read(self.name)) if self.name else {}
            self._secret, self._until = secret, time.monotonic() + self._kept_seconds
        return secret

    def fresh(self) -> Secret:
        """Read the secret again: a login is rare, and may follow a person's change of it."""
        self._secret = None
        return self.get()

    def renewed(self) -> bool:
        """Read the secret again; tell whether it is another one."""
        before = self._secret
        return self.fresh() != before


def held(secret: Secret, key: str) -> str:
    """Return what a secret holds under a key; raise `BadSettings` where that is nothing."""
    if not secret.get(key):
        raise BadSettings(f"it has no {key}", remedy="add it")
    return secret[key]


def bearer(secret: Secret) -> Mapping[str, str]:
    """Return the header of a bearer token (`token`)."""
    return {"Authorization": f"Bearer {held(secret, 'token')}"}


def basic(secret: Secret) -> Mapping[str, str]:
    """Return the header of basic authentication (`username`, `password`), RFC 7617 in UTF-8."""
    pair = f"{held(secret, 'username')}:{held(secret, 'password')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def api_key(header: str, prefix: str = "") -> Authorize:
    """Return what makes the header of an API key (`api_key`)."""
    return lambda secret: {header: f"{prefix}{held(secret, 'api_key')}"}


def as_it_holds(header: str) -> Authorize:
    """Return what chooses by what the secret holds: a token, an API key, a password, or nothing at all."""

    def authorize(secret: Secret) -> Mapping[str, str]:
        if "token" in secret:
            return bearer(secret)
        if "api_key" in secret:
            return api_key(header)(secret)
        return basic(secret) if "username" in secret else {}

    return authorize


def nobody(_: Secret) -> Mapping[str, str]:
    """Return no header: the system asks for none, or the connector brings its own."""
    return {}
