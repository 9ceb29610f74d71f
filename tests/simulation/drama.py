"""Dramas: short histories that each play one story, where chance alone would bring it about too seldom to prove a rule.

A drama has its own partners, faults and people; the flows, the stores and the stage are those of every history. What
stands at its beginning is in step; then the story is played, the faults stop, and everything settles. All properties
are held against it, and what the story is about besides: `on_time` before anything is compared or repaired, `expect`
at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from shared.core.integration import Integration
from shared.core.keys import id_key
from shared.core.records import Record
from shared.core.rules import Decider
from shared.core.values import Reference, Value
from tests.simulation.agreement import agreement
from tests.simulation.calm import Calm
from tests.simulation.history import History, stopping_runaways
from tests.simulation.kinds import Kind
from tests.simulation.partner import Row
from tests.simulation.properties import violations
from tests.simulation.rules import integration_of
from tests.simulation.setting import Setting

SETUP_SECONDS = 12.0
POLL_SECONDS = 30
SWEEP_SECONDS = 60
OWNER = (Decider.OWNER,) * 3
LATEST = (Decider.LATEST,) * 3


class Play:
    """The hands of a drama: what people do in it, and what is looked at afterwards. Every value is put only once."""

    def __init__(self, history: History, dice: Random) -> None:
        """Play in a history."""
        self.history, self.dice = history, dice
        self.names: dict[str, str] = {}
        self.values: dict[str, str] = {}
        self._made = 0

    # -- people ------------------------------------------------------------------------------------------------------

    def at(self, seconds: float, do: Callable[..., object], /, *what: object, **fields: object) -> None:
        """Let something be done so many seconds from now."""

        def happening() -> None:
            do(*what, **fields)

        self.history.stage.after(seconds, happening)

    def new(self, word: str = "w") -> str:
        """Return a value that nobody has put yet."""
        self._made += 1
        return f"{word}{self._made}"

    def customer(self, system: str, person: str, /, **fields: Value) -> str:
        """Enter a customer; return its id there."""
        email = fields.pop("email", f"{person}@x.org")
        known: dict[str, Value] = {"name": self.new("n"), "email": email, "phone": self.new("+"), **fields}
        known["addresses[billing].city"] = self.new("city")
        self.history.tell(f"{system}: somebody enters {person} ({email})")
        self.names[f"{system} {person}"] = self.history.partners[system].enter("customer", known, person)
        return self.names[f"{system} {person}"]

    def contact(self, system: str, email: str) -> dict[str, Value]:
        """Return the fields of a new contact."""
        key = f"contacts[{self.history.partners[system].new_element()}]"
        return {key: True, f"{key}.name": self.new("k"), f"{key}.email": email}

    def product(self, system: str) -> str:
        """Enter a product; return its id there."""
        fields: dict[str, Value] = {"sku": self.new("sku"), "name": self.new("bolt"), "price": Decimal(5)}
        return self.history.partners[system].enter("product", fields, f"product {fields['sku']}")

    def line(self, system: str, product: str, quantity: int) -> dict[str, Value]:
        """Return the fields of a new line."""
        key = f"lines[{self.history.partners[system].new_element()}]"
        reference = Reference(system, "product", product)
        return {key: True, f"{key}.product": reference, f"{key}.quantity": Decimal(quantity)}

    def order(self, system: str, customer: str, status: str = "draft", lines: Mapping[str, Value] | None = None) -> str:
        """Enter an order of a customer; return its id there."""
        partner = self.history.partners[system]
        number = self.new("o")
        fields: dict[str, Value] = {"number": number, "status": status}
        fields.update({"customer": Reference(system, "customer", customer), **(lines or {})})
        self.history.tell(f"{system}: somebody enters order {number} of {customer}")
        return partner.enter("order", fields, f"order {number}")

    def edit(self, system: str, name: str, entity: str = "customer", /, **fields: Value) -> None:
        """Change fields of a row, if it still stands."""
        self.put(system, name, fields, entity)

    def put(self, system: str, name: str, fields: Mapping[str, Value], entity: str = "customer") -> None:
        """Change fields of a row by path, if it still stands."""
        row = self.history.partners[system].rows.get((entity, name))
        if row is not None and not row.is_deleted:
            self.history.tell(f"{system}: somebody sets {name} {dict(fields)}")
            self.history.partners[system].edit(entity, name, fields)

    def remove(self, system: str, name: str, entity: str = "customer") -> None:
        """Delete a row."""
        self.history.tell(f"{system}: somebody deletes {name}")
        self.history.partners[system].remove(entity, name)

    def when_we_write(self, system: str, do: Callable[[str], None]) -> None:
        """Let somebody do something to a row just after we wrote it (with the fault `edit after our write`)."""
        self.history.connectors[system].on_touch = lambda _partner, _entity, name: do(name)

    # -- faults ------------------------------------------------------------------------------------------------------

    def die(self, site: str, verb: str, when: str) -> None:
        """Let the next worker that comes to a place of the flows die there."""
        self.history.stage.crash_target = ((site, verb), when)

    def stall(self, site: str, verb: str, seconds: float) -> None:
        """Let the next worker that comes to a place of the flows stall there."""
        self.history.stage.stall_target = ((site, verb), seconds)

    def faults(self, rates: Mapping[str, float] | None = None) -> None:
        """Let these faults happen from now on, and no others."""
        self.history.chance.rates = dict(rates or {})

    # -- looking -----------------------------------------------------------------------------------------------------

    def row(self, system: str, name: str, entity: str = "customer") -> Row:
        """Return a row."""
        return self.history.partners[system].rows[entity, name]

    def rows(self, system: str, entity: str = "customer") -> list[Row]:
        """Return the rows that stand in a system."""
        partner = self.history.partners[system]
        return [partner.rows[entity, name] for name in partner.ids(entity)]

    def record(self, system: str, name: str, entity: str = "customer") -> Record | None:
        """Return the record that a row is linked to."""
        holder = self.history.memory.identities.holding.get(id_key(system, entity, name))
        return self.history.memory.records.held.get(holder.record_id) if holder else None


def nothing(play: Play) -> Iterable[str]:  # noqa: ARG001  # the shape of every expectation
    """Expect no more than the properties."""
    return ()


@dataclass(frozen=True, slots=True)
class Drama:
    """One story: its partners, what stands already, what happens, which faults, and what is expected besides.

    `is_told` says that webhooks, polls and sweeps alone must bring everything into step, without a comparison.
    """

    name: str
    kinds: Mapping[str, Kind]
    play: Callable[[Play], None]
    first: Callable[[Play], object] | None = None
    on_time: Callable[[Play], Iterable[str]] = nothing
    expect: Callable[[Play], Iterable[str]] = nothing
    rates: Mapping[str, float] = field(default_factory=dict)
    deciders: tuple[Decider, ...] = OWNER
    bounds: Callable[[Integration], Integration] = lambda each: each
    lasts: float = 100.0
    polls_every: int = POLL_SECONDS
    slowest: float = 0.2
    is_told: bool = False


def perform(drama: Drama, seed: int, tell: Callable[[str], None] | None = None) -> tuple[list[str], History]:
    """Play a drama once; return what must not be, and its history."""
    dice = Random(f"{seed}/drama")
    integration = drama.bounds(integration_of(drama.kinds, dice, drama.deciders))
    history = History(seed, tell=tell, setting=Setting("drama", drama.kinds, integration, {}, theme=drama.name))
    play, found = Play(history, dice), list[str]()
    with stopping_runaways(history):
        found += _performed(drama, play, history)
        found += drama.expect(play)
    return [f"{each} ({drama.name})" for each in (*found, *violations(history))], history


def _performed(drama: Drama, play: Play, history: History) -> list[str]:
    calm, stage = Calm(history), history.stage
    if drama.first is not None:
        drama.first(play)
        stage.run_until(SETUP_SECONDS)
        calm.begin()
        calm.rest()
    history.tell(f"-- {drama.name} --")
    history.chance.rates, stage.slowest = dict(drama.rates), drama.slowest
    drama.play(play)
    _plan_schedules(history, drama)
    stage.run_until(stage.seconds + drama.lasts)
    late = [*drama.on_time(play)]
    calm.begin()
    if drama.is_told:
        calm.rest()
        late += [f"14 what is told needs no comparison: {each}" for each in agreement(history)]
    calm.settle()
    return late


def _plan_schedules(history: History, drama: Drama) -> None:
    for number in range(1, int(drama.lasts / drama.polls_every) + 1):
        history.stage.after(number * drama.polls_every, history.start_polls)
    for number in range(1, int(drama.lasts / SWEEP_SECONDS) + 1):
        history.stage.after(number * SWEEP_SECONDS, history.sweep)
