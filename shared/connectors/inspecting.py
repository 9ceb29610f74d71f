"""What every inspector stands on: a session of its own, and the fields that a mapping uses of an object type.

An inspector tries the credentials afresh, by itself: what the functions share (a proof, a token) is neither used nor
touched, and what is refused trips nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias

from shared.connectors.http import Http, Outcome, Reply, Request
from shared.connectors.http_faults import trouble_of
from shared.connectors.http_json import Unreadable, decoded
from shared.connectors.http_secrets import Secrets
from shared.connectors.mapping import EntityMapping
from shared.connectors.mapping.fields import MappedField
from shared.connectors.mapping.places import top
from shared.core.entities import Kind
from shared.core.errors import BadSettings
from shared.core.inspection import Finding, Needed, Result, Uniqueness
from shared.core.keys import REFERENCE
from shared.core.observations import Next, Trouble

NameOf: TypeAlias = Callable[[MappedField], str | None]
Words: TypeAlias = Mapping[Kind, str]
"""A partner's words for the types of new fields; that of text stands for all others."""


class Watched(Http):
    """A session that remembers the partner's clock as the last answer showed it."""

    at: datetime | None = None

    def send(self, request: Request) -> Outcome:
        """Make one call and return how it ended."""
        outcome = super().send(request)
        if isinstance(outcome, Reply):
            self.at = date_of(outcome)
        return outcome

    def begin_anew(self) -> None:
        """Read the secret again: a person may have changed it a moment ago. What is wrong with it shows later."""
        with suppress(BadSettings):
            self.secrets.fresh()

    def read(self, address: str, headers: Mapping[str, str] | None = None) -> Any:
        """Return the JSON at an address, or the trouble."""
        outcome = self.send(Request("GET", address, headers or {}))
        if not isinstance(outcome, Reply) or not 200 <= outcome.status < 300:
            return trouble_of(outcome, self.hidden())
        body = decoded(outcome.body)
        if isinstance(body, Unreadable):
            return Trouble(Next.RETRYABLE, "unreadable", f"the answer is {body.reason}")
        return body


class OwnTokens:
    """Tokens that nobody else sees; one that is refused trips nothing."""

    def __init__(self) -> None:
        self._token: str | None = None

    def token(self, system: str) -> str | None:  # noqa: ARG002  # the port's shape, here and below
        """Return the token that a login brought."""
        return self._token

    def begin_login(self, system: str, lease_seconds: int) -> bool:  # noqa: ARG002
        """Let the only caller log in."""
        return True

    def keep(self, system: str, token: str, expires: datetime) -> None:  # noqa: ARG002
        """Keep a token."""
        self._token = token

    def drop(self, system: str, token: str) -> None:  # noqa: ARG002
        """Forget a token."""
        self._token = None

    def refuse(self, system: str, why: str) -> bool:  # noqa: ARG002
        """Let it be: the caller hears of it."""
        return False


def date_of(reply: Reply) -> datetime | None:
    """Return the partner's clock, where an answer shows it (RFC 9110 §6.6.1)."""
    try:
        return parsedate_to_datetime(reply.headers["date"]).astimezone(UTC)
    except (KeyError, ValueError):
        return None


def of_record(mapping: EntityMapping, name_of: NameOf, words: Words) -> tuple[Needed, ...]:
    """Return the fields of the record itself that a mapping uses; `name_of` gives the partner's name, or nothing."""
    return tuple(_needed(mapping.plain, name_of, words))


def of_elements(mapping: EntityMapping, collection: str, name_of: NameOf, words: Words) -> tuple[Needed, ...]:
    """Return the fields that a mapping uses of the elements of a list."""
    found = mapping.collection(collection)
    return () if found is None else tuple(_needed(found.fields, name_of, words))


def plain_name(mapped: MappedField) -> str | None:
    """Return the name of a field that stands in the record itself."""
    return top(mapped.place)


def mapping_of(found: Any) -> Mapping[str, Any]:
    """Return what should be an object; an empty one where it is none."""
    return found if isinstance(found, Mapping) else {}


def claim(found: Any) -> bool | None:
    """Return what a partner claims, in words or as 0 and 1; nothing where it says neither."""
    return bool(found) if isinstance(found, int) and found in (0, 1) else None


def needs_webhook_secret(secrets: Secrets, key: str = "webhook_secret") -> tuple[Finding, ...]:
    """Return that the secret lacks what verifies webhooks, where it does."""
    try:
        has_it = bool(secrets.get().get(key))
    except BadSettings:
        has_it = False
    what = f"secret {secrets.name} has no {key}: every webhook is refused"
    remedy = "put it there, as the system shows it where the webhook is set up"
    return () if has_it else (Finding("webhooks", "", Result.FAILED, what, remedy),)


def reference(name: str, kind: str, types: frozenset[str], unique: Uniqueness) -> tuple[Needed, ...]:
    """Return the field that holds our record id; nothing where none is configured."""
    return (Needed(REFERENCE, name, True, kind, types, unique),) if name else ()


def _needed(fields: tuple[MappedField, ...], name_of: NameOf, words: Words) -> Iterator[Needed]:
    for each in fields:
        name = name_of(each)
        if name:
            yield Needed(each.ours, name, is_sent=not each.read_only, type=words.get(each.kind, words[Kind.TEXT]))
