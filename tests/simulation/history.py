"""One seed, one history: an installation, its people and its faults; a storm, then a calm in which all must settle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from shared.core.observations import Observation, Source
from shared.core.records import Record
from shared.flows.absorb_changes import absorb_changes
from shared.flows.deliver_changes import deliver_changes
from shared.flows.fan_out import Image, fan_out
from shared.flows.parts import Parts
from shared.flows.poll_changes import poll_changes, start_polls
from shared.flows.receive_webhook import receive_webhook
from shared.flows.reconcile import reconcile, start_reconcile
from shared.flows.sweep_overdue import sweep_overdue
from shared.ports.messages import Poll
from shared.ports.stores import Change, Saved, SaveResult, SystemState, SystemStatus
from shared.ports.system import Hint, Received, Rejected, WebhookRequest, Webhooks
from tests.kit.clock import START
from tests.kit.memory import Memory
from tests.kit.telemetry import MemoryTelemetry
from tests.simulation.chance import Chance, Strike
from tests.simulation.connector import Connector
from tests.simulation.crash_points import RARE, target_of
from tests.simulation.faults import draw_rates
from tests.simulation.kinds import draw_kinds
from tests.simulation.partner import Partner, Runaway
from tests.simulation.people import People, plan_acts
from tests.simulation.queues import Queue, SimMessages, Stream
from tests.simulation.rules import integration_of
from tests.simulation.stage import Stage
from tests.simulation.stores import (
    Indexes,
    StagedIdempotency,
    StagedIdentities,
    StagedLedger,
    StagedRecords,
    StagedStates,
)
from tests.simulation.truth import Truth

STORM_SECONDS = 200.0
ACTS_SECONDS = 120.0
MOST_EVENTS = 60_000
NEVER_QUIET = "4 writes are bounded: it never became quiet"


@dataclass(frozen=True, slots=True)
class Cuts:
    """What is left out of a history to find its shortest form: acts by number, strikes of faults."""

    acts: frozenset[int] = frozenset()
    strikes: frozenset[Strike] = frozenset()


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
class SimWebhooks:
    """Reads the webhooks of a fake system: the body is the number of an event in its outbox."""

    outbox: dict[int, Hint] = field(default_factory=dict)

    def receive(self, request: WebhookRequest, now: datetime) -> Received | Rejected:  # noqa: ARG002  # the port's shape
        """Return the event that a body names; a forged body is rejected."""
        if request.body == b"forged":
            return Rejected(401, "not signed")
        number = int(request.body)
        return Received((self.outbox[number],), str(number))


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


class History:
    """One history, ready to be run and then judged."""

    def __init__(
        self,
        seed: int,
        cuts: Cuts = Cuts(),  # frozen
        tell: Callable[[str], None] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Set everything up from the seed."""
        dice = Random(f"{seed}/setup")
        self.seed, self.told = seed, tell
        self.systems_taking_part = ("crm", "erp", "shop") if dice.random() < 0.3 else ("crm", "erp")
        self.mix, self.kinds = draw_kinds(self.systems_taking_part, dice)
        self.chance = Chance(seed, draw_rates(dice), cuts.strikes)
        self.stage = Stage(self.chance, self.tell, target_of(seed) if ("crash", -1) not in cuts.strikes else None)
        self.stage.rare_sites = frozenset(RARE)
        self.truth = Truth()
        self.integration = integration_of(self.kinds, dice)
        self.max_skew = dice.choice((0.0, 0.0, 2.0))
        if dice.random() < 0.25:
            self.stage.slowest = dice.choice((1.0, 3.0))
        self.pauses = self._draw_spells(dice, 0.2)
        self.lock_outs = self._draw_spells(dice, 0.15)
        self.acts = [a for a in plan_acts(dice, self.systems_taking_part, ACTS_SECONDS) if a.number not in cuts.acts]
        self.memory = memory or Memory()
        self.telemetry = MemoryTelemetry()
        self.quiet_passes = 0
        self.late_writes = 0
        self.unseen: list[str] = []
        self.windows = 0
        self.windows_by_kind: Counter[str] = Counter()
        self.operations: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.noted: list[str] = []
        self.lifts: list[tuple[str, int]] = []
        self.owner_lifts: set[tuple[str, int]] = set()
        self.in_good_faith: set[str] = set()
        self.elements: dict[tuple[str, str], dict[str, str]] = {}
        self._wire()

    def tell(self, line: str) -> None:
        """Tell one event of the story."""
        if self.told is not None:
            self.told(f"{self.stage.seconds:9.2f}  {line}")

    def run(self) -> History:
        """Let the storm pass and everything settle."""
        self._plan_storm()
        try:
            self.stage.run_until(STORM_SECONDS)
            self._calm_down()
            self._settle()
        except Runaway as found:
            self.truth.violations.append(f"{NEVER_QUIET}: {found}")
        return self

    # -- setting up --------------------------------------------------------------------------------------------------

    def _wire(self) -> None:
        offsets = self.chance.of("clock offsets")
        self.partners = {
            name: Partner(name, kind, self.stage, self.truth, offsets.uniform(-5, 5))
            for name, kind in self.kinds.items()
        }
        self.connectors = {name: Connector(partner, self.stage) for name, partner in self.partners.items()}
        self.readers = {name: SimWebhooks() for name in self.partners}
        for partner in self.partners.values():
            partner.on_change = self._announcer(partner)
        site = self.stage.crash_target[0] if self.stage.crash_target else ("", "")
        if site[1] in ("messages.polls", "messages.reconciles"):
            self._make_listings_long()
        self.is_reconciled_often = site[0].startswith("reconcile")
        self.people = People(self.partners, self.stage)
        for connector in self.connectors.values():
            connector.on_touch = self.people.react
        self.stream: Stream[Image] = Stream(self.stage, lambda images: fan_out(self.parts, images), self._skew)
        inner = self.memory
        records = StagedRecords(self.stage, _Watched(inner, self._on_saved, self._on_decided), Indexes(self.stage))
        self.parts = Parts(
            self.integration,
            records,
            StagedIdentities(self.stage, inner.identities, self.noted),
            StagedLedger(self.stage, inner.ledger),
            StagedStates(self.stage, inner.states),
            StagedIdempotency(self.stage, inner.idempotency),
            self._queues(),
            SimSystems(self.connectors, self.readers),
            SimClock(self.stage),
            self.telemetry,
        )

    def _make_listings_long(self) -> None:
        """Let partners answer so many pages that one run cannot take them all, and nothing else cut it short."""
        for connector in self.connectors.values():
            connector.empty_pages = 900
        for fault in ("crash", "hiccup", "outage", "throttled", "worker stalls", "polls dropped", "reconciles dropped"):
            self.chance.rates.pop(fault, None)
        self.stage.slowest = 0.2

    def _queues(self) -> SimMessages:
        dice = self.chance.of("packing")
        return SimMessages(
            self.stage,
            Queue("hints", self.stage, "absorb_changes", self._absorb, self._skew, dice.choice((1, 3, 20)), 121, 120),
            Queue(
                "deliveries",
                self.stage,
                "deliver_changes",
                self._deliver,
                self._skew,
                dice.choice((1, 3, 20)),
                301,
                300,
            ),
            Queue("polls", self.stage, "poll_changes", self._poll, self._skew, 1, 301, 300, batch=1, window=0.1),
            Queue("reconciles", self.stage, "reconcile", self._reconcile, self._skew, 1, 901, 900, batch=1, window=0.1),
        )

    def _absorb(self, hints: Sequence[Hint]) -> None:
        self.tell(f"absorb_changes {sorted({f'{h.system}/{h.external_id}' for h in hints})}") if self.told else None
        absorb_changes(self.parts, hints)

    def _deliver(self, deliveries: Sequence[object]) -> None:
        deliver_changes(self.parts, deliveries)  # type: ignore[arg-type]  # the queue holds deliveries only

    def _poll(self, polls: Sequence[Poll]) -> None:
        for poll in polls:
            poll_changes(self.parts, poll)

    def _reconcile(self, polls: Sequence[Poll]) -> None:
        for poll in polls:
            reconcile(self.parts, poll)

    def _skew(self) -> float:
        return self.chance.of("skew").uniform(-self.max_skew, self.max_skew)

    def _on_saved(self, image: Image) -> None:
        self.stream.put(image)
        self._note_what_must_hold(image)
        if self.told is not None:
            self.tell(_told(image, self.stage.current.number if self.stage.current else 0))

    def _on_decided(self, change: Change) -> None:
        self.verdicts.update(decision.verdict.value for decision in change.decisions)

    def _note_what_must_hold(self, image: Image) -> None:
        before, after = image.before, image.after
        self.operations[image.cause.operation] += 1
        if before is not None and before.tombstone is not None and after.tombstone is None:
            self.lifts.append((after.id, after.version))
            if image.cause.system == before.tombstone.by:
                self.owner_lifts.add((after.id, after.version))
        if before is not None and _live(before) < _live(after):
            self._note_good_faith(after)
        for system, link in after.links.items():
            if link.elements:
                names = self.elements.setdefault((after.id, system), {})
                names.update({theirs: ours for ours, theirs in link.elements.items()})

    def _note_good_faith(self, record: Record) -> None:
        """Note a record whose rows show one e-mail while they are linked (or did a moment ago): nobody could tell."""
        shown: set[object] = set()
        for system, link in record.links.items():
            row = self.partners[system].rows.get((record.entity, str(link.external_id)))
            edits = self.truth.by_field.get(((system, record.entity, str(link.external_id)), "email"), [])
            if link.is_live and row is not None:
                is_recent = edits and edits[-1].saw and edits[-1].at > self.stage.seconds - 10 * self.stage.slowest
                shown.add(edits[-1].saw if is_recent and edits[-1].saw in shown else row.fields.get("email"))
        if len(shown) == 1:
            self.in_good_faith.add(record.id)

    def _draw_spells(self, dice: Random, share: float) -> list[tuple[str, float, float]]:
        if dice.random() >= share:
            return []
        start = dice.uniform(5, 100)
        return [(dice.choice(self.systems_taking_part), start, start + dice.uniform(5, 90))]

    # -- the storm ---------------------------------------------------------------------------------------------------

    def _plan_storm(self) -> None:
        for act in self.acts:
            self.stage.after(act.at, lambda act=act: self.people.do(act))  # type: ignore[misc]  # bound now
        dice = self.chance.of("schedule")
        every = dice.choice((15, 30))
        for number in range(1, int(STORM_SECONDS / every)):
            self.stage.after(number * every, self._start_polls)
        for number in range(1, int(STORM_SECONDS / 60) + 1):
            self.stage.after(number * 60, self._sweep)
        for _ in range(5 if self.is_reconciled_often else dice.choice((0, 1))):
            self.stage.after(dice.uniform(20, STORM_SECONDS), self._start_reconcile)
        for system, start, end in self.pauses:
            self.stage.after(start, lambda system=system: self._pause(system))  # type: ignore[misc]  # bound now
            self.stage.after(end, lambda system=system: self._resume(system))  # type: ignore[misc]  # bound now
        for system, start, end in self.lock_outs:
            self.stage.after(start, lambda system=system: self._lock_out(system, True))  # type: ignore[misc]  # bound now
            self.stage.after(end, lambda system=system: self._lock_out(system, False))  # type: ignore[misc]  # bound now

    def _start_polls(self) -> None:
        self.stage.start("start_polls", lambda: start_polls(self.parts), lambda _: None, self._skew(), 60)

    def _sweep(self, *, early: bool = False) -> None:
        self.tell("sweep_overdue")
        self.stage.start(
            "sweep_overdue", lambda: sweep_overdue(self.parts, early=early), lambda _: None, self._skew(), 60
        )

    def _start_reconcile(self) -> None:
        self.tell("start_reconcile")
        self.stage.start("start_reconcile", lambda: start_reconcile(self.parts), lambda _: None, self._skew(), 60)

    def _pause(self, system: str) -> None:
        self.tell(f"the operator pauses {system}")
        self.chance.note("paused")
        self.memory.states.set_state(system, SystemState(SystemStatus.PAUSED, why="operator"))

    def _resume(self, system: str) -> None:
        self.tell(f"the operator resumes {system}")
        self.chance.note("resumed")
        self.memory.states.set_state(system, SystemState())
        self._sweep(early=True)

    def _lock_out(self, system: str, is_locked_out: bool) -> None:
        self.tell(f"{system} {'no longer takes' if is_locked_out else 'takes'} our credentials")
        self.connectors[system].is_locked_out = is_locked_out

    # -- webhooks ----------------------------------------------------------------------------------------------------

    def _announcer(self, partner: Partner) -> Callable[[str, str, frozenset[str]], None]:
        reader = self.readers[partner.name]

        def announce(entity: str, name: str, paths: frozenset[str]) -> None:
            if partner.kind.webhooks == "none":
                return
            number = len(reader.outbox) + 1
            reader.outbox[number] = Hint(partner.name, entity, name, _payload(partner, entity, name, paths))
            if self.chance.strikes("webhook dropped"):
                return
            dice = self.chance.of("webhooks")
            self.stage.after(dice.uniform(0.1, 2.0), lambda: self._receive(partner.name, number, 3))
            if self.chance.strikes("webhook doubled"):
                self.stage.after(dice.uniform(0.1, 9.0), lambda: self._receive(partner.name, number, 3))

        return announce

    def _receive(self, system: str, number: int, tries: int) -> None:
        body = b"forged" if self.chance.strikes("webhook forged") else str(number).encode()

        def again(outcome: str) -> None:
            if outcome != "done" and tries > 1:
                self.stage.after(5.0, lambda: self._receive(system, number, tries - 1))

        request = WebhookRequest({}, body)
        self.stage.start(
            "receive_webhook", lambda: receive_webhook(self.parts, system, request), again, self._skew(), 10
        )

    # -- the calm ----------------------------------------------------------------------------------------------------

    def _calm_down(self) -> None:
        self.tell("-- the faults stop --")
        self.chance.calm()
        self.stage.crash_target = None
        self.stage.slowest = min(self.stage.slowest, 0.2)
        for system in self.systems_taking_part:
            self.connectors[system].is_locked_out = False
            if not self.memory.states.state(system).may_call(self.stage.now()):
                self.memory.states.set_state(system, SystemState())
        self._sweep(early=True)

    def _settle(self) -> None:
        if not self._until_nothing_is_due() or not self._pass(reconciles=False):
            return
        self._note_unseen()
        for _ in range(8):
            self.quiet_passes += 1
            writes, sent = self.memory.records.writes, self.truth.writes
            if not self._pass(reconciles=True):
                return
            if (writes, sent) == (self.memory.records.writes, self.truth.writes):
                return
        self.truth.violations.append("4 a second pass writes nothing: eight passes were not enough")

    def _pass(self, *, reconciles: bool) -> bool:
        """Poll everything, perhaps reconcile everything, until nothing is due; tell whether it became quiet."""
        self.tell("-- poll everything --")
        self.stage.start("start_polls", lambda: start_polls(self.parts, now_all=True), lambda _: None, self._skew(), 60)
        if not self._until_nothing_is_due():
            return False
        if reconciles:
            self._start_reconcile()
        return self._until_nothing_is_due()

    def _until_nothing_is_due(self) -> bool:
        for _ in range(200):
            if not self._drain():
                break
            due = self._next_due()
            if due is None:
                return True
            self.stage.run_until(max(self.stage.seconds + 1.0, due + 5.0))
            self._sweep()
        self.truth.violations.append(NEVER_QUIET)
        return False

    def _drain(self) -> bool:
        while (at := self.stage.next_at()) is not None:
            self.stage.run_until(at)
            if self.stage.events > MOST_EVENTS:
                return False
        return True

    def _next_due(self) -> float | None:
        times = [record.due_at for record in self.records() if record.due_at is not None]
        times += [note.due_at for note in self.memory.identities.notes.values() if note.due_at is not None]
        return min(((at - START).total_seconds() for at in times), default=None)

    def _note_unseen(self) -> None:
        """Note what polls alone have not shown, though no message was lost (property 14)."""
        if any(self.chance.struck[f"{name} dropped"] for name in ("hints", "webhook")):
            return
        for partner in self.partners.values():
            for (entity, name), row in partner.rows.items():
                tells = partner.kind.tells_deletes or not row.is_deleted
                if (partner.name, entity) in self.integration.pairs() and tells and row.read_at < row.changed_at:
                    self.unseen.append(f"{partner.name} {name}")

    # -- looking -----------------------------------------------------------------------------------------------------

    def records(self) -> list[Record]:
        """Return all records as they stand."""
        return list(self.memory.records.held.values())


