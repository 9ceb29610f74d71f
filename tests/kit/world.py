"""The whole of the flows over fakes: two partners (or more), stores in memory, queues, and a driver.

`settle` lets everything run that is due at once: polls that were queued, hints, the stream, deliveries. Delays of
messages are not waited for; due times are, by `later`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.core.decisions import Decision, Verdict
from shared.core.integration import Integration
from shared.core.keys import id_key
from shared.core.observations import Observation, Source
from shared.core.records import Link, Record
from shared.core.values import Value
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.fan_out import Image, fan_out
from shared.flows.parts import Parts
from shared.flows.poll_changes import poll_changes, start_polls
from shared.flows.reconcile import reconcile, start_reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Delivery
from shared.ports.system import Hint, Webhooks
from tests.kit.activity import MemoryActivity
from tests.kit.alerts import MemoryAlerts, MemoryNotices
from tests.kit.budgets import SetAllowance
from tests.kit.clock import FakeClock
from tests.kit.counts import MemoryCounts
from tests.kit.dead_letters import MemoryDeadLetters, MemoryFailures
from tests.kit.failing import MemoryFailing, MemoryRemarks
from tests.kit.mailbox import MemoryMailbox
from tests.kit.memory import Memory
from tests.kit.messages import MemoryMessages
from tests.kit.partner import Partner
from tests.kit.planner import MemoryPlanner
from tests.kit.relations import MemoryRelations
from tests.kit.reservations import MemoryReservations
from tests.kit.rules import integration_of
from tests.kit.telemetry import MemoryTelemetry

STEPS = 300


class Partners:
    """The systems of an installation by name."""

    def __init__(self, partners: dict[str, Partner]) -> None:
        """Hold them."""
        self.partners = partners
        self.webhook_readers: dict[str, Webhooks] = {}

    def system(self, name: str) -> Partner:
        """Return a partner."""
        return self.partners[name]

    def webhooks(self, name: str) -> Webhooks | None:
        """Return what reads a partner's webhooks."""
        return self.webhook_readers.get(name)


