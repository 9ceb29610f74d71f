"""A partner that reads and looks up one record at a time is asked for many through its list, where that is cheaper."""

from __future__ import annotations

from typing import Any

from shared.core.observations import Gone, Observation
from shared.ports.system import Key
from tests.kit.rest import COUNTED, CUSTOMER, a_customer, a_system
from tests.kit.rest_server import Asked, Manners, Record

FIND = {"external_reference": "?ref={}", "email": "?email={}"}
REFERRED = {**CUSTOMER, "external_reference": "ref"}


def people(count: int) -> list[Record]:
    return [{"name": f"N{n}", "email": f"n{n}@x", "phone": None, "ref": f"rec-{n}"} for n in range(1, count + 1)]


def described(**keys: Any) -> dict[str, Any]:
    return {"customer": a_customer(find=FIND, fields=REFERRED, page={"by": "cursor", "size": 10}, **keys)}


def emails(count: int) -> list[Key]:
    return [Key("email", (f"n{n}@x",)) for n in range(1, count + 1)]


def is_list(asked: Asked) -> bool:
    return asked.path == "/api/v1/customers" and set(asked.query) <= {"limit", "after"}


def test_many_records_are_read_from_the_pages_that_hold_them() -> None:
    with a_system(Manners(page="cursor"), described(), customers=people(40)) as (system, server):
        shown = system.fetch("customer", [str(n) for n in range(1, 13)])

        assert isinstance(shown, dict)
        assert len(shown) == 12
        assert all(isinstance(each, Observation) for each in shown.values())
        assert [is_list(each) for each in server.log] == [True, True]


def test_a_record_that_the_list_does_not_show_is_asked_for_alone() -> None:
    with a_system(Manners(page="cursor"), described(), customers=people(5)) as (system, server):
        shown = system.fetch("customer", ["1", "2", "3", "99"])

        assert isinstance(shown, dict)
        assert shown["99"] == Gone("99")
        assert [each.path for each in server.log] == ["/api/v1/customers", "/api/v1/customers/99"]


def test_a_long_list_is_left_after_half_as_many_pages_as_questions_and_not_begun_again() -> None:
    with a_system(Manners(page="cursor"), described(), customers=people(90)) as (system, server):
        for _ in range(2):
            shown = system.fetch("customer", ["81", "82", "83", "84"])
            assert isinstance(shown, dict)
            assert all(isinstance(each, Observation) for each in shown.values())

        assert [is_list(each) for each in server.log] == [True, True, *[False] * 8]


def test_one_or_two_records_are_read_by_their_ids() -> None:
    with a_system(Manners(page="cursor"), described(), customers=people(5)) as (system, server):
        system.fetch("customer", ["1", "2"])

        assert [each.path for each in server.log] == ["/api/v1/customers/1", "/api/v1/customers/2"]


def test_a_version_that_stands_only_in_a_header_is_read_with_the_record() -> None:
    with a_system(Manners(page="cursor"), described(revision="etag"), customers=people(4)) as (system, server):
        system.fetch("customer", ["1", "2", "3"])

        assert not any(is_list(each) for each in server.log)


def test_what_must_be_sent_back_whole_is_read_whole() -> None:
    with a_system(Manners(page="cursor"), described(update="PUT", revision=COUNTED), customers=people(4)) as (
        system,
        server,
    ):
        system.fetch("customer", ["1", "2", "3"])

        assert not any(is_list(each) for each in server.log)


def test_a_short_list_answers_all_look_ups_by_all_keys() -> None:
    keys = [*emails(6), *(Key("external_reference", (f"rec-{n}",)) for n in (2, 77))]
    with a_system(Manners(page="cursor"), described(), customers=people(5)) as (system, server):
        found = system.find("customer", keys)

        assert isinstance(found, dict)
        assert [[each.external_id for each in found[key]] for key in keys] == [
            ["1"], ["2"], ["3"], ["4"], ["5"], [], ["2"], [],
        ]  # fmt: skip
        assert [is_list(each) for each in server.log] == [True]


def test_an_empty_list_says_that_nothing_is_there() -> None:
    with a_system(Manners(page="cursor"), described(), customers=[]) as (system, server):
        found = system.find("customer", emails(4))

        assert isinstance(found, dict)
        assert not any(found.values())
        assert len(server.log) == 1


def test_a_list_that_shows_no_such_field_says_nothing_about_it() -> None:
    rows: list[Record] = [{"name": "N1", "phone": None}]
    with a_system(Manners(page="cursor"), described(), customers=rows) as (system, server):
        system.find("customer", emails(4))

        assert [is_list(each) for each in server.log] == [True, *[False] * 4]


def test_a_list_of_many_pages_by_number_may_move_and_proves_no_absence() -> None:
    entities = described()
    entities["customer"]["page"] = {"by": "page", "size": 2}
    with a_system(Manners(page="page"), entities, customers=people(6)) as (system, server):
        system.find("customer", emails(12))

        assert len({each.query["email"] for each in server.log if "email" in each.query}) == 12


def test_an_index_that_lags_is_not_asked_for_what_is_new() -> None:
    with a_system(Manners(page="cursor"), described(consistent_listing=False), customers=[]) as (system, server):
        system.find("customer", emails(4))

        assert not any(is_list(each) for each in server.log)
