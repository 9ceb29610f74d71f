"""EspoCRM beyond the kit: contacts and order lines as records of their own, recordings, what only Espo does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.espocrm import CAPABILITIES, EspoSettings, connect, webhooks
from shared.connectors.espocrm.events import signature
from shared.connectors.espocrm.system import EspoSystem
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Invalid, Next, Observation, Refused, Revision, Stored, Trouble
from shared.core.values import Reference, Value
from shared.ports.system import Key
from tests.connectors.espocrm_bench import MESSAGES, SECRET, connected, recorded, settings, signed, verifier
from tests.connectors.fakes.base import Given, serving
from tests.connectors.fakes.espocrm import EspoFake
from tests.kit.kit_webhooks import NOW, through_the_api

RECORD = "7c407db6-5f27-5e92-b074-45049f8b2384"


@pytest.fixture
def fake() -> Iterator[EspoFake]:
    """Run an Espo; no request may break its contract."""
    running = EspoFake()
    with serving(running):
        yield running
        assert running.problems == []


@pytest.fixture
def espo(fake: EspoFake) -> Iterator[EspoSystem]:
    """Connect to it."""
    system = connected(fake.url, lambda _name: SECRET)
    yield system
    system.close()


def an_order(account: str, product: str) -> Create:
    """Return the command that makes an order of two lines."""
    return Create(
        RECORD,
        {
            "number": "SO-77",
            "customer": Reference("crm", "customer", account),
            "status": "confirmed",
            "currency": "USD",
            "total": Decimal("100.10"),
            "placed_at": datetime(2026, 11, 22, 8, 15, tzinfo=UTC),
            "lines[a]": True,
            "lines[a].product": Reference("crm", "product", product),
            "lines[a].quantity": Decimal("3"),
            "lines[b]": True,
            "lines[b].quantity": Decimal("1.5"),
        },
    )


def stored(answer: object) -> Observation:
    """Return what an answer says is stored."""
    assert isinstance(answer, Stored), answer
    return answer.shown


def shown(system: EspoSystem, entity: str, external_id: str) -> Observation:
    """Return what is shown for a record."""
    found = system.fetch(entity, [external_id])
    assert not isinstance(found, Trouble), found
    one = found[external_id]
    assert isinstance(one, Observation), one
    return one


def test_an_order_goes_out_with_its_lines_and_comes_back_as_it_was_sent(espo: EspoSystem, fake: EspoFake) -> None:
    account = fake.put("Initech")
    product = fake.enter("CProduct", name="Tea", sku="TEA")

    order = stored(espo.write("order", [an_order(account, product)])[0])

    lines = {row["quantity"]: each for each, row in fake.types["CSalesOrderLine"].items()}
    assert order.collections == {"lines"}
    assert order.fields[f"lines[{lines[3]}].product"] == Reference("crm", "product", product)
    assert order.fields["customer"] == Reference("crm", "customer", account)
    assert order.fields["total"] == Decimal("100.10")
    assert order.fields["placed_at"] == datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
    assert order.reference == RECORD
    assert next(iter(fake.types["CSalesOrder"].values()))["status"] == "Confirmed"


def test_lines_are_changed_added_and_removed_one_by_one(espo: EspoSystem, fake: EspoFake) -> None:
    order = stored(espo.write("order", [an_order(fake.put("Initech"), "p-1")])[0]).external_id
    first, second = fake.types["CSalesOrderLine"]
    fields: dict[str, Value] = {
        "lines[a].quantity": Decimal(9),
        "lines[b]": False,
        "lines[c]": True,
        "lines[c].quantity": Decimal(2),
    }

    espo.write("order", [Update(RECORD, order, fields, elements={"a": first, "b": second})])

    assert [row["quantity"] for row in fake.types["CSalesOrderLine"].values()] == [9, 2]


def test_a_line_that_could_not_be_written_is_still_missing_in_the_answer(espo: EspoSystem, fake: EspoFake) -> None:
    order = stored(espo.write("order", [an_order(fake.put("Initech"), "p-1")])[0]).external_id
    fake.next_replies.append(Given(403, headers={"X-Status-Reason": "No edit access."}))

    answer = espo.write("order", [Update(RECORD, order, {"lines[c]": True, "lines[c].quantity": Decimal(2)})])[0]

    quantities = [value for path, value in stored(answer).fields.items() if path.endswith("quantity")]
    assert quantities == [Decimal(3), Decimal("1.5")]


def test_contacts_are_contacts_of_the_account(espo: EspoSystem, fake: EspoFake) -> None:
    fields: dict[str, Value] = {
        "name": "Initech",
        "contacts[k]": True,
        "contacts[k].name": "Bill van Lumbergh",
        "contacts[k].title": "VP",
    }

    account = stored(espo.write("customer", [Create(RECORD, fields)])[0])
    contact = next(iter(fake.types["Contact"].values()))

    assert (contact["firstName"], contact["lastName"]) == ("Bill van", "Lumbergh")
    assert account.fields[f"contacts[{contact['id']}].name"] == "Bill van Lumbergh"


def test_a_removed_contact_is_parted_from_the_account_and_not_deleted(espo: EspoSystem, fake: EspoFake) -> None:
    account = fake.put("Initech")
    contact = fake.enter("Contact", firstName="Bill", lastName="Lumbergh", accountId=account)

    espo.write("customer", [Update(RECORD, account, {"contacts[k]": False}, elements={"k": contact})])

    assert fake.types["Contact"][contact]["accountId"] is None


def test_a_changed_contact_is_a_change_of_its_account(espo: EspoSystem, fake: EspoFake) -> None:
    account, _ = fake.put("Initech"), fake.put("Other")
    contact = fake.enter("Contact", lastName="Lumbergh", accountId=account)
    page = espo.changed_since("customer", None)
    while not isinstance(page, Trouble) and page.more:
        page = espo.changed_since("customer", page.next_cursor)
    assert not isinstance(page, Trouble)
    fake.now = fake.now.replace(hour=12)
    fake.edit("Contact", contact, title="VP")

    ids: list[str] = []
    page = espo.changed_since("customer", page.next_cursor)
    while not isinstance(page, Trouble):
        ids += page.ids
        if not page.more:
            break
        page = espo.changed_since("customer", page.next_cursor)

    assert ids == [account]


def test_many_children_come_in_several_pages(espo: EspoSystem, fake: EspoFake) -> None:
    account = fake.put("Initech")
    for number in range(205):
        fake.enter("Contact", lastName=f"Lumbergh {number}", accountId=account)

    fields = shown(espo, "customer", account).fields

    assert sum(path.endswith("].name") and path.startswith("contacts") for path in fields) == 205


def test_a_custom_field_that_does_not_exist_is_shown_as_nothing_in_the_answer(fake: EspoFake) -> None:
    entities = {"product": {"fields": {"gtin": "cGtin"}}}
    system = connect(settings(fake.url, entities=entities), lambda _name: SECRET)

    answer = system.write("product", [Create(RECORD, {"name": "Tea", "gtin": "4006381333931"})])[0]
    system.close()

    assert stored(answer).fields["gtin"] is None
    assert stored(answer).complete


def test_a_suspected_duplicate_names_the_records_that_match(espo: EspoSystem, fake: EspoFake) -> None:
    fake.checks_duplicates = True
    known = fake.put("Initech")

    answer = espo.write("customer", [Create(RECORD, {"name": "Initech"})])[0]

    assert isinstance(answer, Refused)
    assert (answer.trouble.next, answer.trouble.code, answer.trouble.candidates) == (
        Next.CONFLICT,
        "duplicate",
        (known,),
    )


def test_the_duplicate_check_is_skipped_where_the_settings_say_so(fake: EspoFake) -> None:
    fake.checks_duplicates = True
    fake.put("Initech")
    system = connect(settings(fake.url, skip_duplicate_check=True), lambda _name: SECRET)

    stored(system.write("customer", [Create(RECORD, {"name": "Initech"})])[0])
    system.close()

    assert len(fake.shown()) == 2


def test_a_validation_error_names_the_field(espo: EspoSystem, fake: EspoFake) -> None:
    fake.next_replies.append(recorded("a bad address"))

    answer = espo.write("customer", [Create(RECORD, {"name": "Y", "email": "nope"})])[0]

    assert isinstance(answer, Refused)
    assert (answer.trouble.code, answer.trouble.field) == ("validationFailure", "emailAddress")


def test_an_empty_error_body_is_explained_by_its_header(espo: EspoSystem, fake: EspoFake) -> None:
    fake.next_replies.append(recorded("a forbidden entity"))

    trouble = espo.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert trouble.message == "No read access."


def test_a_record_that_may_not_be_read_is_neither_gone_nor_a_trouble_of_the_others(
    espo: EspoSystem, fake: EspoFake
) -> None:
    fake.next_replies += [Given(200, {"total": 0, "list": []}), recorded("a forbidden entity")]

    found = espo.fetch("product", ["6b02a4"])

    assert not isinstance(found, Trouble)
    assert isinstance(found["6b02a4"], Invalid)


def test_an_archive_of_a_record_that_changed_meanwhile_is_a_conflict(espo: EspoSystem, fake: EspoFake) -> None:
    account = fake.put("Initech")
    revision = shown(espo, "customer", account).revision
    fake.change(account, phone="+1 512 555 0100")

    answer = espo.write("customer", [Archive(RECORD, account, revision)])[0]

    assert isinstance(answer, Refused)
    assert answer.trouble.next is Next.CONFLICT
    assert account in fake.shown()


def test_without_versions_the_revision_is_a_time_and_no_precondition_is_sent(fake: EspoFake) -> None:
    system = connect(settings(fake.url, entities={}), lambda _name: SECRET)
    account = fake.put("Initech")
    revision = shown(system, "customer", account).revision
    system.write("customer", [Update(RECORD, account, {"phone": "1"}, precondition=revision)])
    system.close()

    assert revision == Revision("2026-03-02 09:00:01", 1772442001000000, exact=False)
    assert "x-version-number" not in fake.writes()[-1].headers


def test_customers_are_found_by_email_whatever_its_case(espo: EspoSystem, fake: EspoFake) -> None:
    account = fake.enter("Account", name="Initech", emailAddress="Orders@Initech.example")
    keys = [Key("email", ("orders@initech.example",)), Key("email", ("nobody@initech.example",))]

    found = espo.find("customer", keys)

    assert not isinstance(found, Trouble)
    assert [[each.external_id for each in found[key]] for key in keys] == [[account], []]


def test_a_server_that_ignores_a_filter_is_noticed_and_not_walked_for_ever(espo: EspoSystem, fake: EspoFake) -> None:
    page = {"total": 900, "list": [{"id": "1", "name": "x", "modifiedAt": "2026-11-22 08:15:25"}]}
    fake.next_replies += [Given(200, page), Given(200, {"total": 0, "list": []})] * 2

    first = espo.list("customer", None)
    assert not isinstance(first, Trouble)
    again = espo.list("customer", first.next_cursor)

    assert isinstance(again, Trouble)
    assert again.code == "ignores-where"


def test_a_recorded_account_is_read_whole(espo: EspoSystem, fake: EspoFake) -> None:
    row = recorded("an account").body
    fake.next_replies += [Given(200, {"total": 0, "list": []}), Given(200, {**row, "tandemId": None})]

    fields = shown(espo, "customer", row["id"]).fields

    assert fields["addresses[billing].postal_code"] == "78744"
    assert (fields["email"], fields["phone"]) == (row["emailAddress"], row["phoneNumber"])
    assert fields["addresses[shipping].city"] is None


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: str(message["event"]))
def test_a_recorded_webhook_gives_the_records_that_we_keep(message: dict[str, str]) -> None:
    verify = verifier(lambda _name: {"webhook_secret": " ".join(each["key"] for each in MESSAGES)}, "")

    received = verify.receive(through_the_api(message["body"].encode(), {"X-Signature": message["signature"]}), NOW)

    ids = {hint.external_id for hint in getattr(received, "hints", ())}
    wanted = {
        "Account.create": {"6b02a49d53ba4c3f5", "6b02a49d640bbfb7e", "6b02a4f48814bdee8"},
        "Account.update": {"6b02a49d53ba4c3f5", "6b02a4f48814bdee8"},
        "Opportunity.update": set(),
    }
    assert ids == wanted[message["event"]]


def test_a_webhook_of_a_contact_is_a_hint_for_its_account() -> None:
    events = {MESSAGES[1]["webhook"]: "Contact.create"}
    given = {"name": "crm", "secret": "crm", "base_url": "http://127.0.0.1:1", "webhooks": events}
    verify = webhooks(EspoSettings.model_validate(given), lambda _name: {"webhook_secret": MESSAGES[1]["key"]})
    body = b'[{"id":"c-1","accountId":"a-1"},{"id":"c-2"}]'
    assert verify is not None

    received = verify.receive(through_the_api(body, signed(body, MESSAGES[1]["key"], NOW)), NOW)

    assert [(hint.entity, hint.external_id) for hint in getattr(received, "hints", ())] == [("customer", "a-1")]


def test_a_webhook_that_the_settings_do_not_name_is_refused() -> None:
    verify = verifier(lambda _name: {"webhook_secret": MESSAGES[1]["key"]}, "")
    header = {"X-Signature": signature("6b02a49d00000000", MESSAGES[1]["key"], b"[]")}

    assert getattr(verify.receive(through_the_api(b"[]", header), NOW), "status", 200) == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"page_size": 500},
        {"webhooks": {"6b02": "Account"}},
        {"base_url": "https://user:password@crm.example.com"},
        {"entities": {"customer": {"fields": {"contacts[7].name": "name"}}}},
        {"entities": {"customer": {"colour": "red"}}},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        EspoSettings.model_validate({**settings().model_dump(), **wrong})


def test_what_a_version_does_not_cover_is_said() -> None:
    able = CAPABILITIES.entities(settings())

    assert able["order"].exact
    assert "lines[].quantity" in able["order"].uncovered
    assert set(able) == {"customer", "order", "product"}
    assert not CAPABILITIES.entities(settings(entities={}))["customer"].exact
