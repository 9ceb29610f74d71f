"""Odoo's webhooks: an automation rule posts `{"_model": …, "_id": …}`, unsigned, once, within a second.

What tells it from anybody's message is a token in the address that the rule calls, `…/webhooks/erp?token=…`. A message
is a hint and nothing more: the record is read again, and polling sees what no message told of.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from shared.connectors.http_secrets import Secrets
from shared.connectors.live_secrets import LiveSecrets
from shared.connectors.odoo.settings import MODELS, OdooSettings
from shared.connectors.odoo.subject import CHILDREN
from shared.connectors.odoo.wire import id_of
from shared.core.errors import BadSettings
from shared.ports.system import Hint, Received, Rejected, WebhookRequest

PARAMETER = "token"


class OdooWebhooks:
    """Verifies and reads the webhooks of one Odoo."""

    def __init__(self, settings: OdooSettings, secrets: Secrets) -> None:
        self._system = settings.name
        self._secrets = LiveSecrets(secrets)
        self._own = {MODELS[entity]: entity for entity in settings.mapped}
        self._parts = {CHILDREN[entity].model: entity for entity in settings.mapped if entity in CHILDREN}

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Compare the token with each live one, then parse. Never raises for what came in."""
        del now
        refused = self._unproven(request)
        if refused is not None:
            return refused
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            return Rejected(400, "the body is not JSON")
        record = id_of(body.get("_id")) if isinstance(body, Mapping) else None
        if record is None:
            return Rejected(400, "the body names no record")
        return Received(tuple(self._hints(body, record)))

    def _unproven(self, request: WebhookRequest) -> Rejected | None:
        shown = [value for name, value in parse_qsl(urlsplit(request.url).query) if name == PARAMETER]
        token = shown[0].encode() if len(shown) == 1 else b""
        try:
            is_genuine = self._secrets.fit(lambda live: hmac.compare_digest(live.encode(), token))
        except BadSettings:
            return Rejected(503, "no secret is there to verify messages with")
        return None if is_genuine else Rejected(401, "the address lacks the token, or it is wrong")

    def _hints(self, body: Mapping[str, Any], record: int) -> list[Hint]:
        """Return what a message speaks of: a record, or of one of its parts the record where the body names it."""
        model = body.get("_model")
        entity = self._own.get(str(model))
        part_of = self._parts.get(str(model))
        parent = id_of(body.get(CHILDREN[part_of].parent)) if part_of is not None else None
        if part_of is not None and parent is not None:
            return [Hint(self._system, part_of, str(parent))]
        return [Hint(self._system, entity, str(record))] if entity is not None else []
