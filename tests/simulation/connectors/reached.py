"""The port of a real connector over its fake: every verb is an effect of the stage, every call a hand-over inside it.

A function that runs has a connector of its own, with what that has learned; the next one may find it still warm, or
none. What a call of ours changed at the fake is judged as the simulated partners judge it (`landing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.core.commands import Command, Create
from shared.core.observations import Answer, Invalid, Observation, Shown, Trouble
from shared.core.values import Reference
from shared.ports.stores import States, SystemState, SystemStatus
from shared.ports.system import Key, Listing, Page, System
from tests.connectors.fakes.base import Asked, Given
from tests.simulation.connector import Connector
from tests.simulation.connectors.binding import Surroundings
from tests.simulation.connectors.housed import HousedPartner, Turn
from tests.simulation.connectors.wire import Wire, ids_in
from tests.simulation.installation import SimClock
from tests.simulation.landing import VERBS, Reads
from tests.simulation.stage import Stage, Worker
from tests.simulation.truth import ASKED

WARM_SECONDS = 25.0
"""For how long what a connector has learned may be used by the next function; connectors forget after 30 seconds."""


@dataclass(slots=True)
class Container:
    """A function's instance: its connector, who runs in it, and when that last called."""

    system: System
    worker: Worker | None
    used_at: float


@dataclass
class OpenTokens:
    """Login tokens of one system: whoever asks may log in; a refused login trips the system."""

    states: States
    now: Callable[[], datetime]
    held: str | None = None

    def token(self, system: str) -> str | None:
        """Return the token."""
        del system
        return self.held

    def begin_login(self, system: str, lease_seconds: int) -> bool:
        """Let everybody log in."""
        del system, lease_seconds
        return True

    def keep(self, system: str, token: str, expires: datetime) -> None:
        """Keep the token."""
        del system, expires
        self.held = token

    def drop(self, system: str, token: str) -> None:
        """Forget the token."""
        del system
        self.held = None if self.held == token else self.held

    def refuse(self, system: str, why: str) -> bool:
        """Trip the system."""
        self.held = None
        return self.states.set_state(system, SystemState(SystemStatus.TRIPPED, None, why, since=self.now()))


@dataclass(frozen=True, slots=True)
class Sending:
    """What a worker is about to write, and what it has read."""

    reads: Reads
    commands: Sequence[Command] = field(default_factory=tuple)


