"""Schema drift at real connectors over their fakes: vanished, renamed, appeared, type changed; the rest goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from shared.connectors import espocrm, hubspot, odoo, salesforce, tryton
from shared.connectors.integration import load
from shared.core.schema_drift import RECORDS
from shared.flows.operating.status import status
from shared.flows.reconcile import reconcile
from shared.ports.messages import Poll
from shared.ports.system import System, Webhooks
from tests.connectors.fakes.base import serving
from tests.connectors.fakes.described import (
    DescribedEspo,
    DescribedHubSpot,
    DescribedOdoo,
    DescribedSalesforce,
    DescribedTryton,
)
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken
from tests.kit.world import World

PHONES = ("+1 512 555 0100", "+1 512 555 0199")
TEXT = """
[systems.crm]
connector = "espocrm"
side = "crm"
base_url = "{crm}"
[systems.crm.entities.customer]
versioned = true
[systems.other]
connector = "{connector}"
side = "supply_chain"
base_url = "{other}"
{more}
[entities.customer]
systems = ["crm", "other"]
"""


@dataclass(frozen=True)
class Case:
    """One connector: its fake, how it is connected, and a mapped field as its partner calls it."""

    connector: str
    make: Callable[[], Any]
    field: str
    put: Mapping[str, str]
    secret: Mapping[str, str]
    more: str = ""
    ours: str = "phone"


ODOO = '[systems.other.entities.customer]\nwithout = ["tax_number"]'
CASES = (
    Case("hubspot", DescribedHubSpot, "companies.phone", {"phone": "phone"}, {"token": "a-live-credential"}),
    Case("salesforce", DescribedSalesforce, "Account.Phone", {}, {"client_id": "c", "client_secret": "a-live-secret"}),
    Case("odoo", DescribedOdoo, "res.partner.phone", {}, {"api_key": "a-live-credential"}, f'database = "erp"\n{ODOO}'),
)


@dataclass
class Pair:
    """An EspoCRM and another partner, kept in step."""

    espo: DescribedEspo
    other: Any
    world: World
    makers: Mapping[str, Callable[[], Any]]

    @property
    def connected(self) -> Connected:
        """Return the systems."""
        found = self.world.parts.systems
        assert isinstance(found, Connected)
        return found

    def reconnect(self) -> None:
        """Begin as a new process does."""
        if isinstance(self.world.parts.systems, Connected):
            self.connected.close()
        self.world.parts = replace(self.world.parts, systems=Connected(self.makers))

    def sync(self, rounds: int = 2) -> None:
        """Poll until everything has gone both ways."""
        for _ in range(rounds):
            self.world.poll().later(200, 2)
        self.world.poll()

    def told(self) -> list[tuple[object, str]]:
        """Return what was told of drift: field, and what it is."""
        facts = [each for name, each in self.world.telemetry.told if name == "schema drift"]
        return [(each["field"], str(each["why"]).partition(":")[0]) for each in facts]

    def phone(self) -> str | None:
        """Return the phone that the other partner's only customer shows."""
        (row,) = self.other.shown().values()
        phone: str | None = row["phone"]
        return phone


class Connected:
    """The systems by name; connected anew, they have forgotten what they learned, as a new process has."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self.makers = makers
        self.systems = {name: make() for name, make in makers.items()}

    def close(self) -> None:
        """Close all connections."""
        for system in self.systems.values():
            system.close()

    def system(self, name: str) -> System:
        """Return a system."""
        found: System = self.systems[name]
        return found

    def webhooks(self, name: str) -> Webhooks | None:
        """Return nothing."""
        assert name in self.systems
        return None


@contextmanager
def a_pair(case: Case, folder: Path) -> Iterator[Pair]:
    """Connect both, and let a customer stand in both."""
    espo, other = DescribedEspo(), case.make()
    with ExitStack() as stack:
        for fake in (espo, other):
            stack.enter_context(serving(fake))
        path = folder / "integration.toml"
        path.write_text(TEXT.format(crm=espo.url, other=other.url, connector=case.connector, more=case.more))
        installation = load(path)
        clock, tokens = FakeClock(), OneToken()
        makers: dict[str, Callable[[Any], Any]] = {
            "espocrm": lambda settings: espocrm.connect(settings, lambda _: {"api_key": "a-live-credential"}),
            "hubspot": lambda settings: hubspot.connect(settings, lambda _: case.secret),
            "odoo": lambda settings: odoo.connect(settings, lambda _: case.secret),
            "salesforce": lambda settings: salesforce.connect(settings, lambda _: case.secret, tokens, clock),
            "tryton": lambda settings: tryton.connect(settings, lambda _: case.secret, tokens, clock),
        }
        connections = installation.connections.items()
        made = {name: partial(makers[each.connector], each.settings) for name, each in connections}
        world = World(installation.integration)
        pair = Pair(espo, other, world, made)
        pair.reconnect()
        stack.callback(lambda: pair.connected.close())
        espo.put("Initech", PHONES[0])
        pair.sync()
        assert pair.phone() == PHONES[0]
        assert pair.told() == []
        yield pair


def touch(pair: Pair, name: str = "Initech Inc.") -> None:
    """Let the other partner's only customer be renamed there."""
    (external_id,) = pair.other.shown()
    pair.other.change(external_id, name=name)


