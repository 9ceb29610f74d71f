"""Reads by id and look-ups by key, against servers of every manner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from shared.core.observations import Gone, Invalid, Next, Observation, Revision, Source, Trouble
from shared.core.values import Reference
from shared.ports.system import Key
from tests.kit.rest import COUNTED, CUSTOMER, a_customer, a_system, an_order, connected
from tests.kit.rest_server import Asked, Given, Manners

ANN: dict[str, Any] = {"name": "Ann", "email": "ann@x", "phone": None}
BOB: dict[str, Any] = {"name": "Bob", "email": "bob@x", "phone": "1"}
BY_MAIL = {"email": {"one": "?email={}"}}


def names(shown: Any) -> dict[str, Any]:
    assert not isinstance(shown, Trouble), shown
    return {
        each: one.fields["name"] if isinstance(one, Observation) else type(one).__name__ for each, one in shown.items()
    }


def found(answer: Any) -> dict[tuple[str, Any], list[str]]:
    assert not isinstance(answer, Trouble), answer
    return {(key.name, key.values[0]): [each.external_id for each in some] for key, some in answer.items()}


def test_a_record_is_read_with_its_revision_and_time() -> None:
    with a_system(Manners(etags=True), {"customer": a_customer(revision=COUNTED)}, customers=[ANN]) as (system, _):
        shown = system.fetch("customer", ["1"])

    assert isinstance(shown, Mapping)
    one = shown["1"]
    assert isinstance(one, Observation)
    assert one.fields == {"name": "Ann", "email": "ann@x", "phone": None}
    assert one.revision == Revision("1", 1, exact=True)
    assert one.modified_at is not None
    assert (one.complete, one.source) == (True, Source.FETCHED)


@pytest.mark.parametrize(
    ("revision", "expected"),
    [
        ({"field": "version", "kind": "counter"}, Revision("1", 1, exact=True)),
        ({"field": "version", "kind": "counter", "exact": False}, Revision("1", 1, exact=False)),
        ({"field": "updated_at", "kind": "time"}, Revision("2026-03-02T09:00:01Z", 1_772_442_001_000_000, exact=False)),
        ({"kind": "etag"}, Revision('"1"', None, exact=True)),
        ({"field": "version", "kind": "etag"}, Revision("1", None, exact=True)),
        ({"field": "colour", "kind": "counter"}, None),
        ({"field": "name", "kind": "counter"}, None),
        (None, None),
    ],
)
def test_a_revision_is_what_the_description_says(revision: Any, expected: Revision | None) -> None:
    entities = {"customer": a_customer(revision=revision)}
    with a_system(Manners(etags=True), entities, customers=[ANN]) as (system, _):
        shown = system.fetch("customer", ["1"])

    assert isinstance(shown, Mapping)
    assert isinstance(shown["1"], Observation)
    assert shown["1"].revision == expected


def test_a_weak_etag_is_never_exact() -> None:
    with a_system(entities={"customer": a_customer(revision={"kind": "etag"})}, customers=[ANN]) as (system, server):
        server.next_replies.append(Given(200, {"id": 1, **ANN}, {"ETag": 'W/"7"'}))
        shown = system.fetch("customer", ["1"])

    assert isinstance(shown, Mapping)
    assert isinstance(shown["1"], Observation)
    assert shown["1"].revision == Revision('W/"7"', None, exact=False)


@pytest.mark.parametrize("status", [404, 410])
def test_a_record_that_is_not_there_is_gone(status: int) -> None:
    with a_system(customers=[ANN]) as (system, server):
        server.next_replies.append(Given(status, {"title": "no"}))

        assert system.fetch("customer", ["1"]) == {"1": Gone("1")}


def test_an_id_is_quoted_in_the_address() -> None:
    with a_system() as (system, server):
        system.fetch("customer", ["a/b ?ü"])

    assert server.log[0].path == "/api/v1/customers/a%2Fb%20%3F%C3%BC"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"id": 1, "name": "A"}, "A"),
        ({"data": {"id": 1, "name": "A"}}, "A"),
        ({"customer": {"id": "1", "name": "A"}, "meta": {}}, "A"),
        ([{"id": 1, "name": "A"}], "A"),
        ({"data": {"customer": {"id": 1, "name": "A"}}}, "A"),
    ],
)
def test_a_record_may_come_wrapped(body: Any, name: str) -> None:
    with a_system() as (system, server):
        server.next_replies.append(Given(200, body))

        assert names(system.fetch("customer", ["1"])) == {"1": name}


@pytest.mark.parametrize("body", [{"id": 2, "name": "B"}, "text", {"title": "something else"}])
def test_an_answer_about_something_else_is_not_believed(body: Any) -> None:
    with a_system() as (system, server):
        server.next_replies.append(Given(200, body))

        assert names(system.fetch("customer", ["1"])) == {"1": "Invalid"}


def test_a_conditional_read_saves_the_body_and_is_counted() -> None:
    with a_system(Manners(etags=True), customers=[ANN]) as (system, server):
        first = system.fetch("customer", ["1"])
        again = system.fetch("customer", ["1"])

        assert first == again
        assert server.log[1].headers["if-none-match"] == '"1"'
        assert system.calls == {"read": 2, "write": 0}


def test_a_changed_record_is_read_anew() -> None:
    with a_system(Manners(etags=True), customers=[ANN]) as (system, server):
        system.fetch("customer", ["1"])
        server.put("customers", {**ANN, "id": 1, "name": "Anna"})

        assert names(system.fetch("customer", ["1"])) == {"1": "Anna"}


MANY = {"read": {"many": "?ids={}", "size": 2}}


def test_many_are_read_in_one_call_where_the_server_can() -> None:
    with a_system(entities={"customer": a_customer(**MANY)}, customers=[ANN, BOB, ANN]) as (system, _):
        shown = system.fetch("customer", ["1", "2", "3"])

        assert names(shown) == {"1": "Ann", "2": "Bob", "3": "Ann"}
        assert system.calls["read"] == 2


def test_an_id_that_a_bulk_answer_lacks_is_asked_for_alone_before_it_is_gone() -> None:
    with a_system(entities={"customer": a_customer(**MANY)}, customers=[ANN, BOB]) as (system, server):
        server.next_replies.append(Given(200, {"data": [{"id": 1, **ANN}]}))

        assert names(system.fetch("customer", ["1", "2"])) == {"1": "Ann", "2": "Bob"}
        assert names(system.fetch("customer", ["1", "9"])) == {"1": "Ann", "9": "Gone"}


def test_a_record_that_says_that_it_is_deleted_is_gone() -> None:
    entities = {"customer": a_customer(deleted={"field": "archived"}, **MANY)}
    with a_system(entities=entities, customers=[ANN]) as (system, server):
        server.next_replies.append(Given(200, {"data": [{"id": 1, "archived": True}]}))

        assert system.fetch("customer", ["1"]) == {"1": Gone("1")}


def test_a_read_may_have_an_address_of_its_own() -> None:
    with a_system(entities={"customer": a_customer(read="/api/v2/customer/{}")}) as (system, server):
        system.fetch("customer", ["7"])

    assert server.log[0].path == "/api/v2/customer/7"


def test_without_reads_by_id_the_list_is_read_once_for_all_ids() -> None:
    manners = Manners(page="page", most=1)
    entities = {"customer": a_customer(can=["list", "create"], page={"by": "page", "size": 1})}
    with a_system(manners, entities, customers=[ANN, BOB]) as (system, server):
        shown = system.fetch("customer", ["1", "2", "3"])

        assert names(shown) == {"1": "Ann", "2": "Bob", "3": "Gone"}
        assert len(server.log) == 6
        assert names(system.fetch("customer", ["1", "2"])) == {"1": "Ann", "2": "Bob"}
        assert len(server.log) == 9


def test_a_record_that_slips_past_a_page_is_not_taken_for_gone() -> None:
    entities = {"customer": a_customer(can=["list"], page={"by": "page", "size": 1})}
    with a_system(Manners(page="page"), entities, customers=[ANN, BOB]) as (system, server):

        def delete_the_first(_: Asked) -> None:
            del server.resources["customers"]["1"]

        server.next_replies += [lambda _: None, delete_the_first]

        assert names(system.fetch("customer", ["2"])) == {"2": "Bob"}


def test_half_a_list_says_nothing_about_who_is_gone() -> None:
    manners = Manners(page="page", most=1)
    entities = {"customer": a_customer(can=["list"], page={"by": "page", "size": 1})}
    with a_system(manners, entities, customers=[ANN, BOB]) as (system, server):
        server.next_replies += [lambda _: None, Given(500), Given(500)]
        shown = system.fetch("customer", ["1", "2"])

    assert isinstance(shown, Trouble)
    assert shown.next is Next.RETRYABLE


def test_what_can_neither_be_read_nor_listed_is_a_permanent_trouble() -> None:
    with a_system(entities={"customer": a_customer(can=["create"])}) as (system, server):
        shown = system.fetch("customer", ["1"])
        looked_up = system.find("customer", [Key("email", ("a@x",))])

    assert isinstance(shown, Trouble)
    assert isinstance(looked_up, Trouble)
    assert (shown.next, looked_up.next, server.log) == (Next.PERMANENT, Next.PERMANENT, [])


def test_one_record_that_cannot_be_read_does_not_hold_up_its_neighbours() -> None:
    with a_system(customers=[ANN, BOB]) as (system, server):
        server.next_replies.append(Given(403, {"detail": "not yours"}))
        shown = system.fetch("customer", ["1", "2"])

    assert isinstance(shown, Mapping)
    assert names(shown) == {"1": "Invalid", "2": "Bob"}
    assert isinstance(shown["1"], Invalid)
    assert "http-403" in shown["1"].reason


@pytest.mark.parametrize(
    ("given", "expected", "whole_system"),
    [
        (Given(429, headers={"Retry-After": "3"}), Next.THROTTLED, True),
        (Given(401), Next.AUTH, True),
        (Given(500), Next.RETRYABLE, False),
        (Given(503, headers={"Retry-After": "3"}), Next.RETRYABLE, True),
        (Given(200, raw=b"<html>maintenance</html>"), Next.RETRYABLE, True),
        (Given(200, raw=b'{"id": '), Next.RETRYABLE, False),
    ],
)
def test_a_failure_of_the_system_is_a_trouble(given: Given, expected: Next, whole_system: bool) -> None:
    with a_system(customers=[ANN]) as (system, server):
        server.next_replies += [given, given]
        shown = system.fetch("customer", ["1"])

    assert isinstance(shown, Trouble)
    assert (shown.next, shown.whole_system) == (expected, whole_system)


def test_a_200_that_says_that_it_failed_is_a_failure() -> None:
    with a_system(entities={"customer": a_customer(can=["list"])}) as (system, server):
        server.next_replies.append(Given(200, {"error": "database is down"}))
        shown = system.fetch("customer", ["1"])

    assert isinstance(shown, Trouble)


def test_an_unknown_field_is_ignored_and_a_wrong_value_names_its_field() -> None:
    with a_system(entities={"order": an_order()}, orders=[{"state": "limbo", "extra": 1, "items": []}]) as (system, _):
        shown = system.fetch("order", ["1"])

    assert shown == {"1": Invalid("1", "status", "shows a value that the mapping does not know")}


def test_records_are_found_by_a_query_of_their_own_for_each_key() -> None:
    with a_system(entities={"customer": a_customer(find=BY_MAIL)}, customers=[ANN, BOB]) as (system, server):
        answer = system.find("customer", [Key("email", ("ann@x",)), Key("email", ("nobody@x",))])

        assert found(answer) == {("email", "ann@x"): ["1"], ("email", "nobody@x"): []}
        assert server.log[0].query == {"email": "ann@x"}


def test_many_keys_are_looked_up_in_one_call_where_the_server_can() -> None:
    entities = {"customer": a_customer(find={"email": {"many": "?email={}", "size": 2}})}
    with a_system(entities=entities, customers=[ANN, BOB, ANN]) as (system, _):
        answer = system.find("customer", [Key("email", (mail,)) for mail in ("ann@x", "bob@x", "c@x")])

        assert found(answer) == {("email", "ann@x"): ["1", "3"], ("email", "bob@x"): ["2"], ("email", "c@x"): []}
        assert system.calls["read"] == 2


def test_a_value_with_the_separator_in_it_is_not_taken_for_two() -> None:
    find = {"name": {"many": "?name={}"}, "email": {"many": "?email={}", "one": "?email={}"}}
    rows = [{**ANN, "name": "Doe, Ann", "email": "odd"}, {**BOB, "email": "odd"}]
    with a_system(entities={"customer": a_customer(find=find)}, customers=rows) as (system, server):
        by_name = system.find("customer", [Key("name", ("Doe, Ann",)), Key("name", ("Bob",))])
        by_mail = system.find("customer", [Key("email", ("a,b",))])

    assert found(by_name) == {("name", "Doe, Ann"): ["1"], ("name", "Bob"): ["2"]}
    assert found(by_mail) == {("email", "a,b"): []}
    assert [each.query for each in server.log] == [{}, {"name": "Bob"}, {"email": "a,b"}]


def test_a_server_that_ignores_the_query_is_not_believed() -> None:
    manners = Manners(ignores=frozenset({"email"}))
    with a_system(manners, {"customer": a_customer(find=BY_MAIL)}, customers=[ANN, BOB]) as (system, _):
        assert found(system.find("customer", [Key("email", ("bob@x",))])) == {("email", "bob@x"): ["2"]}


def test_a_key_is_the_same_whatever_its_case() -> None:
    with a_system(Manners(ignores=frozenset({"email"})), customers=[ANN]) as (system, _):
        assert found(system.find("customer", [Key("email", (" ANN@X ",))])) == {("email", " ANN@X "): ["1"]}


def test_without_a_query_the_list_is_searched_once_for_all_keys() -> None:
    with a_system(entities={"customer": a_customer(can=["list", "create"])}, customers=[ANN, BOB]) as (system, _):
        answer = system.find("customer", [Key("email", ("bob@x",)), Key("name", ("Ann",)), Key("name", ("Eve",))])

        assert found(answer) == {("email", "bob@x"): ["2"], ("name", "Ann"): ["1"], ("name", "Eve"): []}
        assert system.calls["read"] == 1


def test_our_reference_is_looked_up() -> None:
    fields = {**CUSTOMER, "external_reference": "ref"}
    entities = {"customer": a_customer(fields=fields, find={"external_reference": {"many": "?ref={}"}})}
    with a_system(entities=entities, customers=[{**ANN, "ref": "r1"}, {**BOB, "ref": None}]) as (system, _):
        answer = system.find("customer", [Key("external_reference", ("r1",)), Key("external_reference", ("r2",))])

    assert found(answer) == {("external_reference", "r1"): ["1"], ("external_reference", "r2"): []}
    assert isinstance(answer, Mapping)
    assert answer[Key("external_reference", ("r1",))][0].reference == "r1"  # type: ignore[union-attr]  # readable


def test_a_key_of_several_fields_is_looked_up_with_all_of_them() -> None:
    stock = {
        "path": "/api/v1/stock",
        "can": ["list", "create"],
        "find": {"product+location": "?product_id={}&location={}"},
        "fields": {"product": "product_id", "location": "location"},
    }
    rows = [{"product_id": 1, "location": "A"}, {"product_id": 1, "location": "B"}]
    with a_system(entities={"stock": stock}, stock=rows) as (system, server):
        key = Key("product+location", (Reference("crm", "product", "1"), "B"))
        answer = system.find("stock", [key])

    assert isinstance(answer, Mapping)
    assert [each.external_id for each in answer[key]] == ["2"]
    assert server.log[0].query == {"product_id": "1", "location": "B"}


def test_a_look_up_may_have_an_address_of_its_own_that_answers_one_record_or_404() -> None:
    entities = {"customer": a_customer(find={"email": "/api/v1/by-mail/{}"})}
    with a_system(entities=entities) as (system, server):
        server.next_replies += [
            Given(200, {"id": 5, **ANN}),
            Given(404, {"title": "no"}),
            Given(200, [{"id": 6, **ANN}]),
        ]
        answers = [found(system.find("customer", [Key("email", ("ann@x",))])) for _ in range(3)]

    assert [next(iter(answer.values())) for answer in answers] == [["5"], [], ["6"]]


def test_deleted_records_are_not_found() -> None:
    entities = {"customer": a_customer(deleted={"field": "gone", "values": ["y"]})}
    with a_system(entities=entities, customers=[{**ANN, "gone": "y"}, {**ANN, "gone": "n"}]) as (system, _):
        assert found(system.find("customer", [Key("email", ("ann@x",))])) == {("email", "ann@x"): ["2"]}


def test_a_record_that_cannot_be_read_is_found_all_the_same() -> None:
    row = {"number": "N1", "state": "limbo", "items": []}
    with a_system(entities={"order": an_order()}, orders=[row]) as (system, _):
        answer = system.find("order", [Key("number", ("N1",))])

    assert isinstance(answer, Mapping)
    assert [type(each) for each in answer[Key("number", ("N1",))]] == [Invalid]


def test_a_failed_look_up_is_a_trouble_and_not_nothing() -> None:
    with a_system(entities={"customer": a_customer(find=BY_MAIL)}) as (system, server):
        server.next_replies.append(Given(429, headers={"Retry-After": "2"}))
        answer = system.find("customer", [Key("email", ("a@x",)), Key("email", ("b@x",))])

    assert isinstance(answer, Trouble)
    assert (answer.next, len(server.log)) == (Next.THROTTLED, 1)


def test_an_entity_that_is_not_described_is_a_permanent_trouble() -> None:
    with a_system() as (system, server):
        answers = [
            system.fetch("product", ["1"]),
            system.find("product", []),
            system.list("product", None),
            system.changed_since("product", None),
        ]

    assert all(isinstance(each, Trouble) and each.next is Next.PERMANENT for each in answers)
    assert server.log == []


def test_what_a_description_adds_to_every_call_is_sent() -> None:
    with a_system() as (_, server), connected(server.url, headers={"X-Version": "3"}) as system:
        system.fetch("customer", ["1"])

    assert server.log[0].headers["x-version"] == "3"
