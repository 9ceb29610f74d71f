"""A fake Tryton for tests: how it is described, connected, and how it tells an error."""

from __future__ import annotations

from shared.connectors.http_secrets import ReadSecret
from shared.connectors.tryton import TrytonSettings, connect
from shared.connectors.tryton.system import TrytonSystem
from tests.connectors.fakes.base import Given
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken


def settings(url: str) -> TrytonSettings:
    """Return the settings for the fake."""
    given = {"name": "erp", "base_url": url, "database": "erp", "secret": "erp"}
    return TrytonSettings.model_validate(given)


def connected(url: str, read_secret: ReadSecret) -> TrytonSystem:
    """Return the connected system."""
    return connect(settings(url), read_secret, OneToken(), FakeClock())


def fault(kind: str, text: str = "Something is wrong.") -> Given:
    """Return an error as Tryton answers it."""
    return Given(200, {"id": 1, "error": [kind, [text, ""]]})
