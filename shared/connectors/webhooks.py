"""Signed messages of partners, by the Standard Webhooks specification 1.0 (symmetric scheme, `v1`).

The signature is HMAC-SHA256 over `id.timestamp.body`, the raw bytes, in base64; the key is what follows `whsec_`, in
base64. A message counts within five minutes of its time, either way. Several secrets may be live at once. A message is
a hint; the state that it carries is shown as such, and only where it carries the whole record.
"""

from __future__ import annotations

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from shared.connectors.http_secrets import Secrets
from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.mapping.values import id_text
from shared.connectors.rest.observing import id_of, observed
from shared.connectors.rest.settings import RestSettings
from shared.connectors.rest.subject import Subject
from shared.core.errors import BadSettings
from shared.core.observations import Observation, Source
from shared.ports.system import Hint, Received, Rejected, WebhookRequest

PREFIX = "whsec_"
READ_AGAIN_SECONDS = 60.0
_LONGEST_ID = 256


class StandardWebhooks:
    """Verifies and reads the messages of one system."""

    def __init__(self, settings: RestSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._renewed_at = float("-inf")
        self._subjects = {
            entity: Subject(settings.name, entity, given, settings.mapping(entity))
            for entity, given in settings.entities.items()
        }

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Verify the raw bytes against each live secret, then parse. Never raises for what came in."""
        refused = self._unproven(request, now)
        if refused is not None:
            return refused
        try:
            payload = json.loads(request.body, parse_float=Decimal)
        except (ValueError, RecursionError):
            return Rejected(400, "the body is not JSON")
        events = payload if isinstance(payload, list) else [payload]
        if not all(isinstance(event, Mapping) for event in events):
            return Rejected(400, "the body is not an event")
        hints: list[Hint] = []
        for event in events:
            hint = self._hint(event)
            if isinstance(hint, Rejected):
                return hint
            hints += [hint] if hint is not None else []
        return Received(tuple(hints), request.headers["webhook-id"])

    def _unproven(self, request: WebhookRequest, now: datetime) -> Rejected | None:
        message, sent_at, signatures = (request.headers.get(f"webhook-{name}", "") for name in _HEADERS)
        if not message or not sent_at or not signatures or len(message) > _LONGEST_ID:
            return Rejected(401, "the message is not signed")
        if not _is_near(sent_at, now, self._settings.webhook.tolerance_seconds):
            return Rejected(401, "the message is not from now")
        signed = f"{message}.{sent_at}.".encode() + request.body
        try:
            is_genuine = self._is_genuine(signed, signatures)
        except BadSettings:
            return Rejected(503, "no secret is there to verify messages with")
        return None if is_genuine else Rejected(401, "the signature is wrong")

    def _is_genuine(self, signed: bytes, signatures: str) -> bool:
        if _fits(_keys(self._secrets.get().get(self._settings.webhook.secret_key)), signed, signatures):
            return True
        if time.monotonic() - self._renewed_at < READ_AGAIN_SECONDS:
            return False
        self._renewed_at = time.monotonic()
        is_new = self._secrets.renewed()
        return is_new and _fits(_keys(self._secrets.get().get(self._settings.webhook.secret_key)), signed, signatures)

    def _hint(self, event: Mapping[str, Any]) -> Hint | Rejected | None:
        """Return the hint that an event is; nothing for one about what is not kept in step."""
        spec = self._settings.webhook
        kind = str(_at(event, spec.type) or "")
        data = _at(event, spec.data)
        resource = _at(data, spec.resource) or kind.partition(".")[0]
        entity = self._entity(str(resource))
        if entity is None:
            return None
        subject = self._subjects[entity]
        external_id = id_text(_at(data, spec.id)) if spec.id is not None else id_of(subject, data)
        if external_id is None:
            return Rejected(400, "the event names no record")
        ends = kind.rpartition(".")[2] in spec.ends
        shown = (
            observed(subject, data, Source.MESSAGE) if spec.full and not ends and isinstance(data, Mapping) else None
        )
        is_state = isinstance(shown, Observation) and shown.complete and not shown.deleted
        return Hint(subject.system, entity, external_id, shown if isinstance(shown, Observation) and is_state else None)

    def _entity(self, resource: str) -> str | None:
        named = self._settings.webhook.resources.get(resource)
        if named is not None or resource in self._subjects:
            return named if named in self._subjects else resource if resource in self._subjects else None
        for entity, subject in self._subjects.items():
            last = subject.given.path.partition("?")[0].rstrip("/").rpartition("/")[2]
            if resource and resource in (last, f"{entity}s"):
                return entity
        return None


def signature(secret: str, message: str, sent_at: str, body: bytes) -> str:
    """Return the value of `webhook-signature` for a message: for a sender, and for tests."""
    key = next(iter(_keys(secret)))
    return "v1," + _mac(key, f"{message}.{sent_at}.".encode() + body)


_HEADERS = ("id", "timestamp", "signature")


def _is_near(sent_at: str, now: datetime, tolerance_seconds: int) -> bool:
    if not sent_at.isascii() or not sent_at.isdecimal() or len(sent_at) > len("9999999999"):
        return False
    return abs((now - datetime.fromtimestamp(int(sent_at), UTC)).total_seconds()) <= tolerance_seconds


def _fits(keys: list[bytes], signed: bytes, signatures: str) -> bool:
    """Tell whether one of the signatures is that of one of the keys; takes the same time whichever it is."""
    shown = [part.partition(",")[2] for part in signatures.split() if part.startswith("v1,")]
    found = [hmac.compare_digest(_mac(key, signed).encode(), each.encode()) for key in keys for each in shown]
    return any(found)


def _mac(key: bytes, signed: bytes) -> str:
    return b64encode(hmac.digest(key, signed, sha256)).decode()


def _keys(secret: object) -> list[bytes]:
    """Return the keys of live secrets: a list, or texts parted by blanks. One without the prefix may be plain text."""
    if secret is None or secret == "":
        raise BadSettings("the secret has no webhook secret")
    texts = secret if isinstance(secret, list | tuple) else str(secret).split()
    keys = [key for each in texts for key in _key(str(each)) if key]
    if not keys:
        raise BadSettings("the webhook secret is empty or not base64")
    return keys


def _key(text: str) -> Iterator[bytes]:
    with suppress(ValueError):
        yield b64decode(text.removeprefix(PREFIX), validate=True)
    if not text.startswith(PREFIX):
        yield text.encode()


def _at(record: Any, place: str) -> Any:
    try:
        found = look(record, place) if isinstance(record, Mapping) else None
    except MisfitError:
        return None
    return None if found is MISSING else found
