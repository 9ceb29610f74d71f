"""The partners' credentials in Secrets Manager: `<prefix>/<the system's secret>`, a JSON object of texts.

Nothing is kept here: a connector keeps what it has read for five minutes and reads again when the partner refuses it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from botocore.exceptions import ClientError

from shared.aws.clients import Clients
from shared.aws.failures import code_of, explained
from shared.core.errors import BadSettings

_ABSENT = frozenset({"ResourceNotFoundException", "InvalidRequestException"})


class Secrets:
    """Reads secrets; `reads` counts the calls."""

    def __init__(self, clients: Clients, prefix: str) -> None:
        """Make no call yet."""
        self.reads = 0
        self._clients, self._prefix = clients, prefix

    def read(self, name: str) -> Mapping[str, str]:
        """Return a secret as it is now. Raises `BadSettings` where it is missing or no JSON object of texts."""
        place = f"{self._prefix}/{name}"
        self.reads += 1
        with explained(f"read secret {place}"):
            try:
                answer = self._clients.secrets.get_secret_value(SecretId=place)
            except ClientError as error:
                if code_of(error) in _ABSENT:
                    raise BadSettings("it does not exist", f"secret {place}", "put the credentials there") from error
                raise
        return _read(answer.get("SecretString", ""), place)


def _read(text: str, place: str) -> Mapping[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(part, str) for part in found.values()):
        remedy = 'write it like {"token": "…"} or {"username": "…", "password": "…"}'
        raise BadSettings("it is no JSON object of texts", f"secret {place}", remedy)
    return found
