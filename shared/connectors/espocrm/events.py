"""Espo's webhooks: a list of records, signed by the webhook's own key, with neither event, id nor time.

`X-Signature` is base64 of `<webhook id>:<raw HMAC-SHA256 of the body>` (checked byte for byte against recordings).
Which event a webhook is for stands in the settings (`webhooks`, id → event); each webhook has a key of its own, so
every live key is tried. There is nothing against replays: a message is a hint, and one that comes again is an echo.
Bodies of updates carry only what changed, so none is taken for a state.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from shared.connectors.espocrm.settings import EspoSettings
from shared.connectors.http_secrets import Secrets
from shared.connectors.live_secrets import LiveSecrets
from shared.core.errors import BadSettings
from shared.ports.system import Hint, Received, Rejected, WebhookRequest

HEADER = "x-signature"


class EspoWebhooks:
    """Verifies and reads the webhooks of one EspoCRM."""

    def __init__(self, settings: EspoSettings, secrets: Secrets) -> None:
        self._system = settings.name
        self._events = dict(settings.webhooks)
        self._secrets = LiveSecrets(secrets)
        self._entities = {settings.entity(entity).type: (entity, "id") for entity in settings.names}
        for entity in settings.names:
            children = settings.entity(entity).children
            if children is not None:
                self._entities.setdefault(children.type, (entity, children.parent))

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Verify the raw bytes against each live key, then parse. Never raises for what came in."""
        del now
        webhook = self._proven(request)
        if isinstance(webhook, Rejected):
            return webhook
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return Rejected(400, "the body is not JSON")
        if not isinstance(body, list) or not body or not all(isinstance(each, Mapping) for each in body):
            return Rejected(400, "the body is not a list of records")
        entity, attribute = self._entities.get(self._events[webhook].partition(".")[0], ("", ""))
        ids = dict.fromkeys(_id(each, attribute) for each in body) if entity else {}
        return Received(tuple(Hint(self._system, entity, each) for each in ids if each))

    def _proven(self, request: WebhookRequest) -> str | Rejected:
        """Return the id of the webhook that sent this, if it is genuine."""
        webhook, _, mac = _decoded(request.headers.get(HEADER, "")).partition(b":")
        try:
            is_genuine = self._secrets.fit(
                lambda key: hmac.compare_digest(hmac.digest(key.encode(), request.body, sha256), mac)
            )
        except BadSettings:
            return Rejected(503, "no secret is there to verify messages with")
        known = webhook.decode("ascii", "replace")
        if not is_genuine or known not in self._events:
            return Rejected(401, "the signature is wrong, or the webhook is not one of those in the settings")
        return known


def signature(webhook: str, key: str, body: bytes) -> str:
    """Return the value of `X-Signature`: for a sender, and for tests."""
    from base64 import b64encode

    return b64encode(webhook.encode() + b":" + hmac.digest(key.encode(), body, sha256)).decode()


def _decoded(header: str) -> bytes:
    try:
        return b64decode(header, validate=True)
    except (NoBase64, ValueError):
        return b""


def _id(record: Mapping[str, Any], attribute: str) -> str | None:
    """Return the id of the record, or of its parent where the body carries it; the poll sees the others."""
    shown = record.get(attribute)
    return shown if isinstance(shown, str) and shown else None
