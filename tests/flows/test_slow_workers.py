"""Workers that were slow, and looks that cannot tell yet: nobody writes after its lease, nobody links what moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from shared.core.observations import Invalid
from shared.flows.deliver_changes import deliver_changes
from shared.ports.messages import Delivery
from tests.kit.memory_stopping import MemoryStopping
from tests.kit.partner import LOST_REPLY
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step, renamed

ADA = {"name": "Ada", "email": "ada@example.org", "phone": None}
SLOW = 25
"""More than a third of a lease of sixty seconds."""


class _SlowCount(MemoryStopping):
    """Counts writes against their bound, and stalls the first time: for so long, or until others did the work."""

    def __init__(self, world: World, seconds: float = 0.0) -> None:
        super().__init__()
        self.world, self.seconds, self.others, self.is_first = world, seconds, list[int](), True

    def spend(self, run: str, amount: int, bound: int, expires: datetime) -> bool:
        counted = super().spend(run, amount, bound, expires)
        if self.is_first:
            self.is_first = False
            self._stall()
        return counted

    def _stall(self) -> None:
        self.world.clock.go_on(self.seconds or 61)
        if not self.seconds:  # the lease is over: others look, find nothing, and create
            (record,) = self.world.records()
            due = [Delivery("erp", "customer", record.id)]
            self.others.append(deliver_changes(self.world.parts, due) + deliver_changes(self.world.parts, due))


def test_a_worker_that_was_slow_renews_its_lease_before_it_writes() -> None:
    world = in_step(World(erp={"is_exact": False}))
    deliveries = renamed(world)
    leases: list[float] = []
    world.erp.before["fetch"] = [lambda: world.clock.go_on(SLOW)]
    world.erp.before["write"] = [lambda: leases.append(_seconds_left(world))]

    assert deliver_changes(world.parts, deliveries) == 1

    assert leases == [60]
    assert world.agreed("customer", "name") == "Ada L."


def test_an_answer_of_an_id_to_a_renewed_write_is_read_back_and_confirmed_at_once() -> None:
    """Who renews goes on with the record as it then stands; with the old one the confirmation would lose its lock."""
    world = in_step(World(erp={"answers": "id", "is_exact": False}))
    deliveries = renamed(world)
    world.erp.before["fetch"] = [lambda: world.clock.go_on(SLOW)]
    world.messages.take_changes()

    assert deliver_changes(world.parts, deliveries) == 1

    assert world.link("erp").unsure == {}
    assert world.messages.take_changes() == []


def test_a_worker_that_was_slow_and_lost_its_lease_writes_nothing() -> None:
    world = World()
    world.crm.enter("customer", ADA)
    world.erp.trouble = None

    def somebody_else_writes() -> None:
        world.clock.go_on(SLOW)
        world.put(world.record())

    world.erp.before["find"] = [somebody_else_writes]
    world.hint("crm", "customer", "crm-1")

    assert world.erp.called("write") == 0
    assert world.erp.ids("customer") == []
    assert world.later(61).agreed("customer", "name") == "Ada"


def test_the_lease_is_looked_at_last_so_counting_against_the_bound_may_take_long() -> None:
    """Seed 1175: a worker stalled while it counted; its lease was over, others made the customer, then it did too."""
    world = World()
    count = _SlowCount(world)
    world.parts = replace(world.parts, stopping=count)
    ada = world.crm.enter("customer", ADA)

    world.hint("crm", "customer", ada).later(61)

    assert count.others == [1]
    assert len(world.erp.ids("customer")) == 1
    assert world.agreed("customer", "name") == "Ada"


def test_a_worker_that_counted_for_long_renews_its_lease_before_it_writes() -> None:
    world = in_step(World())
    deliveries = renamed(world)
    leases: list[float] = []
    world.parts = replace(world.parts, stopping=_SlowCount(world, SLOW))
    world.erp.before["write"] = [lambda: leases.append(_seconds_left(world))]

    assert deliver_changes(world.parts, deliveries) == 1

    assert leases == [60]


class _Stalls(_SlowCount):
    """Counts writes against their bound, and stalls before the first, while people are at work."""

    def __init__(self, world: World, people: Callable[[], object]) -> None:
        super().__init__(world, SLOW)
        self.people = people

    def _stall(self) -> None:
        self.people()
        super()._stall()


def test_a_worker_that_was_slow_after_its_look_looks_again_before_it_creates() -> None:
    world = World()
    ada = world.crm.enter("customer", ADA)
    world.parts = replace(world.parts, stopping=_Stalls(world, lambda: world.erp.enter("customer", ADA)))

    world.hint("crm", "customer", ada).later(1)

    assert len(world.erp.ids("customer")) == 1
    assert world.link("erp").is_live


def test_a_worker_that_was_slow_after_its_look_does_not_write_over_what_was_edited_since() -> None:
    world = in_step(World(erp={"is_exact": False}))
    (e,) = world.erp.ids("customer")
    deliveries = renamed(world)
    stall = _Stalls(world, lambda: world.erp.edit("customer", e, {"name": "Ada of the ERP"}))
    world.parts = replace(world.parts, stopping=stall)

    written = world.erp.called("write")
    assert deliver_changes(world.parts, deliveries) == 0
    assert world.erp.called("write") == written
    world.later(1)

    (won,) = [each for each in world.memory.records.conflicts if each.decision.path == "name"]
    assert {won.decision.ours, won.decision.theirs} == {"Ada L.", "Ada of the ERP"}
    assert world.agreed("customer", "name") in ("Ada L.", "Ada of the ERP")


def test_a_key_is_no_proof_while_the_record_itself_has_moved_unseen() -> None:
    """Ada gave her address away in the CRM, and nobody has looked yet: the ERP's record of that address is not hers."""
    world = World()
    ada = world.crm.enter("customer", ADA)
    world.erp.before["find"] = [lambda: world.crm.edit("customer", ada, {"email": "new@example.org"})]
    world.erp.enter("customer", {**ADA, "name": "Bob"})

    world.hint("crm", "customer", ada)
    world.later(61, times=3).poll()

    names = sorted(str(world.erp.shown("customer", each)["name"]) for each in world.erp.ids("customer"))
    assert names == ["Ada", "Bob"]


