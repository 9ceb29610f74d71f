"""GET /unsupported."""

from __future__ import annotations

from tests.aws.api.asking import Asking
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step, renamed


def asking() -> Asking:
    world = in_step(World(integration_of(rules_of(erp={"can_update": False}))), "a@x.example", "b@x.example")
    renamed(world)
    return Asking(world)


def test_lines_are_given_page_by_page() -> None:
    api = asking()

    first = api.get("/unsupported", limit=1)
    second = api.get("/unsupported", limit=1, next=first.content["next"])
    third = api.get("/unsupported", limit=1, next=second.content["next"]) if second.content["next"] else None

    assert (first.status, first.content["ok"]) == (200, True)
    lines = first.content["items"] + second.content["items"]
    assert {(line["system"], line["field"], line["value"]) for line in lines} == {("erp", "name", "Ada L.")}
    assert len({line["record_id"] for line in lines}) == 2
    assert third is None or third.content["items"] == []


def test_personal_data_is_masked_for_those_who_only_look() -> None:
    api = asking()
    api.scope = "tandem/read"

    assert {line["value"] for line in api.get("/unsupported").content["items"]} == {"•••"}


def test_a_cursor_of_nothing_is_refused() -> None:
    assert asking().get("/unsupported", next="x").status == 400
