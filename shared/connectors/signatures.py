"""How messages are signed: Standard Webhooks, and the ways of some senders; each proves the raw bytes, then tells who.

All are HMAC-SHA256. What differs is what is signed besides the body, how the key is written, and where the signature
stands. Only Standard Webhooks and Stripe's way sign a time, so only they can refuse what is old; behind the others a
message that comes again is a hint that comes again. A header that is missing is never taken for one that is not needed.
"""

from __future__ import annotations

import hmac
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from types import MappingProxyType
from typing import Protocol
from unicodedata import normalize

from shared.connectors.http_secrets import Secrets
from shared.connectors.live_secrets import READ_AGAIN_SECONDS, LiveSecrets
from shared.connectors.rest.access import WebhookSettings
from shared.core.errors import BadSettings
from shared.ports.system import Rejected, WebhookRequest

PREFIX = "whsec_"
_HEADERS = ("id", "timestamp", "signature")
_LONGEST_ID = 256
_NOT_SIGNED = Rejected(401, "the message is not signed")
_NOT_FROM_NOW = Rejected(401, "the message is not from now")
_WRONG = Rejected(401, "the signature is wrong")
_NO_SECRET = Rejected(503, "no secret is there to verify messages with")


@dataclass(frozen=True, slots=True)
class Genuine:
    """A message that is what its sender signed; `event_id` is what it is known by, if its sender tells."""

    event_id: str | None


class Proves(Protocol):
    """Tells whether messages are genuine."""

    def proven(self, request: WebhookRequest, now: datetime) -> Genuine | Rejected:
        """Compare the raw bytes with each live secret. Never raises for what came in."""


@dataclass(frozen=True, slots=True)
class Way:
    """A signature of the body alone: its header, how it is written, and the header that tells the event's id."""

    header: str
    hexadecimal: bool = False
    prefix: str = ""
    id_header: str = ""
    composed: bool = False
    """Whether the key is taken in Unicode's decomposed form (NFKD)."""

    def written(self, secret: str, body: bytes) -> str:
        """Return the value of the header."""
        key = normalize("NFKD", secret).encode() if self.composed else secret.encode()
        mac = hmac.digest(key, body, sha256)
        return self.prefix + (mac.hex() if self.hexadecimal else b64encode(mac).decode())


WAYS: Mapping[str, Way] = MappingProxyType(
    {
        "shopify": Way("x-shopify-hmac-sha256", id_header="x-shopify-webhook-id"),
        "github": Way("x-hub-signature-256", hexadecimal=True, prefix="sha256=", id_header="x-github-delivery"),
        "easypost": Way("x-hmac-signature", hexadecimal=True, prefix="hmac-sha256-hex=", composed=True),
        "frappe": Way("x-frappe-webhook-signature"),
    }
)


SCHEMES = ("standard", "stripe", *WAYS)
"""What `scheme` may say."""


def proof_of(settings: WebhookSettings, secrets: Secrets) -> Proves:
    """Return what proves the messages of a system, as its settings say."""
    if settings.scheme == "standard":
        return StandardSignatures(settings, secrets)
    live = LiveSecrets(secrets, settings.secret_key)
    if settings.scheme == "stripe":
        return TimedSignatures(settings, live)
    return BodySignatures(WAYS[settings.scheme], live)


