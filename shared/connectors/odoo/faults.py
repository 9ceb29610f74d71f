"""What Odoo's errors mean: one table, for both of its interfaces.

JSON-2 answers a status and `{"name": "odoo.exceptions.UserError", "message": …}`; JSON-RPC answers 200 and the same
under `error.data`. An answer that names an exception says that the transaction was rolled back: the write surely had
no effect. An HTTP status without a name is left to the table of `http_faults`. Source: Odoo's documentation of the
external JSON-2 and RPC interfaces; the exceptions of its database driver.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from shared.connectors.http_faults import Meaning, safe_text
from shared.core.observations import Next, Trouble

_FOR_GOOD = Meaning(Next.PERMANENT)
_AGAIN = Meaning(Next.RETRYABLE)
_LOGIN = Meaning(Next.AUTH, whole_system=True)

EXCEPTIONS: Mapping[str, Meaning] = MappingProxyType(
    {
        "odoo.exceptions.AccessDenied": _LOGIN,
        "odoo.http.SessionExpiredException": _LOGIN,
        "werkzeug.exceptions.Unauthorized": _LOGIN,
        "odoo.exceptions.AccessError": _FOR_GOOD,
        "odoo.exceptions.UserError": _FOR_GOOD,
        "odoo.exceptions.ValidationError": _FOR_GOOD,
        "odoo.exceptions.RedirectWarning": _FOR_GOOD,
        "odoo.exceptions.MissingError": Meaning(Next.CONFLICT),
        "odoo.exceptions.LockError": _AGAIN,
        "odoo.exceptions.ConcurrencyError": _AGAIN,
        "werkzeug.exceptions.BadRequest": _FOR_GOOD,
        "werkzeug.exceptions.Forbidden": _FOR_GOOD,
        "werkzeug.exceptions.NotFound": _FOR_GOOD,
        "werkzeug.exceptions.UnprocessableEntity": _FOR_GOOD,
        "werkzeug.exceptions.TooManyRequests": Meaning(Next.THROTTLED, whole_system=True),
        "builtins.AttributeError": _FOR_GOOD,
        "builtins.KeyError": _FOR_GOOD,
        "builtins.TypeError": _FOR_GOOD,
        "builtins.ValueError": _FOR_GOOD,
        "psycopg2.IntegrityError": _FOR_GOOD,
        "psycopg2.errors.CheckViolation": _FOR_GOOD,
        "psycopg2.errors.NotNullViolation": _FOR_GOOD,
        "psycopg2.errors.UniqueViolation": _FOR_GOOD,
        "psycopg2.OperationalError": _AGAIN,
        "psycopg2.errors.DeadlockDetected": _AGAIN,
        "psycopg2.errors.LockNotAvailable": _AGAIN,
        "psycopg2.errors.SerializationFailure": _AGAIN,
    }
)
"""Exception → what to do next. Any other may be tried again, and counts as unknown (`code` is its own name)."""

SESSION_EXPIRED = 100


def named(error: Any) -> str | None:
    """Return the name of the exception in the body of an error; nothing where none stands."""
    name = error.get("name") if isinstance(error, Mapping) else None
    return name if isinstance(name, str) and "." in name else None


def fault_of(error: Any, hide: Iterable[str] = ()) -> Trouble:
    """Return the trouble of an error that names its exception. Its arguments and its traceback are never told."""
    hidden = tuple(hide)
    name = named(error) or "unknown"
    meaning = EXCEPTIONS.get(name, _AGAIN)
    message = error.get("message") if isinstance(error, Mapping) else None
    return Trouble(
        meaning.next,
        safe_text(name.rpartition(".")[2], hidden),
        safe_text(message, hidden) if isinstance(message, str) else "",
        whole_system=meaning.whole_system,
    )
