"""What an HTTP outcome means: the table status → what to do next, Retry-After, and texts that are safe to keep.

`trouble_of` is for reads, and for writes that surely had no effect; `is_unsure` says after which outcomes of a write
nobody knows. RFC 9110 (statuses, Retry-After) and RFC 9457 (problem details) are the sources.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from shared.connectors.http import Lost, NotSent, Outcome, Reply
from shared.connectors.http_json import decoded
from shared.core.observations import LOGIN_UNDER_WAY, NO_BUDGET, Next, Trouble

LONGEST_WAIT_SECONDS = 86_400.0
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do next, and whether the trouble is the whole system's rather than one record's."""

    next: Next
    whole_system: bool = False


STATUSES: Mapping[int, Meaning] = MappingProxyType(
    {
        401: Meaning(Next.AUTH, whole_system=True),
        408: Meaning(Next.RETRYABLE),
        409: Meaning(Next.CONFLICT),
        412: Meaning(Next.CONFLICT),
        423: Meaning(Next.RETRYABLE),
        425: Meaning(Next.RETRYABLE),
        429: Meaning(Next.THROTTLED, whole_system=True),
        501: Meaning(Next.PERMANENT),
        502: Meaning(Next.RETRYABLE, whole_system=True),
        503: Meaning(Next.RETRYABLE, whole_system=True),
        504: Meaning(Next.RETRYABLE, whole_system=True),
    }
)
"""The statuses that say something of their own; of the others 4xx and 3xx are permanent and 5xx may be tried again.

501 says that the server does not know how to do such a thing at all (RFC 9110 §15.6.2): it surely has not done it.
"""

_TEXTS = ("detail", "message", "title", "error_description", "error")
_CODES = ("code", "error_code", "errorCode")
_HOLDERS = ("holder_id", "existing_id", "duplicate_id", "conflicting_id", "existingId", "duplicateId")
_EMAIL = re.compile(r"[^\s@\"'<>(),;:]+@[^\s@\"'<>(),;:]+")
_DIGITS = re.compile(r"\d{5,}")


def meaning(status: int) -> Meaning:
    """Return what a status means; one that nobody knows may be tried again."""
    known = STATUSES.get(status)
    if known is not None:
        return known
    return Meaning(Next.PERMANENT) if 300 <= status < 500 else Meaning(Next.RETRYABLE)


def is_unsure(outcome: Outcome) -> bool:
    """Tell whether a write may have been applied though it did not succeed."""
    if isinstance(outcome, Reply):
        status = outcome.status
        return (status >= 500 and status != 501) or status in {302, 303, 408} or status < 200
    return isinstance(outcome, Lost)


def trouble_of(outcome: Outcome, hide: Iterable[str] = (), now: datetime | None = None) -> Trouble:
    """Return the trouble behind an outcome that is no success; `hide` lists texts that must not stand in it."""
    if isinstance(outcome, NotSent):
        return _not_sent(outcome)
    if isinstance(outcome, Lost):
        return Trouble(Next.RETRYABLE, outcome.reason, "no whole answer came back", whole_system=True)
    return refusal(outcome.status, decoded(outcome.body), outcome.headers, hide, now)


