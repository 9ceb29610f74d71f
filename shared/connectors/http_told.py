"""What an answer's headers tell of a quota: how many calls of how many are used, in which window.

HubSpot's `X-HubSpot-RateLimit-…`, Salesforce's `Sforce-Limit-Info`, and `RateLimit` with `RateLimit-Policy` of the IETF
draft (a policy names quota and window; of the older `RateLimit-Limit` and `-Remaining` only what names its window).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shared.core.quota import DAY_SECONDS, Told

_SALESFORCE = re.compile(r"(?:^|[;,\s])api-usage=(\d+)/(\d+)")
_HUBSPOT = "x-hubspot-ratelimit-"
_POLICY = re.compile(r'(?:^|,)\s*"([^"]*)"\s*;[^,]*?\bq=(\d+)[^,]*?\bw=(\d+)')
_LEFT = re.compile(r'(?:^|,)\s*"([^"]*)"\s*;[^,]*?\br=(\d+)')
_OLD_POLICY = re.compile(r"(\d+)\s*;\s*w=(\d+)")


def told(headers: Mapping[str, str], at: float) -> list[Told]:
    """Return what the headers of an answer (names in lower case) tell, at the moment at which it was there."""
    return [
        Told(seconds, limit, max(0, used), at)
        for seconds, limit, used in (*_hubspot(headers), *_salesforce(headers), *_draft(headers))
        if limit > 0 and seconds > 0
    ]


def _hubspot(headers: Mapping[str, str]) -> Iterator[tuple[float, int, int]]:
    limit, left = _number(headers, f"{_HUBSPOT}max"), _number(headers, f"{_HUBSPOT}remaining")
    span = _number(headers, f"{_HUBSPOT}interval-milliseconds")
    if limit is not None and left is not None and span is not None:
        yield span / 1000, limit, limit - left
    for name, seconds in (("daily", DAY_SECONDS), ("secondly", 1)):
        limit, left = _number(headers, f"{_HUBSPOT}{name}"), _number(headers, f"{_HUBSPOT}{name}-remaining")
        if limit is not None and left is not None:
            yield float(seconds), limit, limit - left


def _salesforce(headers: Mapping[str, str]) -> Iterator[tuple[float, int, int]]:
    found = _SALESFORCE.search(headers.get("sforce-limit-info", ""))
    if found is not None:
        yield float(DAY_SECONDS), int(found[2]), int(found[1])


def _draft(headers: Mapping[str, str]) -> Iterator[tuple[float, int, int]]:
    policies = {name: (int(q), float(w)) for name, q, w in _POLICY.findall(headers.get("ratelimit-policy", ""))}
    for name, left in _LEFT.findall(headers.get("ratelimit", "")):
        if name in policies:
            limit, seconds = policies[name]
            yield seconds, limit, limit - int(left)
    older = _OLD_POLICY.search(headers.get("ratelimit-policy", "") or headers.get("ratelimit-limit", ""))
    left_now = _number(headers, "ratelimit-remaining")
    if older is not None and left_now is not None:
        yield float(older[2]), int(older[1]), int(older[1]) - left_now


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