class Reached(Connector):
    """One system behind a real connector, as the flows see it."""

    house: HousedPartner

    def __init__(self, house: HousedPartner, stage: Stage, states: States) -> None:
        """Reach a fake by its connector."""
        super().__init__(house, stage)
        self.house = house
        self.secret = dict(house.binding.secret)
        self._wire = Wire(self)
        self._tokens = OpenTokens(states, stage.now)
        self._clock = SimClock(stage)
        self._containers: list[Container] = []
        self._writing: dict[int, Sequence[Command]] = {}
        self._fetching: dict[int, dict[tuple[str, str], float]] = {}
        self._broken: set[str] = set()
        if stage.chance.rates:
            stage.after(stage.chance.of(f"credentials of {house.name}").uniform(20, 180), self._change_credentials)

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        """Return a page of what changed since a cursor."""
        return self._called(entity, "system.changed_since", lambda: self._polled(entity, cursor))

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        """Return a page of all rows."""
        return self._called(entity, "system.list", lambda: self._system().list(entity, cursor))

    def fetch(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        """Return what is shown of these ids."""
        return self._called(entity, "system.fetch", lambda: self._fetched_whole(entity, ids))

    def find(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        """Return what stands under keys."""
        return self._called(entity, "system.find", lambda: self._looked_up(entity, keys))

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        """Carry out commands."""
        return self._called(entity, "system.write", lambda: self._sent(entity, commands))

    def server(self) -> Callable[[Asked], Given]:
        """Return what serves a request of the worker whose turn it is, now or later, and judges what it did."""
        worker = self.stage.current
        commands = self._writing.get(worker.number, ()) if worker else ()
        sending = Sending(dict(worker.reads) if worker else {}, commands)
        return lambda asked: self._served(asked, sending)

    def note_reads(self, given: Given) -> None:
        """Note which rows the worker whose turn it is has now seen.

        A fetch of several calls has read a row with the first of them that shows it: the others only name it again, as
        that to which its children belong.
        """
        worker, shown = self.stage.current, set(ids_in(given))
        first = self._fetching.get(worker.number, {}) if worker else {}
        for entity, name in self.house.rows:
            if self.house.desk.shown_as(entity, name) in shown:
                if worker is not None:
                    worker.reads[self.name, entity, name] = first.setdefault((entity, name), self.stage.seconds)
                self.touch("edit after our read", entity, name, 0.4)

    def _polled(self, entity: str, cursor: str | None) -> Page | Trouble:
        asked_at, page = self.stage.seconds, self._system().changed_since(entity, cursor)
        self._note_shown(entity, () if isinstance(page, Trouble) else page.observations, asked_at)
        return page

    def _fetched_whole(self, entity: str, ids: Sequence[str]) -> Mapping[str, Shown] | Trouble:
        asked_at, worker = self.stage.seconds, self.stage.current
        self._fetching.update({} if worker is None else {worker.number: {}})
        try:
            shown = self._system().fetch(entity, ids)
        finally:
            self._fetching.pop(worker.number if worker else 0, None)
        self._note_shown(entity, () if isinstance(shown, Trouble) else shown.values(), asked_at)
        return shown

    def _note_shown(self, entity: str, shown: Iterable[Shown], asked_at: float) -> None:
        """Note which rows the flows have been shown, as they stood when they were asked for."""
        for each in shown:
            row = self.house.rows.get((entity, each.external_id))
            if row is not None:
                row.read_at = max(row.read_at, asked_at)

    def _looked_up(self, entity: str, keys: Sequence[Key]) -> Mapping[Key, tuple[Observation | Invalid, ...]] | Trouble:
        asked_at, worker = self.stage.seconds, self.stage.current
        found = self._system().find(entity, keys)
        if worker is not None and not isinstance(found, Trouble):
            worker.reads[self.name, entity, ASKED] = asked_at
        return found

    def _sent(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        worker, system = self.stage.current, self._system()
        self.house.truth.writes += len(commands)
        for command in commands:
            self.landing.carried.setdefault((entity, command.record_id), VERBS[type(command)])
        if worker is None:
            return system.write(entity, commands)
        self._writing[worker.number] = commands
        try:
            return system.write(entity, commands)
        finally:
            del self._writing[worker.number]

    def _served(self, asked: Asked, sending: Sending) -> Given:
        self.house.tell_time()
        given = self.house.fake.answer(asked)
        for turn in self.house.look():
            self._judge(turn, sending)
        self._note_problems()
        return given

    def _note_problems(self) -> None:
        for problem in self.house.fake.problems:
            if problem not in self._broken:
                self._broken.add(problem)
                self.house.truth.violations.append(f"0 the partner's contract is kept: {self.name} {problem}")

    def _judge(self, turn: Turn, sending: Sending) -> None:
        """Note what a request of ours did to a row."""
        entity, name, changed = turn.entity, turn.name, turn.changed()
        self._check_parents(turn)
        if turn.before is None and turn.after is not None:
            self._judge_new(turn, sending)
        elif turn.after is not None and turn.before is not None:
            self.landing.note_overwritten(entity, name, changed, turn.before, sending.reads)
        self.landing.note_landed(entity, name, changed)
        self.touch("edit after our write", entity, name, 2.0)

    def _judge_new(self, turn: Turn, sending: Sending) -> None:
        entity, name, place = turn.entity, turn.name, self.house.place(turn.entity, turn.name)
        if place in self.house.truth.persons or place in self.house.truth.made_for:
            return  # it was deleted, and a request that was under way brought it back
        record_id = turn.reference or self._made_for(turn, sending)
        self.house.truth.made_for[place] = record_id
        there = self.landing.standing(entity, turn.after or {}, sending.reads)
        self.landing.note_doubled(entity, name, record_id, [each for each in there if each != name])

    def _made_for(self, turn: Turn, sending: Sending) -> str:
        """Return for which record a row without our reference was made: the one of which it shows the most."""
        creates = [each for each in sending.commands if isinstance(each, Create)]
        shown = set(map(str, (turn.after or {}).values()))
        best = max(creates, key=lambda each: len(shown & set(map(str, each.fields.values()))), default=None)
        return best.record_id if best else "?"

    def _check_parents(self, turn: Turn) -> None:
        for path, value in turn.changed().items():
            if isinstance(value, Reference) and (value.entity, value.external_id) not in self.house.rows:
                self.house.truth.violations.append(
                    f"7 no child before its parent: {self.name} {turn.name} {path} names {value.external_id}"
                )

    def _change_credentials(self) -> None:
        """A person lets the credentials end, and puts new ones where ours are kept."""
        self.secret |= self.house.fake.expire()
        self.chance.note("credentials changed")
        self.stage.tell(f"{self.name}: somebody changes our credentials")

    # -- functions ---------------------------------------------------------------------------------------------------

    def _system(self) -> System:
        """Return the connector of the worker whose turn it is: its own, a warm one that is free, or a new one."""
        worker, now = self.stage.current, self.stage.seconds
        own = next((each for each in self._containers if each.worker is worker), None)
        warm = (each for each in self._containers if each.worker is None or each.worker.fiber.dead)
        found = own or next(warm, None)
        if found is None or now - found.used_at > WARM_SECONDS:
            found = Container(self._connected(), worker, now)
            self._containers = [each for each in self._containers if now - each.used_at <= WARM_SECONDS]
            self._containers = [each for each in self._containers if each.worker is not worker] + [found]
        found.worker, found.used_at = worker, now
        return found.system

    def _connected(self) -> System:
        around = Surroundings(lambda _: dict(self.secret), self._tokens, self._clock, self._seconds_left, self._wire)
        return self.house.binding.connect(around)

    def _seconds_left(self) -> float:
        worker = self.stage.current
        return float("inf") if worker is None else worker.deadline - self.stage.seconds