class _Watched:
    """The records' store, telling of each write."""

    def __init__(self, memory: Memory, on_saved: Callable[[Image], None], on_decided: Callable[[Change], None]) -> None:
        self._inner, self._on_saved, self._on_decided = memory.records, on_saved, on_decided
        self.get, self.due = self._inner.get, self._inner.due
        self.waiting_for, self.parked = self._inner.waiting_for, self._inner.parked

    def save(self, change: Change) -> SaveResult:
        """Save, and carry what the stream then holds on."""
        result = self._inner.save(change)
        if isinstance(result, Saved):
            self._on_decided(change)
        while self._inner.stream:
            self._on_saved(Image(*self._inner.stream.pop(0)))
        return result


def _live(record: Record) -> int:
    return sum(link.is_live for link in record.links.values())


def _payload(partner: Partner, entity: str, name: str, paths: frozenset[str]) -> Observation | None:
    shown = partner.observe(entity, name, Source.MESSAGE)
    if not isinstance(shown, Observation) or partner.kind.webhooks == "id":
        return None
    if partner.kind.webhooks == "state":
        return shown
    fields = {path: value for path, value in shown.fields.items() if path in paths}
    return Observation(
        partner.name, entity, name, fields, shown.revision, shown.modified_at, complete=False, source=Source.MESSAGE
    )


def _told(image: Image, worker: int) -> str:
    before = {} if image.before is None else image.before.fields
    changed = {p: str(f.value) for p, f in image.after.fields.items() if p not in before or before[p].value != f.value}
    links = ", ".join(
        f"{name}:{link.state.value}{'/' + link.external_id if link.external_id else ''}"
        f"{' sending ' + link.intent.id if link.intent else ''}{' PARKED ' + link.parked.reason if link.parked else ''}"
        for name, link in image.after.links.items()
    )
    cause = image.cause
    return (
        f"  record {image.after.id[:4]} v{image.after.version} by {cause.operation} {cause.system} "
        f"{cause.external_id} (#{worker}) {changed or ''} [{links}]{' ✝' if image.after.tombstone else ''}"
    )
