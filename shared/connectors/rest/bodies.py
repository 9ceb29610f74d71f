"""What stands in an answer: the list of a page, one record, where the next page begins. Tolerant in what it takes.

A list may be the answer itself, stand where `items` says, under a usual name, or be the only list in the answer. What
shows no list is never taken for an empty one: from that deletions would be concluded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from requests.utils import parse_header_links

from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.rest.settings import EntitySettings
from shared.connectors.rest.specs import PageSpec

_USUAL = ("data", "items", "results", "records", "rows", "value", "content", "entries", "list")
_LINKS = ("href", "url")


def rows_of(body: Any, given: EntitySettings) -> list[Any] | None:
    """Return the rows of a list; nothing where the answer shows no list. An empty answer is an empty list."""
    if body is None or isinstance(body, list):
        return body or []
    if not isinstance(body, Mapping):
        return None
    if given.page.items is not None:
        found = _at(body, given.page.items)
        if found is None or isinstance(found, list):
            return found or []
    return _usual_list(body, given)


def record_of(body: Any, given: EntitySettings) -> Mapping[str, Any] | None:
    """Return the one record of an answer, out of its wrapping; nothing where there is none."""
    if isinstance(body, list) and len(body) == 1:
        body = body[0]
    if not isinstance(body, Mapping):
        return None
    if given.item is not None:
        found = _at(body, given.item)
        if isinstance(found, Mapping):
            return found
    if _at(body, given.id) not in (MISSING, None):
        return body
    inner = [value for value in body.values() if _is_record(value, given)]
    if len(inner) == 1:
        return record_of(inner[0], given)
    return body


def bare_id(body: Any) -> Any:
    """Return the id that an answer consists of; nothing where it is more or less than that."""
    return body if isinstance(body, str | int) and not isinstance(body, bool) else None


def next_token(body: Any, headers: Mapping[str, str], page: PageSpec, last_id: str | None) -> str | None:
    """Return where the next page begins, as the answer says it: a token, or an address; nothing on the last page."""
    found = _at(body, page.next) if isinstance(body, Mapping) else MISSING
    if found is True:
        return last_id
    if isinstance(found, Mapping):
        found = next((found[name] for name in _LINKS if name in found), None)
    if isinstance(found, str | int) and not isinstance(found, bool) and str(found):
        return str(found)
    return _linked(headers) if found is MISSING else None


def says_no_next(body: Any, page: PageSpec) -> bool:
    """Tell whether an answer says outright that no page follows."""
    return isinstance(body, Mapping) and _at(body, page.next) in (None, False, "")


def total_of(body: Any, page: PageSpec) -> int | None:
    """Return how many records there are in all, where the answer says so."""
    found = _at(body, page.total) if page.total is not None and isinstance(body, Mapping) else None
    return int(found) if isinstance(found, int | str) and str(found).isdecimal() else None


def _at(body: Mapping[str, Any], place: str) -> Any:
    try:
        return look(body, place)
    except MisfitError:
        return MISSING


def _usual_list(body: Mapping[str, Any], given: EntitySettings) -> list[Any] | None:
    last = given.path.partition("?")[0].rstrip("/").rpartition("/")[2]
    for name in (*_USUAL, last):
        if isinstance(body.get(name), list):
            return list(body[name])
        if isinstance(body.get(name), Mapping) and name != last:
            return _usual_list(body[name], given)
    lists = [value for value in body.values() if isinstance(value, list)]
    if len(lists) == 1 and not body.get("error") and "errors" not in body:
        return list(lists[0])
    if isinstance(body.get("_embedded"), Mapping):
        return _usual_list(body["_embedded"], given)
    return [] if any(name in body and body[name] is None for name in (*_USUAL, last)) else None


def _is_record(value: Any, given: EntitySettings) -> bool:
    return isinstance(value, Mapping) and (
        _at(value, given.id) not in (MISSING, None) or any(_is_record(each, given) for each in value.values())
    )


def _linked(headers: Mapping[str, str]) -> str | None:
    links = parse_header_links(headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next" and link.get("url")), None)
