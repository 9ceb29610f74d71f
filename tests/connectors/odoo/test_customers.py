"""Customers: partners with their addresses and contacts, in one call each; fields of your own."""

from __future__ import annotations

from datetime import timedelta

from shared.connectors.odoo import connect
from shared.connectors.odoo.system import OdooSystem
from shared.core.commands import Create, Update
from shared.core.observations import Refused, Stored
from shared.core.values import Value
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo.orders_bench import methods, polled
from tests.connectors.odoo_bench import SECRET, settings


def test_addresses_and_contacts_go_both_ways_in_one_call_each(odoo: OdooFake, system: OdooSystem) -> None:
    fields: dict[str, Value] = {
        "name": "Acme",
        "addresses[billing].city": "Antwerpen",
        "addresses[billing].region": "Antwerp",
        "addresses[billing].country": "BE",
        "addresses[shipping].street": "Kade 1",
        "contacts[a]": True,
        "contacts[a].name": "Ada",
    }
    made = system.write("customer", [Create("customer-1", fields)])[0]

    assert isinstance(made, Stored), made
    shown = made.shown.fields
    assert {path: shown.get(path) for path in fields if not path.startswith("contacts")} == {
        path: value for path, value in fields.items() if not path.startswith("contacts")
    }
    contact = next(str(each) for each, row in odoo.tables["res.partner"].items() if row.get("type") == "contact")
    changed = {"addresses[shipping].street": "Kade 2", "addresses[billing].country": None, "contacts[a]": False}
    answer = system.write("customer", [Update("customer-1", made.external_id, changed, elements={"a": contact})])[0]
    assert isinstance(answer, Stored)
    assert methods(odoo) == ["create", "write"]
    assert answer.shown.fields["addresses[shipping].street"] == "Kade 2"
    assert answer.shown.fields["addresses[billing].country"] is None
    assert odoo.tables["res.partner"][int(contact)]["active"] is False
    assert not any(path.startswith("contacts[") for path in answer.shown.fields)
    assert sum(row.get("type") == "delivery" for row in odoo.tables["res.partner"].values()) == 1


def test_a_country_that_odoo_does_not_know_is_refused_where_it_is_all_there_is(
    odoo: OdooFake, system: OdooSystem
) -> None:
    partner = odoo.put("Acme")

    refused = system.write("customer", [Update("customer-1", partner, {"addresses[billing].country": "XX"})])[0]

    assert isinstance(refused, Refused)
    assert refused.trouble.field == "addresses[billing].country"


def test_a_changed_contact_names_its_company(odoo: OdooFake, system: OdooSystem) -> None:
    company = odoo.put("Acme")
    contact = odoo.enter("res.partner", name="Ada", type="contact", parent_id=int(company))
    odoo.now += timedelta(hours=1)
    later = odoo.put("A later one")
    _, cursor = polled(system, "customer")
    odoo.now += timedelta(hours=2)
    odoo.edit("res.partner", contact, phone="1")

    ids, _ = polled(system, "customer", cursor)

    assert ids == [later, company]


def test_custom_fields_go_both_ways(odoo: OdooFake) -> None:
    entities = {"customer": {"fields": {"site": "website"}, "without": ["tax_number"]}}
    system = connect(settings(odoo.url, entities=entities), lambda _name: dict(SECRET))

    answer = system.write("customer", [Create("customer-1", {"name": "Acme", "site": "https://acme.example"})])[0]
    system.close()

    assert isinstance(answer, Stored)
    assert answer.shown.fields["site"] == "https://acme.example"
    assert "tax_number" not in answer.shown.fields
