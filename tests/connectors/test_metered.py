"""A metered system: each verb leaves through the door for its class; all else is the system's own."""

from __future__ import annotations

from collections.abc import Sequence

from shared.connectors.metered import metered
from shared.core.commands import Command, Create, Update
from shared.core.inspection import Described, Finding, Result
from shared.core.observations import Answer, Observation, Refused, Shown, Trouble
from shared.core.quota import Quota, Window
from shared.core.turns import Turn
from shared.ports.budgets import Asking, asked_for
from shared.ports.capabilities import EntityCapability
from shared.ports.inspection import Greeted, Inspectable
from shared.ports.system import Key, Listing, Page
from tests.kit.quota_office import Office

ABLE = EntityCapability(
    can=frozenset(), carries=frozenset(), takes=frozenset(), calls={"in": 2, "create": 4, "update": 1}
)
QUOTA = Quota((Window(10, 10.0),))
NOTHING_TO_SAY = Finding("webhooks", "", Result.OK, "nothing")


class Listening:
    """A system that notes for whom it is asked."""

    name = "crm"

    def __init__(self) -> None:
        self.calls = {"read": 7}
        self.asked: list[Asking] = []

    def changed_since(self, entity: str, cursor: str | None) -> Page | Trouble:
        self._note(entity, cursor)
        return Page()

    def list(self, entity: str, cursor: str | None) -> Listing | Trouble:
        self._note(entity, cursor)
        return Listing()

    def fetch(self, entity: str, ids: Sequence[str]) -> dict[str, Shown] | Trouble:
        self._note(entity, ids)
        return {}

    def find(self, entity: str, keys: Sequence[Key]) -> dict[Key, tuple[Observation, ...]] | Trouble:
        self._note(entity, keys)
        return {}

    def write(self, entity: str, commands: Sequence[Command]) -> Sequence[Answer]:
        self._note(entity, commands)
        return list[Refused]()

    def _note(self, *_: object) -> None:
        self.asked.append(asked_for())


class Telling(Listening):
    """One that can tell about itself, too."""

    def inspector(self) -> AsksIt:
        return AsksIt(self)


class AsksIt:
    """Asks it about itself."""

    describes = True

    def __init__(self, system: Listening) -> None:
        self.system = system

    def greet(self) -> Greeted | Trouble:
        self.system._note()
        return Greeted(None)

    def describe(self, entity: str) -> Sequence[Described] | Trouble:
        self.system._note(entity)
        return []

    def webhooks(self) -> Sequence[Finding]:
        self.system._note()
        return [NOTHING_TO_SAY]

    def close(self) -> None:
        self.system.asked.clear()


def test_each_verb_is_of_the_class_of_its_entity_and_listings_and_first_creates_are_load() -> None:
    system, meter = Listening(), Office(QUOTA).meter()
    asked = metered(system, meter, {"customer": ABLE})

    asked.changed_since("customer", None)
    asked.list("customer", None)
    asked.fetch("order", ["1"])
    asked.find("product", [])
    asked.write("customer", [Create("r", {})])
    asked.write("customer", [Update("r", "1", {})])
    asked.write("order", [Create("r", {})])

    assert [(each.turn, each.calls) for each in system.asked] == [
        (Turn.CUSTOMERS, 2),
        (Turn.LOAD, 2),
        (Turn.ORDERS, 3),
        (Turn.STOCK, 3),
        (Turn.LOAD, 4),
        (Turn.CUSTOMERS, 1),
        (Turn.ORDERS, 3),
    ]
    assert {each.door for each in system.asked} == {meter}
    assert asked_for().door is None


def test_what_else_the_connector_offers_is_there() -> None:
    asked = metered(Listening(), Office(QUOTA).meter(), {})

    assert asked.calls == {"read": 7}
    assert not isinstance(asked, Inspectable)


def test_one_that_can_tell_about_itself_still_can() -> None:
    asked = metered(Telling(), Office(QUOTA).meter(), {})

    assert isinstance(asked, Inspectable)
    inspector = asked.inspector()
    assert (inspector.describes, inspector.greet(), inspector.describe("customer")) == (True, Greeted(None), [])
    assert inspector.webhooks() == [NOTHING_TO_SAY]


def test_what_asks_a_system_about_itself_spends_of_the_quota_behind_all_others() -> None:
    system, meter = Telling(), Office(QUOTA).meter()
    asked = metered(system, meter, {})
    assert isinstance(asked, Inspectable)

    inspector = asked.inspector()
    inspector.greet()
    inspector.describe("customer")
    inspector.webhooks()

    assert [(each.turn, each.calls, each.door) for each in system.asked] == [
        (Turn.LOAD, 1, meter),
        (Turn.LOAD, 3, meter),
        (Turn.LOAD, 1, meter),
    ]
    inspector.close()
    assert (system.asked, asked_for().door) == ([], None)


def test_there_is_room_for_a_delivery_where_there_is_room_for_all_its_calls() -> None:
    office = Office(QUOTA)
    asked = [metered(Listening(), office.meter(), {"customer": ABLE}) for _ in range(3)]

    assert [each.wait("customer", Turn.CUSTOMERS) for each in asked[:2]] == [0.0, 0.0]
    assert asked[2].wait("customer", Turn.CUSTOMERS) > 0
