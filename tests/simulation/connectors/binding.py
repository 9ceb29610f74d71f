"""What the simulation knows of one connector: its fake, its settings, how it is connected, and the desk of its people.

A `ConnectedKind` is the kind of partner that such a system is: what it can do is what the connector declares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from pydantic import BaseModel
from requests.adapters import BaseAdapter

from shared.connectors.configuration_rules import system_rules
from shared.connectors.configuration_taking_part import Described
from shared.connectors.http_secrets import ReadSecret
from shared.core.forms import stored_form
from shared.core.paths import pattern
from shared.core.rules import SystemRules
from shared.core.values import Value
from shared.ports.capabilities import EntityCapability
from shared.ports.clock import Clock
from shared.ports.system import System
from shared.ports.tokens import Tokens
from tests.connectors.fakes.base import Fake
from tests.simulation.connectors.desk import Desk
from tests.simulation.connectors.hooks import Hooks
from tests.simulation.kinds import LEASE_SECONDS, SIDES, Kind

URL = "http://127.0.0.1:1"
"""Where the fake would be, if anything went over sockets."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is given besides its settings."""

    read_secret: ReadSecret
    tokens: Tokens
    clock: Clock
    deadline: Callable[[], float]
    transport: BaseAdapter


class Connect(Protocol):
    """Makes a connected system."""

    def __call__(self, around: Surroundings, /) -> System:
        """Return the system."""


@dataclass(frozen=True)
class Binding:
    """One connector, ready for the simulation.

    `system` is the place that it takes there (crm or erp). `capabilities` are what it declares per entity. `without`
    names what people do not do at this partner, because it has no such thing. `leaves_out` are the collections of which
    it may silently not take a new element. `hooks` are its webhooks, where it sends any.
    """

    name: str
    system: str
    make_fake: Callable[[], Fake]
    connect: Connect
    desk: Callable[[Fake], Desk]
    secret: Mapping[str, str]
    settings: BaseModel
    entities: Callable[[object], Mapping[str, EntityCapability]]
    without: frozenset[str] = frozenset({"restore", "enter again", "clone"})
    tells_deletes: bool = False
    leaves_out: frozenset[str] = frozenset()
    hooks: Hooks | None = None

    @cached_property
    def offers(self) -> Mapping[str, EntityCapability]:
        """Return what the connector declares per entity."""
        return self.entities(self.settings)


@dataclass(frozen=True, slots=True)
class ConnectedKind(Kind):
    """The kind of partner that a real connector and its fake make up."""

    binding: Binding = field(kw_only=True)

    def has(self, entity: str) -> bool:
        """Tell whether the partner has an entity."""
        return entity in self.binding.offers

    def is_apart(self, path: str) -> bool:
        """Tell whether no revision covers a field."""
        return any(pattern(path) in each.uncovered for each in self.binding.offers.values())

    def spelled(self, path: str, value: Value) -> Value:
        """Return a value as people see it there: in the form that the connector declares."""
        for offer in self.binding.offers.values():
            forms = offer.stored_forms.get(path)
            if forms:
                return stored_form(value, forms)
        return value

    def rules(self, system: str, entity: str) -> SystemRules:
        """Return what the connector declares, with the lease of the simulation where that is the longer one."""
        declared = system_rules(Described(system, SIDES[system], self.binding.offers), self.binding.offers[entity])
        return replace(declared, lease_seconds=max(declared.lease_seconds, LEASE_SECONDS))


def kind_of(binding: Binding) -> ConnectedKind:
    """Return the kind of partner that a bound connector and its fake make up."""
    offers = binding.offers.values()
    return ConnectedKind(
        binding.name,
        revision="time",
        has_precondition=all(each.exact for each in offers),
        carries_reference=all(each.reference_field is not None for each in offers),
        can_be_asked=True,
        webhooks="id" if binding.hooks else "none",
        tells_deletes=binding.tells_deletes,
        children_apart=any(each.uncovered for each in offers),
        keeps_numbers_apart=False,
        takes_no_new=binding.leaves_out,
        poll_rounds=2,
        binding=binding,
    )
