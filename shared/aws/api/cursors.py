"""Cursors: where a list goes on, in a text that says nothing to whoever carries it.

A cursor is bound to its list; one of another list, or a cut or altered one, is refused with the next step.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeAlias
from zlib import crc32

from shared.aws.api.problems import Refusal

Part: TypeAlias = str | int | None


def cursor_text(kind: str, parts: Sequence[Part]) -> str:
    """Return the text of a cursor of one list."""
    content = json.dumps([kind, *parts], separators=(",", ":"), ensure_ascii=False).encode()
    return urlsafe_b64encode(crc32(content).to_bytes(4, "big") + content).decode().rstrip("=")


def cursor_parts(kind: str, text: str | None) -> tuple[Part, ...]:
    """Return what a cursor of this list holds; nothing at the beginning. Raise `Refusal` (400) for another text."""
    if text is None:
        return ()
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found, *parts = json.loads(raw[4:])
    except ValueError as error:
        raise _foreign(kind) from error
    if raw[:4] != crc32(raw[4:]).to_bytes(4, "big") or found != kind:
        raise _foreign(kind)
    return tuple(parts)


def _foreign(kind: str) -> Refusal:
    return Refusal(
        HTTPStatus.BAD_REQUEST,
        f"`next` is no cursor of {kind}",
        "take it as it is from the answer before, or leave it out to begin anew",
    )