def refusal(
    status: int,
    body: Any,
    headers: Mapping[str, str] | None = None,
    hide: Iterable[str] = (),
    now: datetime | None = None,
) -> Trouble:
    """Return the trouble that a status and a body (of an answer, or of one item in it) speak of."""
    what = meaning(status)
    problem = _problem(body)
    wait = retry_after(headers or {}, now)
    code = _first(problem, _CODES) or f"http-{status}"
    return Trouble(
        next=what.next,
        code=safe_text(code, hide),
        message=safe_text(_first(problem, _TEXTS) or "", hide),
        wait_seconds=wait,
        whole_system=what.whole_system or (wait is not None and what.next is Next.RETRYABLE),
        field=_field(problem),
        candidates=tuple(_candidates(problem, body)) if what.next is Next.CONFLICT else (),
    )


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Return the seconds that Retry-After asks for: a number, or a date against the answer's own Date."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return min(max(float(text), 0.0), LONGEST_WAIT_SECONDS)
    except ValueError:
        until, since = _moment(text), _moment(headers.get("date", "")) or now or datetime.now(UTC)
    return None if until is None else min(max((until - since).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


def safe_text(text: str, hide: Iterable[str] = ()) -> str:
    """Return a partner's words without the texts to hide, e-mail addresses and long numbers; cut to a line."""
    for each in sorted({part for part in hide if len(part) > 2}, key=len, reverse=True):
        text = text.replace(each, "…")
    return _DIGITS.sub("…", _EMAIL.sub("…", " ".join(text.split())))[:LONGEST_TEXT]


def _not_sent(outcome: NotSent) -> Trouble:
    if outcome.because is not None:
        return outcome.because
    if outcome.reason == "no-time-left":
        return Trouble(Next.THROTTLED, outcome.reason, "this run is at its end", wait_seconds=1.0, whole_system=True)
    if outcome.reason == NO_BUDGET:
        why = "the system's quota is used for now"
        return Trouble(Next.THROTTLED, outcome.reason, why, outcome.wait_seconds, whole_system=True)
    if outcome.reason == "foreign-host":
        return Trouble(Next.PERMANENT, outcome.reason, "an address on another host is never called")
    if outcome.reason == "no-secret":
        lacking = outcome.told or "the secret is missing or lacks what auth needs"
        return Trouble(Next.AUTH, outcome.reason, lacking, whole_system=True)
    if outcome.reason == LOGIN_UNDER_WAY:
        waiting = "another function tries the credentials, or the system is paused"
        return Trouble(Next.RETRYABLE, outcome.reason, waiting, wait_seconds=1.0, whole_system=True)
    return Trouble(Next.RETRYABLE, outcome.reason, "no connection could be made", whole_system=True)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _problem(body: Any) -> Mapping[str, Any]:
    """Return the object in a body that tells what is wrong: the body, its `error`, or the first of its `errors`."""
    if isinstance(body, list):
        body = next((each for each in body if isinstance(each, Mapping)), None)
    if not isinstance(body, Mapping):
        return {}
    inner = body.get("error")
    if isinstance(inner, Mapping):
        return {**body, **inner, "error": ""}
    first = _first_of(body.get("errors")) or _first_of(body.get("detail"))
    if isinstance(first, Mapping):
        own = {name: value for name, value in body.items() if isinstance(value, str | int)}
        return {**first, **own}
    return {**body, "message": first} if isinstance(first, str) and not _first(body, _TEXTS) else body


def _first_of(several: Any) -> Any:
    """Return the first of several errors: of a list, or of a table from field to what is wrong with it."""
    if isinstance(several, Mapping) and several:
        name, what = next(iter(several.items()))
        said = what[0] if isinstance(what, list) and what else what
        return {"field": name, "message": said} if isinstance(said, str) else None
    first = several[0] if isinstance(several, list) and several else None
    if isinstance(first, Mapping) and isinstance(first.get("loc"), list) and first["loc"]:
        return {"field": first["loc"][-1], "message": first.get("msg"), **first}
    return first


def _first(problem: Mapping[str, Any], names: Iterable[str]) -> str | None:
    found = (problem.get(name) for name in names)
    return next((str(each) for each in found if isinstance(each, str | int) and str(each)), None)


def _field(problem: Mapping[str, Any]) -> str | None:
    name = _first(problem, ("field", "param", "attribute"))
    return None if name is None else safe_text(name)


def _candidates(problem: Mapping[str, Any], body: Any) -> Iterator[str]:
    """Yield the ids of the records that are in the way: named, or shown as a list of records."""
    for name in _HOLDERS:
        if isinstance(problem.get(name), str | int):
            yield str(problem[name])
    for each in body if isinstance(body, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("id"), str | int):
            yield str(each["id"])
