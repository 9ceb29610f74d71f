"""The Tryton connector on a real Tryton that this test starts: the scenarios, and what only a real one can show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from local.tryton import paths
from local.tryton.rpc import Client
from local.tryton.server import TrytonServer
from shared.connectors.tryton import TrytonSettings, connect
from shared.core.commands import Create
from shared.core.inspection import Result, judged
from shared.core.observations import Next, Stored, Trouble
from shared.flows.operating.check_system import inspected
from shared.ports.system import Key
from tests.connectors.tryton_scenarios import SCENARIOS, buyer, customer, order, products, stored
from tests.connectors.tryton_world import OneToken, StillClock, World, connected, prepare

pytestmark = [
    pytest.mark.real_system,
    pytest.mark.skipif(not paths.is_installed(), reason="Tryton is not installed: run `make .venvs/tryton/.made`"),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrytonServer]:
    with TrytonServer(Path(tmp_path_factory.mktemp("tryton")) / "erp") as running:
        yield running


@pytest.fixture(scope="module")
def erp(server: TrytonServer) -> Iterator[Client]:
    client = Client(server.url, server.database, server.user, server.password)
    prepare(client)
    yield client
    client.close()


@pytest.fixture
def world(server: TrytonServer, erp: Client) -> Iterator[World]:
    clock = StillClock(datetime.now(UTC))
    system = connected(server.url, clock, {"username": server.user, "password": server.password})
    yield World(system, clock, lambda act: act(erp))
    system.close()


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_on_a_real_server(scenario: Callable[[World], None], world: World) -> None:
    scenario(world)


def test_a_wrong_password_is_refused_once_and_not_tried_again(server: TrytonServer) -> None:
    tokens = OneToken()
    secret = {"username": "nobody", "password": "wrong"}
    system = connected(server.url, StillClock(), secret, tokens)

    answers = [system.fetch("customer", ["1"]) for _ in range(3)]
    system.close()

    assert [each.next for each in answers if isinstance(each, Trouble)] == [Next.AUTH, Next.RETRYABLE, Next.RETRYABLE]
    assert tokens.refused == ["wrong username or password"]
    assert system.calls == {"read": 1, "write": 0}


def test_a_session_that_has_ended_is_opened_again(server: TrytonServer, world: World) -> None:
    stale = '{"authorization": "Session YWRtaW46MTpkZWFk", "context": {"company": 1}}'
    tokens = OneToken(held=stale)
    system = connected(server.url, world.clock, {"username": server.user, "password": server.password}, tokens)

    listed = system.list("product", None)
    system.close()

    assert not isinstance(listed, Trouble)
    assert listed.entries
    assert tokens.logins == 1


def test_calls_grow_by_three_a_batch_of_customers_and_by_five_a_batch_of_orders(world: World) -> None:
    party, goods = buyer(world, "K-0"), products(world)
    size = 5

    def customers(start: int) -> list[Create]:
        return [customer(f"K-{start + place}") for place in range(1, size + 1)]

    def orders(start: int) -> list[Create]:
        lines = [(goods["TEA"], "1", "14", "0")]
        return [order(f"K-{start + place}", party, lines, "placed") for place in range(1, size + 1)]

    spent = {}
    for entity, made in (("customer", customers), ("order", orders)):
        totals = []
        for start in (0, 100, 200):
            commands = made(start)
            before = sum(world.system.calls.values())
            world.system.find(entity, [Key("external_reference", (each.record_id,)) for each in commands])
            answers = world.system.write(entity, commands)
            assert all(isinstance(each, Stored) for each in answers)
            totals.append(sum(world.system.calls.values()) - before)
        spent[entity] = totals[1:]

    assert spent == {"customer": [3, 3], "order": [5, 5]}


def test_an_order_without_a_ship_to_goes_to_the_customers_own_address(world: World) -> None:
    party, goods = buyer(world, "N-1"), products(world)
    wanted = order("N-1001", party, [(goods["TEA"], "1", "14", "0")], "draft")
    bare = {path: value for path, value in wanted.fields.items() if not path.startswith("ship_to.")}

    shown = stored(world.system.write("order", [Create(wanted.record_id, bare)])[0])

    assert shown.fields["ship_to.street"] == "Mataderos  2312"
    assert shown.fields["ship_to.region"] == "Québec"
    assert shown.fields["total"] == Decimal("26.34")


def test_it_tells_how_it_is_set_up(world: World) -> None:
    inspector = world.system.inspector()
    entities = ["customer", "product", "order", "shipment", "stock"]

    found = list(inspected(inspector, "erp", entities, world.clock, lambda *_: None))
    inspector.close()

    assert [each for each in found if each.result in (Result.FAILED, Result.WARNING)] == []
    assert {each.entity for each in found if (each.check, each.result) == ("fields", Result.OK)} == set(entities)
    granted = [each for each in found if (each.check, each.result) == ("permissions", Result.OK)]
    assert {each.entity for each in granted} == set(entities)


def test_a_custom_field_that_no_module_brings_is_left_out_and_told(server: TrytonServer, world: World) -> None:
    stored(world.system.write("customer", [customer("with-a-gap")])[0])
    secret = {"username": server.user, "password": server.password}
    settings = TrytonSettings.model_validate(
        {
            "name": "erp",
            "base_url": server.url,
            "database": "erp",
            "secret": "erp",
            "entities": {"customer": {"fields": {"industry": "an_industry"}}},
        }
    )
    system = connect(settings, lambda _name: secret, OneToken(), world.clock)
    listing, inspector = system.list("customer", None), system.inspector()
    described = inspector.describe("customer")
    inspector.close()
    system.close()

    assert not isinstance(listing, Trouble)
    assert listing.entries
    assert not isinstance(described, Trouble)
    (missing,) = (each for each in judged(described[0]) if each.result is Result.FAILED)
    assert "there is no party.party.an_industry" in missing.seen
