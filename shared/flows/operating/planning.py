"""What came of a dry run, put together as a plan: each write that was refused, each decision, each parking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from shared.core.commands import Archive, Command, Create
from shared.core.decisions import Verdict
from shared.core.paths import element_of, element_path
from shared.core.records import Record, Verb
from shared.core.rules import EntityRules
from shared.core.values import Reference, Value
from shared.flows.dry.installation import Dry
from shared.flows.dry.records import Written
from shared.flows.dry.systems import PLANNED, Refused
from shared.flows.operating.planned import (
    Beyond,
    Plan,
    PlannedConflict,
    PlannedField,
    PlannedParking,
    PlannedWrite,
    Unread,
)
from shared.flows.parts import Parts
from shared.ports.stores import Note, NoteKind


def put_together(parts: Parts, over: Dry, made_at: datetime) -> Plan:
    """Return the plan that a run over a dry installation amounts to."""
    written = over.records.written
    writes = tuple(_write(each) for each in over.systems.refused)
    firsts: dict[str, Record | None] = {}
    for each in written:
        firsts.setdefault(each.change.record.id, each.before)
    return Plan(
        writes=writes,
        conflicts=tuple(_conflicts(written)),
        parked=(*_parked_links(over, firsts), *_parked_notes(parts, over)),
        unread=tuple(_unread(parts, over, made_at)),
        beyond=tuple(_beyond(parts, writes)),
        new_records=sum(before is None for before in firsts.values()),
        changed_records=sum(_is_changed(before, over.records.held[id_]) for id_, before in firsts.items()),
        waiting=len(over.messages.hints),
        made_at=made_at,
        rules=parts.integration.version,
    )


def _write(each: Refused) -> PlannedWrite:
    command = each.command
    external_id = "" if isinstance(command, Create) else command.external_id
    fields = () if isinstance(command, Archive) else tuple(_fields(each, command))
    return PlannedWrite(each.system, each.entity, _verb(command), command.record_id, external_id, fields)


def _verb(command: Command) -> Verb:
    if isinstance(command, Archive):
        return Verb.ARCHIVE
    return Verb.CREATE if isinstance(command, Create) else Verb.UPDATE


def _fields(each: Refused, command: Command) -> Iterator[PlannedField]:
    assert not isinstance(command, Archive)
    elements = {} if isinstance(command, Create) else command.elements
    for path, after in sorted(command.fields.items()):
        theirs = _theirs(path, elements)
        is_new = isinstance(command, Create) or theirs is None
        before = each.now.fields.get(theirs) if each.now is not None and theirs is not None else None
        yield PlannedField(path, before, is_new or each.now is not None, _named(after))


def _theirs(path: str, elements: Mapping[str, str]) -> str | None:
    element = element_of(path)
    if element is None:
        return path
    return element_path(element.collection, elements[element.key], element.field) if element.key in elements else None


def _named(value: Value) -> Value:
    """Return a reference to a record that is yet to be created as our own record id."""
    is_planned = isinstance(value, Reference) and value.external_id.startswith(PLANNED)
    return value.external_id.removeprefix(PLANNED) if isinstance(value, Reference) and is_planned else value


def _conflicts(written: list[Written]) -> Iterator[PlannedConflict]:
    for each in written:
        record = each.change.record
        for made in each.change.decisions:
            if made.is_conflict and made.verdict is not Verdict.PARKED:
                yield PlannedConflict(record.id, record.entity, made)


def _parked_links(over: Dry, firsts: Mapping[str, Record | None]) -> Iterator[PlannedParking]:
    for id_, before in firsts.items():
        record = over.records.held[id_]
        for name, link in record.links.items():
            was = before.link(name).parked if before is not None else None
            if link.parked is not None and link.parked != was:
                yield PlannedParking(name, record.entity, id_, link.external_id or "", link.parked.reason)


def _parked_notes(parts: Parts, over: Dry) -> Iterator[PlannedParking]:
    known = parts.identities.holders([key for key, note in over.identities.notes.items() if _is_parked(note)])
    for key, note in over.identities.notes.items():
        if note is None or not _is_parked(note):
            continue
        was = known[key].note if key in known else None
        if was is None or was.reason != note.reason:
            yield PlannedParking(note.system, note.entity, "", note.external_id, note.reason)


def _is_parked(note: Note | None) -> bool:
    return note is not None and note.kind is NoteKind.PARKED


def _unread(parts: Parts, over: Dry, now: datetime) -> Iterator[Unread]:
    for system in parts.integration.systems:
        for entity, state in sorted(parts.states.stops(system).items()):
            if not state.may_write(now):
                yield Unread(system, entity, state.why or state.status.value)
    for (system, entity), trouble in sorted(over.systems.unread.items()):
        yield Unread(system, entity, " ".join(filter(None, (trouble.code, trouble.message))))


def _beyond(parts: Parts, writes: Sequence[PlannedWrite]) -> Iterator[Beyond]:
    counts = Counter((each.system, each.entity, each.verb) for each in writes)
    for (system, entity, verb), number in sorted(counts.items()):
        bound = _BOUNDS[verb](parts.integration.rules(entity))
        if number > bound:
            yield Beyond(system, entity, verb, number, bound)


_BOUNDS: Mapping[Verb, Callable[[EntityRules], int]] = {
    Verb.CREATE: lambda rules: rules.max_creates_per_run,
    Verb.UPDATE: lambda rules: rules.max_updates_per_run,
    Verb.ARCHIVE: lambda rules: rules.max_archives_per_run,
}


def _is_changed(before: Record | None, after: Record) -> bool:
    return before is not None and {p: f.value for p, f in before.fields.items()} != {
        p: f.value for p, f in after.fields.items()
    }
