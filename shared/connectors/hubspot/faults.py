"""What HubSpot's errors mean: one table of categories over the table of HTTP statuses.

An error is `{status, message, correlationId, category, …}`, each of them optional; the same shape stands inside batch
answers of status 200, 201 and 207. A 429 names the policy that was broken, and seldom a Retry-After.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from shared.connectors.http import Outcome, Reply
from shared.connectors.http_faults import Meaning, safe_text, trouble_of
from shared.connectors.http_json import decoded
from shared.core.observations import Next, Trouble

CATEGORIES: Mapping[str, Meaning] = MappingProxyType(
    {
        "VALIDATION_ERROR": Meaning(Next.PERMANENT),
        "BANNED": Meaning(Next.PERMANENT),
        "MISSING_SCOPES": Meaning(Next.PERMANENT),
        "OBJECT_NOT_FOUND": Meaning(Next.CONFLICT),
        "CONFLICT": Meaning(Next.CONFLICT),
        "OBJECT_ALREADY_EXISTS": Meaning(Next.CONFLICT),
        "RATE_LIMITS": Meaning(Next.THROTTLED, whole_system=True),
        "RATE_LIMIT": Meaning(Next.THROTTLED, whole_system=True),
        "INVALID_AUTHENTICATION": Meaning(Next.AUTH, whole_system=True),
        "EXPIRED_AUTHENTICATION": Meaning(Next.AUTH, whole_system=True),
        "MIGRATION_IN_PROGRESS": Meaning(Next.RETRYABLE, whole_system=True),
        "INTERNAL_ERROR": Meaning(Next.RETRYABLE),
    }
)
"""Category → what to do next. Another one goes by its HTTP status; inside a batch it may be tried again."""

STATUSES: Mapping[int, Meaning] = MappingProxyType({477: Meaning(Next.RETRYABLE, whole_system=True)})
"""477: the account is being moved to another region."""

POLICY_SECONDS: Mapping[str, float] = MappingProxyType({"SECONDLY": 1.0, "TEN_SECONDLY_ROLLING": 10.0})
DAILY = "DAILY"


def trouble(outcome: Outcome, hide: Iterable[str], daily_seconds: float) -> Trouble:
    """Return the trouble behind an outcome that is no success."""
    hidden = tuple(hide)
    found = trouble_of(outcome, hidden)
    if not isinstance(outcome, Reply):
        return found
    body = decoded(outcome.body)
    problem: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
    category = str(problem.get("category") or "")
    meaning = STATUSES.get(outcome.status) or (CATEGORIES.get(category) if outcome.status < 500 else None)
    if outcome.status == 429:
        policy = str(problem.get("policyName") or "")
        usual = daily_seconds if policy == DAILY else POLICY_SECONDS.get(policy)
        wait = found.wait_seconds if found.wait_seconds is not None else usual
        return replace(found, code=safe_text(policy or found.code, hidden), wait_seconds=wait)
    if meaning is not None:
        found = replace(found, next=meaning.next, whole_system=meaning.whole_system or found.whole_system)
    return replace(found, code=safe_text(category or found.code, hidden))


def item_trouble(error: Mapping[str, Any], hide: Iterable[str]) -> Trouble:
    """Return the trouble of one item inside a batch answer."""
    category = str(error.get("category") or "unknown")
    meaning = CATEGORIES.get(category, Meaning(Next.RETRYABLE))
    hidden = tuple(hide)
    return Trouble(
        meaning.next,
        safe_text(category, hidden),
        safe_text(str(error.get("message") or ""), hidden),
        whole_system=meaning.whole_system,
        field=_property(error, hidden),
    )


def _property(error: Mapping[str, Any], hidden: tuple[str, ...]) -> str | None:
    context = error.get("context")
    named = context.get("propertyName") if isinstance(context, Mapping) else None
    first = named[0] if isinstance(named, list) and named else named
    return safe_text(first, hidden) if isinstance(first, str) else None
