"""HubSpot beyond the kit: associations, merges, the recycle bin, batches that fail in documented ways, webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.hubspot import CAPABILITIES, HubSpotSettings, connect
from shared.connectors.hubspot.system import HubSpotSystem
from shared.core.commands import Create, Update
from shared.core.observations import Gone, Next, Observation, Refused, Stored, Trouble, Unknown
from shared.core.values import Reference, Value
from shared.ports.system import Key
from tests.connectors.fakes.base import Asked, Given, serving
from tests.connectors.fakes.hubspot import HubSpotFake
from tests.connectors.hubspot_bench import SECRET, connected, limited, refused, settings

RECORD = "7c407db6-5f27-5e92-b074-45049f8b2384"


@pytest.fixture
def fake() -> Iterator[HubSpotFake]:
    """Run an account; no request may break its contract."""
    running = HubSpotFake()
    with serving(running):
        yield running
        assert running.problems == []


@pytest.fixture
def hubspot(fake: HubSpotFake) -> Iterator[HubSpotSystem]:
    """Connect to it."""
    system = connected(fake.url, lambda _name: SECRET)
    yield system
    system.close()


def stored(answer: object) -> Observation:
    """Return what an answer says is stored."""
    assert isinstance(answer, Stored), answer
    return answer.shown


def polled(system: HubSpotSystem, entity: str, cursor: str | None = None) -> tuple[list[Any], list[str], str | None]:
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


def an_order(company: str) -> Create:
    """Return the command that makes an order of two lines."""
    return Create(
        RECORD,
        {
            "number": "SO-77",
            "customer": Reference("crm", "customer", company),
            "status": "confirmed",
            "placed_at": datetime(2026, 11, 22, 8, 15, tzinfo=UTC),
            "total": Decimal("100.10"),
            "lines[a]": True,
            "lines[a].product": Reference("crm", "product", "31"),
            "lines[a].quantity": Decimal("3"),
            "lines[b]": True,
            "lines[b].quantity": Decimal("1.5"),
        },
    )


def test_an_order_goes_out_with_lines_and_company_and_comes_back(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    company = fake.put("Initech")

    order = stored(hubspot.write("order", [an_order(company)])[0])

    lines = {row["properties"]["quantity"]: each for each, row in fake.objects["line_items"].items()}
    assert set(lines) == {"3", "1.5"}
    assert order.fields[f"lines[{lines['3']}].product"] == Reference("crm", "product", "31")
    assert order.fields["customer"] == Reference("crm", "customer", company)
    assert order.fields["total"] == Decimal("100.10")
    assert order.fields["placed_at"] == datetime(2026, 11, 22, 8, 15, tzinfo=UTC)
    assert order.collections == {"lines"}
    assert order.complete


def test_lines_are_changed_added_and_archived_one_by_one(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    order = stored(hubspot.write("order", [an_order(fake.put("Initech"))])[0]).external_id
    first, second = fake.objects["line_items"]
    fields: dict[str, Value] = {
        "lines[a].quantity": Decimal(9),
        "lines[b]": False,
        "lines[c]": True,
        "lines[c].quantity": Decimal(2),
    }

    shown = stored(hubspot.write("order", [Update(RECORD, order, fields, elements={"a": first, "b": second})])[0])

    assert sorted(str(v) for path, v in shown.fields.items() if path.endswith("quantity")) == ["2", "9"]
    assert fake.objects["line_items"][second]["archived"]


def test_the_company_of_an_order_can_change(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    order = stored(hubspot.write("order", [an_order(fake.put("Initech"))])[0]).external_id
    other = Reference("crm", "customer", fake.put("Umbrella"))

    shown = stored(hubspot.write("order", [Update(RECORD, order, {"customer": other})])[0])

    assert shown.fields["customer"] == other
    assert len([link for link in fake.links if link[:3] == ("orders", order, "companies")]) == 1


def test_a_line_that_could_not_be_made_is_still_missing_in_the_answer(
    hubspot: HubSpotSystem, fake: HubSpotFake
) -> None:
    order = stored(hubspot.write("order", [an_order(fake.put("Initech"))])[0]).external_id
    fake.next_replies.append(refused(400, "VALIDATION_ERROR"))

    answer = hubspot.write("order", [Update(RECORD, order, {"lines[c]": True, "lines[c].quantity": Decimal(2)})])[0]

    assert sum(path.endswith("quantity") for path in stored(answer).fields) == 2


def test_a_changed_line_names_its_order(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    order = stored(hubspot.write("order", [an_order(fake.put("Initech"))])[0]).external_id
    _, _, cursor = polled(hubspot, "order")
    fake.now += timedelta(hours=1)
    fake.edit("line_items", next(iter(fake.objects["line_items"])), quantity="4")

    _, named, _ = polled(hubspot, "order", cursor)

    assert order in named


def test_contacts_have_a_first_and_a_last_name(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    fields: dict[str, Value] = {"name": "Initech", "contacts[k]": True, "contacts[k].name": "Bill van Lumbergh"}

    company = stored(hubspot.write("customer", [Create(RECORD, fields)])[0])
    contact = next(iter(fake.objects["contacts"].values()))

    assert (contact["properties"]["firstname"], contact["properties"]["lastname"]) == ("Bill van", "Lumbergh")
    assert company.fields[f"contacts[{contact['id']}].name"] == "Bill van Lumbergh"


def test_a_removed_contact_is_parted_from_the_company(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    company, contact = fake.put("Initech"), fake.enter("contacts", lastname="Lumbergh")
    fake.link("companies", company, "contacts", contact)

    hubspot.write("customer", [Update(RECORD, company, {"contacts[k]": False}, elements={"k": contact})])

    assert not fake.links
    assert not fake.objects["contacts"][contact]["archived"]


def test_everything_goes_out_as_text_and_nothing_as_the_empty_text(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    product = fake.enter("products", name="Tea", hs_sku="TEA", price="1")

    hubspot.write("product", [Update(RECORD, product, {"price": Decimal("18.50"), "sku": None})])

    sent = fake.writes()[-1].body["inputs"][0]
    assert sent["properties"] == {"price": "18.50", "hs_sku": ""}


def test_a_merged_record_stays_known_by_the_id_it_had(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    first, second = fake.put("Initech"), fake.put("Initech Inc")
    merged = fake.merge("companies", first, second)

    shown, _, _ = polled(hubspot, "customer")
    found = hubspot.fetch("customer", [first, second])
    present = hubspot.fetch("customer", [merged])
    answer = hubspot.write("customer", [Update(RECORD, first, {"phone": "1"})])[0]

    assert [each.external_id for each in shown] == [first]
    assert not isinstance(found, Trouble)
    assert found[second] == Gone(second)
    assert isinstance(found[first], Observation)
    assert present == {merged: found[first]}
    assert stored(answer).external_id == first
    assert fake.objects["companies"][merged]["properties"]["phone"] == "1"


def test_what_was_archived_is_seen_by_the_next_poll(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    long_gone, last_gone, _, ended = (fake.put(name) for name in ("Long gone", "Last gone", "Kept", "Ended"))
    fake.end(long_gone)
    fake.now += timedelta(hours=1)
    fake.end(last_gone)
    first, _, cursor = polled(hubspot, "customer")
    fake.now += timedelta(hours=1)
    fake.end(ended)

    shown, _, _ = polled(hubspot, "customer", cursor)

    assert not any(each.deleted for each in first)
    assert {each.external_id for each in shown if each.deleted} == {last_gone, ended}


def test_errors_inside_a_successful_answer_are_found_by_their_trace(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    results = [{"id": "7", "properties": {"name": "B", "phone": None}, "objectWriteTraceId": "1"}]
    error = {"category": "VALIDATION_ERROR", "context": {"objectWriteTraceId": ["0"], "propertyName": ["phone"]}}
    fake.next_replies.append(Given(200, {"status": "COMPLETE", "results": results, "numErrors": 1, "errors": [error]}))

    answers = hubspot.write("customer", [Create("a", {"name": "A"}), Create("b", {"name": "B"})])

    assert isinstance(answers[0], Refused)
    assert answers[0].trouble.field == "phone"
    assert stored(answers[1]).external_id == "7"


def test_an_update_is_known_by_its_id_where_the_trace_is_missing(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    fake.next_replies.append(Given(200, {"results": [{"id": "8", "properties": {"name": "B"}}]}))

    answers = hubspot.write("customer", [Update("a", "7", {"name": "A"}), Update("b", "8", {"name": "B"})])

    assert isinstance(answers[0], Unknown)
    assert stored(answers[1]).external_id == "8"


def test_an_unknown_error_of_one_item_may_be_tried_again(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    error = {"category": "SOMETHING_NEW", "context": {"objectWriteTraceId": ["0"]}}
    fake.next_replies.append(Given(207, {"results": [], "errors": [error]}))

    answer = hubspot.write("customer", [Create("a", {"name": "A"})])[0]

    assert isinstance(answer, Refused)
    assert (answer.trouble.next, answer.trouble.code) == (Next.RETRYABLE, "SOMETHING_NEW")


def test_a_batch_that_is_refused_whole_is_halved_until_the_bad_one_stands_alone(fake: HubSpotFake) -> None:
    class Strict(HubSpotFake):
        def served(self, asked: Asked) -> Given:
            bad = isinstance(asked.body, dict) and any(
                each.get("properties", {}).get("phone") == "nope" for each in asked.body.get("inputs", [])
            )
            return refused(400, "VALIDATION_ERROR") if bad else super().served(asked)

    strict = Strict()
    with serving(strict):
        system = connected(strict.url, lambda _name: SECRET)
        commands = [Create(str(n), {"name": f"C{n}", "phone": "nope" if n == 5 else "1"}) for n in range(8)]
        answers = system.write("customer", commands)
        system.close()

    assert [isinstance(answer, Refused) for answer in answers] == [n == 5 for n in range(8)]
    assert len(strict.shown()) == 7
    assert fake.log == []


def test_a_batch_in_which_nothing_is_done_yet_is_unknown(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    fake.next_replies.append(Given(200, {"status": "PENDING", "results": []}))

    assert isinstance(hubspot.write("customer", [Create("a", {"name": "A"})])[0], Unknown)


@pytest.mark.parametrize(("policy", "seconds"), [("SECONDLY", 1.0), ("TEN_SECONDLY_ROLLING", 10.0), ("DAILY", 3600.0)])
def test_a_limit_tells_how_long_to_wait(hubspot: HubSpotSystem, fake: HubSpotFake, policy: str, seconds: float) -> None:
    fake.next_replies.append(limited(policy))

    trouble = hubspot.list("customer", None)

    assert isinstance(trouble, Trouble)
    assert (trouble.code, trouble.wait_seconds) == (policy, seconds)


def test_a_search_never_asks_beyond_its_ceiling_and_by_one_sort(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    for number in range(450):
        fake.put(f"Customer {number}")

    shown, _, _ = polled(hubspot, "customer")

    searches = [asked.body for asked in fake.log if asked.path.endswith("/search")]
    assert len({each.external_id for each in shown}) == 450
    assert all("after" not in body and len(body["sorts"]) == 1 for body in searches)


def test_associations_beyond_one_answer_are_read_on(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    order = fake.enter("orders", hs_order_name="SO-1")
    first, second = (fake.enter("line_items", quantity=each) for each in ("1", "2"))
    part = {"from": {"id": order}, "to": [{"toObjectId": int(first)}], "paging": {"next": {"after": "x"}}}
    row = {"id": order, "properties": {"hs_order_name": "SO-1"}}
    fake.next_replies += [
        Given(200, {"results": [row]}),
        Given(200, {"results": []}),
        Given(200, {"results": [part]}),
        Given(200, {"results": [{"toObjectId": int(second)}]}),
    ]

    found = hubspot.fetch("order", [order])

    assert not isinstance(found, Trouble)
    shown = found[order]
    assert isinstance(shown, Observation)
    assert sum(path.endswith("quantity") for path in shown.fields) == 2
    assert fake.log[3].path == f"/crm/v4/objects/orders/{order}/associations/line_items"


def test_records_are_found_by_a_key_in_bulk(hubspot: HubSpotSystem, fake: HubSpotFake) -> None:
    tea = fake.enter("products", hs_sku="TEA")
    keys = [Key("sku", ("tea",)), Key("sku", ("RICE",))]

    found = hubspot.find("product", keys)

    assert not isinstance(found, Trouble)
    assert [[each.external_id for each in found[key]] for key in keys] == [[tea], []]


@pytest.mark.parametrize(
    ("version", "path"),
    [("2026-03", "/crm/objects/2026-03/companies"), ("v3", "/crm/v3/objects/companies")],
)
def test_the_version_of_the_paths_is_a_setting(fake: HubSpotFake, version: str, path: str) -> None:
    fake.next_replies.append(Given(200, {"results": []}))
    system = connect(settings(fake.url, version=version), lambda _name: SECRET)

    system.list("customer", None)
    system.close()

    assert fake.log[0].path == path


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"version": "latest"},
        {"search_size": 500},
        {"batch_size": 101},
        {"webhook_url": "http://sync.example.com/"},
        {"entities": {"stock": {}}},
        {"entities": {"customer": {"colour": "red"}}},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        HubSpotSettings.model_validate({**settings().model_dump(), **wrong})


def test_what_no_time_stamp_covers_is_said() -> None:
    able = CAPABILITIES.entities(settings())["order"]

    assert not able.exact
    assert {"customer", "lines[].quantity"} <= able.uncovered
