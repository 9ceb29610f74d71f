"""Single writes: what is sent, what the answer means, and what nobody can know."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Accepted, Answer, Next, Observation, Refused, Revision, Source, Stored, Unknown
from shared.core.values import Reference
from tests.kit.rest import COUNTED, CUSTOMER, a_customer, a_system, an_order, connected
from tests.kit.rest_server import Given, Manners, RestServer

ANN = {"name": "Ann", "email": "ann@x", "phone": None, "note": "kept"}
NEW = Create("rec-1", {"name": "Ann", "email": "ann@x"})
RENAME = Update("rec-1", "1", {"name": "Anna"})
END = Archive("rec-1", "1")


def answers_to(
    *commands: Command, replies: list[Any] | None = None, manners: Manners | None = None, **keys: Any
) -> tuple[list[Answer], RestServer]:
    with a_system(manners, {"customer": a_customer(**keys)}, customers=[ANN]) as (system, server):
        server.next_replies += replies or []
        return list(system.write("customer", commands)), server


def test_a_create_is_posted_and_its_answer_shows_what_was_stored() -> None:
    [answer], server = answers_to(NEW)

    assert server.log[0].method == "POST"
    assert server.log[0].body == {"name": "Ann", "email": "ann@x"}
    assert server.log[0].headers["content-type"] == "application/json"
    assert isinstance(answer, Stored)
    assert answer.external_id == "2"
    assert answer.shown.source is Source.ANSWER
    assert answer.shown.fields == {"name": "Ann", "email": "ann@x"}


def test_a_create_carries_our_reference_where_the_partner_has_a_place_for_it() -> None:
    [answer], server = answers_to(NEW, fields={**CUSTOMER, "external_reference": "ref"})

    assert server.log[0].body["ref"] == "rec-1"
    assert isinstance(answer, Stored)
    assert answer.shown.reference == "rec-1"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(201, {"id": 9}), Accepted("9")),
        (Given(200, {"data": {"id": "c9"}}), Accepted("c9")),
        (Given(201, 9), Accepted("9")),
        (Given(201, "c9"), Accepted("c9")),
        (Given(201, None, {"Location": "http://h/api/v1/customers/9/?x=1"}), Accepted("9")),
        (Given(202, {"job": "queued"}, {"Location": "/api/v1/customers/9"}), Accepted("9")),
        (Given(201, {"id": 9, "name": {"odd": 1}}), Accepted("9")),
    ],
)
def test_an_answer_may_show_only_an_id(given: Given, expected: Answer) -> None:
    assert answers_to(NEW, replies=[given])[0] == [expected]


@pytest.mark.parametrize("given", [Given(204), Given(201, {"ok": True}), Given(200, {}), Given(201, [])])
def test_a_create_whose_answer_names_no_id_is_unknown(given: Given) -> None:
    [answer], _ = answers_to(NEW, replies=[given])

    assert isinstance(answer, Unknown)


def test_an_update_patches_the_differing_fields_and_nothing_else() -> None:
    [answer], server = answers_to(RENAME)

    assert (server.log[0].method, server.log[0].path) == ("PATCH", "/api/v1/customers/1")
    assert server.log[0].body == {"name": "Anna"}
    assert server.resources["customers"]["1"]["note"] == "kept"
    assert isinstance(answer, Stored)
    assert answer.shown.fields["name"] == "Anna"


def test_an_update_may_be_a_put_of_the_whole_record_as_it_was_just_read() -> None:
    _, server = answers_to(RENAME, update="PUT")

    assert [each.method for each in server.log] == ["GET", "PUT"]
    assert server.resources["customers"]["1"]["name"] == "Anna"
    assert server.resources["customers"]["1"]["note"] == "kept"


def test_a_put_of_a_record_that_is_not_there_is_not_sent() -> None:
    [answer], server = answers_to(Update("r", "99", {"name": "B"}), update="PUT")

    assert isinstance(answer, Refused)
    assert answer.trouble.next is Next.CONFLICT
    assert server.asked("PUT") == []


@pytest.mark.parametrize(
    "given", [Given(204), Given(200), Given(200, {"ok": True}), Given(200, {"id": 77, "name": "B"})]
)
def test_an_update_whose_answer_shows_nothing_is_accepted(given: Given) -> None:
    assert answers_to(RENAME, replies=[given])[0] == [Accepted("1")]


def test_an_archive_is_a_delete() -> None:
    answers, server = answers_to(END)

    assert (server.log[0].method, server.log[0].path, server.log[0].raw) == ("DELETE", "/api/v1/customers/1", b"")
    assert answers == [Accepted("1")]
    assert server.rows("customers") == []


def test_an_archive_may_set_fields_instead() -> None:
    answers, server = answers_to(END, archive={"set": {"state": "closed"}})

    assert (server.log[0].method, server.log[0].body) == ("PATCH", {"state": "closed"})
    assert answers == [Accepted("1")]


def test_an_archive_may_have_an_address_of_its_own() -> None:
    _, server = answers_to(END, archive={"method": "POST", "path": "/api/v1/customers/{}/close"}, replies=[Given(204)])

    assert (server.log[0].method, server.log[0].path) == ("POST", "/api/v1/customers/1/close")


@pytest.mark.parametrize(
    ("revision", "sent"),
    [
        (COUNTED, '"1"'),
        ({"kind": "etag"}, '"1"'),
        ({"field": "version", "kind": "time", "exact": True}, '"1"'),
    ],
)
def test_an_exact_revision_goes_along_as_a_precondition(revision: Any, sent: str) -> None:
    token = '"1"' if revision["kind"] == "etag" else "1"
    update = Update("rec-1", "1", {"name": "B"}, precondition=Revision(token, 1, exact=True))
    [answer], server = answers_to(update, revision=revision)

    assert server.log[0].headers["if-match"] == sent
    assert isinstance(answer, Stored)


def test_an_archive_carries_its_precondition_too() -> None:
    _, server = answers_to(Archive("r", "1", Revision("1", 1, exact=True)), revision=COUNTED)

    assert server.log[0].headers["if-match"] == '"1"'


def test_a_revision_that_is_not_exact_is_no_precondition() -> None:
    update = Update("rec-1", "1", {"name": "B"}, precondition=Revision("1", 1, exact=False))
    _, server = answers_to(update, revision=COUNTED)

    assert "if-match" not in server.log[0].headers


def test_a_precondition_may_have_a_header_of_its_own() -> None:
    update = Update("rec-1", "1", {"name": "B"}, precondition=Revision("1", 1, exact=True))
    _, server = answers_to(update, revision={**COUNTED, "header": "X-Version-Number"})

    assert server.log[0].headers["x-version-number"] == "1"


def test_a_refused_precondition_is_a_conflict() -> None:
    update = Update("rec-1", "1", {"name": "B"}, precondition=Revision("7", 7, exact=True))
    [answer], server = answers_to(update, revision=COUNTED)

    assert isinstance(answer, Refused)
    assert answer.trouble.next is Next.CONFLICT
    assert server.resources["customers"]["1"]["name"] == "Ann"


def test_a_taken_key_names_who_has_it() -> None:
    [answer], _ = answers_to(NEW, manners=Manners(unique="email"))

    assert isinstance(answer, Refused)
    assert (answer.trouble.next, answer.trouble.candidates) == (Next.CONFLICT, ("1",))


@pytest.mark.parametrize("command", [RENAME, END])
@pytest.mark.parametrize("status", [404, 410])
def test_a_record_that_is_no_longer_there_is_a_reason_to_look(command: Command, status: int) -> None:
    [answer], _ = answers_to(command, replies=[Given(status)])

    assert isinstance(answer, Refused)
    assert answer.trouble.next is Next.CONFLICT


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (Given(400, {"detail": "no"}), Next.PERMANENT),
        (Given(404), Next.PERMANENT),
        (Given(422, {"field": "name"}), Next.PERMANENT),
        (Given(401), Next.AUTH),
        (Given(403), Next.PERMANENT),
        (Given(429, headers={"Retry-After": "3"}), Next.THROTTLED),
        (Given(409), Next.CONFLICT),
        (Given(301, headers={"Location": "/x"}), Next.PERMANENT),
        (Given(200, {"success": False, "message": "no"}), Next.PERMANENT),
    ],
)
def test_a_refusal_was_surely_not_applied(given: Given, expected: Next) -> None:
    [answer], server = answers_to(NEW, replies=[given])

    assert isinstance(answer, Refused)
    assert answer.trouble.next is expected
    assert len(server.log) == 1


@pytest.mark.parametrize(
    "given",
    [
        Given(500, {"title": "oops"}),
        Given(503, headers={"Retry-After": "3"}),
        Given(hangs_up=True),
        Given(hangs_up=True, applies=True),
        Given(201, {"id": 5, "name": "Ann"}, cut=4),
        Given(200, raw=b"<html>gateway</html>"),
        Given(200, raw=b'{"id": 5, "na'),
        Given(303, headers={"Location": "/api/v1/customers/5"}),
    ],
)
def test_anything_else_is_unknown_and_never_sent_again(given: Given) -> None:
    [answer], server = answers_to(NEW, replies=[given])

    assert isinstance(answer, Unknown)
    assert len(server.log) == 1


@pytest.mark.parametrize(
    ("status", "expected"), [(400, Unknown), (409, Unknown), (422, Unknown), (412, Refused), (429, Refused)]
)
def test_a_partner_that_saves_and_then_refuses_is_never_sure(status: int, expected: type) -> None:
    [answer], _ = answers_to(NEW, replies=[Given(status)], sure_refusals=False)

    assert isinstance(answer, expected)


def test_what_was_sent_stands_in_no_text_of_a_refusal() -> None:
    [answer], _ = answers_to(NEW, replies=[Given(422, {"detail": "ann@x and Ann Smith: no", "field": "email"})])

    assert isinstance(answer, Refused)
    assert "ann@x" not in answer.trouble.message
    assert answer.trouble.field == "email"


def test_a_secret_stands_in_no_text_of_a_refusal() -> None:
    with a_system() as (_, server), connected(server.url, secret={"token": "t0p"}) as system:
        server.next_replies.append(Given(403, {"detail": "token t0p is not allowed"}))
        [answer] = system.write("customer", [NEW])

    assert isinstance(answer, Refused)
    assert answer.trouble.message == "token … is not allowed"


def test_when_the_whole_system_refuses_the_rest_is_not_tried() -> None:
    answers, server = answers_to(NEW, NEW, NEW, replies=[Given(429, headers={"Retry-After": "9"})])

    assert [type(each) for each in answers] == [Refused] * 3
    assert len(server.log) == 1


def test_one_refused_record_does_not_hold_up_its_neighbours() -> None:
    answers, _ = answers_to(NEW, NEW, replies=[Given(422)])

    assert [type(each) for each in answers] == [Refused, Stored]


@pytest.mark.parametrize("command", [RENAME, END])
def test_what_a_partner_cannot_do_is_refused_without_a_call(command: Command) -> None:
    [answer], server = answers_to(command, can=["list", "create"])

    assert isinstance(answer, Refused)
    assert (answer.trouble.next, answer.trouble.code, server.log) == (Next.PERMANENT, "unsupported", [])


def test_an_update_with_no_value_for_the_partner_is_refused_with_its_field() -> None:
    fields = {"name": "name", "status": {"path": "s", "values": {"active": "A"}}}
    alone, both = Update("r", "1", {"status": "gone"}), Update("r", "1", {"status": "gone", "name": "B"})
    answers, server = answers_to(alone, both, fields=fields)

    assert isinstance(answers[0], Refused)
    assert (answers[0].trouble.code, answers[0].trouble.field) == ("no-such-value", "status")
    assert isinstance(answers[1], Stored)
    assert [each.body for each in server.log] == [{"name": "B"}]


ORDER: dict[str, Any] = {
    "number": "N1",
    "customer_id": 5,
    "state": "open",
    "items": [{"id": 7, "product_id": 3, "qty": 2, "note": "fragile"}, {"id": 8, "product_id": 4, "qty": 1}],
}


def test_one_line_is_changed_in_the_list_as_the_partner_has_it() -> None:
    update = Update("r", "1", {"lines[a].quantity": Decimal(5)}, elements={"a": "7", "b": "8"})
    with a_system(entities={"order": an_order()}, orders=[ORDER]) as (system, server):
        [answer] = system.write("order", [update])

        assert [each.method for each in server.log] == ["GET", "PATCH"]
        assert server.log[1].body == {"items": [{**ORDER["items"][0], "qty": 5}, ORDER["items"][1]]}
        assert isinstance(answer, Stored)


def test_a_record_that_was_just_read_is_not_read_again() -> None:
    update = Update("r", "1", {"lines[a].quantity": Decimal(5)}, elements={"a": "7"})
    with a_system(entities={"order": an_order()}, orders=[ORDER]) as (system, server):
        system.fetch("order", ["1"])
        system.write("order", [update])
        system.write("order", [update])

        assert [each.method for each in server.log] == ["GET", "PATCH", "PATCH"]


def test_a_record_is_read_again_when_its_state_is_not_known_after_a_write() -> None:
    update = Update("r", "1", {"lines[a].quantity": Decimal(5)}, elements={"a": "7"})
    with a_system(Manners(answers="nothing"), {"order": an_order()}, orders=[ORDER]) as (system, server):
        system.write("order", [update])
        system.write("order", [update])

        assert [each.method for each in server.log] == ["GET", "PATCH", "GET", "PATCH"]


def test_when_the_record_cannot_be_read_before_the_update_nothing_is_sent() -> None:
    update = Update("r", "1", {"lines[a].quantity": Decimal(5)}, elements={"a": "7"})
    with a_system(entities={"order": an_order()}, orders=[ORDER]) as (system, server):
        server.next_replies.append(Given(429, headers={"Retry-After": "2"}))
        [answer] = system.write("order", [update])

    assert isinstance(answer, Refused)
    assert (answer.trouble.next, server.asked("PATCH")) == (Next.THROTTLED, [])


def test_an_answer_that_only_repeats_the_lines_that_were_sent_shows_nothing_of_what_they_are_called_now() -> None:
    new = Create("r", {"number": "N1", "lines[k]": True, "lines[k].quantity": Decimal(1)})
    with a_system(entities={"order": an_order()}) as (system, _):
        assert system.write("order", [new]) == [Accepted("1")]


def test_an_address_inside_the_record_keeps_what_is_not_mapped() -> None:
    fields = {"name": "name", "addresses[billing].city": "billing.city"}
    row = {"name": "Ann", "billing": {"city": "Rome", "gate": "B"}}
    update = Update("r", "1", {"addresses[billing].city": "Oslo"})
    with a_system(entities={"customer": a_customer(fields=fields)}, customers=[row]) as (system, server):
        [answer] = system.write("customer", [update])

        assert server.resources["customers"]["1"]["billing"] == {"city": "Oslo", "gate": "B"}
        assert isinstance(answer, Stored)
        assert isinstance(answer.shown, Observation)


@pytest.mark.parametrize(("ids", "sent"), [("number", 1), ("text", "r-1")])
def test_a_reference_is_sent_as_the_partner_writes_its_ids(ids: Any, sent: Any) -> None:
    entities = {"customer": a_customer(), "order": an_order()}
    with a_system(Manners(ids=ids), entities, customers=[ANN]) as (system, server):
        new = Create("r", {"customer": Reference("crm", "customer", str(sent)), "number": "N1"})
        system.write("order", [new, new])
        system.write("order", [new])

        assert [each.body["customer_id"] for each in server.asked("POST")] == [sent] * 3
        assert len(server.asked("GET")) == (1 if ids == "number" else 0)


def test_a_list_is_never_built_upon_another_revision_than_that_of_the_precondition() -> None:
    old, now = Revision("1", 1, exact=True), Revision("2", 2, exact=True)
    change = {"lines[a].quantity": Decimal(5)}
    with a_system(Manners(etags=True), {"order": an_order(revision=COUNTED)}, orders=[ORDER]) as (system, server):
        system.fetch("order", ["1"])
        server.put("orders", {**ORDER, "id": 1, "items": [*ORDER["items"], {"id": 9, "product_id": 5, "qty": 1}]})
        late, right = system.write(
            "order", [Update("r", "1", change, old, {"a": "7"}), Update("r", "1", change, now, {"a": "7"})]
        )

        assert isinstance(late, Refused)
        assert late.trouble.next is Next.CONFLICT
        assert isinstance(right, Stored)
        assert [item["id"] for item in server.resources["orders"]["1"]["items"]] == [7, 8, 9]


def test_a_record_that_cannot_be_understood_loses_nothing_by_an_update() -> None:
    update = Update("r", "1", {"lines[a].quantity": Decimal(5)}, elements={"a": "7"})
    with a_system(entities={"order": an_order()}, orders=[{**ORDER, "state": "limbo"}]) as (system, server):
        [answer] = system.write("order", [update])

        assert isinstance(answer, Accepted)
        assert server.resources["orders"]["1"]["items"][0] == {**ORDER["items"][0], "qty": 5}


@pytest.mark.parametrize("status", [405, 501])
def test_a_partner_that_does_not_know_patch_is_sent_the_whole_record(status: int) -> None:
    with a_system(entities={"customer": a_customer()}, customers=[ANN, ANN]) as (system, server):
        server.next_replies.append(Given(status))
        first = system.write("customer", [RENAME])
        second = system.write("customer", [Update("rec-2", "2", {"name": "Bea"})])

        assert [type(each) for each in (*first, *second)] == [Stored, Stored]
        assert [each.method for each in server.log] == ["PATCH", "GET", "PUT", "GET", "PUT"]
        assert server.resources["customers"]["2"]["note"] == "kept"


def test_a_method_that_the_description_names_is_the_only_one() -> None:
    [answer], server = answers_to(RENAME, replies=[Given(405)], update="PATCH")

    assert isinstance(answer, Refused)
    assert len(server.log) == 1


def test_where_paths_end_with_a_slash_those_of_records_do_too() -> None:
    _, server = answers_to(RENAME, path="/api/v1/customers/", replies=[Given(204)])

    assert server.log[0].path == "/api/v1/customers/1/"


def test_nothing_to_write_is_nothing() -> None:
    answers, server = answers_to()

    assert (answers, server.log) == ([], [])
