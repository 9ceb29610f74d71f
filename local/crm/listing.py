"""What a list request asks for, read from its query; a parameter that the CRM does not know is refused.

Pages are keyset pages: `next` names the last (updated_at, id) shown, so that records which change meanwhile move to
the end and none is left out.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping

from local.crm import moments
from local.crm.problems import Problem
from local.crm.resources import Resource, as_key
from local.crm.store import Row, Wanted

LARGEST_PAGE = 100
USUAL_PAGE = 50
_ARCHIVED = {"true": True, "false": False, "any": None}
_OWN = {"limit", "after", "updated_since", "archived", "ids"}


class _WrongQueryError(ValueError):
    """A query that cannot be read; the text says why."""


def read_query(resource: Resource, query: Mapping[str, str]) -> Wanted | Problem:
    """Return what the query asks for."""
    findable = {name for name in (*resource.unique, *resource.findable) if "+" not in name}
    unknown = sorted(query.keys() - _OWN - findable)
    if unknown:
        return Problem(400, f"unknown parameter {unknown[0][:40]}; {resource.name} know {sorted(_OWN | findable)}")
    try:
        return Wanted(
            limit=_limit(query),
            archived=_archived(query),
            updated_since=_updated_since(query),
            after=_after(query),
            ids=_several(query["ids"]) if "ids" in query else None,
            finds=tuple(
                (name, tuple(as_key(name, value) for value in _several(query[name])))
                for name in findable & query.keys()
            ),
        )
    except _WrongQueryError as error:
        return Problem(400, str(error))


def cursor(row: Row) -> str:
    """Return the cursor that goes on after this row."""
    return urlsafe_b64encode(json.dumps([row.updated_at, row.id]).encode()).decode()


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(LARGEST_PAGE if "ids" in query else USUAL_PAGE))
    if not text.isdecimal() or not 1 <= int(text) <= LARGEST_PAGE:
        raise _WrongQueryError(f"limit must be 1 to {LARGEST_PAGE}")
    return int(text)


def _archived(query: Mapping[str, str]) -> bool | None:
    text = query.get("archived", "false")
    if text not in _ARCHIVED:
        raise _WrongQueryError(f"archived must be one of {', '.join(_ARCHIVED)}")
    return _ARCHIVED[text]


def _updated_since(query: Mapping[str, str]) -> str | None:
    if "updated_since" not in query:
        return None
    try:
        # A plus sign that nobody encoded arrives as a blank: 2026-11-22T10:00:00 00:00
        return moments.written(moments.read(query["updated_since"].replace(" ", "+")))
    except ValueError as error:
        raise _WrongQueryError("updated_since must be a time with its zone, such as 2026-11-22T10:00:00Z") from error


def _after(query: Mapping[str, str]) -> tuple[str, str] | None:
    if "after" not in query:
        return None
    try:
        updated_at, record_id = json.loads(urlsafe_b64decode(query["after"]))
    except (ValueError, NotBase64, TypeError) as error:
        raise _WrongQueryError("after must be the next of an earlier page") from error
    return str(updated_at), str(record_id)


def _several(text: str) -> tuple[str, ...]:
    values = tuple(value for value in text.split(",") if value)
    if len(values) > LARGEST_PAGE:
        raise _WrongQueryError(f"at most {LARGEST_PAGE} values at once")
    return values
