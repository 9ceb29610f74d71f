"""What the connector does with Tryton, as scenarios with their expectations: run on a real server and on recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from local.tryton import purchasing, warehouse
from local.tryton.rpc import Client
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Gone, Next, Observation, Refused, Stored, Trouble
from shared.core.paths import element_of
from shared.core.values import Reference, Value
from shared.ports.system import Key
from tests.connectors.tryton_world import World

Fields = Mapping[str, Value]


def record(name: str) -> str:
    """Return the record id that stands for a name."""
    return str(uuid5(NAMESPACE_URL, name))


def address(role: str, **parts: Value) -> dict[str, Value]:
    """Return the fields of an address."""
    whole = dict.fromkeys(("name", "street", "city", "region", "postal_code", "country")) | parts
    return {f"{role}.{part}": value for part, value in whole.items()}


def customer(number: str, **fields: Value) -> Create:
    """Return a customer with an address and a contact person."""
    return Create(
        record(number),
        {
            "number": number,
            "name": f"Company {number}",
            "phone": "(5) 555-4729",
            "currency": "USD",
            "payment_terms": None,
            **address("addresses[billing]", street="Mataderos  2312", city="Montréal", region="Québec", country="CA"),
            "contacts[ana]": True,
            "contacts[ana].name": "Ana Trujillo",
            "contacts[ana].title": "Owner",
            **fields,
        },
    )


def stored(answer: object) -> Observation:
    """Return what an answer shows as stored."""
    assert isinstance(answer, Stored), answer
    return answer.shown


def refused(answer: object) -> Trouble:
    """Return the trouble of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.trouble


def shows(shown: Observation, fields: Fields) -> bool:
    """Tell whether all plain fields are shown as they were sent; elements are compared without their keys."""
    return all(shown.fields[path] == value for path, value in fields.items() if element_of(path) is None)


def elements(shown: Observation | Create, collection: str) -> list[dict[str, Value]]:
    """Return the elements of a collection without their keys, each as its fields."""
    found: dict[str, dict[str, Value]] = {}
    for path, value in shown.fields.items():
        element = element_of(path)
        if element is not None and element.collection == collection and element.field:
            found.setdefault(element.key, {})[element.field] = value
    return list(found.values())


def key_of(shown: Observation, collection: str, name: str, value: Value) -> str:
    """Return the partner's id of the element that shows a value."""
    paths = (element_of(path) for path, held in shown.fields.items() if held == value)
    return next(each.key for each in paths if each and each.collection == collection and each.field == name)


def products(world: World) -> dict[str, Reference]:
    """Return the company's products by SKU."""
    found = world.system.find("product", [Key("sku", (sku,)) for sku in ("TEA", "RICE")])
    assert not isinstance(found, Trouble), found
    return {str(key.values[0]): Reference("erp", "product", each[0].external_id) for key, each in found.items()}


def buyer(world: World, number: str) -> Reference:
    """Make a customer and return it as orders refer to it."""
    made = stored(world.system.write("customer", [customer(number)])[0])
    return Reference("erp", "customer", made.external_id)


def order(number: str, party: Reference, lines: list[tuple[Reference, str, str, str]], status: str) -> Create:
    """Return an order of lines (product, quantity, price, discount) with 12.34 freight."""
    fields: dict[str, Value] = {
        "number": number,
        "customer": party,
        "status": status,
        "currency": "USD",
        "placed_at": datetime(2026, 5, 6, tzinfo=UTC),
        "wanted_at": datetime(2026, 6, 3, tzinfo=UTC),
        "freight": Decimal("12.34"),
        **address("ship_to", name="Elsewhere", street="1029 - 12th Ave. S.", city="Seattle", region="WA", country="US"),
    }
    for place, (product, quantity, price, discount) in enumerate(lines):
        fields |= {
            f"lines[{place}]": True,
            f"lines[{place}].product": product,
            f"lines[{place}].quantity": Decimal(quantity),
            f"lines[{place}].unit_price": Decimal(price),
            f"lines[{place}].discount": Decimal(discount),
        }
    return Create(record(number), fields)


