"""A partner's record becomes an observation: its fields, its revision, its modified time, or that it is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.connectors.mapping import Wrong, external_id_of, read, unless_wrong
from shared.connectors.mapping.habits import REVISION
from shared.connectors.mapping.moments import microseconds, moment
from shared.connectors.mapping.places import MISSING, MisfitError, look
from shared.connectors.mapping.values import text
from shared.connectors.rest.settings import EntitySettings
from shared.connectors.rest.specs import RevisionSpec
from shared.connectors.rest.subject import Subject
from shared.core.observations import Gone, Invalid, Observation, Revision, Shown, Source

_USUAL_TIMES = ("updated_at", "modified_at", "updatedAt", "modifiedAt", "last_modified", "write_date", "modified")


def observed(
    subject: Subject, raw: Any, source: Source = Source.FETCHED, headers: Mapping[str, str] | None = None
) -> Observation | Invalid:
    """Return what a record shows; a deleted one is an observation that says so."""
    found = read(subject.mapping, raw, subject.habits)
    shown = found.rest if isinstance(found, Wrong) else found
    external_id = found.external_id
    if external_id is None:
        return Invalid("", subject.given.id, "the record shows no id")
    if subject.given.revision is not None and subject.given.revision.field is not None:
        subject.habits.note(subject.entity, REVISION, _at(raw, subject.given.revision.field))
    if is_deleted(subject.given, raw):
        return Observation(subject.system, subject.entity, external_id, source=source, deleted=True)
    if isinstance(found, Wrong) and found.rest is None:
        return Invalid(external_id, found.field, found.reason, found.wrong)
    assert shown is not None
    observation = Observation(
        system=subject.system,
        entity=subject.entity,
        external_id=external_id,
        fields=shown.fields,
        revision=revision_of(subject.given.revision, raw, headers or {}),
        modified_at=modified_at(subject.given, raw),
        collections=shown.collections,
        complete=shown.complete,
        reference=shown.reference,
        source=source,
    )
    return unless_wrong(observation, found)


def fetched(subject: Subject, raw: Any, headers: Mapping[str, str] | None = None) -> Shown:
    """Return what a record that was asked for shows; a deleted one is gone. Remembers it whole, for updates."""
    shown = observed(subject, raw, Source.FETCHED, headers)
    if isinstance(raw, Mapping) and shown.external_id:
        subject.recent.keep(shown.external_id, raw)
    return Gone(shown.external_id) if isinstance(shown, Observation) and shown.deleted else shown


def id_of(subject: Subject, raw: Any) -> str | None:
    """Return a record's id; a row that is only an id is one."""
    if isinstance(raw, Mapping):
        return external_id_of(subject.mapping, raw)
    return str(raw) if isinstance(raw, str | int) and not isinstance(raw, bool) else None


def is_deleted(given: EntitySettings, raw: Any) -> bool:
    """Tell whether a record says that it is deleted."""
    if given.deleted is None:
        return False
    shown = _at(raw, given.deleted.field)
    return shown is not MISSING and any(shown == value and type(shown) is type(value) for value in given.deleted.values)


def revision_of(spec: RevisionSpec | None, raw: Any, headers: Mapping[str, str]) -> Revision | None:
    """Return a record's revision; nothing where it shows none. A weak ETag is never exact (RFC 9110 §8.8.1)."""
    if spec is None:
        return None
    if spec.field is None:
        return etag(headers.get("etag", ""), spec.is_exact)
    shown = _at(raw, spec.field)
    try:
        token = None if shown is MISSING or shown is None else text(shown)
    except MisfitError:
        return None
    if token is None:
        return None
    if spec.kind == "etag":
        return etag(token, spec.is_exact)
    order = _counted(token) if spec.kind == "counter" else _timed(shown)
    return None if order is None else Revision(token, order, spec.is_exact)


def etag(token: str, is_exact: bool) -> Revision | None:
    """Return the revision that an ETag is."""
    return Revision(token, None, is_exact and not token.startswith("W/")) if token else None


def modified_at(given: EntitySettings, raw: Any) -> datetime | None:
    """Return the partner's own modified time of a record, where it shows one."""
    shown = modified_raw(given, raw)
    try:
        return None if shown is None else moment(shown)
    except MisfitError:
        return None


def modified_raw(given: EntitySettings, raw: Any) -> str | int | Decimal | None:
    """Return the modified time as the partner writes it: where the description says, else at a usual place."""
    places = [given.modified] if given.modified is not None else _usual_places(given)
    found = (_at(raw, place) for place in places)
    return next((each for each in found if isinstance(each, str | int | Decimal) and each != ""), None)


def _usual_places(given: EntitySettings) -> list[str]:
    revision = given.revision
    if revision is not None and revision.kind == "time" and revision.field is not None:
        return [revision.field]
    return list(_USUAL_TIMES)


def _at(raw: Any, place: str) -> Any:
    try:
        return look(raw, place)
    except MisfitError:
        return MISSING


def _counted(token: str) -> int | None:
    return int(token) if token.removeprefix("-").isdecimal() else None


def _timed(shown: Any) -> int | None:
    try:
        return microseconds(moment(shown))
    except MisfitError:
        return None
