"""/failures, /failure-groups, /records: every route over flows in memory, as API Gateway would ask it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.core.personal import MASK
from tests.aws.api.asking import Asking, Reply
from tests.kit.troubled import ADA, REFUSED, held_field, left_to_a_person, open_conflicts, refused_create
from tests.kit.world import World, in_step


def case_of(asking: Asking) -> dict[str, Any]:
    (item,) = asking.get("/failures").content["items"]
    found: dict[str, Any] = item
    return found


def post(asking: Asking, path: str, **body: Any) -> Reply:
    return asking.send("POST", path, body)


def test_a_case_says_all_that_is_needed_to_repair_it() -> None:
    case = case_of(Asking(refused_create()))

    assert (case["state"], case["kind"], case["system"], case["code"]) == ("parked", "refused", "erp", "422")
    assert (case["message"], case["field"], case["attempts"]) == ("the name is too long", "name", 1)
    assert case["owed"]["name"] == "Ada"
    assert case["group"] == "erp.customer.refused.422.name"
    assert case["do"].startswith("edit the value")
    assert case["verbs"] == ["edit", "retry", "skip", "assign", "note"]


def test_who_may_only_read_sees_no_personal_data() -> None:
    case = case_of(Asking(refused_create(), scope="tandem/read"))

    assert case["owed"]["name"] == MASK
    assert "Ada" not in str(case)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/failures/x/retry", {}),
        ("POST", "/failures/x/skip", {}),
        ("POST", "/failures/x/choose", {"candidate": "1"}),
        ("POST", "/failures/x/assign", {"to": "bob"}),
        ("POST", "/failures/x/note", {"text": "x"}),
        ("POST", "/failure-groups/x/retry", {}),
        ("POST", "/records/x/edit", {"field": "name", "value": "A."}),
        ("POST", "/records/x/links/erp", {"external_id": "1"}),
        ("DELETE", "/records/x/links/erp", None),
        ("POST", "/conflicts/x/choose", {"value": "ours"}),
        ("POST", "/conflicts/x/undo", {}),
    ],
)
def test_who_may_only_read_repairs_nothing_and_what_is_not_there_is_told(method: str, path: str, body: object) -> None:
    reading, operating = Asking(World(), scope="tandem/read"), Asking(World(), scope="tandem/operate")

    assert reading.send(method, path, body).status == 403
    answer = operating.send(method, path, body)
    assert answer.status == (200 if "groups" in path else 404)
    assert "groups" in path or answer.content["remedy"]


def test_one_case_is_shown_by_its_id() -> None:
    asking = Asking(held_field())
    case = case_of(asking)

    assert asking.get(f"/failures/{case['id']}").content["items"] == [case]
    assert asking.get(f"/failures/{case['id'].replace(':', '%3A')}").content["items"] == [case]
    assert asking.get("/failures/crm:customer:1").status == 404


def test_pages_go_on_where_the_one_before_ended() -> None:
    world = World()
    world.erp.next_writes = [REFUSED] * 5
    for n in range(5):
        world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"})
    asking = Asking(world.poll())

    ids: list[str] = []
    after: str | None = None
    while True:
        page = asking.get("/failures", limit=2, next=after).content
        assert len(page["items"]) <= 2
        ids += [item["id"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break

    assert len(ids) == len(set(ids)) == 5
    assert asking.get("/failures", next="nonsense").status == 400
    assert asking.get("/failures", system="crm").content["items"] == []
    assert len(asking.get("/failures", state="parked", group="erp.customer.refused.422.name").content["items"]) == 5
    assert asking.get("/failures", state="lost").status == 422


def test_causes_are_grouped_and_a_group_is_tried_again() -> None:
    world = World()
    world.erp.next_writes = [REFUSED] * 3
    for n in range(3):
        world.crm.enter("customer", {**ADA, "email": f"{n}@example.org"})
    asking = Asking(world.poll())

    (group,) = asking.get("/failure-groups").content["items"]
    first = post_with(asking, f"/failure-groups/{group['group']}/retry", limit=2)
    rest = post_with(asking, f"/failure-groups/{group['group']}/retry", limit=2, next=first.content["next"])
    world.settle()

    assert (group["count"], group["kind"], group["field"]) == (3, "refused", "name")
    assert first.content["retried"] + rest.content["retried"] == 3
    assert asking.get("/failures").content["items"] == []
    assert len(world.erp.ids("customer")) == 3


def post_with(asking: Asking, path: str, **query: object) -> Reply:
    return asking.send("POST", path, {}, None, **query)


def test_a_case_is_tried_again_under_the_callers_name() -> None:
    world = refused_create()
    asking = Asking(world)

    answer = post(asking, f"/failures/{case_of(asking)['id']}/retry")
    again = post(asking, f"/failures/{answer.content['record']}:erp/retry")
    world.settle()

    assert (answer.status, answer.content["ok"]) == (200, True)
    assert answer.content["version"] == world.memory.conflicts.kept[0].version + 1
    assert world.memory.conflicts.kept[0].closed is not None
    assert world.memory.conflicts.kept[0].closed.by == "ann"
    assert again.status == 409
    assert again.content["remedy"] == "`tandem failures` lists what is"
    assert asking.get("/failures").content["items"] == []


def test_an_owed_value_is_edited_and_that_is_undone() -> None:
    world = refused_create()
    asking = Asking(world)

    edited = post(asking, f"/records/{world.record().id}/edit", field="name", value="A.")
    world.settle()
    assert world.agreed("customer", "name") == "A."
    undone = post(asking, f"/conflicts/{edited.content['undo']}/undo")
    world.settle()

    assert undone.status == 200
    assert world.agreed("customer", "name") == "Ada"


def test_a_field_is_emptied_and_a_body_that_says_too_much_is_refused() -> None:
    world = in_step(World())
    asking = Asking(world)

    assert post(asking, f"/records/{world.record().id}/edit", field="name", value=None).status == 200
    assert world.record().value("name") is None
    assert post(asking, f"/records/{world.record().id}/edit", field="name", value="x", by="me").status == 422


def test_a_version_is_skipped() -> None:
    world = refused_create()
    asking = Asking(world)

    assert post(asking, f"/failures/{case_of(asking)['id']}/skip").status == 200
    world.settle()

    assert (asking.get("/failures").content["items"], world.erp.ids("customer")) == ([], [])


def test_a_candidate_is_chosen() -> None:
    world = World()
    for phone in ("1", "2"):
        world.erp.enter("customer", {**ADA, "phone": phone})
    c = world.crm.enter("customer", ADA)
    asking = Asking(world.hint("crm", "customer", c))
    case = case_of(asking)

    wrong = post(asking, f"/failures/{case['id']}/choose", candidate="erp-9")
    answer = post(asking, f"/failures/{case['id']}/choose", candidate="erp-2")

    assert (case["candidates"], wrong.status, answer.status) == (["erp-1", "erp-2"], 409, 200)
    assert world.record().link("erp").external_id == "erp-2"


def test_records_are_unlinked_and_linked() -> None:
    world = in_step(World())
    asking, record = Asking(world), world.record()
    (e,) = world.erp.ids("customer")

    parted = asking.send("DELETE", f"/records/{record.id}/links/erp")
    other = world.record_of("erp", "customer", e)
    taken = post(asking, f"/records/{record.id}/links/erp", external_id=e)

    assert parted.status == 200
    assert other.id != record.id
    assert taken.status == 409
    assert "unlink it there first" in taken.content["remedy"]


def test_a_case_is_assigned_and_noted_on() -> None:
    asking = Asking(refused_create())
    case = case_of(asking)["id"]

    answers = [
        post(asking, f"/failures/{case}/assign", to="bob"),
        post(asking, f"/failures/{case}/note", text="40 letters"),
    ]

    assert [answer.status for answer in answers] == [200, 200]
    after = case_of(asking)
    assert after["assigned_to"] == "bob"
    assert [(remark["by"], remark["text"]) for remark in after["remarks"]] == [
        ("ann", "assigned to bob"),
        ("ann", "40 letters"),
    ]


# ── conflicts ──


def test_an_open_conflict_shows_both_values_and_is_decided() -> None:
    world = left_to_a_person()
    asking = Asking(world)
    (conflict,) = asking.get("/conflicts").content["items"]
    assert {conflict["ours"], conflict["theirs"]} == {"Ada C.", "Ada E."}
    assert (conflict["open"], conflict["field"], conflict["because"]) == (True, "name", "left to a person")
    assert asking.get(f"/conflicts/{conflict['id']}").content["items"] == [conflict]

    answer = post(asking, f"/conflicts/{conflict['id']}/choose", value="theirs")
    world.settle()

    assert answer.status == 200
    assert world.agreed("customer", "name") == conflict["theirs"]
    assert asking.get("/conflicts").content["items"] == []
    decided = asking.get("/conflicts", which="decided").content["items"]
    assert [(each["verdict"], each["by"] or each["closed_by"]) for each in decided] == [
        ("chosen", "ann"),
        ("person", "ann"),
    ]
    assert open_conflicts(world) == []


def test_who_may_only_read_sees_that_there_is_a_conflict_but_no_values() -> None:
    (conflict,) = Asking(left_to_a_person(), scope="tandem/read").get("/conflicts").content["items"]

    assert (conflict["ours"], conflict["theirs"]) == (MASK, MASK)


def test_a_choice_is_undone() -> None:
    world = left_to_a_person()
    asking = Asking(world)
    (conflict,) = asking.get("/conflicts").content["items"]
    chosen = post(asking, f"/conflicts/{conflict['id']}/choose", value="theirs").content["undo"]
    world.settle()

    answer = post(asking, f"/conflicts/{chosen}/undo")
    world.settle()

    assert answer.status == 200
    assert world.agreed("customer", "name") == conflict["ours"]


def test_pages_of_conflicts_go_on_and_a_foreign_cursor_is_refused() -> None:
    world = in_step(World(), *(f"{n}@example.org" for n in range(3)))
    for c, e in zip(world.crm.ids("customer"), world.erp.ids("customer"), strict=True):
        world.crm.edit("customer", c, {"name": "C"})
        world.erp.edit("customer", e, {"name": "E"})
    asking = Asking(world.poll())

    first = asking.get("/conflicts", which="decided", limit=2).content
    second = asking.get("/conflicts", which="decided", limit=2, next=first["next"]).content

    ids = [item["id"] for page in (first, second) for item in page["items"]]
    assert len(ids) == len(set(ids)) == 3
    assert asking.get("/conflicts", next=first["next"]).status == 400
    assert asking.get("/conflicts/nobody:1.0").status == 404
