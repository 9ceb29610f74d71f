"""Signs the assertion of a JWT login: RS256, which is RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518 §3.3, RFC 8017 §8.2).

A login signs once in hours, with an own key, and chooses nothing by what somebody else sent. That is one power of a
number, which Python has; a crypto library would be the largest thing in the layer. The power is blinded, so that its
time tells nothing of the key, and checked before it leaves, so that a fault of the machine reveals nothing either.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from hashlib import sha256
from math import gcd
from typing import Any

from shared.core.errors import BadSettings

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest, as DER (RFC 8017 §9.2)."""

_SEQUENCE, _INTEGER = 0x30, 0x02
LEAST_BITS = 2048


def assertion(claims: Mapping[str, Any], private_key: str) -> str:
    """Return a signed JWT. BadSettings for a key that is no RSA key in PEM, or too short a one."""
    header = {"alg": "RS256", "typ": "JWT"}
    signed = b".".join(_url64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return (signed + b"." + _url64(signature(signed, private_key))).decode()


def signature(message: bytes, private_key: str) -> bytes:
    """Return the signature of a message."""
    modulus, public, private = _key(private_key)
    size = (modulus.bit_length() + 7) // 8
    digest = _SHA256 + sha256(message).digest()
    padded = int.from_bytes(b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest, "big")
    signed = _blindly(padded, modulus, public, private)
    if pow(signed, public, modulus) != padded:
        raise BadSettings("its private_key does not fit together", remedy="make the key anew")
    return signed.to_bytes(size, "big")


def _blindly(padded: int, modulus: int, public: int, private: int) -> int:
    while gcd(blind := secrets.randbelow(modulus - 2) + 2, modulus) != 1:
        continue
    return pow(padded * pow(blind, public, modulus), private, modulus) * pow(blind, -1, modulus) % modulus


def _key(pem: str) -> tuple[int, int, int]:
    """Return modulus, public and private exponent of a PEM: `PRIVATE KEY` (PKCS #8) or `RSA PRIVATE KEY` (PKCS #1)."""
    try:
        lines = [line.strip() for line in pem.strip().splitlines()]
        if lines[0] not in ("-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----"):
            raise ValueError
        parts = _inside(b64decode("".join(lines[1:-1]), validate=True))
        if lines[0] == "-----BEGIN PRIVATE KEY-----":
            parts = _inside(parts[2][1])
        numbers = [int.from_bytes(content, "big") for tag, content in parts if tag == _INTEGER]
        modulus, public, private = numbers[1:4]
    except (ValueError, IndexError, NotBase64):
        raise BadSettings("its private_key is no RSA key", remedy="put it there in PEM, without a password") from None
    if modulus.bit_length() < LEAST_BITS:
        raise BadSettings("its private_key is too short", remedy=f"use one of {LEAST_BITS} bits or more")
    return modulus, public, private


def _inside(der: bytes) -> list[tuple[int, bytes]]:
    """Return the parts of a sequence: tag and content of each."""
    [(tag, content)] = _parts(der)
    if tag != _SEQUENCE:
        raise ValueError
    return _parts(content)


def _parts(der: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(der):
        tag, length, start = der[at], der[at + 1], at + 2
        if length & 0x80:
            start = at + 2 + (length & 0x7F)
            length = int.from_bytes(der[at + 2 : start], "big")
        if start + length > len(der):
            raise ValueError
        found.append((tag, der[start : start + length]))
        at = start + length
    return found


def _url64(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
