"""A system whose calls are metered: its connector knows nothing of it, the calls leave through the meter's door."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from shared.connectors.http_budget import Meter
from shared.connectors.keys_shown import Found
from shared.core.commands import Command, Create
from shared.core.inspection import Described, Finding
from shared.core.observations import Answer, Shown, Trouble
from shared.core.turns import Turn, turn_of
from shared.ports.budgets import asking
from shared.ports.capabilities import EntityCapability
from shared.ports.inspection import Greeted, Inspectable, Inspector
from shared.ports.system import Key, Listing, Page, System

USUAL_CALLS = 3
"""How many calls a verb makes at most where the catalog does not say."""


class Metered:
    """The five verbs, each for the class that the entity and the verb belong to; all else is the system's own."""

    def __init__(self, system: System, meter: Meter, entities: Mapping[str, EntityCapability]) -> None:
        """Meter a system; `entities` say how many calls belong together."""
        self.name = system.name
        self._system, self._meter, self._entities = system, meter, entities

    def __getattr__(self, name: str) -> Any:
        """Return what else the connector offers, such as the calls that it has counted."""
        return getattr(self._system, name)

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return one page of what changed since a cursor."""
        with self._asking(turn_of(entity, is_there=True), self._calls(entity, "in")):
            return self._system.changed_since(entity, cursor)

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return one page of all records: nobody waits for that."""
        with self._asking(Turn.LOAD, self._calls(entity, "in")):
            return self._system.list(entity, cursor)

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return, for every id asked, what is shown now."""
        with self._asking(turn_of(entity, is_there=True), self._calls(entity, "in")):
            return self._system.fetch(entity, ids)

    def find(self, entity: str, keys: Sequence[Key]) -> Found | Trouble:
        """Return, for every key asked, all live records that show it."""
        with self._asking(turn_of(entity, is_there=True), USUAL_CALLS):
            return self._system.find(entity, keys)

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands of one verb."""
        is_there = not any(isinstance(each, Create) for each in commands)
        with self._asking(turn_of(entity, is_there=is_there), self._calls(entity, "update" if is_there else "create")):
            return self._system.write(entity, commands)

    def wait(self, entity: str, turn: Turn) -> float:
        """Return 0 where the calls of a delivery may be made now, else after how many seconds to ask again."""
        calls = max(self._calls(entity, "create"), self._calls(entity, "update"))
        return self._meter.wait(turn, calls)

    def _calls(self, entity: str, direction: str) -> int:
        able = self._entities.get(entity)
        return USUAL_CALLS if able is None else able.calls.get(direction, USUAL_CALLS)

    @contextmanager
    def _asking(self, turn: Turn, calls: int) -> Iterator[None]:
        with asking(turn, calls, self._meter):
            yield


class MeteredInspector:
    """An inspector whose calls are metered as those of a load: whoever asks can ask again, deliveries go first."""

    def __init__(self, inspector: Inspector, meter: Meter) -> None:
        """Meter an inspector."""
        self.describes = inspector.describes
        self._inspector, self._meter = inspector, meter

    def greet(self) -> Greeted | Trouble:
        """Make the cheapest call that needs our credentials."""
        with asking(Turn.LOAD, 1, self._meter):
            return self._inspector.greet()

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        """Return the object types of an entity, as far as the system tells."""
        with asking(Turn.LOAD, USUAL_CALLS, self._meter):
            return self._inspector.describe(entity)

    def webhooks(self) -> Sequence[Finding]:
        """Return how its webhooks are set up."""
        with asking(Turn.LOAD, 1, self._meter):
            return self._inspector.webhooks()

    def close(self) -> None:
        """Close the connections that were opened."""
        self._inspector.close()


class InspectableMetered(Metered):
    """A metered system that can be asked about itself."""

    def inspector(self) -> Inspector:
        """Return what asks the system about itself."""
        assert isinstance(self._system, Inspectable)
        return MeteredInspector(self._system.inspector(), self._meter)


def metered(system: System, meter: Meter, entities: Mapping[str, EntityCapability]) -> Metered:
    """Return a system whose calls are metered."""
    kind = InspectableMetered if isinstance(system, Inspectable) else Metered
    return kind(system, meter, entities)
