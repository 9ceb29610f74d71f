"""The secrets that messages of a partner may be signed with: several at once while one is being replaced."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.connectors.http_secrets import Secrets
from shared.core.errors import BadSettings

READ_AGAIN_SECONDS = 60.0


class LiveSecrets:
    """The texts under one key of a system's secret, parted by blanks; read again now and then where none fits."""

    def __init__(self, secrets: Secrets, key: str = "webhook_secret") -> None:
        self._secrets = secrets
        self._key = key
        self._renewed_at = float("-inf")

    def fit(self, fits: Callable[[str], bool]) -> bool:
        """Tell whether one of the live secrets fits; each is tried. BadSettings where there is none."""
        if self._any(fits):
            return True
        if time.monotonic() - self._renewed_at < READ_AGAIN_SECONDS:
            return False
        self._renewed_at = time.monotonic()
        return self._secrets.renewed() and self._any(fits)

    def _any(self, fits: Callable[[str], bool]) -> bool:
        texts = self._secrets.get().get(self._key, "").split()
        if not texts:
            raise BadSettings(f"the secret has no {self._key}")
        answers = [fits(text) for text in texts]  # each is tried, so that the time tells nothing
        return any(answers)
