"""Many writes in one call: results find their commands, whatever their order, and nothing is guessed."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shared.core.commands import Archive, Command, Create, Update
from shared.core.observations import Accepted, Answer, Next, Refused, Revision, Stored, Unknown
from tests.kit.rest import COUNTED, CUSTOMER, a_customer, a_system
from tests.kit.rest_server import Given, Manners, Record, RestServer

BATCH = {"path": "/api/v1/customers:batch", "size": 100}
REFERRED = {**CUSTOMER, "external_reference": "ref"}


def people(count: int) -> list[Record]:
    return [{"name": f"N{number}", "email": None, "phone": None} for number in range(1, count + 1)]


def creates(count: int) -> list[Command]:
    return [Create(f"rec-{number}", {"name": f"N{number}"}) for number in range(1, count + 1)]


def updates(count: int) -> list[Command]:
    return [Update(f"rec-{number}", str(number), {"name": f"M{number}"}) for number in range(1, count + 1)]


def answers_to(
    commands: list[Command],
    replies: list[Any] | None = None,
    manners: Manners | None = None,
    have: int = 0,
    **keys: Any,
) -> tuple[list[Answer], RestServer]:
    given = {"batch": BATCH, "fields": REFERRED, **keys}
    with a_system(manners, {"customer": a_customer(**given)}, customers=people(have)) as (system, server):
        server.next_replies += replies or []
        return list(system.write("customer", commands)), server


def ids(answers: list[Answer]) -> list[str]:
    return [each.external_id if isinstance(each, Stored | Accepted) else type(each).__name__ for each in answers]


def test_creates_go_out_in_one_call_in_the_sample_crms_form() -> None:
    answers, server = answers_to(creates(3))

    assert ids(answers) == ["1", "2", "3"]
    assert all(isinstance(each, Stored) for each in answers)
    [asked] = server.log
    assert (asked.method, asked.path) == ("POST", "/api/v1/customers:batch")
    assert asked.body[0] == {"op": "create", "fields": {"ref": "rec-1", "name": "N1"}}


def test_updates_and_archives_name_their_record_and_precondition() -> None:
    update = Update("r", "1", {"name": "B"}, precondition=Revision("1", 1, exact=True))
    _, server = answers_to([update], have=1, revision=COUNTED)
    answers, other = answers_to([Archive("r", "1")], have=1)

    assert server.log[0].body == [{"op": "update", "id": "1", "if_match": "1", "fields": {"name": "B"}}]
    assert other.log[0].body == [{"op": "archive", "id": "1"}]
    assert answers == [Accepted("1")]


def test_a_batch_is_never_larger_than_the_partner_takes() -> None:
    answers, server = answers_to(creates(5), batch={**BATCH, "size": 2})

    assert ids(answers) == ["1", "2", "3", "4", "5"]
    assert [len(each.body) for each in server.log] == [2, 2, 1]


def test_each_item_has_a_fate_of_its_own_inside_one_answer() -> None:
    results = [
        {"status": 201, "id": 11, "body": {"id": 11, "name": "N1", "ref": "rec-1"}},
        {"status": 409, "error": {"detail": "taken", "holder_id": 7}},
        {"status": 422, "error": {"detail": "too long", "field": "name"}},
        {"status": 503, "error": {}},
        {"status": 429, "error": {}},
        {"status": 201, "id": 16},
    ]
    answers, _ = answers_to(creates(6), [Given(207, results)])

    assert [type(each) for each in answers] == [Stored, Refused, Refused, Unknown, Refused, Accepted]
    assert isinstance(answers[1], Refused)
    assert (answers[1].trouble.next, answers[1].trouble.candidates) == (Next.CONFLICT, ("7",))
    assert isinstance(answers[2], Refused)
    assert (answers[2].trouble.next, answers[2].trouble.field) == (Next.PERMANENT, "name")


def test_results_of_updates_are_found_by_their_ids_whatever_their_order() -> None:
    results = [{"status": 200, "id": str(n), "body": {"id": n, "name": f"M{n}"}} for n in (3, 1, 2)]
    answers, _ = answers_to(updates(3), [Given(200, results)], have=3)

    assert ids(answers) == ["1", "2", "3"]


def test_results_of_creates_are_found_by_our_reference_whatever_their_order() -> None:
    results = [{"status": 201, "id": n * 10, "body": {"id": n * 10, "name": "x", "ref": f"rec-{n}"}} for n in (3, 1, 2)]
    answers, _ = answers_to(creates(3), [Given(200, results)])

    assert ids(answers) == ["10", "20", "30"]


def test_what_no_result_can_be_found_for_is_unknown() -> None:
    results = [{"status": 200, "id": "2", "body": {"id": 2, "name": "M2"}}]
    answers, _ = answers_to(updates(3), [Given(200, results)], have=3)

    assert ids(answers) == ["Unknown", "2", "Unknown"]


def test_results_that_are_too_few_and_name_nobody_are_all_unknown() -> None:
    results = [{"status": 201, "id": 11}, {"status": 201, "id": 12}]
    answers, _ = answers_to(creates(3), [Given(200, results)], fields=CUSTOMER)

    assert ids(answers) == ["Unknown"] * 3


def test_a_result_that_names_two_is_believed_of_none() -> None:
    results = [{"status": 200, "id": "1", "body": {"id": 1}}] * 2
    answers, _ = answers_to(updates(2), [Given(200, results)], have=2)

    assert ids(answers) == ["Unknown", "Unknown"]


@pytest.mark.parametrize("body", [{"ok": True}, None, 5, {"errors": []}])
def test_an_answer_without_results_leaves_everything_unknown(body: Any) -> None:
    answers, _ = answers_to(creates(2), [Given(200, body)])

    assert ids(answers) == ["Unknown", "Unknown"]


@pytest.mark.parametrize("given", [Given(500), Given(hangs_up=True), Given(200, raw=b"<p>"), Given(200, [1, 2], cut=3)])
def test_a_batch_whose_answer_is_lost_leaves_everything_unknown_and_is_never_sent_again(given: Given) -> None:
    answers, server = answers_to(creates(2), [given])

    assert ids(answers) == ["Unknown", "Unknown"]
    assert len(server.log) == 1


@pytest.mark.parametrize(("status", "expected"), [(401, Next.AUTH), (429, Next.THROTTLED), (403, Next.PERMANENT)])
def test_a_batch_that_is_refused_for_another_reason_than_an_item_is_not_halved(status: int, expected: Next) -> None:
    answers, server = answers_to(creates(4), [Given(status), Given(status)], batch={**BATCH, "size": 2})

    assert all(isinstance(each, Refused) for each in answers)
    assert isinstance(answers[0], Refused)
    assert answers[0].trouble.next is expected
    assert len(server.log) == (2 if status == 403 else 1)


@pytest.mark.parametrize("bad", [0, 5, 7])
def test_in_a_batch_of_all_or_nothing_one_refused_record_is_found_by_halving(bad: int) -> None:
    commands = creates(8)
    commands[bad] = Create("rec-bad", {"name": "Taken"})
    manners = Manners(batch_is_atomic=True, unique="name")
    with a_system(
        manners, {"customer": a_customer(batch={**BATCH, "atomic": True})}, customers=[{"name": "Taken"}]
    ) as (system, server):
        answers = system.write("customer", commands)

        assert [isinstance(each, Refused) for each in answers] == [place == bad for place in range(8)]
        assert len(server.rows("customers")) == 8
        assert len(server.log) <= 1 + 2 * math.log2(8)


def test_a_partner_that_saves_and_then_refuses_is_not_halved() -> None:
    answers, server = answers_to(creates(2), [Given(422)], sure_refusals=False)

    assert ids(answers) == ["Unknown", "Unknown"]
    assert len(server.log) == 1


def test_the_names_in_a_batch_are_settings() -> None:
    batch = {
        **BATCH,
        "items": "operations",
        "results": "outcome.results",
        "op": "method",
        "create": "INSERT",
        "fields": "values",
        "status": "code",
        "body": "record",
    }
    reply = Given(200, {"outcome": {"results": [{"code": "201", "record": {"id": 5, "name": "N1"}}]}})
    answers, server = answers_to(creates(1), [reply], batch=batch, fields=CUSTOMER)

    assert server.log[0].body == {"operations": [{"method": "INSERT", "values": {"name": "N1"}}]}
    assert ids(answers) == ["5"]


def test_a_batch_may_be_a_plain_list_of_records() -> None:
    batch = {**BATCH, "path": "/api/v1/customers/bulk", "op": "", "fields": "", "verbs": ["create"]}
    reply = Given(201, {"data": [{"id": 5, "name": "N1"}, {"id": 6, "name": "N2"}]})
    answers, server = answers_to(creates(2), [reply], batch=batch, fields=CUSTOMER)

    assert server.log[0].body == [{"name": "N1"}, {"name": "N2"}]
    assert ids(answers) == ["5", "6"]
    assert all(isinstance(each, Stored) for each in answers)


def test_a_batch_may_answer_only_ids() -> None:
    answers, _ = answers_to(creates(2), [Given(200, [5, "c6"])], fields=CUSTOMER)

    assert answers == [Accepted("5"), Accepted("c6")]


def test_a_batch_may_be_for_some_verbs_only() -> None:
    _, server = answers_to(updates(2), have=2, batch={**BATCH, "verbs": ["create"]})

    assert [each.method for each in server.log] == ["PATCH", "PATCH"]


def test_a_result_without_a_status_is_a_success_unless_it_says_otherwise() -> None:
    results = [{"id": 1, "error": None}, {"id": None, "error": "no"}, {"success": False}]
    answers, _ = answers_to(creates(3), [Given(200, results)], fields=CUSTOMER)

    assert [type(each) for each in answers] == [Accepted, Refused, Refused]


def test_what_cannot_be_sent_keeps_its_place_among_the_answers() -> None:
    fields = {"name": "name", "status": {"path": "s", "values": {"active": "A"}}}
    commands: list[Command] = [*updates(1), Update("r", "2", {"status": "odd"}), Update("r", "3", {"name": "X"})]
    answers, server = answers_to(commands, have=3, fields=fields)

    assert ids(answers) == ["1", "Refused", "3"]
    assert [item["id"] for item in server.log[0].body] == ["1", "3"]


def test_a_record_that_is_no_longer_there_is_a_reason_to_look() -> None:
    answers, _ = answers_to(updates(2), have=1)

    assert isinstance(answers[1], Refused)
    assert answers[1].trouble.next is Next.CONFLICT


@pytest.mark.parametrize(
    "refusal",
    [
        {"status": "error", "message": "no"},
        {"status": "Failed"},
        {"ok": False, "message": "no"},
        {"errors": ["no"]},
        {"success": False, "id": 7},
    ],
)
def test_a_result_that_says_in_words_that_it_failed_is_a_refusal(refusal: Record) -> None:
    results = [{"status": "created", "id": 5, "errors": []}, refusal]
    answers, _ = answers_to(creates(2), [Given(200, {"results": results})], fields=CUSTOMER)

    assert [type(each) for each in answers] == [Accepted, Refused]


@pytest.mark.parametrize("status", [400, 404, 405, 415, 422, 501])
def test_a_batch_that_the_partner_does_not_understand_goes_one_by_one_and_is_not_tried_again(status: int) -> None:
    entities = {"customer": a_customer(batch=BATCH)}
    with a_system(Manners(wrap=None), entities, customers=[]) as (system, server):
        server.next_replies += [Given(status, {"error": "what is this?"})] * (1 if status in (404, 405, 501) else 2)
        first = system.write("customer", creates(2))
        paths = [each.path for each in server.log]
        second = system.write("customer", creates(1))

        assert ids([*first, *second]) == ["1", "2", "3"]
        assert paths.count("/api/v1/customers") == 2
        assert server.log[-1].path == "/api/v1/customers"


def test_one_record_that_is_refused_in_a_batch_and_alone_is_no_reason_to_leave_batches() -> None:
    manners = Manners(batch_is_atomic=True, unique="name")
    entities = {"customer": a_customer(batch=BATCH)}
    with a_system(manners, entities, customers=[{"name": "N2"}]) as (system, server):
        answers = system.write("customer", creates(3))
        system.write("customer", [Create("rec-9", {"name": "N9"})])

        assert [type(each) for each in answers] == [Stored, Refused, Stored]
        assert server.log[-1].path == "/api/v1/customers:batch"


def test_ids_and_counters_in_a_batch_are_numbers_where_the_partner_shows_numbers() -> None:
    with a_system(Manners(), {"customer": a_customer(batch=BATCH, revision=COUNTED)}, customers=[{"name": "A"}]) as (
        system,
        server,
    ):
        system.fetch("customer", ["1"])
        [answer] = system.write("customer", [Update("r", "1", {"name": "B"}, Revision("1", 1, exact=True))])

        assert server.log[-1].body == [{"op": "update", "id": 1, "if_match": 1, "fields": {"name": "B"}}]
        assert isinstance(answer, Stored)
