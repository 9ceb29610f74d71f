"""GET /explain, /timeline and /replay."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from shared.core.rules import FieldRule
from shared.ports.stores import Note, NoteKind
from tests.aws.api.asking import Asking, Reply
from tests.kit.clock import START
from tests.kit.rules import integration_of, rules_of
from tests.kit.world import World, in_step


def phoned() -> World:
    """Return a world with a customer whose phone was entered in the erp."""
    world = in_step(World())
    world.erp.edit("customer", "erp-1", {"phone": "+1 555"})
    return world.poll()


def asked(world: World, path: str = "/explain", scope: str = "tandem/operate", **query: object) -> Reply:
    """Ask about the customer."""
    return Asking(world, scope).get(path, **{"entity": "customer", "name": "crm-1", **query})


def test_a_field_is_explained_with_its_origin_its_rule_and_the_systems() -> None:
    reply = asked(phoned(), field="phone")

    assert reply.status == 200
    (phone,) = reply.content["items"]
    assert (phone["value"], phone["by"]) == ("+1 555", "erp")
    assert phone["origin"].startswith("erp showed erp-1")
    assert phone["decided"] == ["phone: taken (the first value)"]
    assert [(each["system"], each["shows"], each["owed"]) for each in phone["systems"]] == [
        ("crm", "the same", False),
        ("erp", "the same", False),
    ]
    assert [each["operation"] for each in reply.content["story"]] == ["absorb", "intent", "confirm"]
    assert [(each["system"], each["state"], each["external_id"]) for each in reply.content["systems"]] == [
        ("crm", "live", "crm-1"),
        ("erp", "live", "erp-1"),
    ]


def test_who_may_only_read_sees_no_personal_value_anywhere() -> None:
    world = phoned()
    for path in ("/explain", "/timeline", "/replay"):
        seen = str(asked(world, path, scope="tandem/read").content)

        assert "+1 555" not in seen
        assert "ada@example.org" not in seen
    assert "+1 555" in str(asked(world).content)


def test_as_of_a_moment_the_record_is_shown_as_it_was() -> None:
    world = in_step(World())
    then = world.clock.now()
    world.clock.go_on(60)
    world.crm.edit("customer", "crm-1", {"name": "Ada L."})
    world.poll()

    plain = f"{then:%Y-%m-%dT%H:%M:%S}"
    names = [
        [each["value"] for each in asked(world, field="name", as_of=moment).content["items"]]
        for moment in (plain, plain + "Z", None)
    ]

    assert names == [["Ada"], ["Ada"], ["Ada L."]]
    too_early = asked(world, as_of="2020-01-01T00:00")
    assert too_early.status == 404
    assert "begins on 2026-03-02" in too_early.content["detail"]
    world.memory.ledger.entries.clear()
    assert "it has none" in asked(world, as_of="2020-01-01T00:00").content["detail"]


def test_what_cannot_be_found_says_what_to_ask_for() -> None:
    world = phoned()
    world.parts.identities.note(
        "id/crm/customer/c9", Note(NoteKind.PARKED, "crm", "customer", "c9", "several may be meant", START)
    )

    nobody, noted = asked(world, name="nobody"), asked(world, name="c9")
    nothing, fieldless = asked(world, entity="planet"), asked(world, field="colour")

    assert [each.status for each in (nobody, noted, nothing, fieldless)] == [404] * 4
    assert "several may be meant" in noted.content["detail"]
    assert "customer" in nothing.content["remedy"]
    assert "phone" in fieldless.content["remedy"]


def test_a_name_that_may_mean_several_records_is_a_conflict_that_names_them() -> None:
    world = in_step(World(), "a@example.org", "b@example.org")
    holding = world.memory.identities.holding
    holding["id/erp/customer/crm-1"] = holding["id/crm/customer/crm-2"]

    reply = asked(world)

    assert reply.status == 409
    assert {each["where"] for each in reply.content["mistakes"]} == {each.id for each in world.records()}


def test_the_timeline_and_the_replay_go_on_at_their_cursors() -> None:
    world = phoned()
    for path in ("/timeline", "/replay"):
        whole = asked(world, path).content
        first = asked(world, path, limit=4).content
        second = asked(world, path, limit=4, next=first["next"]).content

        assert whole["next"] is None
        assert first["items"] + second["items"] == whole["items"][:8]
        assert asked(world, path, next="nonsense").status == 400


def test_every_decision_comes_out_the_same_and_says_so() -> None:
    reply = asked(phoned(), "/replay")

    assert reply.content["ok"]
    assert {each["same"] for each in reply.content["items"]} == {True}


def test_under_other_rules_the_difference_is_shown() -> None:
    world = phoned()
    only_crm = rules_of(fields={"phone": FieldRule(writers=frozenset({"crm"}))}, version="r2")
    world.parts = replace(world.parts, integration=integration_of(only_crm))

    reply, masked = asked(world, "/replay"), asked(world, "/replay", scope="tandem/read")

    assert not reply.content["ok"]
    (other, *_) = (each for each in reply.content["items"] if each["same"] is False)
    assert other["why"] == "the rules have changed"
    assert {"decided", "field phone"} <= {each["what"] for each in other["differences"]}
    hidden = [it for each in masked.content["items"] for it in each["differences"] if it["what"] != "decided"]
    assert {it["then"] for it in hidden} == {"•••"}


def test_what_cannot_be_replayed_says_why() -> None:
    world = phoned()
    entries = world.memory.ledger.entries
    entries.update({key: replace(each, record=None) for key, each in entries.items()})

    (first, *_) = asked(world, "/replay").content["items"]

    assert (first["same"], first["why"]) == (None, "the record as it was written is not in the ledger")


def test_a_flag_and_a_moment_are_told_as_text() -> None:
    world = World(integration_of(rules_of("order")))
    world.crm.enter("order", {"number": "1", "placed_at": START, "lines[1]": True, "lines[1].quantity": Decimal(2)})
    world.poll()

    items = Asking(world).get("/explain", entity="order", name="1").content["items"]

    assert {each["value"] for each in items} == {"1", START.isoformat(), "true", "2"}


def test_decisions_are_made_again_by_the_rules_that_are_sent() -> None:
    world = phoned()
    system = '[systems.NAME]\nconnector = "rest"\nside = "SIDE"\nbase_url = "http://127.0.0.1:9"\n'
    table = '[systems.NAME.entities.customer]\npath = "/c"\n[systems.NAME.entities.customer.fields]\nname = "n"\n'
    sides = {"crm": "crm", "erp": "supply_chain"}
    whole = "".join((system + table).replace("NAME", name).replace("SIDE", side) for name, side in sides.items())

    def sent(config: str, **query: object) -> Reply:
        which = {"entity": "customer", "name": "crm-1"}
        return Asking(world).send("POST", "/replay", {"config": config}, None, **which, **query)

    other, first, wrong = sent(whole), sent(whole, limit=2), sent("[systems]\n")

    assert other.status == 200
    assert not other.content["ok"]
    assert first.content["items"] + sent(whole, next=first.content["next"]).content["items"] == other.content["items"]
    assert {each["why"] for each in other.content["items"] if each["same"] is False} == {"the rules have changed"}
    assert (wrong.status, wrong.content["mistakes"][0]["where"]) == (422, "body.config, line 1")
