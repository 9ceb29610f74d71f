"""GET /systems, and pause, trip, resume, approve."""

from __future__ import annotations

from typing import Any

import pytest

from tests.aws.api.asking import Asking
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step

VERBS = ("pause", "trip", "resume", "approve")


def test_a_pause_is_shown_until_it_is_resumed() -> None:
    asking = Asking(World())

    paused = asking.send("POST", "/systems/erp/pause", {"entity": "order", "why": "stocktaking"})
    shown = asking.get("/systems/erp").content["items"]
    resumed = asking.send("POST", "/systems/erp/resume", {"entity": "order"})

    assert paused.status == resumed.status == 200
    assert [(line["entity"], line["status"], line["why"]) for line in shown] == [
        (None, "running", None),
        ("order", "paused", "stocktaking"),
    ]
    assert resumed.content["items"][0]["status"] == "running"
    assert [line["system"] for line in asking.get("/systems").content["items"]] == ["crm", "erp"]


def test_who_stopped_it_is_said_where_no_reason_is_given() -> None:
    asking = Asking(World())

    assert asking.send("POST", "/systems/erp/pause", {}).content["items"][0]["why"] == "by ann"
    assert asking.send("POST", "/systems/crm/trip", {"minutes": 5}).content["items"][0]["why"] == "by ann"


def test_a_trip_says_until_when() -> None:
    (line,) = Asking(World()).send("POST", "/systems/erp/trip", {"minutes": 30}).content["items"]

    assert (line["status"], line["until"][:16]) == ("tripped", "2026-03-02T09:30")


def test_an_approval_lets_go_on_what_waits() -> None:
    world = in_step(World(integration_of(rules_of(max_creates_per_run=0))))
    asking = Asking(world)
    assert asking.get("/systems/erp").content["items"][1]["status"] == "waiting"

    reply = asking.send("POST", "/systems/erp/approve", {"entity": "customer", "hours": 1})
    world.later(1)

    assert (reply.content["deletes"], reply.content["items"][0]["status"]) == (0, "running")
    assert len(world.erp.ids("customer")) == 1


@pytest.mark.parametrize("verb", VERBS)
def test_only_an_administrator_stops_and_starts(verb: str) -> None:
    body = {"entity": "customer"}

    for scope, status in (("tandem/read", 403), ("tandem/operate", 403), ("tandem/admin", 200)):
        assert Asking(World(), scope).send("POST", f"/systems/erp/{verb}", body).status == status


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("system", "entity", "remedy"),
    [("mars", "customer", "one of: crm, erp"), ("erp", "shipment", "one of: customer, product, order")],
)
def test_what_there_is_not_is_refused_with_what_there_is(verb: str, system: str, entity: str, remedy: str) -> None:
    reply = Asking(World()).send("POST", f"/systems/{system}/{verb}", {"entity": entity})

    assert (reply.status, reply.content["remedy"]) == (404, remedy)


def test_a_system_that_there_is_not_is_not_shown() -> None:
    assert Asking(World()).get("/systems/mars").status == 404


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("pause", {"whole": True}),
        ("pause", {"why": "x" * 201}),
        ("trip", {"minutes": 0}),
        ("trip", {"minutes": 10_081}),
        ("approve", {}),
        ("approve", {"entity": "customer", "hours": 169}),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused_part_by_part(verb: str, body: dict[str, Any]) -> None:
    reply = Asking(World()).send("POST", f"/systems/erp/{verb}", body)

    assert reply.status == 422
    assert reply.content["mistakes"]


def test_what_waits_is_listed_page_by_page_in_the_order_of_its_going_out() -> None:
    world = in_step(World(integration_of(rules_of(max_updates_per_run=0))), *EMAILS)
    for name in world.crm.ids("customer"):
        world.crm.edit("customer", name, {"name": "Oops"})
    world.poll().later(70)
    asking = Asking(world)

    first = asking.get("/systems/erp/waiting", limit=2).content
    second = asking.get("/systems/erp/waiting", limit=2, next=first["next"]).content

    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    assert second["next"] is None
    assert {item["record_id"] for page in (first, second) for item in page["items"]} == {
        record.id for record in world.records()
    }
    assert {(item["verb"], *item["fields"]) for item in first["items"]} == {("update", "name")}
    assert asking.get("/systems/erp/waiting", next="x").status == 400


def test_what_waits_elsewhere_is_not_listed() -> None:
    world = in_step(World(), *EMAILS)
    asking = Asking(world)
    asking.send("POST", "/systems/erp/pause", {})
    world.crm.edit("customer", world.crm.ids("customer")[0], {"name": "New"})
    world.poll().later(70)

    counts = {
        (system, entity): len(asking.get(f"/systems/{system}/waiting", entity=entity).content["items"])
        for system, entity in (("erp", "customer"), ("erp", "order"), ("crm", "customer"))
    }

    assert counts == {("erp", "customer"): 1, ("erp", "order"): 0, ("crm", "customer"): 0}


EMAILS = ("a@example.org", "b@example.org", "c@example.org")
