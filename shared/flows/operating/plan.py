"""plan: what the next run would do, computed by the real flows over a dry installation that writes nothing anywhere.

Everything is polled (and, if asked, whole systems are compared), absorbed, carried on and delivered until nothing is
left, with the waiting that a run would do skipped. What comes of it is put together as a list of what would be
created, updated field by field and archived in each system, with the conflicts that would be decided and what would
be parked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.core.commands import Archive, Command, Create
from shared.core.decisions import Decision, Verdict
from shared.core.paths import element_of, element_path
from shared.core.records import Record, Verb
from shared.core.rules import EntityRules
from shared.core.values import Reference, Value
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.dry.installation import Dry, dry
from shared.flows.dry.records import Written
from shared.flows.dry.systems import PLANNED, Refused
from shared.flows.fan_out import Image, fan_out
from shared.flows.parts import Parts
from shared.flows.poll_changes import poll_changes, start_polls
from shared.flows.reconcile import reconcile, start_reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Delivery
from shared.ports.stores import Note, NoteKind
from shared.ports.system import Hint

AT_ONCE = 500
"""How many hints, deliveries or images are taken up together."""

HORIZON = timedelta(minutes=30)
"""How long a run may wait for leases, back-offs and look-ups before a plan no longer waits with it."""


@dataclass(frozen=True, slots=True)
class PlannedField:
    """One field that would be sent: what the system shows now (unknown where it cannot be read), and what it would."""

    path: str
    before: Value
    is_known: bool
    after: Value


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One write that would be made; `external_id` is empty for a record that does not stand there yet."""

    system: str
    entity: str
    verb: Verb
    record_id: str
    external_id: str
    fields: tuple[PlannedField, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedConflict:
    """A decision against somebody's value that would be made."""

    record_id: str
    entity: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class PlannedParking:
    """Something that would wait for a person: a record in a system, or a partner's record without one of ours."""

    system: str
    entity: str
    record_id: str
    external_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A system (or an entity in it) that is stopped or could not be asked, so that the plan does not cover it."""

    system: str
    entity: str
    why: str


@dataclass(frozen=True, slots=True)
class Beyond:
    """More writes than one run may make without a person's approval: it would stop at the bound."""

    system: str
    entity: str
    verb: Verb
    writes: int
    bound: int


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the next run would do, by our records; `waiting` counts hints that would still wait. What is
    `beyond` a bound would be done only once it is approved."""

    writes: tuple[PlannedWrite, ...]
    conflicts: tuple[PlannedConflict, ...]
    parked: tuple[PlannedParking, ...]
    unread: tuple[Unread, ...]
    beyond: tuple[Beyond, ...]
    new_records: int
    changed_records: int
    waiting: int
    made_at: datetime
    rules: str

    @property
    def is_empty(self) -> bool:
        """Tell whether the next run would write nothing to a system, decide nothing and park nothing."""
        return not (self.writes or self.conflicts or self.parked)

    def totals(self) -> Mapping[tuple[str, str, str], int]:
        """Return per system, entity and verb how many writes there would be."""
        found: dict[tuple[str, str, str], int] = {}
        for each in self.writes:
            key = (each.system, each.entity, each.verb.value)
            found[key] = found.get(key, 0) + 1
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be planned: all entities, or these; `whole` lists whole systems too, as a comparison does."""

    entities: frozenset[str] = frozenset()
    whole: bool = False

    def takes(self, entity: str) -> bool:
        """Tell whether an entity is to be planned."""
        return not self.entities or entity in self.entities


def plan(parts: Parts, entities: frozenset[str] = frozenset(), *, whole: bool = False) -> Plan:
    """Return what the next run would do; nothing is written anywhere."""
    made_at, over = parts.clock.now(), dry(parts)
    run = _Run(over, Asked(entities, whole))
    run.begin()
    while _step(over) or run.sweep() or _wait(over, made_at + HORIZON):
        continue
    return _put_together(parts, over, made_at)


# ── the run ──


@dataclass(slots=True)
class _Run:
    """What a run begins with, and what sweeps have brought so far: nothing is taken up twice without a reason."""

    over: Dry
    asked: Asked
    seen: set[Delivery | tuple[str, str, str]] = field(default_factory=set)

    def begin(self) -> None:
        """Queue what is owed already, all polls and, if asked, all comparisons."""
        messages = self.over.messages
        start_polls(self.over.parts, now_all=True)
        if self.asked.whole:
            start_reconcile(self.over.parts)
        messages.to_poll = [each for each in messages.to_poll if self.asked.takes(each.entity)]
        messages.to_compare = [each for each in messages.to_compare if self.asked.takes(each.entity)]
        self.sweep()

    def sweep(self) -> bool:
        """Queue what is owed and hints that wait, without waiting for their time; tell whether that is anything new."""
        messages = self.over.messages
        held = (messages.hints, messages.waiting)
        messages.hints, messages.waiting = [], []
        sweep_overdue(self.over.parts, early=True)
        hints = [each for each in messages.hints if self._is_new(each[1].entity, _of(each[1]))]
        owed = [each for each in messages.waiting if self._is_new(each[1].entity, each[1])]
        messages.hints, messages.waiting = [*held[0], *hints], [*held[1], *owed]
        return bool(hints or owed)

    def _is_new(self, entity: str, what: Delivery | tuple[str, str, str]) -> bool:
        is_new = what not in self.seen and self.asked.takes(entity)
        self.seen.add(what)
        return is_new


def _of(hint: Hint) -> tuple[str, str, str]:
    return hint.system, hint.entity, hint.external_id


def _step(over: Dry) -> bool:
    """Do one piece of work, hints before what follows from them; tell whether there was any."""
    parts, messages = over.parts, over.messages
    if messages.to_poll:
        poll_changes(parts, messages.to_poll.pop(0))
    elif hints := messages.take_hints(AT_ONCE):
        absorb_changes(parts, hints)
    elif messages.to_compare:
        reconcile(parts, messages.to_compare.pop(0))
    elif over.records.stream:
        _fan_out(over)
    elif deliveries := messages.take_deliveries(AT_ONCE):
        deliver_changes(parts, deliveries)
    else:
        return False
    return True


def _fan_out(over: Dry) -> None:
    some = over.records.stream[:AT_ONCE]
    del over.records.stream[:AT_ONCE]
    fan_out(over.parts, [Image(each.before, each.change.record, each.change.cause) for each in some])


def _wait(over: Dry, horizon: datetime) -> bool:
    """Let the time pass that a run would wait, up to the horizon, and sweep; tell whether there is a reason to."""
    times = [over.messages.next_at(), *_due_times(over)]
    after = min((at for at in times if at is not None and at > over.clock.now()), default=None)
    if after is None or after > horizon:
        return False
    over.clock.go_to(after)
    sweep_overdue(over.parts)
    return True


def _due_times(over: Dry) -> Iterator[datetime | None]:
    for record in over.records.held.values():
        yield record.due_at
    for note in over.identities.notes.values():
        yield note.due_at if note is not None else None


# ── what came of it ──


def _put_together(parts: Parts, over: Dry, made_at: datetime) -> Plan:
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
