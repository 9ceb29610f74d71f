"""Sign outgoing webhooks by the Standard Webhooks specification, 1.0 (symmetric scheme, `v1`)."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256
from secrets import token_bytes

PREFIX = "whsec_"


def new_secret() -> str:
    """Return a fresh secret of 24 bytes in its printed form."""
    return PREFIX + b64encode(token_bytes(24)).decode()


def is_secret(text: str) -> bool:
    """Tell whether a text is a secret of this scheme: prefix, then base64 of 24 to 64 bytes."""
    if not text.startswith(PREFIX):
        return False
    try:
        return 24 <= len(b64decode(text.removeprefix(PREFIX), validate=True)) <= 64
    except ValueError:
        return False


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`: HMAC-SHA256 of `id.timestamp.body`, in base64, after `v1,`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), signed, sha256)).decode()


def signed_headers(secret: str, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Return all headers of one delivery."""
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