def a_customer_comes_back_as_it_was_sent(world: World) -> None:
    """Region, contact name and title, double spaces and accents included; in one write and one read."""
    wanted = customer("C-1", fax="(5) 555-3745")
    world.system.find("customer", [Key("external_reference", (wanted.record_id,)), Key("number", ("C-1",))])
    before = dict(world.system.calls)

    shown = stored(world.system.write("customer", [wanted])[0])

    lookups = 4  # category, currencies, payment terms, countries and their subdivisions: once, then kept
    assert world.system.calls["write"] - before["write"] == 1
    assert world.system.calls["read"] - before["read"] <= 1 + lookups + 1
    assert shows(shown, wanted.fields)
    assert elements(shown, "contacts") == [{"name": "Ana Trujillo", "title": "Owner", "email": None, "phone": None}]
    assert shown.reference == wanted.record_id


def a_customer_is_found_by_reference_and_keys_in_one_call(world: World) -> None:
    """Letter case of an e-mail makes no difference; what is not there has an empty answer."""
    made = customer("C-2", email="Info@Company.Example")
    world.system.write("customer", [made])
    keys = [
        Key("external_reference", (made.record_id,)),
        Key("number", ("C-2",)),
        Key("email", ("info@company.example",)),
        Key("number", ("nobody",)),
    ]
    before = world.system.calls["read"]

    found = world.system.find("customer", keys)

    assert not isinstance(found, Trouble)
    assert world.system.calls["read"] - before == 1
    assert [len(found[key]) for key in keys] == [1, 1, 1, 0]


def only_what_is_sent_changes(world: World) -> None:
    """A shipping address is split off, a person gets an e-mail and keeps the id, a second person comes."""
    made = stored(world.system.write("customer", [customer("C-3")])[0])
    ana = key_of(made, "contacts", "name", "Ana Trujillo")
    changes: Fields = {
        "phone": "030-0074321",
        "addresses[shipping].street": "Obere Str. 57",
        "addresses[shipping].country": "DE",
        "contacts[ana].email": "ana@company.example",
        "contacts[tom]": True,
        "contacts[tom].name": "Tom",
        "contacts[tom].phone": "555",
        "contacts[tom].email": None,
    }

    update = Update(record("C-3"), made.external_id, changes, made.revision, {"ana": ana})
    shown = stored(world.system.write("customer", [update])[0])

    assert shows(shown, {path: value for path, value in changes.items() if element_of(path) is None})
    assert shown.fields["addresses[billing].street"] == "Mataderos  2312"
    assert key_of(shown, "contacts", "email", "ana@company.example") == ana
    assert {person["name"] for person in elements(shown, "contacts")} == {"Ana Trujillo", "Tom"}


def a_change_of_an_address_is_noticed(world: World) -> None:
    """It does not stamp the party, but moves our revision, is seen by the poll, and refuses a write based on before."""
    made = stored(world.system.write("customer", [customer("C-4")])[0])
    first = world.system.changed_since("customer", None)
    assert not isinstance(first, Trouble)
    world.person(
        lambda erp: erp.call(
            "party.address",
            "write",
            erp.call("party.address", "search", [["party", "=", int(made.external_id)]]),
            {"city": "Laval"},
        )
    )

    page = world.system.changed_since("customer", first.next_cursor)
    answer = world.system.write("customer", [Update(record("C-4"), made.external_id, {"phone": "1"}, made.revision)])

    assert not isinstance(page, Trouble)
    seen = next(each for each in page.observations if each.external_id == made.external_id)
    assert isinstance(seen, Observation)
    assert seen.fields["addresses[billing].city"] == "Laval"
    assert made.revision is not None
    assert seen.revision is not None
    assert (seen.revision.order or 0) > (made.revision.order or 0)
    assert refused(answer[0]).next is Next.CONFLICT


def one_refused_customer_does_not_stop_the_others(world: World) -> None:
    """Tryton refuses the whole call; it is halved until the bad one stands alone, with Tryton's own words."""
    good = [customer(f"C-5{place}") for place in range(4)]
    bad = customer("C-50")

    answers = world.system.write("customer", [*good, Create(record("C-5x"), bad.fields)])

    assert [type(each) for each in answers] == [Stored] * 4 + [Refused]
    assert refused(answers[4]).next is Next.PERMANENT
    assert "code" in refused(answers[4]).message


def an_archived_customer_is_gone(world: World) -> None:
    """Archiving deactivates; the poll shows it as deleted."""
    made = stored(world.system.write("customer", [customer("C-6")])[0])
    first = world.system.changed_since("customer", None)
    assert not isinstance(first, Trouble)

    answer = world.system.write("customer", [Archive(record("C-6"), made.external_id, made.revision)])
    shown = world.system.fetch("customer", [made.external_id, "4711"])
    page = world.system.changed_since("customer", first.next_cursor)

    assert not isinstance(answer[0], Refused)
    assert shown == {made.external_id: Gone(made.external_id), "4711": Gone("4711")}
    assert not isinstance(page, Trouble)
    assert [each.external_id for each in page.observations if isinstance(each, Observation) and each.deleted] == [
        made.external_id
    ]