def test_a_key_is_no_proof_while_the_record_cannot_be_read_where_it_stands() -> None:
    world = World()
    ada = world.crm.enter("customer", ADA)

    def unreadable() -> None:
        world.crm.invalid["customer", ada] = Invalid(ada, "email", "not an e-mail")

    world.erp.before["find"] = [unreadable]
    world.erp.enter("customer", ADA)

    world.hint("crm", "customer", ada)

    assert not world.link("erp").is_live


def test_a_row_that_shows_the_key_that_was_sent_and_nothing_else_of_it_is_a_persons_to_judge() -> None:
    """The create went unanswered, the record's key has changed since, and somebody edited what may be its row."""
    habits = {"carries_reference": False, "keys": frozenset({"tax_number"})}
    world = World(integration_of(rules_of(erp=habits)), erp={"carries_reference": False})
    world.erp.next_writes = [LOST_REPLY]
    c = world.crm.enter("customer", {**ADA, "tax_number": "t1"})
    world.hint("crm", "customer", c)
    (e,) = world.erp.ids("customer")
    world.erp.edit("customer", e, {"name": "Somebody", "email": "some@example.org"})
    world.crm.edit("customer", c, {"tax_number": "t2"})

    world.hint("crm", "customer", c).later(61)

    parked = world.link("erp").parked
    assert parked is not None
    assert parked.candidates == (e,)
    assert world.erp.ids("customer") == [e]


def test_a_delivery_whose_lease_is_gone_is_not_begun_again_by_the_same_worker() -> None:
    world = in_step(World())
    (delivery,) = renamed(world)

    def somebody_else_writes() -> None:
        world.clock.go_on(SLOW)
        world.put(replace(world.record()))

    world.erp.before["fetch"] = [somebody_else_writes]

    assert deliver_changes(world.parts, [Delivery("erp", "customer", delivery.record_id)]) <= 1
    assert world.later(61).agreed("customer", "name") == "Ada L."


def _seconds_left(world: World) -> float:
    intent = world.link("erp").intent
    assert intent is not None
    return (intent.until - world.clock.now()).total_seconds()
