"""The core alone under any order of steps: short counter-examples to the rules of the merge.

People edit in two or three model partners; observations, messages, deliveries, answers and looks come in any order. A
deeper search: `pytest tests/core/test_state_machine.py --hypothesis-profile=deep`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.core.absorb import is_believable, is_echo
from shared.core.observations import Observation, Source
from shared.core.paths import element_path
from shared.core.rules import Decider
from shared.core.status import may_follow
from shared.core.values import Reference, Value
from tests.core.machine.installation import rules_for
from tests.core.machine.invariants import Edit, broken_at_last, broken_now
from tests.core.machine.office import ANSWERS, Office
from tests.core.machine.partners import PARTS, PLAIN, Kind, Partner

Thing = TypeVar("Thing")
EXAMPLES = 150
"""So many histories in an ordinary run, always the same ones; more, and other ones each time, with a deeper profile."""

PASSES = 60
"""So many rounds in which nobody edits must be enough for everything to settle."""

KINDS = st.builds(
    Kind,
    revision=st.sampled_from(["exact", "exact", "exact, read stale", "coarse", "backwards", "none"]),
    carries_reference=st.sampled_from([True, True, False]),
    shouts=st.sampled_from([False, False, True]),
    declares=st.booleans(),
    ignores=st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"phone"})]),
)
PICK = st.integers(0, 30)
"""Which of the things there are: the same number is the same thing while none is added."""

ENTITIES = st.sampled_from(["customer", "customer", "order"])
SPARSE = st.sampled_from([None, None, frozenset({"name", "status"})])
MAILS = ("ada@example.org", "kim@example.org")
STATUSES = {"crm": ("placed", "cancelled"), "erp": ("confirmed", "shipped", "cancelled")}


class TheCoreInAnyOrder(RuleBasedStateMachine):
    """People, partners and the core, step by step."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__()
        self.office = Office({}, {})
        self.edits: list[Edit] = []
        self.messages: list[Observation] = []
        self.tokens = 0

    @initialize(
        kinds=st.tuples(KINDS, KINDS, KINDS),
        three=st.booleans(),
        decider=st.sampled_from(list(Decider)[:2]),
        in_step=st.integers(0, 2),
    )
    def install(self, kinds: tuple[Kind, Kind, Kind], three: bool, decider: Decider, in_step: int) -> None:
        """Set two or three systems up, in which perhaps a customer and an order stand already."""
        names = ("crm", "erp", "shop")[: 2 + three]
        partners = {name: Partner(name, kind) for name, kind in zip(names, kinds, strict=False)}
        self.office = Office(partners, {entity: rules_for(entity, partners, decider) for entity in PLAIN})
        for entity in ("customer", "order")[:in_step]:
            self.enter(0, entity, MAILS[0], 0)
            self.touch_element(0, entity, 0, 0, "add")
        for _ in range(5 if in_step else 0):
            self.office.settle_all()

    # -- people ------------------------------------------------------------------------------------------------------

    @rule(system=PICK, entity=ENTITIES, mail=st.sampled_from([None, *MAILS]), pick=PICK)
    def enter(self, system: int, entity: str, mail: str | None, pick: int) -> None:
        """Somebody enters a record."""
        partner = self._partner(system, entity)
        if len(partner.rows) > 6:
            return
        if entity == "customer":
            fields: dict[str, Value] = {"name": self._token(), "email": mail, "phone": self._token()}
        else:
            customer = _one(partner.ids("customer"), pick)
            if customer is None:
                return
            self.tokens += 1
            fields = {"number": str(self.tokens), "status": "draft"}
            fields["customer"] = Reference(partner.name, "customer", customer)
        name = partner.enter(entity, fields, self.office.now)
        self._note(partner, entity, name, fields, {})

    @rule(system=PICK, entity=ENTITIES, row=PICK, field=PICK, value=st.sampled_from(["token", "token", "nothing"]))
    def edit(self, system: int, entity: str, row: int, field: int, value: str) -> None:
        """Somebody changes a plain field."""
        partner = self._partner(system, entity)
        name, path = _one(partner.ids(entity), row), _one(PLAIN[entity], field)
        if name is None or path is None or path in ("customer", "number"):
            return
        new = self._new_value(partner, entity, name, path, field)
        if new is not None:
            self._change(partner, entity, name, {path: None if value == "nothing" and path == "phone" else new})

    @rule(system=PICK, entity=ENTITIES, row=PICK, element=PICK, what=st.sampled_from(["add", "edit", "remove"]))
    def touch_element(self, system: int, entity: str, row: int, element: int, what: str) -> None:
        """Somebody adds, changes or removes a contact or a line."""
        partner = self._partner(system, entity)
        name = _one(partner.ids(entity), row)
        if name is None:
            return
        fields = partner.rows[entity, name].fields
        collection = "contacts" if entity == "customer" else "lines"
        some = [path for path, shown in fields.items() if path.startswith(collection) and shown is True]
        path = element_path(collection, partner.new_name("-")) if what == "add" else _one(some, element)
        if path is None or (what == "add" and len(some) > 2):
            return
        parts: dict[str, Value] = {f"{path}.{part}": self._part(part) for part in PARTS[collection]}
        one = [*parts][element % len(parts)]
        news: dict[str, dict[str, Value]] = {
            "add": {path: True, **parts},
            "edit": {one: parts[one]},
            "remove": {path: False},
        }
        self._change(partner, entity, name, news[what])

    @rule(system=PICK, entity=ENTITIES, row=PICK, again=st.booleans())
    def delete_or_restore(self, system: int, entity: str, row: int, again: bool) -> None:
        """Somebody deletes a record, or brings one that a person deleted back."""
        partner = self._partner(system, entity)
        name = _one(partner.ids(entity, deleted=again), row)
        if name is not None and not (again and partner.rows[entity, name].made_for):
            partner.end(entity, name, self.office.now, is_deleted=not again)

    # -- observations ------------------------------------------------------------------------------------------------

    @rule(system=PICK, entity=ENTITIES, row=PICK, only=SPARSE, stale=st.booleans())
    def fetch(self, system: int, entity: str, row: int, only: frozenset[str] | None, stale: bool) -> None:
        """A row is fetched, whole or sparse, fresh or stale."""
        partner = self._partner(system, entity)
        name = _one([name for kind, name in partner.rows if kind == entity], row)
        if name is not None and partner.name not in self.office.paused:
            self.office.fetch(partner.name, entity, name, only, stale=stale)

    @rule(system=PICK, entity=ENTITIES, row=PICK)
    def send_message(self, system: int, entity: str, row: int) -> None:
        """A partner tells the state of a row; who knows when it comes."""
        partner = self._partner(system, entity)
        name = _one(partner.ids(entity), row)
        if name is not None:
            shown = partner.observe(entity, name, Source.MESSAGE)
            assert isinstance(shown, Observation)
            self.messages.append(shown)

    @precondition(lambda self: self.messages)
    @rule(pick=PICK)
    def hear(self, pick: int) -> None:
        """A message comes, perhaps late and perhaps again: an echo, believable, or only a hint."""
        told = self.messages[pick % len(self.messages)]
        record = self.office.record_at(told.system, told.entity, told.external_id)
        told = self.office.resolved(told)
        if record is not None and not told.references() and is_echo(record, told, self.office.rules[told.entity]):
            return
        if record is not None and not told.references() and is_believable(record, told):
            self.office.absorb(record, told)
        else:
            self.office.fetch(told.system, told.entity, told.external_id)

    # -- deliveries --------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.office.records)
    @rule(record=PICK, system=PICK)
    def plan(self, record: int, system: int) -> None:
        """A delivery is planned and its intent noted, or a look is made."""
        found = _one(list(self.office.records.values()), record)
        name = _one(list(self.office.partners), system)
        if found is None or name is None:
            return
        intent = found.link(name).intent
        self.office.plan(found, name)
        if intent is not None and intent.until > self.office.now:
            assert self.office.records[found.id] is found, "while a lease runs nobody else delivers"

    @precondition(lambda self: self.office.sendings)
    @rule(pick=PICK, answer=st.sampled_from(["stored", *ANSWERS]))
    def land(self, pick: int, answer: str) -> None:
        """A write arrives, or does not."""
        self.office.land(self.office.sendings[pick % len(self.office.sendings)], answer)

    @precondition(lambda self: self.office.answers)
    @rule(pick=PICK, again=st.booleans())
    def confirm(self, pick: int, again: bool) -> None:
        """An answer is confirmed; now and then it comes once more later."""
        told = self.office.answers[pick % len(self.office.answers)]
        if not again:
            self.office.answers.remove(told)
        self.office.confirm(*told)

    @precondition(lambda self: self.office.zombies)
    @rule(pick=PICK)
    def land_late(self, pick: int) -> None:
        """A request that nobody waits for any more arrives."""
        self.office.wake_the_dead(self.office.zombies[pick % len(self.office.zombies)])

    @rule(seconds=st.sampled_from([1, 15, 30, 61, 400]))
    def wait(self, seconds: int) -> None:
        """Time passes; a request arrives within its lease or never."""
        self.office.now += timedelta(seconds=seconds)
        self.office.bury_the_dead()

    @rule(system=PICK)
    def pause_or_resume(self, system: int) -> None:
        """An operator pauses a system, or resumes it."""
        name = _one(list(self.office.partners), system)
        if name is not None:
            self.office.paused ^= {name}

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def everything_holds(self) -> None:
        """Nothing is broken between two steps."""
        assert list(broken_now(self.office)) == []

    def teardown(self) -> None:
        """Nobody edits any more: everything settles, agrees, and no edit is lost."""
        for _ in range(PASSES):
            before = (dict(self.office.records), [dict(each.rows) for each in self.office.partners.values()])
            self.office.settle_all()
            assert list(broken_now(self.office)) == []
            if before == (self.office.records, [each.rows for each in self.office.partners.values()]):
                break
        else:
            raise AssertionError("it never becomes quiet")
        assert list(broken_at_last(self.office, self.edits)) == []

    # -- how ---------------------------------------------------------------------------------------------------------

    def _partner(self, system: int, entity: str) -> Partner:
        names = list(self.office.rules[entity].systems)
        return self.office.partners[names[system % len(names)]]

    def _token(self) -> str:
        self.tokens += 1
        return f"token {self.tokens}"

    def _part(self, part: str) -> Value:
        return self._token() if part in ("name", "email") else self._number()

    def _number(self) -> Decimal:
        self.tokens += 1
        return Decimal(self.tokens)

    def _new_value(self, partner: Partner, entity: str, name: str, path: str, pick: int) -> Value:
        if path == "status":
            before = partner.rows[entity, name].fields.get(path)
            return _one([each for each in STATUSES[partner.name] if may_follow(entity, before, each)], pick)
        if path == "email":
            return MAILS[pick % 2]
        return self._number() if path == "credit_limit" else self._token()

    def _change(self, partner: Partner, entity: str, name: str, fields: dict[str, Value]) -> None:
        before = partner.rows[entity, name].fields
        partner.edit(entity, name, fields, self.office.now)
        self._note(partner, entity, name, fields, dict(before))

    def _note(
        self, partner: Partner, entity: str, name: str, fields: dict[str, Value], before: dict[str, Value]
    ) -> None:
        place = (partner.name, entity, name)
        for path, value in fields.items():
            self.edits.append(Edit(place, path, partner.spelled(path, value), before.get(path)))
            gone = [each for each in before if value is False and each.startswith(f"{path}.")]
            self.edits += [Edit(place, each, None, before[each]) for each in gone]


def _one(things: Iterable[Thing], pick: int) -> Thing | None:
    some = list(things)
    return some[pick % len(some)] if some else None


TheCoreInAnyOrder.TestCase.settings = settings(
    max_examples=max(EXAMPLES, settings().max_examples),
    deadline=None,
    derandomize=settings().max_examples <= EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestTheCoreInAnyOrder = pytest.mark.simulation(TheCoreInAnyOrder.TestCase)
