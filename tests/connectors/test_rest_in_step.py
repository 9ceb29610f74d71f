"""Two plain REST systems kept in step by the real flows, each known from its description alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, cast

import pytest

from shared.connectors.integration import load
from shared.connectors.rest import RestSettings, connect
from shared.core.owed import unsupported
from shared.ports.stores import SystemStatus
from tests.connectors.in_step import Connected
from tests.kit.rest_server import Asked, Given, Manners, RestServer, serving
from tests.kit.world import World

SIMPLEST = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"
[systems.{name}.entities.customer]
path = "/api/v1/customers"
can = ["list", "create"]
[systems.{name}.entities.customer.fields]
name = "name"
email = "email"
phone = "phone"
[systems.{name}.entities.order]
path = "/api/v1/orders"
can = ["list", "create"]
[systems.{name}.entities.order.fields]
customer = "customer_id -> customer"
status = {{ path = "status", values = {{ placed = "new" }} }}
total = "total"
"""

ABLE = """
[systems.{name}]
connector = "rest"
side = "{side}"
base_url = "{url}"
secret = "{name}"
[systems.{name}.entities.customer]
path = "/api/v1/customers"
can = ["list", "read", "create", "update", "archive"]
revision = {{ field = "{revision}", kind = "{kind}" }}
updated_since = "updated_since={{}}"
{more}
[systems.{name}.entities.customer.fields]
name = "name"
email = "email"
phone = "phone"
"addresses[billing].city" = "billing.city"
"contacts[]" = "people[].id"
"contacts[].name" = "people[].name"
"contacts[].phone" = "people[].phone"
"""


@contextmanager
def a_world(folder: Path, text: str, secret: Mapping[str, str] | None = None) -> Iterator[World]:
    path = folder / "integration.toml"
    path.write_text(text)
    installation = load(path)
    with ExitStack() as stack:
        systems = {}
        for name, connection in installation.connections.items():
            systems[name] = connect(cast(RestSettings, connection.settings), lambda _: secret or {})
            stack.callback(systems[name].close)
        world = World(installation.integration)
        world.parts = replace(world.parts, systems=Connected(systems))
        yield world


@pytest.fixture
def crm() -> Iterator[RestServer]:
    with serving(Manners(wrap=None)) as server:
        yield server


@pytest.fixture
def erp() -> Iterator[RestServer]:
    with serving(Manners(wrap="data", ids="text", etags=True, numbered="people")) as server:
        yield server


@pytest.fixture
def simplest(tmp_path: Path, crm: RestServer, erp: RestServer) -> Iterator[World]:
    text = SIMPLEST.format(name="crm", side="crm", url=crm.url)
    with a_world(tmp_path, text + SIMPLEST.format(name="erp", side="supply_chain", url=erp.url)) as world:
        yield world


def writes(server: RestServer) -> int:
    return len([each for each in server.log if each.method != "GET"])


def loses_the_next_write(server: RestServer, *, applies: bool) -> None:
    def lose(asked: Asked) -> Given | None:
        if asked.method == "GET":
            server.next_replies.insert(0, lose)
            return None
        return Given(hangs_up=True, applies=applies)

    server.next_replies.append(lose)


def enter(server: RestServer) -> None:
    server.put("customers", {"name": "Ann", "email": "ann@x", "phone": "1"}, {"name": "Bob", "email": "bob@x"})
    server.put(
        "orders", {"customer_id": 1, "status": "new", "total": 10.5}, {"customer_id": 2, "status": "new", "total": 7}
    )


def test_two_systems_of_the_simplest_kind_are_kept_in_step(simplest: World, crm: RestServer, erp: RestServer) -> None:
    enter(crm)
    simplest.poll().later(100, 2).poll()

    assert [(row["name"], row["email"]) for row in erp.rows("customers")] == [("Ann", "ann@x"), ("Bob", "bob@x")]
    assert [(row["customer_id"], row["status"], row["total"]) for row in erp.rows("orders")] == [
        ("r-1", "new", 10.5),
        ("r-2", "new", 7),
    ]
    done = writes(crm), writes(erp)
    assert done == (0, 4)
    simplest.poll().later(100, 2).reconcile()
    assert (writes(crm), writes(erp)) == done


