"""What Tryton's errors mean: one table.

Every business error is HTTP 200 with `error: [kind, detail]`; HTTP statuses are left to the session, the network and
the login. Whatever kind it is, the transaction has been rolled back: an error is a write that surely had no effect.
Kinds (trytond 7.8, exceptions): UserError (validation, access, unique), UserWarning (wants a person's yes),
ConcurrencyException (a `_timestamp` that no longer holds), RateLimitException, LoginException,
MissingDependenciesException. A programming error is `["'name'", ""]`: a model or field that does not exist there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from shared.connectors.http_faults import Meaning, safe_text
from shared.core.observations import Next, Trouble

KINDS: Mapping[str, Meaning] = MappingProxyType(
    {
        "UserError": Meaning(Next.PERMANENT),
        "UserWarning": Meaning(Next.PERMANENT),
        "ConcurrencyException": Meaning(Next.CONFLICT),
        "RateLimitException": Meaning(Next.THROTTLED, whole_system=True),
        "LoginException": Meaning(Next.AUTH, whole_system=True),
        "MissingDependenciesException": Meaning(Next.PERMANENT),
    }
)
"""Kind → what to do next. Any other kind may be tried again and is counted as unknown (`code` is `unknown`)."""

_UNKNOWN_NAME = re.compile(r"^'[^']*'$")


def fault_of(error: Any, hide: Iterable[str] = ()) -> Trouble:
    """Return the trouble that an answer's `error` speaks of."""
    kind, text = _parts(error)
    known = KINDS.get(kind)
    if known is not None:
        return Trouble(known.next, kind, safe_text(text, hide), whole_system=known.whole_system)
    if _UNKNOWN_NAME.match(kind):
        what = f"Tryton knows no {safe_text(kind, hide)}: a module is missing or a custom field is misspelt"
        return Trouble(Next.PERMANENT, "unknown-name", what)
    return Trouble(Next.RETRYABLE, "unknown", safe_text(kind, hide))


def _parts(error: Any) -> tuple[str, str]:
    if not isinstance(error, list) or not error:
        return "unreadable", ""
    detail = error[1] if len(error) > 1 else ""
    return str(error[0]), str(detail[0] if isinstance(detail, list) and detail else detail)
