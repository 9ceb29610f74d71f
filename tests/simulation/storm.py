"""The storm: what people, schedules and operators do, and what systems suffer, while everything goes wrong."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from shared.flows.operating.stopping import pause, resume
from tests.simulation.bounds import is_bounded, plan_looks
from tests.simulation.schema import Revised

if TYPE_CHECKING:
    from tests.simulation.history import History

STORM_SECONDS = 200.0
Spell = tuple[str, float, float]
"""A system, and from when until when something ails it."""


def draw_spells(dice: Random, share: float, systems: tuple[str, ...]) -> tuple[Spell, ...]:
    """Return when a system is ailing: in a share of the histories, once."""
    if dice.random() >= share:
        return ()
    start = dice.uniform(5, 100)
    return ((dice.choice(systems), start, start + dice.uniform(5, 90)),)


class Storm:
    """Plans what happens in the storm of one history."""

    def __init__(self, history: History) -> None:
        """Plan for a history."""
        self._history, self._stage = history, history.stage

    def plan(self) -> None:
        """Put everything on the stage's agenda."""
        history, stage = self._history, self._stage
        for act in history.acts:
            stage.after(act.at, lambda act=act: history.people.do(act))  # type: ignore[misc]  # bound now
        self._plan_schedules()
        if is_bounded(history.integration):
            plan_looks(history, STORM_SECONDS)
        for system, start, end in history.setting.pauses:
            stage.after(start, lambda system=system: self._pause(system))  # type: ignore[misc]  # bound now
            stage.after(end, lambda system=system: self._resume(system))  # type: ignore[misc]  # bound now
        for system, start, end in history.setting.lock_outs:
            stage.after(start, lambda system=system: self._lock_out(system, True))  # type: ignore[misc]  # bound now
            stage.after(end, lambda system=system: self._lock_out(system, False))  # type: ignore[misc]  # bound now

        for system, start, end in history.setting.amnesias:
            self._plan_loss(system, start + 20, end + 30, is_known=False)
        for system, start, end in history.setting.short_lists:
            self._plan_loss(system, start + 20, end + 30, is_known=True)

        change = history.setting.change
        if change is not None:
            stage.after(change.at, lambda: self._change(change))

    def _change(self, change: Revised) -> None:
        self._history.tell(f"other settings are deployed: {change.what}")
        self._stage.chance.note(f"settings: {change.what}")
        self._history.deploy(change.after)

    def _plan_loss(self, system: str, start: float, end: float, *, is_known: bool) -> None:
        """Let a system lose half of its rows for a while, or only leave them out of its lists, and let it be listed."""
        self._stage.after(start, lambda: self._lose(system, is_known=is_known))
        for seconds in (start + 5, start + 15):
            self._stage.after(seconds, self._history.start_reconcile)
        self._stage.after(end, lambda: self._find_again(system))

    def _lose(self, system: str, *, is_known: bool) -> None:
        connector = self._history.connectors[system]
        rows = sorted(key for key, row in connector.partner.rows.items() if not row.is_deleted)
        lost = frozenset(each for each in rows if self._stage.chance.of("losses").random() < 0.5)
        self._history.tell(f"{system} {'leaves out of its lists' if is_known else 'loses'} {sorted(lost)}")
        self._stage.chance.note("lists short" if is_known else "rows lost")
        connector.unlisted |= lost
        connector.ever_unlisted |= lost
        if not is_known:
            connector.partner.forgotten, connector.lost_at = lost, self._stage.seconds

    def _find_again(self, system: str) -> None:
        self._history.tell(f"{system} has all its rows again")
        connector = self._history.connectors[system]
        self._history.truth.restored.update((system, *each) for each in connector.partner.forgotten)
        connector.unlisted = connector.partner.forgotten = frozenset()

    def _plan_schedules(self) -> None:
        history, stage, dice = self._history, self._stage, self._stage.chance.of("schedule")
        every = dice.choice((15, 30))
        for number in range(1, int(STORM_SECONDS / every)):
            stage.after(number * every, history.start_polls)
        for number in range(1, int(STORM_SECONDS / 60) + 1):
            stage.after(number * 60, history.sweep)
        for _ in range(5 if history.is_reconciled_often else dice.choice((0, 1))):
            stage.after(dice.uniform(20, STORM_SECONDS), history.start_reconcile)

    def _pause(self, system: str) -> None:
        self._history.tell(f"the operator pauses {system}")
        self._stage.chance.note("paused")
        self._history.operator(f"pause {system}", lambda parts: pause(parts, system, None, "operator"))

    def _resume(self, system: str) -> None:
        self._history.tell(f"the operator resumes {system}")
        self._stage.chance.note("resumed")
        self._history.operator(f"resume {system}", lambda parts: resume(parts, system, None))
        self._history.sweep()

    def _lock_out(self, system: str, is_locked_out: bool) -> None:
        self._history.tell(f"{system} {'no longer takes' if is_locked_out else 'takes'} our credentials")
        self._history.connectors[system].is_locked_out = is_locked_out