def a_placed_order_is_confirmed_and_comes_back_as_it_was_sent(world: World) -> None:
    """Net prices, discounts, freight and ship-to are exact; the total is Tryton's; five calls with the look before."""
    party, goods = buyer(world, "O-1"), products(world)
    wanted = order("1001", party, [(goods["TEA"], "10", "14", "0.15"), (goods["RICE"], "2", "2.5", "0")], "placed")
    again = order("1002", party, [(goods["TEA"], "1", "14", "0.15")], "placed")
    world.system.write("order", [again])
    before = dict(world.system.calls)

    world.system.find("order", [Key("external_reference", (wanted.record_id,)), Key("number", ("1001",))])
    shown = stored(world.system.write("order", [wanted])[0])

    assert sum(world.system.calls.values()) - sum(before.values()) <= 5 + 1  # the second product's unit is looked up
    assert (shown.fields["status"], shown.fields["location"]) == ("confirmed", "WH")
    assert shows(shown, {path: value for path, value in wanted.fields.items() if path != "status"})
    lines = [{**line, "shipped": Decimal(0)} for line in elements(wanted, "lines")]
    assert elements(shown, "lines") == lines
    assert shown.fields["total"] == Decimal("136.34")  # 10 × 11.90 + 2 × 2.50 + 12.34
    assert shown.reference == wanted.record_id


def a_draft_takes_changes_of_its_lines_only_where_they_are(world: World) -> None:
    """A person's change of another line stays; a stale revision is a conflict."""
    party, goods = buyer(world, "O-2"), products(world)
    lines = [(goods["TEA"], "10", "14", "0"), (goods["RICE"], "2", "2.5", "0")]
    made = stored(world.system.write("order", [order("1003", party, lines, "draft")])[0])
    tea, rice = (key_of(made, "lines", "product", goods[sku]) for sku in ("TEA", "RICE"))
    world.person(lambda erp: erp.call("sale.line", "write", [int(rice)], {"quantity": 3.0}))

    def change(revision: Any) -> Update:
        changes: Fields = {"lines[t].quantity": Decimal(7), "lines[t].discount": Decimal("0.5")}
        return Update(record("1003"), made.external_id, changes, revision, {"t": tea, "r": rice})

    stale = world.system.write("order", [change(made.revision)])
    shown = stored(world.system.write("order", [change(None)])[0])

    assert refused(stale[0]).next is Next.CONFLICT
    assert shown.fields["status"] == "draft"
    assert [line["quantity"] for line in elements(shown, "lines")] == [Decimal(7), Decimal(3)]
    assert shown.fields[f"lines[{tea}].discount"] == Decimal("0.5")
    assert shown.fields[f"lines[{tea}].unit_price"] == Decimal(14)


def a_processed_order_is_neither_changed_nor_cancelled(world: World) -> None:
    """Tryton's cancel answers null and does nothing: the true state is shown; changing a line is refused here."""
    party, goods = buyer(world, "O-3"), products(world)
    wanted = order("1004", party, [(goods["TEA"], "10", "14", "0")], "placed")
    made = stored(world.system.write("order", [wanted])[0])
    tea = key_of(made, "lines", "product", goods["TEA"])

    cancel = Update(record("1004"), made.external_id, {"status": "cancelled"}, made.revision)
    shown = stored(world.system.write("order", [cancel])[0])
    change = Update(record("1004"), made.external_id, {"lines[t].quantity": Decimal(1)}, None, {"t": tea})
    changed = world.system.write("order", [change])
    archived = world.system.write("order", [Archive(record("1004"), made.external_id)])

    assert shown.fields["status"] == "confirmed"
    assert refused(changed[0]).code == "not-a-draft"
    assert refused(archived[0]).code == "no-effect"


def a_draft_can_be_cancelled(world: World) -> None:
    """And then shows so."""
    party, goods = buyer(world, "O-4"), products(world)
    wanted = order("1005", party, [(goods["TEA"], "1", "14", "0")], "draft")
    made = stored(world.system.write("order", [wanted])[0])

    cancel = Update(record("1005"), made.external_id, {"status": "cancelled"}, made.revision)
    shown = stored(world.system.write("order", [cancel])[0])

    assert shown.fields["status"] == "cancelled"


