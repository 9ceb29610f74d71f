"""Orders: lists as commands of one call, and statuses that are reached by methods of their own."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from shared.connectors.odoo import CAPABILITIES
from shared.connectors.odoo.system import OdooSystem
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Next, Refused, Stored
from shared.core.values import Reference, Value
from tests.connectors.fakes.base import START
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo.orders_bench import an_order, fetched, methods, polled
from tests.connectors.odoo_bench import settings


def test_an_order_goes_with_its_lines_in_one_call(odoo: OdooFake, system: OdooSystem, placed: str) -> None:
    line = next(iter(odoo.tables["sale.order.line"].values()))
    shown = fetched(system, "order", placed)

    assert methods(odoo) == ["create"]
    assert (line["product_uom_qty"], line["discount"]) == (2.5, 10)
    assert shown.fields[f"lines[{line['id']}].quantity"] == Decimal("2.5")
    assert shown.fields[f"lines[{line['id']}].discount"] == Decimal("0.1")
    assert shown.fields["placed_at"] == START
    assert shown.fields["wanted_at"] is None
    assert shown.reference == "order-1"


def test_lines_are_changed_added_and_taken_out_in_one_call(odoo: OdooFake, system: OdooSystem, placed: str) -> None:
    line = next(iter(odoo.tables["sale.order.line"]))
    other = odoo.enter("sale.order.line", order_id=int(placed), product_uom_qty=1)
    product = Reference("erp", "product", str(odoo.enter("product.product", name="Bolt")))
    fields: dict[str, Value] = {
        "lines[a].quantity": Decimal(7),
        "lines[b]": False,
        "lines[c]": True,
        "lines[c].product": product,
    }

    update = Update("order-1", placed, fields, elements={"a": str(line), "b": str(other)})
    answer = system.write("order", [update])[0]

    assert isinstance(answer, Stored), answer
    assert methods(odoo) == ["create", "write"]
    lines = odoo.tables["sale.order.line"]
    assert lines[line]["product_uom_qty"] == 7
    assert other not in lines
    assert len(lines) == 2


def test_one_bad_line_leaves_no_order_behind(odoo: OdooFake, system: OdooSystem) -> None:
    create = an_order(odoo.put("Acme"), odoo.enter("product.product", name="Nut"))
    bad = Create("order-2", {**create.fields, "lines[a].product": Reference("erp", "product", "no-id")})

    good, refused = system.write("order", [create, bad])

    assert isinstance(good, Stored)
    assert isinstance(refused, Refused)
    assert len(odoo.tables["sale.order"]) == len(odoo.tables["sale.order.line"]) == 1


def test_a_changed_line_names_its_order_though_the_order_is_not_stamped(
    odoo: OdooFake, system: OdooSystem, placed: str
) -> None:
    odoo.now += timedelta(hours=1)
    later = odoo.enter("sale.order", name="A later one")
    _, cursor = polled(system, "order")
    odoo.now += timedelta(hours=2)
    odoo.edit("sale.order.line", next(iter(odoo.tables["sale.order.line"])), product_uom_qty=4)

    ids, cursor = polled(system, "order", cursor)

    assert sorted(set(ids)) == sorted([str(later), placed])
    assert polled(system, "order", cursor)[0] == [str(later), placed]  # within the overlap
    assert "lines[]" in CAPABILITIES.entities(settings())["order"].uncovered


def test_statuses_are_reached_by_their_methods_and_only_from_where_they_can_be(
    odoo: OdooFake, system: OdooSystem, placed: str
) -> None:
    for status, state in (("placed", "sent"), ("confirmed", "sale"), ("confirmed", "sale"), ("cancelled", "cancel")):
        answer = system.write("order", [Update("order-1", placed, {"status": status})])[0]
        assert isinstance(answer, Stored), answer
        assert odoo.tables["sale.order"][int(placed)]["state"] == state
        assert answer.shown.fields["status"] == status

    assert methods(odoo)[1:] == ["action_quotation_sent", "action_confirm", "action_cancel"]


def test_what_odoo_asks_back_is_for_a_person(odoo: OdooFake, system: OdooSystem, placed: str) -> None:
    odoo.asks.add("action_cancel")

    refused = system.write("order", [Archive("order-1", placed)])[0]

    assert isinstance(refused, Refused)
    assert (refused.trouble.code, refused.trouble.next) == ("wants-a-person", Next.PERMANENT)


def test_what_is_shipped_is_shown_and_never_set(odoo: OdooFake, system: OdooSystem, placed: str) -> None:
    odoo.edit("sale.order", int(placed), state="sale", delivery_status="partial")

    refused = system.write("order", [Update("order-1", placed, {"status": "shipped"})])[0]

    assert fetched(system, "order", placed).fields["status"] == "partly_shipped"
    assert isinstance(refused, Refused)
    assert refused.trouble.code == "no-such-value"


def test_the_warehouse_that_ships_is_the_location_and_never_set(
    odoo: OdooFake, system: OdooSystem, placed: str
) -> None:
    house = odoo.enter("stock.warehouse", name="Leeds")
    before = fetched(system, "order", placed).fields["location"]

    odoo.edit("sale.order", int(placed), warehouse_id=int(house))

    assert (before, fetched(system, "order", placed).fields["location"]) == (None, "Leeds")
    assert "location" not in CAPABILITIES.entities(settings())["order"].takes


def test_an_odoo_without_the_module_that_ships_is_not_asked_for_a_warehouse_unless_it_is_mapped(
    odoo: OdooFake,
) -> None:
    mapped = {"order": {"fields": {"location": {"path": "warehouse_id", "read_only": True}}}}

    assert "location" not in settings(odoo.url, delivery_status="").specs("order")
    assert "location" in settings(odoo.url, delivery_status="", entities=mapped).specs("order")
    assert "location" not in settings(odoo.url, entities={"order": {"without": ["location"]}}).specs("order")


def test_a_status_that_cannot_be_set_does_not_deny_what_was_written(
    odoo: OdooFake, system: OdooSystem, placed: str
) -> None:
    odoo.asks.add("action_confirm")

    answer = system.write("order", [Update("order-1", placed, {"number": "W-2", "status": "confirmed"})])[0]

    assert isinstance(answer, Stored)
    assert (answer.shown.fields["number"], answer.shown.fields["status"]) == ("W-2", "draft")


def test_a_status_of_an_order_that_is_gone_is_a_reason_to_look(odoo: OdooFake, system: OdooSystem, placed: str) -> None:
    del odoo.tables["sale.order"][int(placed)]

    refused = system.write("order", [Update("order-1", placed, {"status": "placed"})])[0]

    assert isinstance(refused, Refused)
    assert refused.trouble.next is Next.CONFLICT


def test_a_new_order_that_is_placed_is_one(odoo: OdooFake, system: OdooSystem) -> None:
    create = an_order(odoo.put("Acme"), odoo.enter("product.product", name="Nut"), status="placed")

    answer = system.write("order", [create])[0]

    assert isinstance(answer, Stored)
    assert answer.shown.fields["status"] == "placed"


def test_an_order_of_a_contact_is_its_companys(odoo: OdooFake, system: OdooSystem) -> None:
    company = odoo.put("Acme")
    contact = odoo.enter("res.partner", name="Ada", type="contact", parent_id=int(company))
    order = odoo.enter("sale.order", name="S1", partner_id=contact)

    assert fetched(system, "order", order).fields["customer"] == Reference("erp", "customer", company)