def test_the_simplest_kind_is_kept_in_step_the_other_way_too(simplest: World, crm: RestServer, erp: RestServer) -> None:
    enter(crm)
    erp.put("customers", {"name": "Cid", "email": "cid@x", "phone": None})
    simplest.poll().later(100, 2).poll()

    assert sorted(row["name"] for row in crm.rows("customers")) == ["Ann", "Bob", "Cid"]
    assert sorted(row["name"] for row in erp.rows("customers")) == ["Ann", "Bob", "Cid"]


@pytest.mark.parametrize("applies", [True, False])
def test_a_lost_reply_of_the_simplest_kind_never_doubles_an_order(
    simplest: World, crm: RestServer, erp: RestServer, applies: bool
) -> None:
    enter(crm)
    simplest.poll().later(100, 2)
    crm.put("orders", {"customer_id": 1, "status": "new", "total": 99})
    loses_the_next_write(erp, applies=applies)

    simplest.poll().later(100, 6).poll().later(100, 2)

    assert [row["total"] for row in erp.rows("orders")] == [10.5, 7, 99]


def test_later_changes_of_the_simplest_kind_are_listed_as_unsupported_and_not_owed(
    simplest: World, crm: RestServer, erp: RestServer
) -> None:
    enter(crm)
    simplest.poll().later(100, 2)
    crm.resources["customers"]["1"]["name"] = "Anna"

    simplest.poll().later(100, 2)

    record = simplest.record_of("crm", "customer", "1")
    assert record.value("name") == "Anna"
    assert unsupported(record, "erp", simplest.integration.rules("customer")) == ("name",)
    assert (record.due_at, record.parked_since) == (None, None)
    assert erp.rows("customers")[0]["name"] == "Ann"


COUNTED = {"revision": "version", "kind": "counter"}
TIMED = {"revision": "updated_at", "kind": "time"}
KINDS = [(COUNTED, ""), (TIMED, ""), (COUNTED, 'batch = { path = "/api/v1/customers:batch", size = 50 }')]


@pytest.fixture(params=KINDS, ids=["exact", "not exact", "in batches"])
def able(request: pytest.FixtureRequest, tmp_path: Path, crm: RestServer, erp: RestServer) -> Iterator[World]:
    kind, more = request.param
    text = ABLE.format(name="crm", side="crm", url=crm.url, more=more, **kind)
    with a_world(
        tmp_path, text + ABLE.format(name="erp", side="supply_chain", url=erp.url, more=more, **kind)
    ) as world:
        yield world


ANN: dict[str, Any] = {
    "name": "Ann",
    "email": "ann@x",
    "phone": "1",
    "billing": {"city": "Rome", "gate": "B"},
    "people": [{"id": 7, "name": "P", "phone": "1", "nick": "pi"}, {"id": 8, "name": "Q", "phone": "2"}],
    "note": "ours",
}


def edit(server: RestServer, record_id: str, **changes: Any) -> None:
    server.put("customers", {**server.resources["customers"][record_id], **changes})


def test_edits_on_both_sides_meet_and_nothing_unmapped_is_lost(able: World, crm: RestServer, erp: RestServer) -> None:
    crm.put("customers", ANN)
    able.poll()
    [theirs] = erp.rows("customers")
    people = [dict(each) for each in theirs["people"]]
    people[1]["phone"] = "22"
    edit(erp, "r-1", phone="9", people=people, remark="theirs")
    edit(
        crm, "1", billing={"city": "Oslo", "gate": "B"}, people=[{**ANN["people"][0], "phone": "11"}, ANN["people"][1]]
    )

    able.poll().later(100, 2).poll()

    ours, theirs = crm.rows("customers")[0], erp.rows("customers")[0]
    for row in (ours, theirs):
        assert (row["phone"], row["billing"]["city"]) == ("9", "Oslo")
        assert [(each["name"], each["phone"]) for each in row["people"]] == [("P", "11"), ("Q", "22")]
    assert (ours["note"], ours["billing"]["gate"], ours["people"][0]["nick"]) == ("ours", "B", "pi")
    assert theirs["remark"] == "theirs"


def test_a_second_pass_writes_nothing(able: World, crm: RestServer, erp: RestServer) -> None:
    crm.put("customers", ANN, {"name": "Bob", "email": "bob@x", "phone": None, "billing": None, "people": []})
    able.poll().later(100, 2)
    done = writes(crm), writes(erp)

    able.reconcile().poll().later(100, 2)

    assert (writes(crm), writes(erp)) == done


