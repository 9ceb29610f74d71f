"""The values that fields hold, and the digests by which they are compared.

A field holds one of a few plain kinds: nothing, a flag, text, a number, a moment, or a reference to another record.
Money and quantities are `Decimal`, moments are aware UTC. In an observation a reference is a `Reference` (system,
entity, external id); in a record it is the id of our own record, which is text.

A link keeps 8-byte digests instead of copies. A digest opens with the number of the normaliser that made it, so a
changed normaliser is noticed: such a digest owes nothing by itself, and is made anew when the field is next shown.
"""

from __future__ import annotations

import unicodedata
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import TypeAlias

NORMALISER = "1"


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """Another record as a partner names it: by system, entity and external id."""

    system: str
    entity: str
    external_id: str


Value: TypeAlias = bool | str | Decimal | datetime | Reference | None
Digest: TypeAlias = str


@lru_cache(maxsize=65536, typed=True)  # typed: true, 1 and "1" are three values
def digest(value: Value) -> Digest:
    """Return the digest of a value: normaliser's number plus 8 bytes of BLAKE2b in URL-safe base64.

    Equal values of one kind have equal digests whatever their spelling: `10` and `10.00`, one instant in two zones,
    composed and decomposed Unicode. Nothing, the empty text, zero and false are four different values.
    """
    code = urlsafe_b64encode(blake2b(canonical(value).encode(), digest_size=8).digest()).decode().rstrip("=")
    return NORMALISER + code


def is_current(known: Digest) -> bool:
    """Tell whether a digest was made by today's normaliser, so that it may be compared at all."""
    return known.startswith(NORMALISER)


def canonical(value: Value) -> str:
    """Return the one spelling of a value that its digest is taken of."""
    if value is None:
        return "n"
    if isinstance(value, bool):
        return f"b{int(value)}"
    if isinstance(value, Decimal):
        return f"d{value.normalize() + 0:f}"
    if isinstance(value, datetime):
        return f"t{value.astimezone(UTC).isoformat(timespec='microseconds')}"
    if isinstance(value, Reference):
        return f"r{value.system}/{value.entity}/{value.external_id}"
    return "s" + unicodedata.normalize("NFC", value)
