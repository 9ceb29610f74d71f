"""HubSpot's webhooks: lists of up to a hundred events, signed by signature v3 over the URL that HubSpot was told.

`X-HubSpot-Signature-v3` is base64 of HMAC-SHA256, with the app's client secret, over method, URL, body and the
milliseconds of `X-HubSpot-Request-Timestamp`. In the URL some escapes are decoded first. The URL is the configured one:
behind a gateway the one that arrives is another. Older signatures are refused. Events are unordered, may repeat, and
their ids are not unique: an event is known by the documented tuple. Source: HubSpot, validating requests, v3.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b, sha256
from typing import Any

from shared.connectors.http_secrets import Secrets
from shared.connectors.hubspot.settings import HubSpotSettings
from shared.connectors.live_secrets import LiveSecrets
from shared.connectors.mapping.moments import microseconds
from shared.core.errors import BadSettings
from shared.ports.system import Hint, Received, Rejected, WebhookRequest

SIGNATURE, TIMESTAMP = "x-hubspot-signature-v3", "x-hubspot-request-timestamp"
TOLERANCE_MILLISECONDS = 300_000
IDENTITY = ("portalId", "subscriptionType", "objectId", "eventId", "occurredAt", "propertyName")
_DECODED = {
    **{"%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'"},
    **{"%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";"},
}
_SINGULAR = {
    **{"companies": "company", "contacts": "contact", "products": "product", "deals": "deal"},
    "line_items": "line_item",
}
_IDS = ("objectId", "primaryObjectId", "newObjectId", "fromObjectId", "toObjectId")


class HubSpotWebhooks:
    """Verifies and reads the webhooks of one HubSpot account."""

    def __init__(self, settings: HubSpotSettings, secrets: Secrets) -> None:
        self._system = settings.name
        self._url = decoded_url(settings.webhook_url)
        self._portal = settings.portal_id
        self._secrets = LiveSecrets(secrets)
        self._entities: dict[str, str] = {}
        for entity in settings.names:
            given = settings.entity(entity)
            names = (given.type, given.type_id, _SINGULAR.get(given.type, given.type))
            self._entities |= {name: entity for name in names if name}

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:
        """Verify the raw bytes against each live secret, then parse. Never raises for what came in."""
        refused = self._unproven(request, now)
        if refused is not None:
            return refused
        try:
            events = json.loads(request.body)
        except (ValueError, RecursionError):
            return Rejected(400, "the body is not JSON")
        if not isinstance(events, list) or not all(isinstance(each, Mapping) for each in events):
            return Rejected(400, "the body is not a list of events")
        mine = [each for each in events if self._portal is None or each.get("portalId") == self._portal]
        hints = dict.fromkeys(hint for event in mine for hint in self._hints(event))
        return Received(tuple(hints), identity(events) if events else None)

    def _unproven(self, request: WebhookRequest, now: datetime) -> Rejected | None:
        shown, sent_at = request.headers.get(SIGNATURE, ""), request.headers.get(TIMESTAMP, "")
        if not shown or not sent_at:
            return Rejected(401, "the message is not signed")
        if not _is_near(sent_at, now):
            return Rejected(401, "the message is not from now")
        signed = b"POST" + self._url.encode() + request.body + sent_at.encode()
        try:
            is_genuine = self._secrets.fit(
                lambda secret: hmac.compare_digest(_mac(secret, signed), shown.encode("utf-8", "replace"))
            )
        except BadSettings:
            return Rejected(503, "no secret is there to verify messages with")
        return None if is_genuine else Rejected(401, "the signature is wrong")

    def _hints(self, event: Mapping[str, Any]) -> Iterator[Hint]:
        """Yield a hint for every record that an event names: of a merge, all that took part in it."""
        kind = str(event.get("subscriptionType") or "").partition(".")[0]
        entity = self._entities.get(str(event.get("objectTypeId") or "")) or self._entities.get(kind)
        if entity is None:
            return
        is_association = "associationType" in event
        merged = event.get("mergedObjectIds")
        named = [event.get(name) for name in (_IDS if not is_association else ("fromObjectId",))]
        for each in [*named, *(merged if isinstance(merged, list) else [])]:
            if isinstance(each, int | str) and not isinstance(each, bool) and str(each):
                yield Hint(self._system, entity, str(each))


def identity(events: Sequence[Mapping[str, Any]]) -> str:
    """Return what a batch of events is known by: a digest of their documented tuples, whatever their order."""
    tuples = sorted(json.dumps([event.get(name) for name in IDENTITY]) for event in events)
    return blake2b("\n".join(tuples).encode(), digest_size=16).hexdigest()


def decoded_url(url: str) -> str:
    """Return a URL as it is signed: only the documented escapes are decoded."""
    for escape, letter in _DECODED.items():
        url = url.replace(escape, letter).replace(escape.lower(), letter)
    return url


def signature(secret: str, url: str, body: bytes, sent_at: str) -> str:
    """Return the value of `X-HubSpot-Signature-v3`: for a sender, and for tests."""
    return _mac(secret, b"POST" + decoded_url(url).encode() + body + sent_at.encode()).decode()


def _mac(secret: str, signed: bytes) -> bytes:
    return b64encode(hmac.digest(secret.encode(), signed, sha256))


def _is_near(sent_at: str, now: datetime) -> bool:
    if not sent_at.isascii() or not sent_at.isdecimal() or len(sent_at) > len("9999999999999"):
        return False
    return abs(microseconds(now) // 1000 - int(sent_at)) <= TOLERANCE_MILLISECONDS