def test_a_record_that_its_owner_deletes_is_deleted_in_the_other(able: World, crm: RestServer, erp: RestServer) -> None:
    crm.put("customers", ANN)
    able.poll().later(100)
    del crm.resources["customers"]["1"]

    able.reconcile().later(100, 2)

    assert erp.rows("customers") == []


def test_wrong_credentials_trip_the_system_after_one_call(able: World, crm: RestServer, erp: RestServer) -> None:
    erp.manners.token = "another"
    crm.put("customers", ANN)

    able.poll().later(100, 2)

    assert able.parts.states.state("erp").status is SystemStatus.TRIPPED
    assert len(erp.log) == 1
    assert able.telemetry.counts["SystemTripped"] == 1


def test_a_throttled_system_gets_everything_later(able: World, crm: RestServer, erp: RestServer) -> None:
    crm.put("customers", ANN)
    erp.next_replies += [Given(429, headers={"Retry-After": "30"})] * 2

    able.poll().later(100, 4)

    assert [row["name"] for row in erp.rows("customers")] == ["Ann"]


def added(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*people, {"id": 9, "name": "R", "phone": "3"}]


def doubled(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*people, {"id": 9, "name": "Q", "phone": "2"}]


def changed(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**people[0], "phone": "11"}, *people[1:]]


def renamed(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**people[0], "name": "PP"}, *people[1:]]


def removed(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return people[1:]


@pytest.mark.parametrize("is_described", [True, False], ids=["ids described", "ids not described"])
@pytest.mark.parametrize("answers", ["record", "id", "nothing"])
@pytest.mark.parametrize("edit_people", [added, doubled, changed, renamed, removed])
def test_elements_of_a_system_that_shows_no_ids_of_them_are_written_once_and_not_owed(
    tmp_path: Path,
    crm: RestServer,
    edit_people: Callable[[list[dict[str, Any]]], list[dict[str, Any]]],
    answers: Literal["record", "id", "nothing"],
    is_described: bool,
) -> None:
    with serving(Manners(answers=answers)) as erp:
        described = ABLE.format(name="erp", side="supply_chain", url=erp.url, more="", **COUNTED)
        text = described if is_described else described.replace('"contacts[]" = "people[].id"\n', "")
        with a_world(tmp_path, ABLE.format(name="crm", side="crm", url=crm.url, more="", **COUNTED) + text) as world:
            crm.put("customers", ANN)
            world.poll().later(100, 2)
            before = writes(erp)
            edit(crm, "1", people=edit_people(ANN["people"]))

            world.poll().later(1000, 4)

            record = world.record_of("crm", "customer", "1")
        [ours], [theirs] = crm.rows("customers"), erp.rows("customers")
        assert (record.due_at, record.parked_since, writes(erp) - before) == (None, None, 1)
        assert [(each["name"], each["phone"]) for each in theirs["people"]] == [
            (each["name"], each["phone"]) for each in ours["people"]
        ]
        assert "id" not in theirs["people"][0]


def test_new_records_for_a_system_that_can_only_be_listed_share_one_look(
    simplest: World, crm: RestServer, erp: RestServer
) -> None:
    simplest.poll()
    before = len(erp.asked("GET"))
    crm.put("customers", *({"name": f"C{number}", "email": f"c{number}@x"} for number in range(15)))

    simplest.poll()

    assert len(erp.rows("customers")) == 15
    assert len(erp.asked("GET")) - before <= 5


def test_what_is_left_when_a_system_stops_amid_new_records_comes_later_and_nothing_twice(
    simplest: World, crm: RestServer, erp: RestServer
) -> None:
    simplest.poll()
    crm.put("customers", *({"name": f"C{number}", "email": f"c{number}@x"} for number in range(6)))
    written = iter(range(6))

    def stop_at_the_third(asked: Asked) -> Given | None:
        if asked.method == "POST" and next(written, None) == 2:
            return Given(429, headers={"Retry-After": "30"})
        erp.next_replies.insert(0, stop_at_the_third)
        return None

    erp.next_replies.append(stop_at_the_third)

    simplest.poll()

    assert len(erp.asked("POST")) == 3
    simplest.later(100, 4)
    assert sorted(row["name"] for row in erp.rows("customers")) == [f"C{number}" for number in range(6)]
