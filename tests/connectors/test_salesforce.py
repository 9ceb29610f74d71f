"""Salesforce beyond the kit: orders as graphs, parts, ids of fifteen characters, collections, the day's calls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.salesforce import CAPABILITIES, connect
from shared.connectors.salesforce.ids import is_id, whole_id
from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.commands import Archive, Create, Update
from shared.core.keys import REFERENCE
from shared.core.observations import Accepted, Gone, Next, Observation, Refused, Stored, Trouble, Unknown
from shared.core.values import Reference, Value
from shared.ports.system import Key
from tests.connectors.fakes.base import Given, serving
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_soql import an_error, refused
from tests.connectors.salesforce_bench import SECRET, connected, settings
from tests.kit.clock import FakeClock
from tests.kit.one_token import OneToken

RECORD = "7c407db6-5f27-5e92-b074-45049f8b2384"


@pytest.fixture
def fake() -> Iterator[SalesforceFake]:
    """Run an org; no request may break its contract."""
    running = SalesforceFake()
    with serving(running):
        yield running
        assert running.problems == []


@pytest.fixture
def salesforce(fake: SalesforceFake) -> Iterator[SalesforceSystem]:
    """Connect to it."""
    system = connected(fake.url, lambda _name: SECRET)
    yield system
    system.close()


def a_product(fake: SalesforceFake, *, priced: bool = True) -> str:
    """Enter a product, and its entry in the standard price book."""
    product = fake.enter("Product2", Name="Tea", StockKeepingUnit="TEA")
    book = next(iter(fake.rows["Pricebook2"]), None) or fake.enter("Pricebook2", IsStandard=True)
    if priced:
        entry = {"Product2Id": product, "Pricebook2Id": book, "IsActive": True, "Pricebook2.IsStandard": True}
        fake.enter("PricebookEntry", **entry)
    return product


def an_order(account: str, product: str, status: str = "confirmed") -> Create:
    """Return the command that makes an order of two lines."""
    return Create(
        RECORD,
        {
            "number": "SO-77",
            "customer": Reference("crm", "customer", account),
            "status": status,
            "placed_at": datetime(2026, 11, 22, 8, 15, tzinfo=UTC),
            "lines[a]": True,
            "lines[a].product": Reference("crm", "product", product),
            "lines[a].quantity": Decimal("3"),
            "lines[a].unit_price": Decimal("18.50"),
            "lines[b]": True,
            "lines[b].product": Reference("crm", "product", product),
            "lines[b].quantity": Decimal("1.5"),
        },
    )


def stored(answer: object) -> Observation:
    """Return what an answer says is stored."""
    assert isinstance(answer, Stored), answer
    return answer.shown


def refusal(answer: object) -> Trouble:
    """Return why a command was refused."""
    assert isinstance(answer, Refused), answer
    return answer.trouble


def polled(system: SalesforceSystem, entity: str, cursor: str | None = None) -> tuple[list[Any], list[str], str | None]:
    """Walk through a poll: what was shown, which ids were named, the cursor to keep."""
    shown: list[Any] = []
    named: list[str] = []
    for _ in range(50):
        page = system.changed_since(entity, cursor)
        assert not isinstance(page, Trouble), page
        shown, named, cursor = [*shown, *page.observations], [*named, *page.ids], page.next_cursor
        if not page.more:
            return shown, named, cursor
    raise AssertionError("the poll does not end")


def log_in(system: SalesforceSystem) -> None:
    """Make a first call, so that the next request is the one that is meant."""
    assert not isinstance(system.list("customer", None), Trouble)


def posted(fake: SalesforceFake, ending: str) -> list[Any]:
    """Return the bodies that were sent to an address."""
    return [asked.body for asked in fake.writes() if asked.path.endswith(ending)]


def test_an_order_goes_out_with_its_lines_in_one_graph_and_is_activated_last(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    account, product = fake.put("Initech"), a_product(fake)

    order = stored(salesforce.write("order", [an_order(account, product)])[0])

    (body,) = posted(fake, "/composite/graph")
    steps = body["graphs"][0]["compositeRequest"]
    assert [step["method"] for step in steps] == ["POST", "POST", "POST", "PATCH"]
    assert steps[0]["body"]["Status"] == "Draft"
    assert steps[0]["body"]["EffectiveDate"] == "2026-11-22"
    assert [step["body"]["OrderId"] for step in steps[1:3]] == ["@{own.id}"] * 2
    row = fake.rows["Order"][order.external_id]
    assert (row["Status"], row["Tandem_Id__c"], row["Pricebook2Id"]) == (
        "Activated",
        RECORD,
        next(iter(fake.rows["Pricebook2"])),
    )
    lines = {str(line["Quantity"]): each for each, line in fake.live("OrderItem").items()}
    assert order.fields[f"lines[{lines['3']}].product"] == Reference("crm", "product", product)
    assert order.fields["customer"] == Reference("crm", "customer", account)
    assert order.fields["status"] == "confirmed"
    assert order.collections == {"lines"}


def test_a_refused_line_refuses_the_whole_order_and_names_its_own_reason(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    account, product = fake.put("Initech"), a_product(fake, priced=False)

    trouble = refusal(salesforce.write("order", [an_order(account, product)])[0])

    assert (trouble.code, trouble.next) == ("REQUIRED_FIELD_MISSING", Next.PERMANENT)
    assert (fake.rows["Order"], fake.rows["OrderItem"]) == ({}, {})


def test_an_order_that_was_stored_before_has_its_lines_once(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    create = an_order(fake.put("Initech"), a_product(fake))
    order = stored(salesforce.write("order", [create])[0])

    trouble = refusal(salesforce.write("order", [create])[0])

    assert trouble.next is Next.CONFLICT
    assert len(fake.rows["OrderItem"]) == 2
    assert order.external_id.startswith("801")


def test_lines_are_changed_added_and_taken_out_in_one_graph(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    product = a_product(fake)
    order = stored(salesforce.write("order", [an_order(fake.put("Initech"), product, "placed")])[0]).external_id
    first, second = fake.rows["OrderItem"]
    fields: dict[str, Value] = {
        "number": "SO-78",
        "lines[a].quantity": Decimal(9),
        "lines[b]": False,
        "lines[c]": True,
        "lines[c].product": Reference("crm", "product", product),
        "lines[c].quantity": Decimal(2),
    }
    before = len(posted(fake, "/composite/graph"))

    shown = stored(salesforce.write("order", [Update(RECORD, order, fields, elements={"a": first, "b": second})])[0])

    assert sorted(str(v) for path, v in shown.fields.items() if path.endswith("quantity")) == ["2", "9"]
    assert shown.fields["number"] == "SO-78"
    assert fake.rows["OrderItem"][second]["IsDeleted"]
    assert len(posted(fake, "/composite/graph")) - before == 1


def test_a_graph_whose_answer_is_lost_is_unsure(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    create = an_order(fake.put("Initech"), a_product(fake))
    assert salesforce.find("order", [Key("number", ("SO-77",))])
    prices = Given(200, {"records": [], "done": True, "totalSize": 0})
    fake.next_replies += [prices, Given(applies=False, hangs_up=True)]

    assert isinstance(salesforce.write("order", [create])[0], Unknown)


def test_an_answer_of_graphs_that_says_too_little_is_unsure_or_tried_again(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    account = fake.put("Initech")
    log_in(salesforce)
    update = Update(RECORD, account, {"contacts[k]": True, "contacts[k].name": "Peter Gibbons"})
    fake.next_replies.append(Given(200, {"graphs": []}))
    assert isinstance(salesforce.write("customer", [update])[0], Unknown)

    fake.next_replies.append(Given(200, {"graphs": [{"graphId": "0", "isSuccessful": False, "graphResponse": {}}]}))
    assert refusal(salesforce.write("customer", [update])[0]).next is Next.RETRYABLE


def test_contacts_go_along_and_are_only_parted_from_their_account(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    create = Create(RECORD, {"name": "Initech", "contacts[k]": True, "contacts[k].name": "Mary Ann Lee"})
    account = stored(salesforce.write("customer", [create])[0])
    ((contact, row),) = fake.rows["Contact"].items()
    assert (row["FirstName"], row["LastName"], row["AccountId"]) == ("Mary Ann", "Lee", account.external_id)
    assert account.fields[f"contacts[{contact}].name"] == "Mary Ann Lee"

    away = Update(RECORD, account.external_id, {"contacts[k]": False}, elements={"k": contact})
    shown = stored(salesforce.write("customer", [away])[0])

    assert not [path for path in shown.fields if path.startswith("contacts")]
    assert fake.live("Contact")[contact]["AccountId"] is None


def test_a_poll_shows_deletes_and_names_parents_of_changed_and_deleted_parts(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    first, second, third = (fake.put(name) for name in ("Initech", "Umbrella", "Hooli"))
    contact = fake.enter("Contact", LastName="Lee", AccountId=first)
    other = fake.enter("Contact", LastName="Poe", AccountId=second)
    fake.now += timedelta(hours=1)
    latest = fake.put("The latest so far")
    _, _, cursor = polled(salesforce, "customer")
    fake.now += timedelta(hours=1)
    fake.edit("Contact", contact, Title="CEO")
    fake.bin("Contact", other)
    fake.end(third)

    shown, named, _ = polled(salesforce, "customer", cursor)

    assert {(each.external_id, each.deleted) for each in shown if each.external_id != latest} == {(third, True)}
    assert set(named) == {first, second}


def test_ids_of_fifteen_characters_are_the_same_records(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    account = fake.put("Initech")

    found = salesforce.fetch("customer", [account[:15], account, "001*", "x' OR Id != '"])

    assert whole_id("001D000000IRFma") == "001D000000IRFmaIAH"
    assert whole_id(account) == account
    assert not is_id("001*")
    assert not isinstance(found, Trouble)
    assert isinstance(found[account[:15]], Observation)
    assert found["001*"] == Gone("001*")
    assert found["x' OR Id != '"] == Gone("x' OR Id != '")


def test_texts_in_queries_are_escaped(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    name = "O'Neil \\ Sons"
    account = fake.put(name)
    key = Key("name", (name,))

    found = salesforce.find("customer", [key])

    assert not isinstance(found, Trouble)
    assert [each.external_id for each in found[key]] == [account]


def test_a_collection_is_sorted_by_parent_and_names_no_record_twice(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    accounts = [fake.put("Initech"), fake.put("Umbrella")]
    orders = [
        fake.enter("Order", AccountId=accounts[n % 2], Status="Draft", OrderReferenceNumber=str(n)) for n in range(4)
    ]
    updates = [
        Update(RECORD, each, {"number": f"N{n}"}, whole={"customer": Reference("crm", "customer", accounts[n % 2])})
        for n, each in enumerate(orders)
    ]

    answers = salesforce.write("order", [*updates, Update(RECORD, orders[0], {"number": "again"})])

    assert [answer.external_id for answer in answers if isinstance(answer, Accepted)] == [*orders, orders[0]]
    sent = [[record["Id"] for record in body["records"]] for body in posted(fake, "/composite/sobjects")]
    assert sent == [[orders[0], orders[2], orders[1], orders[3]], [orders[0]]]
    assert fake.rows["Order"][orders[0]]["OrderReferenceNumber"] == "again"


def test_records_of_a_collection_fail_one_by_one_and_each_code_lands_in_its_class(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    match = {"matchResults": [{"matchRecords": [{"record": {"Id": "001D000000IRFma"}}]}]}
    told = [
        an_error("UNABLE_TO_LOCK_ROW"),
        an_error("SOMETHING_NEW"),
        an_error("DUPLICATES_DETECTED", "Use one of these records?", duplicateResult=match),
        an_error(
            "DUPLICATE_VALUE",
            "duplicate value found: AccountNumber duplicates value on record with id: 001D000000IRFma",
        ),
        an_error("CANNOT_EXECUTE_FLOW_TRIGGER", "UNABLE_TO_LOCK_ROW, unable to obtain exclusive access"),
        an_error("CANNOT_EXECUTE_FLOW_TRIGGER", "the flow says no"),
        an_error("STRING_TOO_LONG", "too long", ["Name"]),
    ]
    answered = [{"success": False, "errors": [each]} for each in told]
    log_in(salesforce)
    fake.next_replies.append(Given(200, [*answered, {"success": True, "id": "001D000000IRFma", "errors": []}]))

    answers = salesforce.write("customer", [Create(str(n), {"name": f"Customer {n}"}) for n in range(8)])

    troubles = [refusal(answer) for answer in answers[:7]]
    again, never = Next.RETRYABLE, Next.PERMANENT
    assert [each.next for each in troubles] == [again, again, never, never, again, never, never]
    assert [each.candidates for each in troubles[2:4]] == [("001D000000IRFmaIAH",)] * 2
    assert troubles[6].field == "Name"
    assert answers[7] == Accepted("001D000000IRFmaIAH")


def test_an_answer_that_does_not_speak_of_every_record_is_believed_of_none(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    log_in(salesforce)
    fake.next_replies.append(Given(200, [{"success": True, "id": "001D000000IRFmaIAH", "errors": []}]))

    answers = salesforce.write("customer", [Create(str(n), {"name": f"Customer {n}"}) for n in range(2)])

    assert [type(answer) for answer in answers] == [Unknown, Unknown]


def test_a_record_is_ended_by_values_where_that_is_said(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: SECRET, entities={"product": {"archive": {"IsActive": False}}})
    product = fake.enter("Product2", Name="Tea", IsActive=True)

    assert system.write("product", [Archive(RECORD, product)]) == [Accepted(product)]

    assert fake.live("Product2")[product]["IsActive"] is False
    assert system.fetch("product", [product]) == {product: Gone(product)}
    listed = system.list("product", None)
    assert not isinstance(listed, Trouble)
    assert listed.entries == ()
    system.close()


def test_archiving_what_is_deleted_already_is_done(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    account = fake.put("Initech")
    fake.end(account)

    assert salesforce.write("customer", [Archive(RECORD, account)]) == [Accepted(account)]


def test_custom_fields_go_both_ways(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: SECRET, entities={"customer": {"fields": {"fax": "Fax"}}})
    account = fake.put("Initech")

    system.write("customer", [Update(RECORD, account, {"fax": "+1 512 555 0199"})])
    found = system.fetch("customer", [account])

    assert not isinstance(found, Trouble)
    shown = found[account]
    assert isinstance(shown, Observation)
    assert shown.fields["fax"] == fake.rows["Account"][account]["Fax"] == "+1 512 555 0199"
    system.close()


def test_an_update_of_nothing_that_salesforce_has_makes_no_call(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    account = fake.put("Initech")

    assert salesforce.write("customer", [Update(RECORD, account, {"tax_number": "1"})]) == [Accepted(account)]
    assert fake.writes() == []


@pytest.mark.parametrize(
    ("message", "seconds"),
    [("TotalRequests Limit exceeded.", 900.0), ("ConcurrentRequests (Concurrent API) Limit exceeded.", 5.0)],
)
def test_a_limit_is_waited_for_as_long_as_its_kind_takes(
    salesforce: SalesforceSystem, fake: SalesforceFake, message: str, seconds: float
) -> None:
    log_in(salesforce)
    fake.next_replies.append(refused(403, "REQUEST_LIMIT_EXCEEDED", message))

    trouble = salesforce.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.wait_seconds, trouble.whole_system) == (Next.THROTTLED, seconds, True)


def test_the_last_of_the_day_s_calls_are_left_to_others(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    fake.limit_info = "api-usage=89999/100000; per-app-api-usage=17/250(appName=x)"
    assert not isinstance(salesforce.list("customer", None), Trouble)
    fake.limit_info = "api-usage=90000/100000"
    assert not isinstance(salesforce.list("customer", None), Trouble)
    before = len(fake.log)

    trouble = salesforce.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert (trouble.next, trouble.whole_system) == (Next.THROTTLED, True)
    assert len(fake.log) == before
    assert salesforce.quota is not None
    assert (salesforce.quota.used, salesforce.quota.allowed) == (90_000, 100_000)


def test_writes_say_what_a_duplicate_rule_may_let_pass(fake: SalesforceFake) -> None:
    for saves, said in ((False, "allowSave=false"), (True, "allowSave=true")):
        system = connected(fake.url, lambda _name: SECRET, save_duplicates=saves)
        system.write("customer", [Create(f"{RECORD}-{saves}", {"name": "Initech"})])
        assert fake.log[-1].headers["sforce-duplicate-rule-header"].startswith(f"{said}; includeRecordDetails=true")
        system.close()


def test_an_ended_session_has_one_new_login_and_the_write_is_made_once(fake: SalesforceFake) -> None:
    tokens = OneToken()
    system = connect(settings(fake.url), lambda _name: SECRET, tokens, FakeClock())
    assert not isinstance(system.list("customer", None), Trouble)
    fake.access = "00D-access-2"

    assert isinstance(system.write("customer", [Create(RECORD, {"name": "Initech"})])[0], Accepted)

    assert (tokens.logins, len(fake.rows["Account"])) == (2, 1)
    system.close()


def test_a_login_that_names_a_foreign_address_is_refused(fake: SalesforceFake) -> None:
    tokens = OneToken()
    system = connect(settings(fake.url), lambda _name: SECRET, tokens, FakeClock())
    body = {"access_token": "x", "instance_url": "https://salesforce.com.example.invalid"}
    fake.next_replies.append(Given(200, body))

    trouble = system.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert trouble.next is Next.AUTH
    assert len(tokens.refused) == 1
    system.close()


@pytest.mark.parametrize("given", [Given(503), Given(200, raw=b"<html>"), Given(429)])
def test_a_login_that_fails_by_the_way_trips_nothing(fake: SalesforceFake, given: Given) -> None:
    tokens = OneToken()
    system = connect(settings(fake.url), lambda _name: SECRET, tokens, FakeClock())
    fake.next_replies += [given, given]

    trouble = system.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert trouble.next in (Next.RETRYABLE, Next.THROTTLED)
    assert tokens.refused == []
    system.close()


def test_a_secret_without_a_key_is_told_by_name(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: {"client_id": "x"})

    trouble = system.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert "client_secret" in trouble.message
    assert trouble.next is Next.AUTH
    system.close()


def test_mistakes_of_a_description_are_told() -> None:
    wrong: list[dict[str, Any]] = [
        {"stock": {}},
        {"customer": {"type": "Account WHERE"}},
        {"customer": {"fields": {"fax": "Fax FROM User"}}},
    ]
    for entities in wrong:
        with pytest.raises(ValidationError):
            settings(entities=entities)


def test_without_a_reference_nothing_is_found_by_it(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: SECRET, entities={"customer": {"reference": ""}})

    assert isinstance(system.write("customer", [Create(RECORD, {"name": "Initech"})])[0], Accepted)

    assert isinstance(system.find("customer", [Key(REFERENCE, (RECORD,))]), Trouble)
    assert CAPABILITIES.credentials(settings()) == ("client_id", "client_secret")
    assert CAPABILITIES.credentials(settings(auth="jwt")) == ("client_id", "username", "private_key")
    system.close()


def test_what_is_refused_whole_is_halved_until_the_bad_one_stands_alone(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    log_in(salesforce)
    bad = refused(400, "JSON_PARSER_ERROR", "Cannot deserialize Customer 0")
    fake.next_replies += [bad, bad, bad]

    answers = salesforce.write("customer", [Create(f"r{n}", {"name": f"Customer {n}"}) for n in range(4)])

    assert [type(answer) for answer in answers] == [Refused, Accepted, Accepted, Accepted]
    assert "Customer 0" not in refusal(answers[0]).message


def test_graphs_that_are_refused_whole_are_halved_too(salesforce: SalesforceSystem, fake: SalesforceFake) -> None:
    log_in(salesforce)
    bad = refused(400, "JSON_PARSER_ERROR", "Cannot deserialize Peter Gibbons")
    fake.next_replies += [bad, bad]
    with_person: dict[str, Value] = {"contacts[k]": True, "contacts[k].name": "Peter Gibbons"}

    answers = salesforce.write(
        "customer", [Create(f"r{n}", {"name": f"Customer {n}", **with_person}) for n in range(2)]
    )

    assert [type(answer) for answer in answers] == [Refused, Stored]
    assert "Gibbons" not in refusal(answers[0]).message
    assert len(fake.live("Contact")) == 1


def test_more_graphs_than_one_call_takes_go_in_several(fake: SalesforceFake) -> None:
    system = connected(fake.url, lambda _name: SECRET, graph_size=3)
    with_person: dict[str, Value] = {"contacts[k]": True, "contacts[k].name": "Peter Gibbons"}

    answers = system.write("customer", [Create(f"r{n}", {"name": f"Customer {n}", **with_person}) for n in range(3)])

    assert all(isinstance(answer, Stored) for answer in answers)
    assert [len(body["graphs"]) for body in posted(fake, "/composite/graph")] == [1, 1, 1]
    system.close()


@pytest.mark.parametrize("body", [{"totalSize": 1}, {"records": [{"Name": "no id"}]}, {"records": "none"}])
def test_a_query_s_answer_that_is_none_is_no_empty_page(
    salesforce: SalesforceSystem, fake: SalesforceFake, body: dict[str, Any]
) -> None:
    log_in(salesforce)
    fake.next_replies.append(Given(200, body))

    assert isinstance(salesforce.fetch("customer", ["001D000000IRFma"]), Trouble)


def test_trouble_in_the_middle_of_a_read_is_the_trouble_of_the_whole(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    account = fake.put("Initech")
    fake.enter("Contact", LastName="Lee", AccountId=account)
    page = salesforce.changed_since("customer", None)
    assert not isinstance(page, Trouble)
    row = {"Id": account, "SystemModstamp": "2026-03-02T09:00:01.000+0000", "IsDeleted": False}
    own, limit = Given(200, {"records": [row], "done": True}), refused(403, "REQUEST_LIMIT_EXCEEDED")
    key = Key("name", ("Initech",))

    for read in (
        lambda: salesforce.changed_since("customer", None),
        lambda: salesforce.list("customer", None),
        lambda: salesforce.fetch("customer", [account]),
        lambda: salesforce.find("customer", [key]),
    ):
        fake.next_replies += [own, limit]
        assert isinstance(read(), Trouble)
    polled(salesforce, "customer", page.next_cursor)
    assert isinstance(salesforce.find("customer", [Key("tax_number", ("1",))]), Trouble)


def test_prices_that_cannot_be_read_refuse_the_orders_that_need_them(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    create = an_order(fake.put("Initech"), a_product(fake))
    log_in(salesforce)
    fake.next_replies.append(refused(403, "REQUEST_LIMIT_EXCEEDED"))

    assert refusal(salesforce.write("order", [create])[0]).next is Next.THROTTLED
    assert fake.rows["Order"] == {}


def test_a_price_book_of_its_own_is_used_where_one_is_named(fake: SalesforceFake) -> None:
    a_product(fake)
    other = fake.enter("Pricebook2", IsStandard=False)
    product = next(iter(fake.rows["Product2"]))
    entry = fake.enter("PricebookEntry", Product2Id=product, Pricebook2Id=other, IsActive=True)
    system = connected(fake.url, lambda _name: SECRET, price_book=other)

    stored(system.write("order", [an_order(fake.put("Initech"), product)])[0])

    assert {row["PricebookEntryId"] for row in fake.live("OrderItem").values()} == {entry}
    assert [row["Pricebook2Id"] for row in fake.live("Order").values()] == [other]
    system.close()


def test_a_record_that_is_named_and_cannot_be_resolved_is_a_reason_to_look(
    salesforce: SalesforceSystem, fake: SalesforceFake
) -> None:
    log_in(salesforce)
    error = an_error("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    update = Update(RECORD, "001D000000IRFmaIAH", {"name": "Initech"})
    fake.next_replies.append(Given(200, [{"success": False, "errors": [error]}]))
    assert refusal(salesforce.write("customer", [update])[0]).next is Next.CONFLICT

    fake.next_replies.append(Given(200, [{"success": False, "errors": [{**error, "fields": ["OwnerId"]}]}]))
    assert refusal(salesforce.write("customer", [update])[0]).next is Next.PERMANENT

    fake.next_replies.append(Given(200, [{"id": None}]))
    assert isinstance(salesforce.write("customer", [update])[0], Unknown)
