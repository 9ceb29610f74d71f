"""What changed since a cursor, and listings: every way of paging, nothing lost, every walk ends."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.connectors.rest.system import RestSystem
from shared.core.observations import Invalid, Next, Observation, Source, Trouble
from shared.ports.system import Page
from tests.kit.rest import COUNTED, a_customer, a_system
from tests.kit.rest_server import Given, Manners, Record, RestServer

SINCE = {"updated_since": "updated_since={}"}


def people(count: int) -> list[Record]:
    return [{"name": f"N{number}", "email": None, "phone": None} for number in range(1, count + 1)]


def walk(system: RestSystem, cursor: str | None = None, most: int = 50) -> tuple[list[str], str]:
    """Ask until there is no more; return the ids shown and the last cursor."""
    shown: list[str] = []
    for _ in range(most):
        page = system.changed_since("customer", cursor)
        assert isinstance(page, Page), page
        shown += [each.external_id for each in page.observations] + list(page.ids)
        cursor = page.next_cursor
        if not page.more:
            assert cursor is not None
            return shown, cursor
    raise AssertionError("the walk does not end")


def listed(system: RestSystem, most: int = 50) -> list[str]:
    ids: list[str] = []
    cursor = None
    for _ in range(most):
        page = system.list("customer", cursor)
        assert not isinstance(page, Trouble), page
        ids += [entry.external_id for entry in page.entries]
        if not page.more:
            return ids
        cursor = page.next_cursor
    raise AssertionError("the walk does not end")


PAGINGS: list[tuple[Manners, Any]] = [
    (Manners(), {}),
    (Manners(wrap=None), {}),
    (Manners(wrap="items"), {"items": "items"}),
    (Manners(wrap="customers"), {}),
    (Manners(wrap=None), {"items": "data"}),
    (Manners(page="page"), {"by": "page", "size": 2}),
    (Manners(page="page", most=3), {"by": "page", "size": 100}),
    (Manners(page="page", wrap=None), {"by": "page", "param": "page", "size": 5}),
    (Manners(page="offset"), {"by": "offset", "size": 2}),
    (Manners(page="cursor"), {"by": "cursor", "size": 2}),
    (Manners(page="cursor"), {"by": "cursor", "param": "after", "next": "next", "items": "data", "size": 3}),
    (Manners(page="link", wrap=None), {"by": "cursor", "size": 2}),
    (Manners(page="more"), {"by": "cursor", "param": "after", "next": "next", "size": 2}),
]


@pytest.mark.parametrize("count", [0, 1, 5, 6])
@pytest.mark.parametrize(("manners", "page"), PAGINGS)
def test_every_record_is_listed_once_whatever_the_way_of_paging(manners: Manners, page: Any, count: int) -> None:
    with a_system(manners, {"customer": a_customer(page=page)}, customers=people(count)) as (system, _):
        expected = [str(number) for number in range(1, count + 1)]

        assert listed(system) == expected
        assert walk(system)[0] == expected


def test_rows_carry_state_as_a_message_does() -> None:
    with a_system(entities={"customer": a_customer(revision=COUNTED)}, customers=people(1)) as (system, _):
        page = system.changed_since("customer", None)
        listing = system.list("customer", None)

    assert isinstance(page, Page)
    assert isinstance(page.observations[0], Observation)
    assert page.observations[0].source is Source.MESSAGE
    assert not isinstance(listing, Trouble)
    assert listing.entries[0].shown == page.observations[0]
    assert listing.entries[0].revision == page.observations[0].revision


def test_rows_that_are_only_ids_are_ids() -> None:
    with a_system() as (system, server):
        server.next_replies += [Given(200, [1, "b"]), Given(200, [1, "b"])]
        page = system.changed_since("customer", None)
        listing = system.list("customer", None)

    assert isinstance(page, Page)
    assert (page.observations, page.ids) == ((), ("1", "b"))
    assert not isinstance(listing, Trouble)
    assert [entry.external_id for entry in listing.entries] == ["1", "b"]


def test_a_row_that_cannot_be_read_does_not_hold_up_its_neighbours() -> None:
    with a_system(customers=[{"name": {"first": "Ann"}}, *people(1)]) as (system, _):
        page = system.changed_since("customer", None)

    assert isinstance(page, Page)
    assert [type(each) for each in page.observations] == [Invalid, Observation]


def test_a_row_without_an_id_is_nobody_and_rows_without_ids_are_a_mistake_in_the_description() -> None:
    with a_system() as (system, server):
        server.next_replies += [Given(200, [{"id": 1, "name": "A"}, {"name": "B"}]), Given(200, [{"key": 1}])]

        assert listed(system) == ["1"]
        answer = system.changed_since("customer", None)

    assert isinstance(answer, Trouble)
    assert (answer.next, answer.code) == (Next.PERMANENT, "no-id")


def test_a_deleted_row_says_so() -> None:
    entities = {"customer": a_customer(deleted={"field": "archived"})}
    with a_system(entities=entities) as (system, server):
        server.next_replies.append(Given(200, [{"id": 4, "name": "A", "archived": True}]))
        page = system.changed_since("customer", None)

    assert isinstance(page, Page)
    assert isinstance(page.observations[0], Observation)
    assert page.observations[0].deleted


def sinces(server: RestServer) -> list[str | None]:
    return [each.query.get("updated_since") for each in server.log]


def test_the_first_poll_asks_for_everything_the_next_for_what_changed_less_an_overlap() -> None:
    with a_system(entities={"customer": a_customer(**SINCE)}, customers=people(300)) as (system, server):
        _, cursor = walk(system)
        server.put("customers", {"id": 7, "name": "New", "email": None, "phone": None})
        shown, _ = walk(system, cursor)

        assert sinces(server) == [None, "2026-03-02T09:03:00Z"]
        assert "7" in shown
        assert len(shown) == 122


@pytest.mark.parametrize(
    ("stamp", "since"),
    [
        ("2026-03-02T09:05:00Z", "2026-03-02T09:03:00Z"),
        ("2026-03-02T09:05:00.123456Z", "2026-03-02T09:03:00.123456Z"),
        ("2026-03-02T09:05:00.1+01:00", "2026-03-02T08:03:00.1+00:00"),
        ("2026-03-02 09:05:00", "2026-03-02 09:03:00"),
        ("2026-03-02", "2026-03-01"),
        (1_772_442_300, "1772442180"),
        (1_772_442_300_000, "1772442180000"),
    ],
)
def test_a_partner_is_asked_in_the_style_in_which_it_writes_times(stamp: Any, since: str) -> None:
    with a_system(entities={"customer": a_customer(**SINCE)}, customers=[{"name": "A", "stamp": stamp}]) as (
        system,
        server,
    ):
        _, cursor = walk(system)
        walk(system, cursor)

        assert sinces(server)[1] == since


def test_the_overlap_and_the_place_of_the_time_are_settings() -> None:
    entities = {"customer": a_customer(modified="meta.at", **SINCE)}
    rows: list[Record] = [{"name": "A", "meta": {"at": "2026-03-02T09:05:00Z"}}]
    with a_system(entities=entities, customers=rows) as (system, server):
        system._overlap_seconds = 5
        _, cursor = walk(system)
        walk(system, cursor)

        assert sinces(server)[1] == "2026-03-02T09:04:55Z"


def test_a_record_dated_far_ahead_does_not_hide_those_that_change_today() -> None:
    rows: list[Record] = [{"name": "A", "stamp": "2999-01-01T00:00:00Z"}]
    with a_system(entities={"customer": a_customer(**SINCE)}, customers=rows) as (system, server):
        _, cursor = walk(system)
        walk(system, cursor)

        assert "2024" < str(sinces(server)[1]) < "2998"


def test_without_times_in_the_rows_the_partners_clock_is_taken() -> None:
    entities = {"customer": a_customer(modified="nothing", **SINCE)}
    with a_system(entities=entities, customers=people(1)) as (system, server):
        _, cursor = walk(system)
        walk(system, cursor)

        assert str(sinces(server)[1]) > "2024"


def test_a_poll_that_shows_nothing_new_keeps_its_place() -> None:
    with a_system(entities={"customer": a_customer(**SINCE)}, customers=people(1)) as (system, server):
        _, cursor = walk(system)
        server.resources.clear()
        _, later = walk(system, cursor)

        assert json.loads(later) == json.loads(cursor)


def test_a_partner_that_cannot_be_asked_for_changes_is_listed_whole_each_time() -> None:
    with a_system(customers=people(3)) as (system, server):
        _, cursor = walk(system)

        assert walk(system, cursor)[0] == ["1", "2", "3"]
        assert sinces(server) == [None, None]


def test_a_cursor_that_cannot_be_read_begins_anew() -> None:
    with a_system(customers=people(2)) as (system, _):
        assert walk(system, "not ours")[0] == ["1", "2"]
        assert walk(system, '{"strange": 1}')[0] == ["1", "2"]


def test_a_walk_that_is_under_way_goes_on_where_it_stands() -> None:
    entities = {"customer": a_customer(page={"by": "cursor", "size": 2}, **SINCE)}
    with a_system(Manners(page="cursor"), entities, customers=people(5)) as (system, server):
        first = system.changed_since("customer", None)
        assert isinstance(first, Page)
        shown, _ = walk(system, first.next_cursor)

        assert shown == ["3", "4", "5"]
        assert sinces(server) == [None, None, None]


@pytest.mark.parametrize("by", ["page", "offset", "cursor"])
@pytest.mark.parametrize("sorted_by", [True, False])
def test_equal_stamps_lose_nobody(by: Any, sorted_by: bool) -> None:
    rows = [{**row, "stamp": "2026-03-02T09:00:00Z"} for row in people(7)]
    entities = {"customer": a_customer(page={"by": by, "size": 2, "sorted": sorted_by}, **SINCE)}
    with a_system(Manners(page=by, sorts_by_time=True), entities, customers=rows) as (system, _):
        shown, cursor = walk(system)

        assert set(shown) == {"1", "2", "3", "4", "5", "6", "7"}
        assert set(walk(system, cursor)[0]) == set(shown)


def test_a_record_that_moves_to_the_end_moves_nobody_out_of_sight() -> None:
    entities = {"customer": a_customer(page={"by": "page", "size": 2, "sorted": True}, **SINCE)}
    with a_system(Manners(page="page", sorts_by_time=True), entities, customers=people(6)) as (system, server):
        first = system.changed_since("customer", None)
        assert isinstance(first, Page)
        server.put("customers", {"id": 1, "name": "changed"})
        shown, _ = walk(system, first.next_cursor)

        assert {"3", "4", "5", "6", "1"} <= set(shown)


@pytest.mark.parametrize("by", ["page", "offset"])
@pytest.mark.parametrize("is_declared", [True, False])
def test_a_record_that_slips_past_a_page_is_seen_when_the_walk_is_repeated(by: Any, is_declared: bool) -> None:
    rows = [{**row, "stamp": "2026-03-02T09:00:00Z"} for row in people(6)]
    entities = {"customer": a_customer(page={"by": by, "size": 2, "sorted": is_declared}, **SINCE)}
    with a_system(Manners(page=by, sorts_by_time=True), entities, customers=rows) as (system, server):
        first = system.changed_since("customer", None)
        assert isinstance(first, Page)
        server.put("customers", {"id": 1, "name": "changed", "stamp": "2999-01-01T00:00:00Z"})
        shown, _ = walk(system, first.next_cursor)

        assert {"2", "3", "4", "5", "6", "1"} <= set(shown)


def test_a_walk_that_is_never_quiet_ends_all_the_same() -> None:
    rows = [{**row, "stamp": "2999-01-01T00:00:00Z"} for row in people(5)]
    entities = {"customer": a_customer(page={"by": "page", "size": 2}, **SINCE)}
    with a_system(Manners(page="page"), entities, customers=rows) as (system, _):
        shown, _ = walk(system)

        assert shown == ["1", "2", "3", "4", "5"] * 6


def test_a_server_that_ignores_the_page_is_not_asked_for_ever() -> None:
    manners = Manners(page="page", ignores=frozenset({"page"}))
    with a_system(manners, {"customer": a_customer(page={"by": "page", "size": 2})}, customers=people(4)) as (
        system,
        _,
    ):
        assert listed(system) == ["1", "2"]


@pytest.mark.parametrize("following", ["c", {"href": "/api/v1/customers?after=c"}])
def test_a_cursor_that_repeats_ends_the_walk(following: Any) -> None:
    with a_system(entities={"customer": a_customer(page={"by": "cursor"})}) as (system, server):
        server.next_replies += [Given(200, {"data": [{"id": n, "name": "A"}], "next": following}) for n in (1, 2, 3)]

        assert listed(system) == ["1", "2"]


def test_cursors_that_go_in_a_circle_end_the_walk() -> None:
    with a_system(entities={"customer": a_customer(page={"by": "cursor"})}) as (system, server):
        server.next_replies += [
            Given(200, {"data": [{"id": number, "name": "A"}], "next": following})
            for number, following in enumerate(["a", "b", "a", "b", "a"])
        ]

        assert listed(system) == ["0", "1", "2"]


def test_an_empty_page_with_a_next_link_ends_the_walk() -> None:
    with a_system(entities={"customer": a_customer(page={"by": "cursor"})}) as (system, server):
        server.next_replies.append(Given(200, {"data": [], "next": "more"}))

        assert listed(system) == []
        assert len(server.log) == 1


def test_a_next_link_to_another_host_is_followed_on_our_own() -> None:
    with a_system(entities={"customer": a_customer(page={"by": "cursor"})}) as (system, server):
        link = "http://inside.invalid:8080/api/v1/customers?after=9&limit=1"
        server.next_replies += [Given(200, {"data": [{"id": 1}], "next": link}), Given(200, {"data": [{"id": 2}]})]

        assert listed(system) == ["1", "2"]
        assert server.log[1].query == {"after": "9", "limit": "1"}


def test_where_the_total_is_known_no_page_is_asked_for_in_vain() -> None:
    entities = {"customer": a_customer(page={"by": "page", "size": 2, "total": "meta.total"})}
    with a_system(entities=entities) as (system, server):
        server.next_replies += [
            Given(200, {"data": [{"id": 1}, {"id": 2}], "meta": {"total": 3}}),
            Given(200, {"data": [{"id": 3}], "meta": {"total": 3}}),
        ]

        assert listed(system) == ["1", "2", "3"]
        assert [each.query for each in server.log] == [{"limit": "2"}, {"limit": "2", "page": "2"}]


def test_a_page_beyond_the_last_may_be_a_404() -> None:
    with a_system(entities={"customer": a_customer(page={"by": "page", "size": 2})}) as (system, server):
        server.next_replies += [Given(200, [{"id": 1}, {"id": 2}]), Given(404, {"detail": "Invalid page."})]

        assert listed(system) == ["1", "2"]


def test_pages_by_number_end_where_the_answer_says_that_no_page_follows() -> None:
    with a_system(entities={"customer": a_customer(page={"by": "page"})}) as (system, server):
        server.next_replies += [Given(200, {"results": [{"id": 1}], "next": None, "previous": None, "count": 1})]

        assert listed(system) == ["1"]
        assert len(server.log) == 1


def test_deleted_records_are_not_listed() -> None:
    entities = {"customer": a_customer(deleted={"field": "archived"})}
    with a_system(entities=entities) as (system, server):
        server.next_replies.append(Given(200, [{"id": 4, "archived": True}, {"id": 5, "archived": False}]))

        assert listed(system) == ["5"]


@pytest.mark.parametrize("body", [{"title": "welcome"}, {"data": {"title": "x"}}, 3, {"errors": []}])
def test_an_answer_without_a_list_is_never_an_empty_list(body: Any) -> None:
    with a_system() as (system, server):
        server.next_replies.append(Given(200, body))
        answer = system.list("customer", None)

    assert isinstance(answer, Trouble)
    assert answer.code == "no-list"


@pytest.mark.parametrize("given", [Given(204), Given(200, {"data": None}), Given(200, [])])
def test_nothing_is_an_empty_list(given: Given) -> None:
    with a_system() as (system, server):
        server.next_replies.append(given)

        assert listed(system) == []


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"items": [{"id": 1}]}},
        {"_embedded": {"customers": [{"id": 1}]}},
        {"found": [{"id": 1}], "count": 1},
        {"result": {}, "customers": [{"id": 1}], "links": []},
    ],
)
def test_a_list_is_found_where_servers_usually_put_it(body: Any) -> None:
    with a_system() as (system, server):
        server.next_replies.append(Given(200, body))

        assert listed(system) == ["1"]


def test_a_list_that_fails_is_a_trouble() -> None:
    with a_system() as (system, server):
        server.next_replies += [Given(404), Given(404)]
        answers = [system.list("customer", None), system.changed_since("customer", None)]

    assert all(isinstance(each, Trouble) and each.next is Next.PERMANENT for each in answers)


def test_what_the_path_itself_asks_for_is_kept() -> None:
    entities = {"customer": a_customer(path="/api/v1/customers?kind=b2b", page={"by": "page", "size": 2})}
    with a_system(entities=entities) as (system, server):
        system.list("customer", None)
        system.fetch("customer", ["5"])

    assert server.log[0].query == {"kind": "b2b", "limit": "2"}
    assert server.log[1].path == "/api/v1/customers/5"
