"""The sample CRM, connected by the generic connector and the description that the demo uses: no code in between."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.crm.running import SampleCrm
from shared.connectors.rest import RestSettings, connect
from shared.connectors.rest.system import RestSystem
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Accepted, Gone, Next, Observation, Refused, Stored, Trouble, Unknown
from shared.core.values import Reference, Value
from shared.ports.system import Key, Page

pytestmark = pytest.mark.slow
DESCRIPTION = Path(__file__).parents[2] / "local" / "demo" / "crm.toml"


@pytest.fixture(scope="module")
def crm() -> Iterator[SampleCrm]:
    with SampleCrm() as crm:
        yield crm


@pytest.fixture
def system(crm: SampleCrm) -> Iterator[RestSystem]:
    with crm.client() as client:
        client.send("POST", "/control/reset?forget=all", {})
    table: dict[str, Any] = tomllib.loads(DESCRIPTION.read_text())["systems"]["crm"]
    system = connect(RestSettings.model_validate({**table, "name": "crm", "base_url": crm.url}), lambda _: crm.secret())
    yield system
    system.close()


def stored(answer: object) -> Stored:
    assert isinstance(answer, Stored), answer
    return answer


def shown(answer: object, external_id: str) -> Observation:
    assert isinstance(answer, Mapping), answer
    assert isinstance(answer[external_id], Observation), answer
    found: Observation = answer[external_id]
    return found


CUSTOMER: dict[str, Value] = {
    "name": "Ann & Söhne",
    "email": "Ann@example.com",
    "addresses[billing].city": "Köln",
    "addresses[billing].country": "DE",
    "credit_limit": Decimal("1000.50"),
    "contacts[k1]": True,
    "contacts[k1].name": "Ann",
    "contacts[k1].email": "ann@example.com",
}


def new_customer(system: RestSystem, reference: str = "rec-1", **changes: Value) -> Stored:
    [answer] = system.write("customer", [Create(reference, {**CUSTOMER, **changes})])
    return stored(answer)


def test_what_is_created_is_shown_by_the_answer_by_a_read_and_by_a_list(system: RestSystem) -> None:
    answer = new_customer(system)

    plain = {path: value for path, value in CUSTOMER.items() if "contacts" not in path}
    assert {path: answer.shown.fields[path] for path in plain} == plain
    assert answer.shown.reference == "rec-1"
    assert answer.shown.complete
    assert shown(system.fetch("customer", [answer.external_id]), answer.external_id).fields == answer.shown.fields
    page = system.changed_since("customer", None)
    assert isinstance(page, Page)
    assert [each.external_id for each in page.observations] == [answer.external_id]
    listing = system.list("customer", None)
    assert not isinstance(listing, Trouble)
    assert [entry.revision for entry in listing.entries] == [answer.shown.revision]


def test_n_records_are_read_and_written_within_the_calls_that_the_catalog_declares(system: RestSystem) -> None:
    keys = [Key("external_reference", (f"rec-{n}",)) for n in range(100)]
    found = system.find("customer", keys)
    answers = system.write(
        "customer", [Create(f"rec-{n}", {"name": f"N{n}", "email": f"n{n}@x.example"}) for n in range(100)]
    )

    assert isinstance(found, Mapping)
    assert not any(found.values())
    ids = [stored(answer).external_id for answer in answers]
    assert len(set(ids)) == 100
    assert system.calls == {"read": 1, "write": 1}
    again = system.find("customer", keys)
    assert isinstance(again, Mapping)
    assert [[each.external_id for each in again[key]] for key in keys] == [[each] for each in ids]
    read = system.fetch("customer", ids)
    assert isinstance(read, Mapping)
    assert list(read) == ids
    system.write("customer", [Update(f"rec-{n}", ids[n], {"name": f"M{n}"}) for n in range(100)])
    assert system.calls == {"read": 3, "write": 2}


def test_an_update_is_made_on_the_revision_that_was_seen(system: RestSystem) -> None:
    before = new_customer(system)
    update = Update("rec-1", before.external_id, {"name": "Anna"}, precondition=before.shown.revision)

    [first] = system.write("customer", [update])
    [second] = system.write("customer", [update])

    assert stored(first).shown.fields["name"] == "Anna"
    assert isinstance(second, Refused)
    assert second.trouble.next is Next.CONFLICT


def test_one_element_changes_and_nothing_else_is_lost(system: RestSystem) -> None:
    before = new_customer(system)
    [contact] = [path[len("contacts[") : -1] for path, value in before.shown.fields.items() if value is True]
    fields: dict[str, Value] = {"contacts[k1].phone": "1", "contacts[k2]": True, "contacts[k2].name": "Bob"}

    [answer] = system.write("customer", [Update("rec-1", before.external_id, fields, elements={"k1": contact})])

    after = stored(answer).shown
    assert after.fields[f"contacts[{contact}].email"] == "ann@example.com"
    assert after.fields[f"contacts[{contact}].phone"] == "1"
    assert sorted(str(value) for path, value in after.fields.items() if path.endswith("].name")) == [
        "Ann",
        "Bob",
        "None",
        "None",
    ]
    assert after.fields["addresses[billing].country"] == "DE"


def test_an_order_refers_to_its_customer_and_products(system: RestSystem) -> None:
    customer = new_customer(system).external_id
    [product] = system.write("product", [Create("rec-p", {"sku": "S1", "name": "Pen", "price": Decimal("1.25")})])
    pen = stored(product).external_id
    fields: dict[str, Value] = {
        "number": "O-1",
        "customer": Reference("crm", "customer", customer),
        "status": "placed",
        "currency": "EUR",
        "lines[a]": True,
        "lines[a].product": Reference("crm", "product", pen),
        "lines[a].quantity": Decimal(4),
        "lines[a].unit_price": Decimal("1.25"),
        "lines[a].discount": Decimal("0.15"),
    }

    [answer] = system.write("order", [Create("rec-o", fields)])

    found = stored(answer).shown.fields
    assert found["status"] == "placed"
    assert found["customer"] == Reference("crm", "customer", customer)
    assert [value for path, value in found.items() if path.endswith(".discount")] == [Decimal("0.15")]
    answers = system.write("order", [Update("rec-o", stored(answer).external_id, {"status": "cancelled"})])
    assert stored(answers[0]).shown.fields["status"] == "cancelled"


def test_an_archived_record_is_gone_and_a_poll_says_so(system: RestSystem) -> None:
    external_id = new_customer(system).external_id

    [answer] = system.write("customer", [Archive("rec-1", external_id)])
    assert isinstance(answer, Accepted)
    assert answer.external_id == external_id
    assert system.fetch("customer", [external_id]) == {external_id: Gone(external_id)}
    page = system.changed_since("customer", '{"top": "2020-01-01T00:00:00.000000Z"}')
    assert isinstance(page, Page)
    assert [each.deleted for each in page.observations if isinstance(each, Observation)] == [True]


def test_each_refused_record_of_a_batch_says_why(system: RestSystem) -> None:
    holder = new_customer(system, number="C1").external_id
    commands = [
        Create("rec-2", {"name": "B", "number": "C1"}),
        Create("rec-3", {"name": "C", "addresses[billing].country": "Germany"}),
        Create("rec-4", {"name": "D"}),
    ]

    taken, wrong, fine = system.write("customer", commands)

    assert isinstance(taken, Refused)
    assert (taken.trouble.next, taken.trouble.candidates) == (Next.CONFLICT, (holder,))
    assert isinstance(wrong, Refused)
    assert (wrong.trouble.next, wrong.trouble.field) == (Next.PERMANENT, "billing.country")
    assert isinstance(fine, Stored)


def test_faults_are_told_for_what_they_are(crm: SampleCrm, system: RestSystem) -> None:
    with crm.client() as client:
        client.send("POST", "/control/faults", {"too_many": {"next": 1, "retry_after": 3}})
        throttled = system.fetch("customer", ["x"])
        client.send("POST", "/control/faults", {"lost_reply": {"next": 1}})
        [lost] = system.write("customer", [Create("rec-1", CUSTOMER)])

    assert isinstance(throttled, Trouble)
    assert (throttled.next, throttled.wait_seconds) == (Next.THROTTLED, 3.0)
    assert isinstance(lost, Unknown)
    found = system.find("customer", [Key("external_reference", ("rec-1",))])
    assert isinstance(found, Mapping)
    assert len(next(iter(found.values()))) == 1