def an_order_shipped_in_part_shows_how_much(world: World) -> None:
    """Three of ten leave, the rest waits in a shipment of its own; stock follows, and every poll notices."""
    party, goods = buyer(world, "O-5"), products(world)
    wanted = order("1006", party, [(goods["TEA"], "10", "14", "0"), (goods["RICE"], "2", "2.5", "0")], "placed")
    made = stored(world.system.write("order", [wanted])[0])
    since = world.system.changed_since("stock", None)
    assert not isinstance(since, Trouble)
    dispatch = warehouse.Dispatch("1006", "Speedy Express", "1Z999", datetime(2026, 5, 9, tzinfo=UTC).date())
    world.person(lambda erp: warehouse.ship_in_part(erp, dispatch, {"TEA": 3}))

    orders = world.system.fetch("order", [made.external_id])
    listing = world.system.list("shipment", None)
    moved = world.system.changed_since("stock", since.next_cursor)
    stock = world.system.find("stock", [Key("product+location", (goods["TEA"], "WH"))])

    assert not isinstance(orders, Trouble)
    assert not isinstance(listing, Trouble)
    assert not isinstance(moved, Trouble)
    assert not isinstance(stock, Trouble)
    shown = orders[made.external_id]
    assert isinstance(shown, Observation)
    assert shown.fields["status"] == "partly_shipped"
    assert [line["shipped"] for line in elements(shown, "lines")] == [Decimal(3), Decimal(0)]
    of_this = Reference("erp", "order", made.external_id)
    mine = [e.shown for e in listing.entries if isinstance(e.shown, Observation) and e.shown.fields["order"] == of_this]
    assert [each.fields["status"] for each in mine] == ["shipped", "planned"]
    assert (mine[0].fields["carrier"], mine[0].fields["tracking"]) == ("Speedy Express", "1Z999")
    assert mine[0].fields["shipped_at"] == datetime(2026, 5, 9, tzinfo=UTC)
    assert [line["quantity"] for line in elements(mine[0], "lines")] == [Decimal(3)]
    assert sorted(line["quantity"] for line in elements(mine[1], "lines") if isinstance(line["quantity"], Decimal)) == [
        2,
        7,
    ]
    ((tea,),) = stock.values()
    assert tea.external_id in moved.ids
    assert isinstance(tea, Observation)
    assert tea.fields["reorder_level"] == Decimal(25)


def products_and_stock_are_listed(world: World) -> None:
    """SKU, GTIN, unit and price; on hand, reserved, incoming and reorder level per warehouse; freight is no product."""
    listed = world.system.list("product", None)
    stock = world.system.list("stock", None)

    assert not isinstance(listed, Trouble)
    assert not isinstance(stock, Trouble)
    shown = [each.shown.fields for each in listed.entries if isinstance(each.shown, Observation)]
    assert [(each["sku"], each["name"], each["price"]) for each in shown] == [
        ("TEA", "Tea", Decimal(18)),
        ("RICE", "Rice", Decimal("2.5")),
    ]
    assert (shown[0]["gtin"], shown[0]["unit"], shown[0]["discontinued"]) == ("4006381333931", "u", False)
    figures = [each.shown.fields for each in stock.entries if isinstance(each.shown, Observation)]
    assert [each["location"] for each in figures] == ["WH", "WH"]
    assert all({"on_hand", "reserved", "incoming", "reorder_level"} <= each.keys() for each in figures)


def every_poll_sees_what_changed_and_goes_on_from_there(world: World) -> None:
    """A shipment's poll shows the shipment, an order's the order; a second poll begins where the first one did."""
    party, goods = buyer(world, "O-6"), products(world)
    wanted = order("1007", party, [(goods["RICE"], "1", "2.5", "0")], "placed")
    made = stored(world.system.write("order", [wanted])[0])

    pages = {entity: world.system.changed_since(entity, None) for entity in ("product", "order", "shipment")}
    again = {
        entity: world.system.changed_since(entity, page.next_cursor)
        for entity, page in pages.items()
        if not isinstance(page, Trouble)
    }

    seen = {entity: page.observations for entity, page in again.items() if not isinstance(page, Trouble)}
    assert seen.keys() == pages.keys()
    assert made.external_id in [each.external_id for each in seen["order"]]
    of_this = Reference("erp", "order", made.external_id)
    assert of_this in [each.fields["order"] for each in seen["shipment"] if isinstance(each, Observation)]


