"""Collections: 200 records of one type, an answer per record inside status 200, each code in its class."""

from __future__ import annotations

from shared.connectors.salesforce.system import SalesforceSystem
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Accepted, Gone, Next, Observation, Refused, Trouble, Unknown
from shared.core.values import Reference
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.salesforce import SalesforceFake
from tests.connectors.fakes.salesforce_soql import an_error, refused
from tests.connectors.salesforce.orders_bench import (
    RECORD,
    log_in,
    posted,
    refusal,
)
from tests.connectors.salesforce_bench import SECRET, connected


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


def test_writes_say_what_a_duplicate_rule_may_let_pass(fake: SalesforceFake) -> None:
    for saves, said in ((False, "allowSave=false"), (True, "allowSave=true")):
        system = connected(fake.url, lambda _name: SECRET, save_duplicates=saves)
        system.write("customer", [Create(f"{RECORD}-{saves}", {"name": "Initech"})])
        assert fake.log[-1].headers["sforce-duplicate-rule-header"].startswith(f"{said}; includeRecordDetails=true")
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
