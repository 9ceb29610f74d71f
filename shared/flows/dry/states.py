"""States of systems in a dry installation, and what runs may write: as they are, but for what was put here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.core.schema_drift import Schema
from shared.ports.stopping import Drain, Stopping
from shared.ports.stores import States, SystemState, SystemStatus

_Place = tuple[str, str]


class DryStates:
    """Reads through, keeps changes in memory."""

    def __init__(self, base: States) -> None:
        """Begin without changes."""
        self._base = base
        self._states: dict[_Place, SystemState] = {}
        self._probes: dict[_Place, datetime] = {}
        self._cursors: dict[_Place, tuple[str | None, datetime | None]] = {}
        self._read_by: dict[_Place, str] = {}
        self._schemas: dict[_Place, Schema] = {}
        self._pages: dict[str, dict[int, tuple[str, ...]]] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._changed_at: datetime | None = None

    def state(self, system: str, entity: str = "") -> SystemState:
        """Return the state of a system, or of one entity in it."""
        return self._states.get((system, entity)) or self._base.state(system, entity)

    def stops(self, system: str) -> Mapping[str, SystemState]:
        """Return all that is kept of a system."""
        mine = {entity: state for (name, entity), state in self._states.items() if name == system}
        return {**self._base.stops(system), **mine}

    def set_state(self, system: str, state: SystemState, entity: str = "") -> bool:
        """Keep a state; tell whether its status changed. A pause is a person's, and whoever slows a system does not
        hurry it."""
        before = self.state(system, entity)
        if state.is_by_partner and before.status is SystemStatus.PAUSED:
            return False
        if state.status is SystemStatus.RUNNING and state.until and before.until and before.until >= state.until:
            return False
        self._states[system, entity] = state
        return before.status is not state.status

    def recover(self, system: str, entity: str = "") -> bool:
        """Let what was slowed or tripped run again."""
        before = self.state(system, entity)
        if before.status not in (SystemStatus.TRIPPED, SystemStatus.RUNNING) or before == SystemState():
            return False
        self._states[system, entity] = SystemState()
        return True

    def claim_probe(self, system: str, entity: str, now: datetime, until: datetime) -> bool:
        """Tell whether this caller is the one that may try a tripped system until then."""
        claimed = self._probes.get((system, entity))
        if self.state(system, entity).status is not SystemStatus.TRIPPED or (claimed and claimed > now):
            return False
        self._probes[system, entity] = until
        return True

    def cursor(self, system: str, entity: str) -> tuple[str | None, datetime | None]:
        """Return the cursor of a poll and when the next poll is due."""
        return self._cursors.get((system, entity)) or self._base.cursor(system, entity)

    def move_cursor(self, system: str, entity: str, cursor: str | None, due_at: datetime) -> None:
        """Keep cursor and due time."""
        self._cursors[system, entity] = (cursor, due_at)

    def read_by(self, system: str, entity: str) -> str:
        """Return by which version of the rules a system was last read whole."""
        return self._read_by.get((system, entity)) or self._base.read_by(system, entity)

    def note_read(self, system: str, entity: str, rules: str) -> None:
        """Note it here only."""
        self._read_by[system, entity] = rules

    def schema(self, system: str, entity: str) -> Schema | None:
        """Return what is known of the fields of an entity in a system."""
        return self._schemas.get((system, entity)) or self._base.schema(system, entity)

    def keep_schema(self, system: str, entity: str, before: Schema | None, schema: Schema) -> bool:
        """Keep it here only."""
        is_same = self.schema(system, entity) == before
        if is_same:
            self._schemas[system, entity] = schema
        return is_same

    def keep_page(self, run: str, page: int, ids: Sequence[str]) -> None:
        """Keep the ids of one page of a listing."""
        self._pages.setdefault(run, {})[page] = tuple(ids)

    def pages(self, run: str) -> frozenset[str]:
        """Return all ids that a comparison has listed."""
        return frozenset(id_ for ids in self._pages.get(run, {}).values() for id_ in ids)

    def count_calls(self, system: str, reads: int, writes: int) -> None:
        """Count calls."""
        counts = self._counts.setdefault(system, {"read": 0, "write": 0, **self._base.calls().get(system, {})})
        counts["read"] += reads
        counts["write"] += writes

    def calls(self) -> Mapping[str, Mapping[str, int]]:
        """Return the calls made so far."""
        return {**self._base.calls(), **self._counts}

    def note_change(self, at: datetime) -> None:
        """Note when records would have changed."""
        before = self.last_change()
        self._changed_at = at if before is None else max(before, at)

    def last_change(self) -> datetime | None:
        """Return when records last changed, or would have."""
        return self._changed_at or self._base.last_change()


class DryStopping:
    """What goes on when a stop ends, kept here; what a run may write is not bounded, since nothing is written."""

    def __init__(self, base: Stopping) -> None:
        """Begin with the drain that is under way."""
        self._base = base
        self._drain = base.drain()

    def drain(self) -> Drain | None:
        """Return the drain that is under way."""
        return self._drain

    def begin_drain(self, id_: str) -> None:
        """Begin to walk."""
        self._drain = Drain(id_)

    def go_on(self, drain: Drain) -> None:
        """Keep how far a drain has come, unless another has begun meanwhile."""
        if self._drain is not None and self._drain.id == drain.id:
            self._drain = drain

    def end_drain(self, id_: str) -> None:
        """End a drain, unless another has begun meanwhile."""
        if self._drain is not None and self._drain.id == id_:
            self._drain = None

    def spend(self, run: str, amount: int, bound: int, expires: datetime) -> bool:  # noqa: ARG002  # the port's shape
        """Let it go on: a plan shows also what would have to be approved."""
        return True

    def approve(self, system: str, entity: str, until: datetime) -> None:
        """Approve nothing: that is a person's."""

    def approved_until(self, system: str, entity: str) -> datetime | None:
        """Return until when a person lets it go on."""
        return self._base.approved_until(system, entity)