def a_product_is_made_and_changed(world: World) -> None:
    """Name and price stand in the template, the GTIN in the variant; all are one product for us."""
    wanted = Create(record("SALT"), {"sku": "SALT", "name": "Salt", "price": Decimal("1.25"), "gtin": "4006381333948"})
    made = stored(world.system.write("product", [wanted])[0])

    changes: Fields = {"price": Decimal("1.5"), "name": "Sea salt", "discontinued": True, "gtin": None}
    shown = stored(
        world.system.write("product", [Update(wanted.record_id, made.external_id, changes, made.revision)])[0]
    )
    stale = world.system.write("product", [Update(wanted.record_id, made.external_id, {"name": "x"}, made.revision)])
    gone = world.system.write("product", [Archive(wanted.record_id, made.external_id)])

    assert made.fields["discontinued"] is False
    assert shows(made, wanted.fields)
    assert shows(shown, changes)
    assert refused(stale[0]).next is Next.CONFLICT
    assert not isinstance(gone[0], Refused)


def suppliers_are_listed_with_how_long_they_take(world: World) -> None:
    """Parties of the suppliers' category only; a product shows what was agreed for it, or else its supplier's days."""
    listed = world.system.list("supplier", None)
    by_key = world.system.find("supplier", [Key("number", ("SUP-1",)), Key("email", ("Sales@Exotic.example",))])
    goods = world.system.list("product", None)

    assert not isinstance(listed, Trouble)
    assert not isinstance(by_key, Trouble)
    assert not isinstance(goods, Trouble)
    (entry,) = listed.entries
    assert isinstance(entry.shown, Observation)
    assert entry.shown.fields == {
        "number": "SUP-1",
        "name": "Exotic Liquids",
        "email": "sales@exotic.example",
        "phone": None,
        "currency": None,
        "lead_time_days": Decimal(10),
    }
    assert [[each.external_id for each in found] for found in by_key.values()] == [[entry.external_id]] * 2
    shown = [each.shown.fields for each in goods.entries if isinstance(each.shown, Observation)]
    assert {each["sku"]: each["lead_time_days"] for each in shown if each["sku"] in ("TEA", "RICE")} == {
        "TEA": Decimal(3),
        "RICE": Decimal(10),
    }


def a_supplier_that_takes_longer_is_noticed(world: World) -> None:
    """Also by the poll of the products that it supplies, whose own rows nobody touched."""
    first = {entity: world.system.changed_since(entity, None) for entity in ("supplier", "product")}
    world.person(lambda erp: _take_longer(erp, 21))

    pages = {
        entity: world.system.changed_since(entity, page.next_cursor)
        for entity, page in first.items()
        if not isinstance(page, Trouble)
    }
    world.person(lambda erp: _take_longer(erp, 10))

    seen = {
        entity: [each.fields for each in page.observations if isinstance(each, Observation)]
        for entity, page in pages.items()
        if not isinstance(page, Trouble)
    }
    assert [each["lead_time_days"] for each in seen["supplier"]] == [Decimal(21)]
    assert {each["sku"]: each["lead_time_days"] for each in seen["product"]}["RICE"] == Decimal(21)


