"""One seed, one history: an installation, its people and its faults; a storm, then a calm in which all must settle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from shared.core.integration import Integration
from shared.core.paths import listed
from shared.core.records import Record, Verb
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.fan_out import Image, fan_out
from shared.flows.parts import Parts
from shared.flows.poll_changes import poll_changes, start_polls
from shared.flows.reconcile import reconcile, start_reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Delivery, Poll
from shared.ports.stores import Change, SystemStatus
from shared.ports.system import Hint
from tests.kit.activity import MemoryActivity
from tests.kit.alerts import MemoryAlerts, MemoryNotices
from tests.kit.counts import MemoryCounts
from tests.kit.dead_letters import MemoryDeadLetters, MemoryFailures
from tests.kit.failing import MemoryFailing, MemoryRemarks
from tests.kit.mailbox import MemoryMailbox
from tests.kit.memory import Memory
from tests.kit.planner import MemoryPlanner
from tests.kit.relations import MemoryRelations
from tests.kit.reservations import MemoryReservations
from tests.kit.telemetry import MemoryTelemetry
from tests.simulation.calm import NEVER_QUIET, Calm
from tests.simulation.chance import Chance, Strike
from tests.simulation.chronicle import Chronicle, told
from tests.simulation.connector import CLOCKS
from tests.simulation.connectors.seam import connector_of, partner_of, webhooks_of
from tests.simulation.crash_points import RARE
from tests.simulation.installation import SimClock, SimSystems, WatchedRecords, in_memory
from tests.simulation.partner import Runaway
from tests.simulation.people import People
from tests.simulation.queues import Queue, SimMessages, Stream
from tests.simulation.setting import Setting, draw_setting
from tests.simulation.stage import Stage
from tests.simulation.stingy import Stingy
from tests.simulation.stores import (
    Indexes,
    StagedIdempotency,
    StagedIdentities,
    StagedLedger,
    StagedRecords,
    StagedStates,
    Stores,
)
from tests.simulation.stores_stopping import StagedStopping
from tests.simulation.storm import STORM_SECONDS, Storm
from tests.simulation.truth import Truth
from tests.simulation.watch import Watch
from tests.simulation.webhooks import Announcer
from tests.simulation.windows import Opened

__all__ = ["NEVER_QUIET", "Cuts", "History", "stopping_runaways"]


@dataclass(frozen=True, slots=True)
class Cuts:
    """What is left out of a history to find its shortest form: acts by number, strikes of faults."""

    acts: frozenset[int] = frozenset()
    strikes: frozenset[Strike] = frozenset()


class History:
    """One history, ready to be run and then judged."""

    parts: Parts

    def __init__(
        self,
        seed: int,
        cuts: Cuts = Cuts(),  # frozen
        tell: Callable[[str], None] | None = None,
        memory: Memory | None = None,
        setting: Setting | None = None,
        behind: Callable[[Memory, Stage], Stores] | None = None,
    ) -> None:
        """Set everything up from the seed, or as the setting says; `behind` puts other stores behind the stage."""
        self.seed, self.told = seed, tell
        self.setting = setting or draw_setting(seed)
        self.kinds, self.mix, change = self.setting.kinds, self.setting.mix, self.setting.change
        self.integration = change.before if change else self.setting.integration
        self.versions = {rules.version: self.integration for rules in self.integration.entities.values()}
        self.systems_taking_part = self.setting.systems
        self.chance = Chance(seed, self.setting.rates, cuts.strikes)
        self.stage = Stage(self.chance, self.tell, self.setting.crash_at if ("crash", -1) not in cuts.strikes else None)
        self.stage.rare_sites, self.stage.slowest = frozenset(RARE), self.setting.slowest
        self.truth = Truth()
        self.acts = [act for act in self.setting.acts if act.number not in cuts.acts]
        self.memory = memory or Memory()
        self.stores = behind(self.memory, self.stage) if behind else in_memory(self.memory)
        self.telemetry = MemoryTelemetry()
        self.quiet_passes = 0
        self.unseen: list[str] = []
        self.unrepaired: list[str] = []
        self.planned: dict[tuple[str, str, str], Verb] = {}
        self.opened: Opened = Counter()
        self.noted: list[str] = []
        self._make_partners()
        self._note_all()
        self._wire()

    def tell(self, line: str) -> None:
        """Tell one event of the story."""
        if self.told is not None:
            self.told(f"{self.stage.seconds:9.2f}  {line}")

    def run(self) -> History:
        """Let the storm pass and everything settle."""
        Storm(self).plan()
        calm = Calm(self)
        with stopping_runaways(self):
            self.stage.run_until(STORM_SECONDS)
            calm.begin()
            calm.settle()
            if self.setting.has_operator:
                calm.repair()
        return self

    def records(self) -> list[Record]:
        """Return all records as they stand."""
        return list(self.memory.records.held.values())

    def deploy(self, integration: Integration) -> None:
        """Let everybody who begins from now on work by other settings; whoever is at work goes on by the old ones."""
        self.integration = integration
        self.versions.update({rules.version: integration for rules in integration.entities.values()})
        self.parts = replace(self.parts, integration=integration)

    def carries(self, system: str, entity: str, path: str) -> bool:
        """Tell whether a field of a system is in the mapping now."""
        able = self.integration.entities[entity].systems.get(system)
        return able is not None and listed(able.carries, path)

    def _carried(self, system: str, entity: str) -> Callable[[str], bool]:
        """Return what tells of each path of a system whether it is in the mapping now."""
        able = self.integration.entities[entity].systems.get(system)
        return partial(listed, frozenset[str]() if able is None else able.carries)

    # -- the schedules -----------------------------------------------------------------------------------------------

    def start_polls(self, *, now_all: bool = False) -> None:
        """Let the poll of what is due, or of everything, begin."""
        self._start("start_polls", lambda: start_polls(self.parts, now_all=now_all))

    def sweep(self, *, early: bool = False) -> None:
        """Let the sweep begin."""
        self.tell("sweep_overdue")
        self._start("sweep_overdue", lambda: sweep_overdue(self.parts, early=early))

    def start_reconcile(self) -> None:
        """Let the comparison of everything begin."""
        self.tell("start_reconcile")
        self._start("start_reconcile", lambda: start_reconcile(self.parts))

    def operator(self, verb: str, work: Callable[[Parts], object]) -> None:
        """Let a person do something through the operators' verbs."""
        self._start(verb.partition(" ")[0], lambda: work(self.parts))

    def _start(self, flow: str, work: Callable[[], object]) -> None:
        self.stage.start(flow, work, lambda _: None, self._skew(), 60)

    # -- setting up --------------------------------------------------------------------------------------------------

    def _make_partners(self) -> None:
        offsets = self.chance.of("clock offsets")
        self.partners = {
            name: partner_of(name, kind, self.stage, self.truth, offsets.uniform(-5, 5))
            for name, kind in self.kinds.items()
        }
        self.connectors = {
            name: connector_of(partner, self.stage, self.memory.states) for name, partner in self.partners.items()
        }
        self.readers = {name: webhooks_of(connector) for name, connector in self.connectors.items()}
        self.announcers = {
            name: Announcer(connector, self.readers[name], self._skew, lambda: self.parts)
            for name, connector in self.connectors.items()
        }
        for name, partner in self.partners.items():
            partner.on_change = self.announcers[name]
        site = self.stage.crash_target[0] if self.stage.crash_target else ("", "")
        if site[1] in ("messages.polls", "messages.reconciles"):
            self._make_listings_long()
        self.is_reconciled_often = site[0].startswith("reconcile")
        self.people = People(self.partners, self.stage)
        for connector in self.connectors.values():
            connector.on_touch, connector.carries = self.people.react, self._carried
            connector.paused_since = partial(self._paused_since, connector.name)

    def _paused_since(self, system: str, entity: str) -> float | None:
        """Return since when a system, or an entity in it, is paused by a person: since that is written."""
        if not self.staged_states.paused_at:
            return None
        states = [(each, self.stores.states.state(system, each)) for each in ("", entity)]
        paused = [each for each, state in states if state.status is SystemStatus.PAUSED and state.since is not None]
        times = [at for each in paused if (at := self.staged_states.paused_at.get((system, each))) is not None]
        return min(times) if times else None

    def _make_listings_long(self) -> None:
        """Let partners answer so many pages that one run cannot take them all, and nothing else cut it short."""
        for connector in self.connectors.values():
            connector.empty_pages = 900
        for fault in ("crash", "hiccup", "outage", "throttled", "worker stalls", "polls dropped", "reconciles dropped"):
            self.chance.rates.pop(fault, None)
        self.stage.slowest = 0.2

    def _note_all(self) -> None:
        """Keep a chronicle of all writes; what stands in it is part of the history."""
        self.chronicle = Chronicle(self.stage, self.truth, self.partners, self._is_forgotten)
        self.watch = Watch(self.stage, self.memory, self.partners)
        self.operations, self.verdicts = self.chronicle.operations, self.chronicle.verdicts
        self.lifts, self.owner_lifts = self.chronicle.lifts, self.chronicle.owner_lifts
        self.in_good_faith, self.elements = self.chronicle.in_good_faith, self.chronicle.elements

    def _is_forgotten(self, hint: Hint, at: float) -> bool:
        """Tell whether a system knew nothing of a row already at a moment."""
        connector = self.connectors[hint.system]
        return (hint.entity, hint.external_id) in connector.partner.forgotten and connector.lost_at < at

    def _wire(self) -> None:
        self.stream: Stream[Image] = Stream(self.stage, lambda images: fan_out(self.parts, images), self._skew)
        inner = self.stores
        self.staged_states = StagedStates(self.stage, inner.states)
        watched = WatchedRecords(inner, self._on_saved, self._on_changed)
        clock = SimClock(self.stage)
        self.queues = self._queues()
        self.parts = Parts(
            self.integration,
            StagedRecords(self.stage, watched, Indexes(self.stage)),
            StagedIdentities(self.stage, inner.identities, self.noted),
            StagedLedger(self.stage, inner.ledger),
            self.staged_states,
            StagedStopping(self.stage, inner.stopping),
            StagedIdempotency(self.stage, inner.idempotency),
            self.queues,
            SimSystems(self.connectors, self.readers),
            clock,
            self.telemetry,
            MemoryCounts(self.memory),
            history=self.memory.ledger,
            conflicts=inner.conflicts,
            failing=MemoryFailing(self.memory),
            remarks=MemoryRemarks(),
            activity=MemoryActivity(self.memory.states),
            mailbox=MemoryMailbox(),
            dead_letters=MemoryDeadLetters(),
            message_failures=MemoryFailures(clock),
            planner=MemoryPlanner(lambda: self.parts),
            relations=MemoryRelations(),
            alerts=MemoryAlerts(),
            notices=MemoryNotices(),
            allowance=Stingy(self.stage.chance),
            reservations=MemoryReservations(),
        )

    def _queues(self) -> SimMessages:
        stage, skew, dice = self.stage, self._skew, self.chance.of("packing")
        packs = (dice.choice((1, 3, 20)), dice.choice((1, 3, 20)))
        return SimMessages(
            stage,
            self.chronicle.note_hints,
            Queue("hints", stage, "absorb_changes", self._absorb, skew, packs[0], 121, 120),
            Queue("deliveries", stage, "deliver_changes", self._deliver, skew, packs[1], 301, 300),
            Queue("polls", stage, "poll_changes", self._poll, skew, 1, 301, 300, batch=1, window=0.1),
            Queue("reconciles", stage, "reconcile", self._reconcile, skew, 1, 901, 900, batch=1, window=0.1),
        )

    def _absorb(self, hints: Sequence[Hint]) -> None:
        self.tell(f"absorb_changes {sorted({f'{h.system}/{h.external_id}' for h in hints})}") if self.told else None
        absorb_changes(self.parts, hints)

    def _deliver(self, deliveries: Sequence[Delivery]) -> None:
        deliver_changes(self.parts, deliveries)

    def _poll(self, polls: Sequence[Poll]) -> None:
        for poll in polls:
            poll_changes(self.parts, poll)

    def _reconcile(self, polls: Sequence[Poll]) -> None:
        for poll in polls:
            reconcile(self.parts, poll)

    def _skew(self) -> float:
        return self.chance.of("skew").uniform(-self.setting.max_skew, self.setting.max_skew)

    def _on_changed(self, change: Change) -> None:
        worker, since = self.stage.current, self._paused_since(change.cause.system, change.record.entity)
        if change.cause.operation == "absorb" and worker and since is not None and worker.began_at > since + CLOCKS:
            self.truth.violations.append(f"11 what is paused tells nothing: {change.cause.external_id} was absorbed")
        self.chronicle.note_change(change)
        self.watch.note_change(change)

    def _on_saved(self, image: Image) -> None:
        self.stream.put(image)
        self.chronicle.note_image(image)
        self.watch.note_image(image)
        if self.told is not None:
            self.tell(told(image, self.stage.current.number if self.stage.current else 0))


@contextmanager
def stopping_runaways(history: History) -> Iterator[None]:
    """Let what multiplies without end be a violation of its history."""
    try:
        yield
    except Runaway as found:
        history.truth.violations.append(f"{NEVER_QUIET}: {found}")
