"""The systems of this installation: each connector is imported and connected when it is first asked for.

A connector's module offers `connect(settings, …)` and, if its system sends webhooks, `webhooks(settings, …)`, or change
events on the bus, `change_events(settings, …)`. All take by name what they need of: `read_secret`, `tokens`, `clock`,
`deadline`, `mailbox`. Where a system has a quota, its calls leave through the meter of this process (`metered`); so
this is also where flows ask whether there is room for calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from threading import Lock, RLock
from typing import Any, Protocol, TypeAlias

from shared.connectors.catalog import CONNECTORS
from shared.connectors.http_budget import Meter
from shared.connectors.http_secrets import ReadSecret
from shared.connectors.integration import Connection
from shared.connectors.metered import USUAL_CALLS, Metered, metered
from shared.core.errors import BadSettings
from shared.core.quota import Quota
from shared.core.turns import Turn
from shared.ports.budgets import Budgets
from shared.ports.clock import Clock
from shared.ports.mailbox import Mailbox
from shared.ports.stores import States
from shared.ports.system import Hint, System, Webhooks
from shared.ports.tokens import Tokens

MakeMeter: TypeAlias = Callable[[str, Quota, Budgets, Clock], Meter]


@dataclass(frozen=True, slots=True)
class Offered:
    """What a connector may ask for."""

    read_secret: ReadSecret
    tokens: Tokens
    clock: Clock
    deadline: Callable[[], float]
    mailbox: Mailbox | None = None


class ChangeEvents(Protocol):
    """Reads the change events that a system sends to the event bus."""

    def hints(self, event: Mapping[str, Any]) -> list[Hint] | None:
        """Return the hints of an event; nothing at all where it is none of this system."""


class ConnectedSystems:
    """Systems by name, each made once and kept with its session."""

    def __init__(
        self,
        connections: Mapping[str, Connection],
        offered: Offered,
        budgets: Budgets | None = None,
        meter: MakeMeter = Meter,
    ) -> None:
        """Connect nothing yet. Without `budgets` no quota is kept to; `meter` makes what counts a system's calls."""
        self._connections, self._budgets, self._clock = connections, budgets, offered.clock
        self._make_meter = meter
        self._meters: dict[str, Meter] = {}
        self._offered = {name: getattr(offered, name) for name in Offered.__slots__}
        self._systems: dict[str, System] = {}
        self._webhooks: dict[str, Webhooks | None] = {}
        self._events: dict[str, ChangeEvents | None] = {}
        self._counted: dict[str, tuple[int, int]] = {}
        self._making, self._counting = RLock(), Lock()

    def system(self, name: str) -> System:
        """Return a system's connector."""
        with self._making:
            if name not in self._systems:
                self._systems[name] = self._metered(name, self._made(name, "connect"))
            return self._systems[name]

    def wait(self, system: str, entity: str, turn: Turn) -> float:
        """Return 0 where the calls for some records may be made now, else after how many seconds to ask again."""
        asked = self.system(system)
        return asked.wait(entity, turn) if isinstance(asked, Metered) else 0.0

    def has_room(self, system: str, turn: Turn) -> bool:
        """Tell whether a class could make some calls now, without taking any or connecting."""
        meter = self._meter(system)
        return meter is None or meter.has_room(turn, USUAL_CALLS)

    def used(self, system: str) -> float | None:
        """Return how much of a day's calls is used, from 0 to 1; nothing where nobody tells."""
        meter = self._meter(system)
        return None if meter is None else meter.used()

    def settle(self) -> None:
        """Give back what was taken of quotas and is not needed, as far as others may want it."""
        for meter in list(self._meters.values()):
            meter.settle()

    def webhooks(self, name: str) -> Webhooks | None:
        """Return what verifies a system's webhooks; nothing where its connector has no webhooks."""
        with self._making:
            if name not in self._webhooks:
                self._webhooks[name] = self._made(name, "webhooks")
            return self._webhooks[name]

    def hints_of(self, message: Mapping[str, Any]) -> list[Hint]:
        """Return the hints of a message of ours, or of an event from the bus as the connector of its sender reads it.

        Raises `NeedsAPerson` for what neither is.
        """
        from shared.aws.message_format import RECORD_CHANGED, hints_of

        is_from_the_bus = message.get("detail-type", RECORD_CHANGED) != RECORD_CHANGED
        read = [self._hints(name, message) for name in self._connections] if is_from_the_bus else []
        known = [hints for hints in read if hints is not None]
        return [hint for hints in known for hint in hints] if known else hints_of(message)

    def note_calls(self, states: States) -> None:
        """Add the calls made since the last time to the counts that everybody shares."""
        for name, system in list(self._systems.items()):
            with self._counting:
                calls: Mapping[str, int] = getattr(system, "calls", {})
                now = (calls.get("read", 0), calls.get("write", 0))
                before = self._counted.get(name, (0, 0))
                self._counted[name] = now
            if now != before:
                states.count_calls(name, now[0] - before[0], now[1] - before[1])

    def _metered(self, name: str, system: System) -> System:
        meter, connection = self._meter(name), self._connections[name]
        if meter is None:
            return system
        return metered(system, meter, CONNECTORS[connection.connector].entities(connection.settings))

    def _meter(self, name: str) -> Meter | None:
        """Return what counts a system's calls; nothing for one without a quota."""
        with self._making:
            connection = self._connections.get(name)
            if self._budgets is None or connection is None or not connection.quota:
                return None
            if name not in self._meters:
                self._meters[name] = self._make_meter(name, connection.quota, self._budgets, self._clock)
            return self._meters[name]

    def _hints(self, name: str, event: Mapping[str, Any]) -> list[Hint] | None:
        with self._making:
            if name not in self._events:
                self._events[name] = self._made(name, "change_events")
            events = self._events[name]
        return None if events is None else events.hints(event)

    def _made(self, name: str, maker: str) -> Any:
        connection = self._connections.get(name)
        if connection is None:
            raise BadSettings(f"there is no system {name}", "integration.toml", f"add [systems.{name}]")
        make = getattr(import_module(f"shared.connectors.{connection.connector}"), maker, None)
        if make is None:
            return None
        wanted = signature(make).parameters
        return make(connection.settings, **{each: given for each, given in self._offered.items() if each in wanted})