def a_purchase_is_on_its_way_until_it_has_come(world: World) -> None:
    """Ordered, received in part, received: quantities and days follow the moves, and every poll notices."""
    goods = products(world)
    tea, rice = (int(goods[sku].external_id) for sku in ("TEA", "RICE"))
    lines = ((tea, 10, Decimal("9.50")), (rice, 4, Decimal("1.25")))
    began = world.system.changed_since("purchase_order", None)
    assert not isinstance(began, Trouble)
    expected = (world.clock.now() + timedelta(days=30)).date()
    world.person(lambda erp: purchasing.order_goods(erp, [purchasing.Purchase("SUP-1", lines, expected)]))

    def polled(cursor: str | None) -> tuple[Observation, str | None]:
        page = world.system.changed_since("purchase_order", cursor)
        assert not isinstance(page, Trouble)
        shown = page.observations[-1]
        assert isinstance(shown, Observation)
        return shown, page.next_cursor

    placed, cursor = polled(began.next_cursor)
    number = str(placed.fields["number"])
    world.person(lambda erp: purchasing.take_in(erp, number, {"TEA": 3}))
    in_part, cursor = polled(cursor)
    world.person(lambda erp: purchasing.take_in(erp, number))
    whole, _ = polled(cursor)
    found = world.system.find("purchase_order", [Key("number", (number,))])
    (supplier,) = _listed(world, "supplier")

    assert [each.fields["status"] for each in (placed, in_part, whole)] == ["placed", "partly_received", "received"]
    assert placed.fields["supplier"] == Reference("erp", "supplier", supplier.external_id)
    assert (placed.fields["location"], placed.fields["currency"]) == ("WH", "USD")
    assert placed.fields["placed_at"] is not None
    day = datetime(expected.year, expected.month, expected.day, tzinfo=UTC)
    assert placed.fields["expected_at"] == day
    first = {"product": goods["TEA"], "quantity": Decimal(10), "unit": "u", "unit_price": Decimal("9.5")}
    assert elements(placed, "lines")[0] == {**first, "received": Decimal(0), "expected_at": day}
    assert [(line["quantity"], line["received"]) for line in elements(in_part, "lines")] == [(10, 3), (4, 0)]
    assert [(line["quantity"], line["received"]) for line in elements(whole, "lines")] == [(10, 10), (4, 4)]
    assert [line["expected_at"] for line in elements(whole, "lines")] == [None, None]
    assert not isinstance(found, Trouble)
    ((again,),) = found.values()
    assert isinstance(again, Observation)
    assert (again.external_id, again.revision) == (whole.external_id, whole.revision)


def what_was_cancelled_of_a_purchase_is_expected_no_more(world: World) -> None:
    """A move that is cancelled brings nothing; a draft is no order yet; what Tryton is written is refused."""
    tea = int(products(world)["TEA"].external_id)
    lines = ((tea, 5, Decimal("9.50")),)
    world.person(lambda erp: purchasing.order_goods(erp, [purchasing.Purchase("SUP-1", lines)]))
    placed = _listed(world, "purchase_order")[-1]
    number = str(placed.fields["number"])
    world.person(lambda erp: _cancel_moves(erp, number))

    after = world.system.fetch("purchase_order", [placed.external_id])
    written = world.system.write("purchase_order", [Archive(record("P-1"), placed.external_id)])

    assert not isinstance(after, Trouble)
    shown = after[placed.external_id]
    assert isinstance(shown, Observation)
    before = elements(placed, "lines")[0]
    assert (placed.fields["status"], before["quantity"]) == ("placed", Decimal(5))
    soon = world.clock.now() + timedelta(days=10)  # the supplier's own days, with nothing said for the order
    assert before["expected_at"] == datetime(soon.year, soon.month, soon.day, tzinfo=UTC)
    assert elements(shown, "lines")[0]["quantity"] == Decimal(0)
    assert refused(written[0]).code == "read-only"


def _listed(world: World, entity: str) -> list[Observation]:
    listing = world.system.list(entity, None)
    assert not isinstance(listing, Trouble), listing
    return [each.shown for each in listing.entries if isinstance(each.shown, Observation)]


def _take_longer(erp: Client, days: int) -> None:
    suppliers = erp.call("party.party", "search", [["code", "=", "SUP-1"]])
    erp.call("party.party", "write", suppliers, {"supplier_lead_time": timedelta(days=days)})


def _cancel_moves(erp: Client, number: str) -> None:
    moves = erp.call("stock.move", "search", [["purchase.number", "=", number]])
    erp.call("stock.move", "cancel", moves)


SCENARIOS: tuple[Callable[[World], None], ...] = (
    products_and_stock_are_listed,
    a_customer_comes_back_as_it_was_sent,
    a_customer_is_found_by_reference_and_keys_in_one_call,
    only_what_is_sent_changes,
    a_change_of_an_address_is_noticed,
    one_refused_customer_does_not_stop_the_others,
    an_archived_customer_is_gone,
    a_placed_order_is_confirmed_and_comes_back_as_it_was_sent,
    a_draft_takes_changes_of_its_lines_only_where_they_are,
    a_processed_order_is_neither_changed_nor_cancelled,
    a_draft_can_be_cancelled,
    an_order_shipped_in_part_shows_how_much,
    every_poll_sees_what_changed_and_goes_on_from_there,
    a_product_is_made_and_changed,
    suppliers_are_listed_with_how_long_they_take,
    a_supplier_that_takes_longer_is_noticed,
    a_purchase_is_on_its_way_until_it_has_come,
    what_was_cancelled_of_a_purchase_is_expected_no_more,
)
"""In the order in which they are played on one fresh server."""
