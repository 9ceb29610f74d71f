"""What is Odoo's own: lists as commands of one call, `false`, times of transactions, orders' steps, stock, webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.odoo import CAPABILITIES, OdooSettings, connect, webhooks
from shared.connectors.odoo.system import OdooSystem
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Gone, Invalid, Next, Observation, Refused, Stored, Trouble, Unknown
from shared.core.values import Reference, Value
from shared.ports.system import Hint, Key, Page, Received, Rejected, WebhookRequest
from tests.connectors.fakes.base import START, Given, serving
from tests.connectors.fakes.odoo import OdooFake
from tests.connectors.odoo_bench import SECRET, settings
from tests.kit.kit_webhooks import NOW


@pytest.fixture
def odoo() -> Iterator[OdooFake]:
    fake = OdooFake()
    with serving(fake):
        yield fake
    assert fake.problems == []


@pytest.fixture
def system(odoo: OdooFake) -> Iterator[OdooSystem]:
    made = connect(settings(odoo.url), lambda _name: dict(SECRET))
    yield made
    made.close()


def fetched(system: OdooSystem, entity: str, record: object) -> Observation:
    found = system.fetch(entity, [str(record)])
    assert not isinstance(found, Trouble), found
    shown = found[str(record)]
    assert isinstance(shown, Observation), shown
    return shown


def polled(system: OdooSystem, entity: str, cursor: str | None = None) -> tuple[list[str], str | None]:
    ids: list[str] = []
    while True:
        page = system.changed_since(entity, cursor)
        assert isinstance(page, Page), page
        ids += [*(each.external_id for each in page.observations), *page.ids]
        cursor = page.next_cursor
        if not page.more:
            return ids, cursor


def an_order(partner: object, product: object, **fields: Any) -> Create:
    return Create(
        "order-1",
        {
            "number": "W-1",
            "customer": Reference("erp", "customer", str(partner)),
            "placed_at": START,
            "lines[a]": True,
            "lines[a].product": Reference("erp", "product", str(product)),
            "lines[a].quantity": Decimal("2.5"),
            "lines[a].unit_price": Decimal("9.95"),
            "lines[a].discount": Decimal("0.1"),
            **fields,
        },
    )


def methods(odoo: OdooFake) -> list[str]:
    called = [each.path.rpartition("/")[2] for each in odoo.log]
    return [method for method in called if method != "search_read"]


@pytest.fixture
def placed(odoo: OdooFake, system: OdooSystem) -> str:
    answer = system.write("order", [an_order(odoo.put("Acme"), odoo.enter("product.product", name="Nut"))])[0]
    assert isinstance(answer, Stored), answer
    return answer.external_id


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


def test_pickings_are_shipments_with_their_moves(odoo: OdooFake, system: OdooSystem) -> None:
    order = odoo.enter("sale.order", name="S1")
    product = odoo.enter("product.product", name="Nut")
    picking = odoo.enter(
        "stock.picking", name="OUT/1", sale_id=order, state="done", picking_type_code="outgoing", carrier_id=False
    )
    odoo.enter("stock.picking", name="IN/1", picking_type_code="incoming", state="done")
    move = odoo.enter("stock.move", picking_id=picking, product_id=product, product_uom_qty=2)

    shown = fetched(system, "shipment", picking).fields
    listing = system.list("shipment", None)

    assert (shown["order"], shown["status"]) == (Reference("erp", "order", str(order)), "shipped")
    assert shown[f"lines[{move}].quantity"] == Decimal(2)
    assert not isinstance(listing, Trouble)
    assert [each.external_id for each in listing.entries] == [str(picking)]


@pytest.fixture
def shelf(odoo: OdooFake) -> tuple[int, int, int]:
    view = odoo.enter("stock.location", name="WH", usage="view")
    inside = odoo.enter("stock.location", name="Shelf", usage="internal", location_id=view)
    return (
        odoo.enter("product.product", name="Nut", type="consu"),
        odoo.enter("stock.warehouse", name="Main", view_location_id=view),
        inside,
    )


def test_stock_is_summed_per_product_and_warehouse(
    odoo: OdooFake, system: OdooSystem, shelf: tuple[int, int, int]
) -> None:
    product, house, inside = shelf
    for quantity in (5, 0.1, 0.2):
        odoo.enter("stock.quant", product_id=product, location_id=inside, quantity=quantity, reserved_quantity=1)
    outside = odoo.enter("stock.location", name="Customers", usage="customer")
    odoo.enter("stock.quant", product_id=product, location_id=outside, quantity=99, reserved_quantity=0)
    key = Key("product+location", (Reference("erp", "product", str(product)), "Main"))

    shown = fetched(system, "stock", f"{product}@{house}").fields
    found, listing = system.find("stock", [key]), system.list("stock", None)

    assert (shown["on_hand"], shown["reserved"], shown["location"]) == (Decimal("5.3"), Decimal(3), "Main")
    assert not isinstance(found, Trouble)
    assert [each.external_id for each in found[key]] == [f"{product}@{house}"]
    assert not isinstance(listing, Trouble)
    assert [each.external_id for each in listing.entries] == [f"{product}@{house}"]


def test_a_changed_quant_names_its_product_and_nothing_ever_writes_one(
    odoo: OdooFake, system: OdooSystem, shelf: tuple[int, int, int]
) -> None:
    product, house, inside = shelf
    quant = odoo.enter("stock.quant", product_id=product, location_id=inside, quantity=5, reserved_quantity=1)
    _, cursor = polled(system, "stock")
    odoo.now += timedelta(hours=1)
    odoo.edit("stock.quant", quant, quantity=4)

    ids, _ = polled(system, "stock", cursor)
    refused = system.write("stock", [Update("stock-1", f"{product}@{house}", {"on_hand": Decimal(1)})])[0]

    assert ids == [f"{product}@{house}"]
    assert isinstance(refused, Refused)
    assert methods(odoo) == []


def test_custom_fields_go_both_ways(odoo: OdooFake) -> None:
    entities = {"customer": {"fields": {"site": "website"}, "without": ["tax_number"]}}
    system = connect(settings(odoo.url, entities=entities), lambda _name: dict(SECRET))

    answer = system.write("customer", [Create("customer-1", {"name": "Acme", "site": "https://acme.example"})])[0]
    system.close()

    assert isinstance(answer, Stored)
    assert answer.shown.fields["site"] == "https://acme.example"
    assert "tax_number" not in answer.shown.fields


def told(url: str, body: object, secret: str = "one two") -> Received | Rejected:
    found = webhooks(settings(), lambda _name: {"webhook_secret": secret})
    assert found is not None
    return found.receive(WebhookRequest({}, body if isinstance(body, bytes) else json.dumps(body).encode(), url), NOW)


HOOK = "https://sync.example.com/webhooks/erp"
ORDER = {"_action": "Tell(#12)", "_id": 41, "_model": "sale.order"}


@pytest.mark.parametrize("token", ["one", "two"])
def test_a_message_with_a_live_token_is_a_hint(token: str) -> None:
    assert told(f"{HOOK}?token={token}", ORDER) == Received((Hint("erp", "order", "41"),))


@pytest.mark.parametrize("query", ["", "?token=", "?token=onf", "?token=one%20two", "?token=one&token=two", "?t=one"])
def test_a_message_without_a_live_token_is_refused(query: str) -> None:
    refused = told(HOOK + query, ORDER)

    assert isinstance(refused, Rejected)
    assert refused.status == 401


@pytest.mark.parametrize("body", [b"{", b"[]", b"7", {"_model": "sale.order"}, {"_id": True}, {"_id": "41"}])
def test_a_message_that_names_no_record_is_a_bad_request(body: object) -> None:
    refused = told(f"{HOOK}?token=one", body)

    assert isinstance(refused, Rejected)
    assert refused.status == 400


@pytest.mark.parametrize(
    ("body", "hints"),
    [
        ({"_model": "sale.order.line", "_id": 9, "order_id": 41}, (Hint("erp", "order", "41"),)),
        ({"_model": "sale.order.line", "_id": 9, "order_id": [41, "S41"]}, (Hint("erp", "order", "41"),)),
        ({"_model": "sale.order.line", "_id": 9}, ()),
        ({"_model": "res.partner", "_id": 9, "parent_id": 4}, (Hint("erp", "customer", "4"),)),
        ({"_model": "res.partner", "_id": 9, "parent_id": False}, (Hint("erp", "customer", "9"),)),
        ({"_model": "mail.message", "_id": 9}, ()),
    ],
)
def test_a_message_of_a_part_speaks_of_the_whole(body: object, hints: tuple[Hint, ...]) -> None:
    assert told(f"{HOOK}?token=one", body) == Received(hints)


def test_without_a_live_token_nothing_gets_in() -> None:
    refused = told(f"{HOOK}?token=", ORDER, secret="")

    assert isinstance(refused, Rejected)
    assert refused.status == 503


def test_an_odoo_that_sends_no_webhooks_has_no_verifier() -> None:
    assert webhooks(settings(webhooks=False), lambda _name: {}) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"interface": "jsonrpc", "database": ""},
        {"entities": {"supplier": {}}},
        {"entities": {"order": {"fields": {"lines[]": "here"}}}},
        {"page_size": 0},
    ],
)
def test_settings_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        OdooSettings.model_validate({"name": "erp", "base_url": "https://erp.example.com", **wrong})


def test_json_rpc_needs_a_user_name_besides() -> None:
    assert CAPABILITIES.credentials(settings()) == ("api_key",)
    assert CAPABILITIES.credentials(settings(interface="jsonrpc")) == ("username", "api_key")


def test_a_wrong_user_name_or_no_key_trips_the_system() -> None:
    fake = OdooFake(rpc=True)
    with serving(fake):
        for secret in ({"username": "nobody", "api_key": "a-live-credential"}, {"username": "sync"}):
            system = connect(settings(fake.url, interface="jsonrpc"), {"erp": secret}.__getitem__)
            trouble = system.list("customer", None)
            system.close()
            assert isinstance(trouble, Trouble)
            assert (trouble.next, trouble.whole_system) == (Next.AUTH, True)
    assert len(fake.log) == 1
