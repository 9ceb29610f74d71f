"""Reading: `false` that is nothing, what is archived, keys in any case, answers that say too little."""

from __future__ import annotations

from decimal import Decimal

from shared.connectors.odoo.system import OdooSystem
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Gone, Invalid, Observation, Trouble, Unknown
from shared.ports.system import Key, Page
from tests.connectors.fakes.base import Given
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo.orders_bench import fetched


def test_a_no_is_no_nothing(odoo: OdooFake, system: OdooSystem) -> None:
    product = odoo.enter("product.product", name="Nut", sale_ok=True, list_price=0.30000000000000004)
    odoo.edit("product.product", product, barcode=False)

    shown = fetched(system, "product", product).fields
    system.write("product", [Update("product-1", str(product), {"discontinued": True, "gtin": None})])

    assert (shown["discontinued"], shown["gtin"], shown["price"]) == (False, None, Decimal("0.3"))
    assert odoo.tables["product.product"][product]["sale_ok"] is False
    assert fetched(system, "product", product).fields["discontinued"] is True


def test_an_archived_record_is_gone_for_every_way_to_ask_and_a_poll_tells_of_it(
    odoo: OdooFake, system: OdooSystem
) -> None:
    product = odoo.enter("product.product", name="Nut", default_code="N-1")
    system.write("product", [Archive("product-1", str(product))])

    page = system.changed_since("product", None)

    assert system.fetch("product", [str(product)]) == {str(product): Gone(str(product))}
    assert system.find("product", [Key("sku", ("N-1",))]) == {Key("sku", ("N-1",)): ()}
    assert isinstance(page, Page)
    assert [(each.external_id, isinstance(each, Observation) and each.deleted) for each in page.observations] == [
        (str(product), True)
    ]


def test_keys_are_looked_up_in_any_case_and_to_the_letter(odoo: OdooFake, system: OdooSystem) -> None:
    ids = [odoo.enter("product.product", name="Nut", default_code=code) for code in ("A_1", "AB1", "a%2")]
    keys = [Key("sku", ("a_1",)), Key("sku", ("A%2",)), Key("sku", ("none",))]

    found = system.find("product", keys)

    assert not isinstance(found, Trouble)
    assert [[each.external_id for each in found[key]] for key in keys] == [[str(ids[0])], [str(ids[2])], []]
    assert (len(odoo.log), odoo.served_rows) == (1, 2)


def test_a_key_that_no_field_holds_cannot_be_looked_up(system: OdooSystem) -> None:
    found = system.find("customer", [Key("credit_limit", (Decimal(1),))])

    assert isinstance(found, Trouble)
    assert found.code == "cannot-find"


def test_ids_that_are_none_of_odoos_are_gone_and_ask_nothing(odoo: OdooFake, system: OdooSystem) -> None:
    assert system.fetch("customer", ["x"]) == {"x": Gone("x")}
    assert odoo.log == []


def test_an_answer_to_a_create_that_is_too_short_leaves_all_unknown(odoo: OdooFake, system: OdooSystem) -> None:
    odoo.next_replies.append(Given(200, [1]))

    answers = system.write("customer", [Create(f"c-{number}", {"name": "Acme"}) for number in range(2)])

    assert [type(each) for each in answers] == [Unknown, Unknown]


def test_what_cannot_be_read_is_told_of_one_record_only(odoo: OdooFake, system: OdooSystem) -> None:
    order = odoo.enter("sale.order", name="S1", state="of another kind")

    found = system.fetch("order", [str(order)])

    assert not isinstance(found, Trouble)
    assert isinstance(found[str(order)], Invalid)


def test_a_server_that_ignores_what_is_asked_ends_no_walk_in_circles(odoo: OdooFake, system: OdooSystem) -> None:
    odoo.next_replies.append(Given(200, [{"id": 3, "write_date": "2026-03-02 09:00:00", "active": True}]))

    listing = system.list("customer", "5")

    assert isinstance(listing, Trouble)
    assert listing.code == "ignores-domain"