class StandardSignatures:
    """Standard Webhooks 1.0, the symmetric scheme `v1`: id, time and body; the key is base64 behind `whsec_`."""

    def __init__(self, settings: WebhookSettings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets
        self._renewed_at = float("-inf")

    def proven(self, request: WebhookRequest, now: datetime) -> Genuine | Rejected:
        """Compare the raw bytes with each live secret. Never raises for what came in."""
        message, sent_at, signatures = (request.headers.get(f"webhook-{name}", "") for name in _HEADERS)
        if not message or not sent_at or not signatures or len(message) > _LONGEST_ID:
            return _NOT_SIGNED
        if not _is_near(sent_at, now, self._settings.tolerance_seconds):
            return _NOT_FROM_NOW
        signed = f"{message}.{sent_at}.".encode() + request.body
        return _told(lambda: self._is_genuine(signed, signatures), message)

    def _is_genuine(self, signed: bytes, signatures: str) -> bool:
        if _fits(_keys(self._secrets.get().get(self._settings.secret_key)), signed, signatures):
            return True
        if time.monotonic() - self._renewed_at < READ_AGAIN_SECONDS:
            return False
        self._renewed_at = time.monotonic()
        is_new = self._secrets.renewed()
        return is_new and _fits(_keys(self._secrets.get().get(self._settings.secret_key)), signed, signatures)


class BodySignatures:
    """The body alone is signed."""

    def __init__(self, way: Way, secrets: LiveSecrets) -> None:
        self._way, self._secrets = way, secrets

    def proven(self, request: WebhookRequest, now: datetime) -> Genuine | Rejected:
        """Compare the raw bytes with each live secret. Never raises for what came in."""
        del now
        shown = request.headers.get(self._way.header, "")
        if not shown:
            return _NOT_SIGNED
        event_id = _id(request.headers.get(self._way.id_header, ""), request.body)
        return _told(lambda: self._secrets.fit(lambda secret: self._fits(secret, request.body, shown)), event_id)

    def _fits(self, secret: str, body: bytes, shown: str) -> bool:
        return hmac.compare_digest(self._way.written(secret, body).encode(), shown.encode("utf-8", "replace"))


class TimedSignatures:
    """Stripe's way: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]` over `<seconds>.<body>`."""

    def __init__(self, settings: WebhookSettings, secrets: LiveSecrets) -> None:
        self._settings, self._secrets = settings, secrets

    def proven(self, request: WebhookRequest, now: datetime) -> Genuine | Rejected:
        """Compare the raw bytes with each live secret. Never raises for what came in."""
        parts = [part.partition("=") for part in request.headers.get("stripe-signature", "").split(",")]
        times = [value for name, _, value in parts if name == "t"]
        shown = [value.encode("utf-8", "replace") for name, _, value in parts if name == "v1" and value]
        if len(times) != 1 or not shown:
            return _NOT_SIGNED
        if not _is_near(times[0], now, self._settings.tolerance_seconds):
            return _NOT_FROM_NOW
        signed = times[0].encode() + b"." + request.body
        return _told(lambda: self._secrets.fit(lambda secret: self._fits(secret, signed, shown)), None)

    def _fits(self, secret: str, signed: bytes, shown: list[bytes]) -> bool:
        mac = hmac.digest(secret.encode(), signed, sha256).hex().encode()
        found = [hmac.compare_digest(mac, each) for each in shown]  # each is compared, so that the time tells nothing
        return any(found)


def signature(secret: str, message: str, sent_at: str, body: bytes) -> str:
    """Return the value of `webhook-signature` for a message: for a sender, and for tests."""
    key = next(iter(_keys(secret)))
    return "v1," + _mac(key, f"{message}.{sent_at}.".encode() + body)


def timed_signature(secret: str, sent_at: str, body: bytes) -> str:
    """Return the value of `Stripe-Signature` for a message: for a sender, and for tests."""
    return f"t={sent_at},v1={hmac.digest(secret.encode(), f'{sent_at}.'.encode() + body, sha256).hex()}"


def _told(is_genuine: Callable[[], bool], event_id: str | None) -> Genuine | Rejected:
    try:
        return Genuine(event_id) if is_genuine() else _WRONG
    except BadSettings:
        return _NO_SECRET


def _id(own: str, body: bytes) -> str | None:
    """Return an id that nobody can take from another message: the header is not signed, so the body goes in too."""
    if not own or len(own) > _LONGEST_ID:
        return None
    return blake2b(own.encode("utf-8", "replace") + b"\n" + body, digest_size=16).hexdigest()


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
