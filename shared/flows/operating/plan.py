"""plan: what the next run would do, computed by the real flows over a dry installation that writes nothing anywhere.

Everything is polled (and, if asked, whole systems are compared), absorbed, carried on and delivered until nothing is
left, with the waiting that a run would do skipped. What comes of it is put together as a list of what would be
created, updated field by field and archived in each system, with the conflicts that would be decided and what would
be parked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.dry.installation import Dry, dry
from shared.flows.fan_out import Image, fan_out
from shared.flows.noting import NOT_SHOWN
from shared.flows.operating.planned import Plan
from shared.flows.operating.planning import put_together
from shared.flows.parts import Parts
from shared.flows.poll_changes import poll_changes, start_polls
from shared.flows.reconcile import reconcile, start_reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Delivery
from shared.ports.system import Hint

AT_ONCE = 500
"""How many hints, deliveries or images are taken up together."""

HORIZON = timedelta(minutes=30)
"""How long a run may wait for leases, back-offs and look-ups before a plan no longer waits with it."""


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
    return put_together(parts, over, made_at)


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
    elif missing_until := _missing_until(over):
        over.clock.go_to(missing_until)
    elif deliveries := messages.take_deliveries(AT_ONCE):
        deliver_changes(parts, deliveries)
    else:
        return False
    return True


def _missing_until(over: Dry) -> datetime | None:
    """Return when what a system that reads stale did not show is looked for again: before anything is sent, because a
    system that has lost a row would refuse the update that is planned for it."""
    notes = (note for note in over.identities.notes.values() if note is not None and note.reason == NOT_SHOWN)
    missing = {(note.system, note.entity, note.external_id) for note in notes}
    return min((at for at, hint in over.messages.hints if _of(hint) in missing), default=None)


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
