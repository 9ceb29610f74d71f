"""What an installation has besides its partners: the workers' clock, the systems by name, and a watched store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.flows.fan_out import Image
from shared.ports.stores import Change, Saved, SaveResult
from shared.ports.system import Webhooks
from tests.kit.memory import Memory
from tests.simulation.connector import Connector
from tests.simulation.stage import Stage
from tests.simulation.stores import Stores
from tests.simulation.webhooks import SimWebhooks


class SimClock:
    """The stage's time as the worker's own clock tells it."""

    def __init__(self, stage: Stage) -> None:
        """Tell the stage's time."""
        self._stage, self._ids = stage, 0
        self._dice = stage.chance.of("jitter")

    def now(self) -> datetime:
        """Return the present moment."""
        worker = self._stage.current
        return self._stage.now(worker.skew if worker else 0.0)

    def new_id(self) -> str:
        """Return the next id."""
        self._ids += 1
        return f"i{self._ids}"

    def jitter(self) -> float:
        """Return a number from 0 up to 1."""
        return self._dice.random()


@dataclass
class SimSystems:
    """The connectors by name."""

    connectors: Mapping[str, Connector]
    readers: Mapping[str, SimWebhooks]

    def system(self, name: str) -> Connector:
        """Return a connector."""
        return self.connectors[name]

    def webhooks(self, name: str) -> Webhooks | None:
        """Return what reads a system's webhooks."""
        return self.readers[name]


def in_memory(memory: Memory) -> Stores:
    """Return the stores in memory as what stands behind the stage."""
    return Stores(
        memory.records,
        memory.identities,
        memory.conflicts,
        memory.ledger,
        memory.states,
        memory.stopping,
        memory.idempotency,
    )


class WatchedRecords:
    """The records' store, telling of each write."""

    def __init__(self, stores: Stores, on_saved: Callable[[Image], None], on_decided: Callable[[Change], None]) -> None:
        """Wrap the store: `on_saved` hears what the stream then holds, `on_decided` each change that was made."""
        self._inner, self._on_saved, self._on_decided = stores.records, on_saved, on_decided
        self.get, self.due, self.page = self._inner.get, self._inner.due, self._inner.page
        self.set_aside = self._inner.set_aside
        self.waiting_for, self.parked = self._inner.waiting_for, self._inner.parked

    def save(self, change: Change) -> SaveResult:
        """Save, and carry what the stream then holds on."""
        result = self._inner.save(change)
        if isinstance(result, Saved):
            self._on_decided(change)
        while self._inner.stream:
            self._on_saved(Image(*self._inner.stream.pop(0)))
        return result
