"""A store on which another worker is quicker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from shared.core.decisions import Cause
from shared.ports.stores import Change
from tests.kit.world import World


class Busy:
    """Records that another worker writes whenever this one is about to write what `when` names."""

    def __init__(self, world: World, when: str, times: int = 1) -> None:
        """Be quicker as often as told."""
        self.records, self.when, self.times = world.memory.records, when, times

    def save(self, change: Change) -> Any:
        """Write, after the other one."""
        before = self.records.held.get(change.record.id)
        if before is not None and change.cause.operation == self.when and self.times:
            self.times -= 1
            self.records.save(Change(replace(before, version=before.version + 1), Cause("another")))
        return self.records.save(change)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.records, name)