@pytest.mark.parametrize("case", CASES, ids=[case.connector for case in CASES])
def test_a_field_that_vanished_holds_up_nothing_but_itself_and_heals(case: Case, tmp_path: Path) -> None:
    with a_pair(case, tmp_path) as pair:
        pair.other.lost.add(case.field)
        touch(pair)
        pair.sync()
        assert pair.told() == [("phone", "vanished")]
        assert [(row["name"], row["phone"]) for row in pair.espo.shown().values()] == [("Initech Inc.", PHONES[0])]

        (account,) = pair.espo.shown()
        pair.espo.change(account, name="Initech & Co.", phone=PHONES[1])
        pair.sync()
        (row,) = pair.other.shown().values()
        assert (row["name"], row["phone"]) == ("Initech & Co.", PHONES[0])
        assert pair.world.record().link("other").parked is None
        assert pair.told() == [("phone", "vanished")]
        assert [line.field for line in status(pair.world.parts).drifting] == ["phone"]

        pair.other.lost.clear()
        pair.reconnect()
        pair.sync()
        pair.world.later(900, 2)
        assert pair.phone() == PHONES[1]
        assert status(pair.world.parts).drifting == ()


def test_a_custom_field_of_tryton_that_vanished_is_neither_cleared_nor_a_reason_to_stop(tmp_path: Path) -> None:
    mapped = '[systems.other.entities.customer.fields]\nterms = "customer_payment_term.name"'
    case = Case(
        "tryton",
        DescribedTryton,
        "party.party.customer_payment_term",
        {},
        {"username": "somebody", "password": "a-live-password"},
        f'database = "erp"\n{mapped}',
    )
    with a_pair(case, tmp_path) as pair:
        pair.other.lost.add(case.field)
        touch(pair)
        pair.sync()

        assert [row["name"] for row in pair.espo.shown().values()] == ["Initech Inc."]
        assert pair.told() == [("terms", "vanished")]


def describe(pair: Pair) -> None:
    """Let the nightly comparison begin, which reads the description."""
    reconcile(pair.world.parts, Poll("other", "customer"))


def test_a_renamed_field_is_told_with_its_new_name_and_a_new_one_as_new(tmp_path: Path) -> None:
    with a_pair(CASES[0], tmp_path) as pair:
        describe(pair)
        assert pair.told() == []

        pair.other.lost.add("companies.phone")
        pair.other.added["companies"] = {"mobile_phone": "string", "shoe_size": "number"}
        describe(pair)
        describe(pair)

        assert pair.told() == [
            ("companies.mobile_phone", "appeared"),
            ("companies.shoe_size", "appeared"),
            ("phone", "renamed"),
        ]
        (drift,) = (each for each in status(pair.world.parts).drifting if each.what == "renamed")
        assert "companies.mobile_phone is new" in drift.seen


def test_a_field_that_is_described_with_another_type_is_held_back_until_it_can_be_read(tmp_path: Path) -> None:
    with a_pair(CASES[1], tmp_path) as pair:
        describe(pair)
        pair.other.kinds["Account.Phone"] = "double"
        describe(pair)

        assert pair.told() == [("phone", "type changed")]
        assert status(pair.world.parts).drifting[0].seen == "Account.Phone: string → double"
        touch(pair)
        pair.sync()
        assert status(pair.world.parts).drifting == ()
        describe(pair)
        assert len(pair.told()) == 1


def test_a_field_whose_values_cannot_be_read_any_more_parks_nobody(tmp_path: Path) -> None:
    limit = '[systems.other.entities.customer.fields]\ncredit_limit = "quantity"'
    case = replace(CASES[0], more=f"[systems.other.entities.customer]\n{limit}")
    with a_pair(case, tmp_path) as pair:
        for number in range(RECORDS):
            pair.other.enter("companies", name=f"Company {number}", quantity="12.5")
        pair.sync()
        assert len(pair.espo.shown()) == 1 + RECORDS

        for each in [name for name, row in pair.other.objects["companies"].items() if "quantity" in row["properties"]]:
            pair.other.edit("companies", each, name=f"Renamed {each}", quantity="a great deal")
        pair.sync()

        assert ("credit_limit", "type changed") in pair.told()
        assert sum(row["name"].startswith("Renamed") for row in pair.espo.shown().values() if row["name"]) == RECORDS
        assert pair.world.parts.identities.parked(10) == []
