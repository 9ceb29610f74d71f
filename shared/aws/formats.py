"""How our values are spelled in items and messages: compact JSON text that reads back to the very same values.

JSON's own nothing, truth and text stand for themselves. The other kinds are small lists that open with a letter:
`["d", "10.50"]` a number (its zeros kept), `["t", "2026-03-02T09:00:00+00:00"]` a moment, `["r", system, entity,
external id]` a reference. Whatever is stored opens with a format number; `readable` refuses one that this code does not
know, so that an older deployment never reads a newer item as if it understood it.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias

from shared.core.decisions import Decision, Verdict
from shared.core.errors import NeedsAPerson
from shared.core.observations import Revision
from shared.core.values import Reference, Value

FORMAT = 1
READABLE = frozenset({FORMAT})
"""The formats that this code reads: today's and, once there is one, the one before it."""

LONGEST_PLAIN = 700
"""Bytes above which a text is packed. DynamoDB counts whole kilobytes: packed, an order of 3 lines in two systems costs
1 write unit instead of 3, one of 50 lines 6 instead of 30 (paths and digests repeat); it takes 0.1 ms a record."""

Json: TypeAlias = Any
Item: TypeAlias = Mapping[str, Mapping[str, Any]]
"""An item as the low-level client and the stream show it: `{"version": {"N": "3"}}`."""


def readable(found: object, what: str) -> None:
    """Raise `NeedsAPerson` for a format number that this code cannot read."""
    if found not in READABLE:
        known = ", ".join(map(str, sorted(READABLE)))
        raise NeedsAPerson(f"{what} has format {found}, this code reads {known}: deploy the version that wrote it")


def text_of(value: Json) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def attribute(text: str) -> dict[str, Any]:
    """Return a text as an attribute: plain while it is short, packed where that saves most of it."""
    plain = text.encode()
    return {"S": text} if len(plain) <= LONGEST_PLAIN else {"B": zlib.compress(plain)}


def text_in(found: Mapping[str, Any]) -> str:
    """Return the text of such an attribute; the stream shows a packed one in base64."""
    if "S" in found:
        return str(found["S"])
    packed = found["B"]
    return zlib.decompress(b64decode(packed) if isinstance(packed, str) else packed).decode()


def from_value(value: Value) -> Json:
    """Return a value as JSON."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Decimal):
        return ["d", str(value)]
    if isinstance(value, datetime):
        return ["t", from_moment(value)]
    return ["r", value.system, value.entity, value.external_id]


def to_value(found: Json) -> Value:
    """Return the value that JSON spells."""
    if not isinstance(found, list):
        value: Value = found
        return value
    kind, *rest = found
    if kind == "d":
        return Decimal(rest[0])
    return to_moment(rest[0]) if kind == "t" else Reference(*rest)


def from_values(values: Mapping[str, Value]) -> Json:
    """Return values by path as JSON."""
    return {path: from_value(value) for path, value in values.items()}


def to_values(found: Json) -> dict[str, Value]:
    """Return values by path."""
    return {path: to_value(value) for path, value in found.items()}


def from_moment(at: datetime) -> str:
    """Return a moment as text that sorts by time: always UTC, always microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def to_moment(text: str) -> datetime:
    """Return the moment, aware UTC."""
    return datetime.fromisoformat(text)


def maybe_moment(text: str | None) -> datetime | None:
    """Return the moment if there is one."""
    return None if text is None else to_moment(text)


def from_revision(revision: Revision | None) -> Json:
    """Return a revision as JSON."""
    return None if revision is None else [revision.token, revision.order, int(revision.exact)]


def to_revision(found: Json) -> Revision | None:
    """Return the revision."""
    return None if found is None else Revision(found[0], found[1], bool(found[2]))


def filled(parts: Mapping[str, Json]) -> dict[str, Json]:
    """Return the parts that say something: what is empty, zero or nothing is left out."""
    return {name: part for name, part in parts.items() if part or part is False}


def from_decision(made: Decision) -> Json:
    """Return a decision as JSON."""
    return {
        "verdict": made.verdict.value,
        "system": made.system,
        "path": made.path,
        "theirs": from_value(made.theirs),
        "ours": from_value(made.ours),
        "parted_at": made.parted_at,
        "because": made.because,
    }


def to_decision(found: Json) -> Decision:
    """Return the decision."""
    return Decision(
        Verdict(found["verdict"]),
        found["system"],
        found["path"],
        to_value(found["theirs"]),
        to_value(found["ours"]),
        found["parted_at"],
        found["because"],
    )
