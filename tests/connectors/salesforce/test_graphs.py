"""Orders go out as graphs: a record with its parts, all or nothing, activated last, lines with their prices."""

from __future__ import annotations

from decimal import Decimal

from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.commands import Create, Update
from shared.core.observations import Next, Refused, Stored, Unknown
from shared.core.values import Reference, Value
from shared.ports.system import Key
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_soql import refused
from tests.connectors.salesforce.orders_bench import (
    RECORD,
    a_product,
    an_order,
    log_in,
    posted,
    refusal,
    stored,
)
from tests.connectors.salesforce_bench import SECRET, connected


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
