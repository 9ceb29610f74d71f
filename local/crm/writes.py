"""Create, change and archive a record: checked first, then written, so that a refusal has changed nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from local.crm.overlay import lay_over, with_ids
from local.crm.problems import Problem, wrong_field, wrong_fields
from local.crm.resources import Fields, Resource
from local.crm.store import Row, Store
from local.crm.totals import with_total


@dataclass(frozen=True, slots=True)
class Written:
    """A record as it stands after a write, and what happened: created, updated, archived, or nothing."""

    status: int
    row: Row
    happened: str | None


def create(store: Store, resource: Resource, given: Any, now: str) -> Written | Problem:
    """Make a new record of the given fields, at version 1."""
    checked = _check(store, resource, None, given)
    if isinstance(checked, Problem):
        return checked
    row = Row(resource.name, store.next_id(resource.prefix), 1, now, now, False, checked)
    return _put(store, resource, Written(201, row, "created"))


def update(
    store: Store, resource: Resource, record_id: str, given: Any, if_match: str | None, now: str
) -> Written | Problem:
    """Change the given fields of a record; what changes nothing makes no new version."""
    row = _live(store, resource, record_id, if_match)
    if isinstance(row, Problem):
        return row
    checked = _check(store, resource, row, given)
    if isinstance(checked, Problem):
        return checked
    if checked == row.fields:
        return Written(200, row, None)
    changed = replace(row, version=row.version + 1, updated_at=now, fields=checked)
    return _put(store, resource, Written(200, changed, "updated"))


def archive(store: Store, resource: Resource, record_id: str, if_match: str | None, now: str) -> Written | Problem:
    """Take a record out of the lists; it gives its unique keys back and stays readable as archived."""
    row = _live(store, resource, record_id, if_match)
    if isinstance(row, Problem):
        return row
    gone = replace(row, version=row.version + 1, updated_at=now, archived=True)
    return _put(store, resource, Written(200, gone, "archived"))


def look_up(store: Store, resource: Resource, record_id: str) -> Row | Problem:
    """Return a live record; 404 where there never was one, 410 where it is archived."""
    row = store.get(resource.name, record_id)
    if row is None:
        return Problem(404, f"no {resource.one} {record_id}")
    if row.archived:
        return Problem(410, f"{resource.one} {record_id} is archived", {"archived_at": row.updated_at})
    return row


def _live(store: Store, resource: Resource, record_id: str, if_match: str | None) -> Row | Problem:
    row = look_up(store, resource, record_id)
    if isinstance(row, Row) and if_match not in (None, "*", str(row.version)):
        return Problem(412, f"{resource.one} {record_id} has changed since", {"version": row.version})
    return row


def _check(store: Store, resource: Resource, row: Row | None, given: Any) -> Fields | Problem:
    """Return the fields as they will be stored, or what is wrong with them."""
    if not isinstance(given, dict):
        return wrong_field("(body)", "an object is wanted")
    laid = lay_over(resource, row.fields if row else {}, given)
    if isinstance(laid, Problem):
        return laid
    try:
        fields = resource.model.model_validate(laid).model_dump(mode="json")
    except ValidationError as error:
        return wrong_fields(error)
    if resource.name == "orders":
        fields = with_total(given, fields)
    wrong = _unknown_reference(store, resource, fields) or _taken_key(store, resource, row, fields)
    return wrong or with_ids(resource, fields, store.next_id)


def _unknown_reference(store: Store, resource: Resource, fields: Fields) -> Problem | None:
    for name, referred, record_id in resource.references(fields):
        if not store.exists(referred, record_id):
            return wrong_field(name, f"no such record in {referred}: {record_id[:40]}")
    return None


def _taken_key(store: Store, resource: Resource, row: Row | None, fields: Fields) -> Problem | None:
    for name, value, is_unique in resource.keys(fields):
        holder = store.holder(resource.name, name, value) if is_unique else None
        if holder is not None and (row is None or holder != row.id):
            return Problem(409, f"{name} is taken by {holder}", {"field": name, "holder_id": holder})
    return None


def _put(store: Store, resource: Resource, written: Written) -> Written:
    store.put(written.row, resource)
    return written