class World:
    """An installation with everything around it."""

    def __init__(self, integration: Integration | None = None, **habits: Mapping[str, Any]) -> None:
        """Begin empty; `crm={...}` gives the crm its habits."""
        self.integration = integration or integration_of()
        self.clock = FakeClock()
        self.memory = Memory()
        self.memory.states.clock = self.clock
        self.dead_letters = MemoryDeadLetters()
        self.mailbox = MemoryMailbox()
        self.messages = MemoryMessages()
        self.telemetry = MemoryTelemetry()
        self.relations = MemoryRelations()
        self.alerts, self.notices = MemoryAlerts(), MemoryNotices()
        self.allowance = SetAllowance()
        self.reservations = MemoryReservations()
        self.planner = MemoryPlanner(lambda: self.parts)
        named = {name: Partner(name, self.clock, **habits.get(name, {})) for name in self.integration.systems}
        self.systems = Partners(named)
        self.parts = Parts(
            self.integration,
            self.memory.records,
            self.memory.identities,
            self.memory.ledger,
            self.memory.states,
            self.memory.stopping,
            self.memory.idempotency,
            self.messages,
            self.systems,
            self.clock,
            self.telemetry,
            MemoryCounts(self.memory),
            history=self.memory.ledger,
            conflicts=self.memory.conflicts,
            failing=MemoryFailing(self.memory),
            remarks=MemoryRemarks(),
            activity=MemoryActivity(self.memory.states),
            mailbox=self.mailbox,
            dead_letters=self.dead_letters,
            message_failures=MemoryFailures(self.clock),
            planner=self.planner,
            relations=self.relations,
            alerts=self.alerts,
            notices=self.notices,
            allowance=self.allowance,
            reservations=self.reservations,
        )

    @property
    def crm(self) -> Partner:
        """Return the crm."""
        return self.systems.partners["crm"]

    @property
    def erp(self) -> Partner:
        """Return the erp."""
        return self.systems.partners["erp"]

    # -- letting things happen ---------------------------------------------------------------------------------------

    def settle(self) -> World:
        """Run what is queued until all is quiet."""
        for _ in range(STEPS):
            if not self._step():
                return self
            self.clock.go_on(1)
        raise AssertionError(f"not quiet after {STEPS} steps: {self.messages}")

    def poll(self) -> World:
        """Ask every system for its changes, then settle."""
        start_polls(self.parts, now_all=True)
        return self.settle()

    def later(self, seconds: float = 70.0, times: int = 1) -> World:
        """Let time pass, sweep, settle; again as often as told."""
        for _ in range(times):
            self.clock.go_on(seconds)
            sweep_overdue(self.parts)
            self.settle()
        return self

    def reconcile(self) -> World:
        """Compare every system with what was seen, then settle."""
        start_reconcile(self.parts)
        return self.settle()

    def hint(self, system: str, entity: str, external_id: str) -> World:
        """Bring one bare hint, then settle."""
        self.messages.changes([Hint(system, entity, external_id)])
        return self.settle()

    def hint_with(self, observation: Observation) -> World:
        """Bring one message that carries a state, then settle."""
        state = replace(observation, source=Source.MESSAGE)
        self.messages.changes([Hint(state.system, state.entity, state.external_id, state)])
        return self.settle()

    def _step(self) -> bool:
        done = False
        while self.messages.polls_queue:
            done = True
            poll_changes(self.parts, self.messages.polls_queue.pop(0))
        while self.messages.reconciles_queue:
            done = True
            reconcile(self.parts, self.messages.reconciles_queue.pop(0))
        if hints := self.messages.take_changes():
            done = True
            absorb_changes(self.parts, hints)
        done = self.fan_out() or done
        if deliveries := self.messages.take_deliveries():
            done = True
            deliver_changes(self.parts, deliveries)
        return done

    def fan_out(self) -> bool:
        """Carry the stream so far to its consumer; tell whether there was any."""
        images = [Image(*each) for each in self.memory.records.stream]
        self.memory.records.stream.clear()
        if images:
            fan_out(self.parts, images)
        return bool(images)

    # -- looking -----------------------------------------------------------------------------------------------------

    def record(self, entity: str = "customer") -> Record:
        """Return the only record of an entity."""
        (only,) = self.records(entity)
        return only

    def records(self, entity: str = "customer") -> list[Record]:
        """Return all records of an entity."""
        return [record for record in self.memory.records.held.values() if record.entity == entity]

    def record_of(self, system: str, entity: str, external_id: str) -> Record:
        """Return the record that a partner's record is linked to."""
        key = id_key(system, entity, external_id)
        return self.memory.records.held[self.memory.identities.holding[key].record_id]

    def link(self, system: str, entity: str = "customer") -> Link:
        """Return the link of an entity's only record to a system."""
        return self.record(entity).link(system)

    def decisions(self, verdict: Verdict) -> list[Decision]:
        """Return the conflict items of a verdict."""
        return [each.decision for each in self.memory.records.conflicts if each.decision.verdict is verdict]

    def agreed(self, entity: str, name: str) -> Value:
        """Return the value of a field that both systems and the record show; fail if they differ."""
        record = self.record(entity)
        shown = {s: self.systems.partners[s].shown(entity, record.link(s).external_id).get(name) for s in record.links}
        assert set(shown.values()) == {record.value(name)}, (shown, record.value(name))
        return record.value(name)

    def put(self, record: Record) -> Record:
        """Put a record into the store as it is, one version on."""
        stored = replace(record, version=record.version + 1)
        self.memory.records.held[record.id] = stored
        return stored


def in_step(world: World, *emails: str) -> World:
    """Return the world with customers of the crm, one per e-mail, that stand in every system."""
    for email in emails or ("ada@example.org",):
        world.crm.enter("customer", {"name": "Ada", "email": email, "phone": None})
    return world.poll()


def renamed(world: World, name: str = "Ada L.") -> list[Delivery]:
    """Rename every customer in the crm and absorb that; return what is to be delivered to the erp."""
    for c in world.crm.ids("customer"):
        world.crm.edit("customer", c, {"name": name})
    absorb_changes(world.parts, [Hint("crm", "customer", c) for c in world.crm.ids("customer")])
    return [Delivery("erp", "customer", record.id) for record in world.records()]
