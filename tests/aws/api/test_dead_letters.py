"""Dead letters over the API."""

from __future__ import annotations

from shared.ports.dead_letters import DeadLetter
from tests.aws.api.asking import Asking
from tests.kit.clock import START
from tests.kit.world import World

QUEUE = "ChangesDeadLetters"


def asking(*ids: str) -> Asking:
    world = World()
    for id_ in ids:
        letter = DeadLetter(QUEUE, id_, f"r{id_}", '{"email": "a@b.c"}', START, 1, {"system": "crm"})
        world.dead_letters.queues[QUEUE].append(letter)
    return Asking(world)


def test_letters_are_listed_with_their_error_and_only_operators_see_what_they_hold() -> None:
    api = asking("1")
    api.world.parts.message_failures.note("1", "absorb_changes", "it is no JSON")

    seen = [api.get("/dead-letters").content]
    api.scope = "tandem/read"
    seen.append(api.get("/dead-letters", queue=QUEUE).content)

    (line,) = seen[0]["items"]
    assert (line["about"], line["why"], line["function"], line["times"]) == (
        {"system": "crm"},
        "it is no JSON",
        "absorb_changes",
        1,
    )
    assert seen[0]["waiting"][QUEUE] == 1
    assert [answer["items"][0]["body"] for answer in seen] == ['{"email": "a@b.c"}', None]


def test_letters_are_brought_back_and_thrown_away() -> None:
    api = asking("1", "2", "3")

    sent = api.send("POST", f"/dead-letters/{QUEUE}/redrive", {"ids": ["1"]}).content
    thrown = api.send("POST", f"/dead-letters/{QUEUE}/discard", {"ids": ["2", "9"]}).content
    rest = api.send("POST", f"/dead-letters/{QUEUE}/redrive", {}).content

    assert (sent["ok"], [each["ended"] for each in sent["items"]]) == (True, ["sent"])
    assert (thrown["ok"], [each["ended"] for each in thrown["items"]]) == (False, ["discarded", "not there"])
    assert [each["id"] for each in rest["items"]] == ["3"]


def test_the_queue_service_may_do_it() -> None:
    api = asking("1")

    assert api.send("POST", f"/dead-letters/{QUEUE}/move").content == {"ok": True, "queue": QUEUE}
    assert api.send("POST", "/dead-letters/StreamDeadLetters/move").status == 404


def test_a_queue_that_is_not_there_is_told_with_those_that_are() -> None:
    reply = asking().get("/dead-letters", queue="Nothing")

    assert reply.status == 404
    assert QUEUE in reply.content["remedy"]


def test_only_admins_bring_back_or_throw_away() -> None:
    api = asking("1")
    api.scope = "tandem/operate"

    assert {
        api.send("POST", f"/dead-letters/{QUEUE}/{verb}", {"ids": ["1"]}).status
        for verb in ("redrive", "discard", "move")
    } == {403}
