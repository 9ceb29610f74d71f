"""The calm: the faults stop, and with polls, sweeps and reconciles everything must settle until nothing is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from shared.core.paths import listed
from shared.core.stopping import ASIDE_FROM
from shared.ports.stores import SystemState
from tests.kit.clock import START
from tests.simulation.bounds import lift_bounds
from tests.simulation.operator import ROUNDS, Operator

if TYPE_CHECKING:
    from tests.simulation.history import History
    from tests.simulation.partner import Row
    from tests.simulation.truth import Place

MOST_EVENTS = 60_000
WAITS = "16 nothing waits for long without a stop"
LONGEST_SECONDS = 7200.0
"""Longer than any back-off, lease or trip takes."""

DAY = 86_400.0
NEVER_QUIET = "4 writes are bounded: it never became quiet"
SET_ASIDE = (ASIDE_FROM - START).total_seconds()
"""From here on due times only say that a stop lasts: a poll that probes ends it, or a person (a slow worker may have
set the stop just after the person had lifted it), no sweep does."""


class Calm:
    """Lets one history settle."""

    def __init__(self, history: History) -> None:
        """Settle a history."""
        self._history, self._stage = history, history.stage

    def begin(self) -> None:
        """Let the faults stop."""
        history = self._history
        history.tell("-- the faults stop --")
        history.chance.calm()
        self._stage.crash_target = None
        self._stage.slowest = min(self._stage.slowest, 0.2)
        for system in history.systems_taking_part:
            connector = history.connectors[system]
            history.truth.restored.update((system, *each) for each in connector.partner.forgotten)
            connector.is_locked_out, connector.unlisted, connector.partner.forgotten = False, frozenset(), frozenset()
            if history.stores.states.state(system).is_stopped:
                history.stores.states.set_state(system, SystemState())
        lift_bounds(history)
        history.stores.stopping.begin_drain("calm")
        history.sweep(early=True)

    def settle(self) -> None:
        """Go on until a whole pass of polls and reconciles writes nothing."""
        history = self._history
        rounds = max(kind.poll_rounds for kind in history.kinds.values())
        if not self._until_nothing_is_due():
            return
        polled_at = self._stage.seconds
        if not all(self._pass(reconciles=False) for _ in range(rounds)):
            return
        self._note_unseen(polled_at)
        for _ in range(8):
            history.quiet_passes += 1
            writes, sent = history.memory.records.writes, history.truth.writes
            if not self._pass(reconciles=True):
                return
            if (writes, sent) == (history.memory.records.writes, history.truth.writes):
                return
        history.truth.violations.append("4 a second pass writes nothing: eight passes were not enough")

    def repair(self) -> None:
        """Let the operator repair what waits for a person, and all settle again; note what still waits then."""
        operator = Operator(self._history)
        for round_ in range(ROUNDS):
            if not operator.act(round_) or not self._until_nothing_is_due() or not self._pass(reconciles=True):
                break
        self._history.unrepaired += [f"{case.id}: {case.message}" for case in operator.cases()]

    def rest(self) -> None:
        """Go on until polls alone find nothing new and nothing is due."""
        if self._until_nothing_is_due():
            self._pass(reconciles=False)

    def _pass(self, *, reconciles: bool) -> bool:
        """Poll everything, perhaps reconcile everything, until nothing is due; tell whether it became quiet."""
        self._history.tell("-- poll everything --")
        self._history.start_polls(now_all=True)
        if not self._until_nothing_is_due():
            return False
        if reconciles:
            self._history.start_reconcile()
        return self._until_nothing_is_due()

    def _until_nothing_is_due(self) -> bool:
        """Go on until nothing is due; once a day the schedule compares everything, whatever waits: a field that drifts
        heals by being shown, and a record that owes nothing else waits for that (seed 346292)."""
        compared_at = self._stage.seconds
        for round_ in range(200):
            if self._stage.seconds > compared_at + DAY:
                compared_at = self._stage.seconds
                self._history.start_reconcile()
            if not self._run_out():
                break
            due = self._next_due()
            if due is None:
                return True
            if self._stage.seconds + LONGEST_SECONDS < due < SET_ASIDE:
                self._history.truth.violations.append(f"{WAITS}: something is due in {due - self._stage.seconds:.0f} s")
            if due >= SET_ASIDE:
                self._stage.run_until(self._stage.seconds + 60.0)
                lift_bounds(self._history)
                self._history.stores.stopping.begin_drain(f"calm {round_}")
                self._history.start_polls()
                self._stage.run_out(MOST_EVENTS)
            else:
                self._stage.run_until(max(self._stage.seconds + 1.0, due + 5.0))
                self._probe()
            self._history.sweep()
        self._history.truth.violations.append(NEVER_QUIET)
        return False

    def _probe(self) -> None:
        """Let the schedule poll where something is tripped: a hint may wait for that, hour by hour, and only a poll
        that probes ends it."""
        history, now = self._history, START + timedelta(seconds=self._stage.seconds)
        stops = (history.stores.states.stops(system) for system in history.systems_taking_part)
        if any(state.may_probe(now) for each in stops for state in each.values()):
            history.start_polls()

    def _run_out(self) -> bool:
        """Go on until nothing is to come; a hint that is put off again and again may wait for a poll that probes."""
        while not self._stage.run_out(MOST_EVENTS, self._stage.seconds + LONGEST_SECONDS):
            if self._stage.events > MOST_EVENTS:
                return False
            self._probe()
        return True

    def _next_due(self) -> float | None:
        times = [record.due_at for record in self._history.records() if record.due_at is not None]
        notes = self._history.memory.identities.notes.values()
        times += [note.due_at for note in notes if note.due_at is not None]
        return min(((at - START).total_seconds() for at in times), default=None)

    def _note_unseen(self, polled_at: float) -> None:
        """Note what polls alone have not shown, though no message that named it was lost (property 14).

        What a partner applied late after it had been polled is told by a message, or by the next poll. What it left out
        of its lists for a while, and a field that the settings did not have when it was edited, are for the comparison
        that reads everything.
        """
        history = self._history
        lost = {(hint.system, hint.entity, hint.external_id) for hint in history.queues.hints.lost}
        lost |= {(name, *key) for name, each in history.connectors.items() for key in each.ever_unlisted}
        for partner in history.partners.values():
            for (entity, name), row in partner.rows.items():
                tells = partner.kind.tells_deletes or not row.is_deleted
                is_unread = row.read_at < row.changed_at <= polled_at
                if (partner.name, entity) not in history.integration.pairs() or not (tells and is_unread):
                    continue
                place = partner.place(entity, name)
                if place not in lost and not self._was_unmapped(place, row):
                    history.unseen.append(f"{partner.name} {name}")

    def _was_unmapped(self, place: Place, row: Row) -> bool:
        """Tell whether all that people changed in a row since it was read, and nobody after them, were fields that the
        settings of then did not have: whoever was told of it saw nothing new."""
        change = self._history.setting.change
        edits = [edit for edit in self._history.truth.edits if edit.place == place and edit.at > row.read_at]
        if change is None or not edits or edits[-1].at != row.changed_at or row.changed_at >= change.at:
            return False
        able = change.before.entities[place[1]].systems.get(place[0])
        return able is not None and not any(listed(able.carries, edit.path) for edit in edits)
