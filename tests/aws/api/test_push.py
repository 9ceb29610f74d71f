"""PUT /systems/{system}/{entity}/{external_id}."""

from __future__ import annotations

from tests.aws.api.asking import Asking
from tests.kit.world import World

PLACE = "/systems/crm/customer/17"
RECORD = {"fields": {"name": "Ada", "phone": None}, "revision": 3, "modified_at": "2026-03-02T09:00:00+01:00"}


def asking() -> Asking:
    return Asking(World(), "tandem/operate")


def test_a_whole_record_is_taken() -> None:
    api = asking()

    reply = api.send("PUT", PLACE, RECORD)

    assert (reply.status, reply.content) == (200, {"ok": True, "taken": "queued"})
    (hint,) = api.world.messages.take_changes()
    assert (hint.system, hint.entity, hint.external_id) == ("crm", "customer", "17")
    assert hint.observation is not None
    assert hint.observation.fields == {"name": "Ada", "phone": None}


def test_an_idempotency_key_is_honoured() -> None:
    api, key = asking(), {"Idempotency-Key": "k1"}

    replies = [api.send("PUT", PLACE, RECORD, key), api.send("PUT", PLACE, RECORD, key)]
    other = api.send("PUT", PLACE, RECORD | {"revision": 4}, key)

    assert [reply.content["taken"] for reply in replies] == ["queued", "known"]
    assert (other.status, other.content["remedy"]) == (409, "use a new key for it")
    assert len(api.world.messages.changes_queue) == 1


def test_an_id_with_special_signs_is_taken_as_it_is_meant() -> None:
    api = asking()

    api.send("PUT", "/systems/crm/customer/a%2Fb%20c%C3%A9", RECORD)

    (hint,) = api.world.messages.take_changes()
    assert hint.external_id == "a/b cé"


def test_what_cannot_be_taken_is_told_part_by_part() -> None:
    api = asking()

    wrong = api.send("PUT", PLACE, {"fields": {"credit_limit": "much"}})
    unknown = api.send("PUT", PLACE, RECORD | {"colour": "red"})
    nowhere = api.send("PUT", "/systems/crm/invoice/17", RECORD)

    assert (wrong.status, wrong.content["mistakes"][0]["where"]) == (422, "body.fields.credit_limit")
    assert (unknown.status, unknown.content["mistakes"][0]["where"]) == (422, "body.colour")
    assert nowhere.status == 404


def test_who_only_looks_may_not_push() -> None:
    api = asking()
    api.scope = "tandem/read"

    assert api.send("PUT", PLACE, RECORD).status == 403
