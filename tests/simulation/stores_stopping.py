"""Drains, spent bounds and approvals as the flows see them: each call is an effect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from shared.ports.stopping import Drain, Stopping
from tests.simulation.stage import Stage
from tests.simulation.stores import HICCUP

Answer = TypeVar("Answer")


class StagedStopping:
    """What goes on when a stop ends, behind the stage."""

    def __init__(self, stage: Stage, inner: Stopping) -> None:
        """Wrap a store."""
        self._stage, self._inner = stage, inner

    def drain(self) -> Drain | None:
        """Return the drain that is under way."""
        return self._do("stopping.drain", self._inner.drain)

    def begin_drain(self, id_: str) -> None:
        """Begin to walk from the start."""
        self._do("stopping.begin_drain", lambda: self._inner.begin_drain(id_))

    def go_on(self, drain: Drain) -> None:
        """Keep how far a drain has come."""
        self._do("stopping.go_on", lambda: self._inner.go_on(drain))

    def end_drain(self, id_: str) -> None:
        """End a drain."""
        self._do("stopping.end_drain", lambda: self._inner.end_drain(id_))

    def spend(self, run: str, amount: int, bound: int, expires: datetime) -> bool:
        """Add to what a run has written."""
        return self._do("stopping.spend", lambda: self._inner.spend(run, amount, bound, expires))

    def approve(self, system: str, entity: str, until: datetime) -> None:
        """Keep until when a person lets it go on."""
        self._do("stopping.approve", lambda: self._inner.approve(system, entity, until))

    def approved_until(self, system: str, entity: str) -> datetime | None:
        """Return until when a person lets it go on."""
        return self._do("stopping.approved_until", lambda: self._inner.approved_until(system, entity))

    def _do(self, verb: str, action: Callable[[], Answer]) -> Answer:
        return self._stage.effect(verb, action, HICCUP)
