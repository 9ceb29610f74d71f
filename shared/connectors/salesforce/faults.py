"""What Salesforce's errors mean: one table of codes over the table of HTTP statuses.

A refused call answers a list of `{message, errorCode, fields}`; an item inside a collection says `statusCode` instead,
and a refused login is an object. A limit comes as 403, and names no time to wait.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from shared.connectors.http import Outcome, Reply
from shared.connectors.http_faults import Meaning, safe_text, trouble_of
from shared.connectors.http_json import decoded
from shared.connectors.salesforce.ids import is_id, whole_id
from shared.core.observations import Next, Trouble

LIMIT = "REQUEST_LIMIT_EXCEEDED"
_PERMANENT = (
    *("REQUIRED_FIELD_MISSING", "FIELD_CUSTOM_VALIDATION_EXCEPTION", "FIELD_INTEGRITY_EXCEPTION", "INVALID_FIELD"),
    *("INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE", "DUPLICATE_VALUE", "DUPLICATES_DETECTED"),
    *("DUPLICATE_EXTERNAL_ID", "INVALID_CROSS_REFERENCE_KEY", "STRING_TOO_LONG", "MALFORMED_ID", "MALFORMED_QUERY"),
    *(
        "STORAGE_LIMIT_EXCEEDED",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_EMAIL_ADDRESS",
        "JSON_PARSER_ERROR",
    ),
    *("TXN_SECURITY_METERING_ERROR", "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "DELETE_FAILED"),
    *(
        "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
        "API_DISABLED_FOR_ORG",
        "NOT_FOUND",
        "NUMBER_OUTSIDE_VALID_RANGE",
    ),
)
CODES: Mapping[str, Meaning] = MappingProxyType(
    {
        **dict.fromkeys(_PERMANENT, Meaning(Next.PERMANENT)),
        "ENTITY_IS_DELETED": Meaning(Next.CONFLICT),
        "ENTITY_IS_LOCKED": Meaning(Next.RETRYABLE),
        "UNABLE_TO_LOCK_ROW": Meaning(Next.RETRYABLE),
        "QUERY_TIMEOUT": Meaning(Next.RETRYABLE),
        "UNKNOWN_EXCEPTION": Meaning(Next.RETRYABLE),
        "SERVER_UNAVAILABLE": Meaning(Next.RETRYABLE, whole_system=True),
        LIMIT: Meaning(Next.THROTTLED, whole_system=True),
        "INVALID_SESSION_ID": Meaning(Next.AUTH, whole_system=True),
        "INVALID_AUTH_HEADER": Meaning(Next.AUTH, whole_system=True),
    }
)
"""Code → what to do next. Another one goes by its HTTP status; inside a batch it may be tried again."""

_LOCKED = ("CANNOT_EXECUTE_FLOW_TRIGGER", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
_LOCK_WORDS = ("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access")
_HOLDER = re.compile(r"\bid:\s*([A-Za-z0-9]{15,18})\b")


@dataclass(frozen=True, slots=True)
class Waits:
    """How long to pause: with the day's calls used up, and with too many calls side by side."""

    daily_seconds: float
    busy_seconds: float


def trouble(outcome: Outcome, hide: Iterable[str], waits: Waits) -> Trouble:
    """Return the trouble behind an outcome that is no success."""
    hidden = tuple(hide)
    found = trouble_of(outcome, hidden)
    if not isinstance(outcome, Reply):
        return found
    body = decoded(outcome.body)
    error = next((each for each in body if isinstance(each, Mapping)), None) if isinstance(body, list) else None
    if error is None:
        return found
    code, message = code_of(error), str(error.get("message") or "")
    known = CODES.get(code) if outcome.status < 500 else None
    if known is not None:
        found = replace(found, next=known.next, whole_system=known.whole_system or found.whole_system)
    if code == LIMIT and found.wait_seconds is None:
        is_busy = "concurrent" in message.lower()
        found = replace(found, wait_seconds=waits.busy_seconds if is_busy else waits.daily_seconds)
    named = _field(error, hidden)
    return replace(found, code=safe_text(code or found.code, hidden), message=safe_text(message, hidden), field=named)


def item_trouble(
    error: Mapping[str, Any], hide: Iterable[str], reference: str = "", *, is_known: bool = False
) -> Trouble:
    """Return the trouble of one record inside an answer.

    `reference` is the field of our record id: whoever holds it already was made by us, so one more look tells.
    `is_known` says that the record was named by its id: one that cannot be resolved is a reason to look.
    """
    code, message, hidden = code_of(error) or "unknown", str(error.get("message") or ""), tuple(hide)
    meaning = CODES.get(code, Meaning(Next.RETRYABLE))
    if code in _LOCKED:
        is_lock = any(words in message for words in _LOCK_WORDS)
        meaning = Meaning(Next.RETRYABLE if is_lock else Next.PERMANENT)
    is_ours = code == "DUPLICATE_VALUE" and bool(reference) and reference in message
    is_gone = is_known and code in ("NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY") and not error.get("fields")
    return Trouble(
        Next.CONFLICT if is_ours or is_gone else meaning.next,
        safe_text(code, hidden),
        safe_text(message, hidden),
        whole_system=meaning.whole_system,
        field=_field(error, hidden),
        candidates=tuple(dict.fromkeys(_candidates(error, code, message))),
    )


def code_of(error: Mapping[str, Any]) -> str:
    """Return an error's code, under either of its names."""
    return str(error.get("statusCode") or error.get("errorCode") or "")


def _candidates(error: Mapping[str, Any], code: str, message: str) -> Iterator[str]:
    """Yield the ids of the records that are in the way."""
    if code == "DUPLICATE_VALUE":
        yield from (whole_id(each) for each in _HOLDER.findall(message))
    if code == "DUPLICATES_DETECTED":
        yield from (whole_id(each) for each in _matches(error) if is_id(each))


def _matches(found: Any) -> Iterator[str]:
    """Yield the ids of matched records, wherever the details of a duplicate rule show them."""
    if isinstance(found, list):
        for each in found:
            yield from _matches(each)
    elif isinstance(found, Mapping):
        record = found.get("record")
        if isinstance(record, Mapping) and isinstance(record.get("Id"), str):
            yield record["Id"]
        for each in found.values():
            yield from _matches(each)


def _field(error: Mapping[str, Any], hidden: tuple[str, ...]) -> str | None:
    fields = error.get("fields")
    first = fields[0] if isinstance(fields, list) and fields else None
    return safe_text(first, hidden) if isinstance(first, str) else None
