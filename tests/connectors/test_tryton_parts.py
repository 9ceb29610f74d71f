"""The parts of the Tryton connector that need no server: addresses, persons, custom fields, revisions, values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.connectors.http_json import decoded, encoded
from shared.connectors.tryton import CAPABILITIES, addresses, contacts, orders
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.reading import Cursor, changed_clause, cursor_of
from shared.connectors.tryton.rpc import Done, Ended, Failed
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import stamps
from shared.connectors.tryton.wire import tagged, untagged
from shared.connectors.tryton.writing import in_halves
from shared.core.observations import Next, Trouble
from shared.core.values import Value
from tests.connectors.tryton_world import StillClock, settings_for

SETTINGS = settings_for("http://127.0.0.1:1")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Tables:
    """Answers master data like a Tryton with three countries and a few subdivisions."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]] = {
        "country.country": [{"id": 1, "code": "CA"}, {"id": 2, "code": "DE"}, {"id": 3, "code": "IE"}],
        "country.subdivision": [
            {"id": 11, "code": "CA-QC", "name": "Quebec"},
            {"id": 12, "code": "CA-BC", "name": "British Columbia"},
            {"id": 13, "code": "DE-BE", "name": "Berlin"},
            {"id": 14, "code": "IE-CO", "name": "Cork"},
        ],
    }

    def call(self, model: str, _method: str, *_arguments: Any, context: Any = None) -> Ended:
        """Return the rows of a model."""
        del context
        return Done(list(self.rows[model]), NOW)


@pytest.fixture
def lookups() -> Lookups:
    known = Lookups(Tables(), SETTINGS, StillClock().now)  # type: ignore[arg-type]  # of the calls it needs only this
    assert known.learn_subdivisions(["CA", "DE", "IE"]) is None
    return known


def an_address(row_id: int = 5, **marks: Any) -> dict[str, Any]:
    """Return an address as Tryton shows it."""
    plain = {"id": row_id, "active": 1, "invoice": 0, "delivery": 0, "party_name": None, "street": "Obere Str. 57"}
    place = {"city": "Berlin", "postal_code": "12209", "country.": {"id": 2, "code": "DE"}, "subdivision.": None}
    return {**plain, **place, "_timestamp": "1.00001", **marks}


def a_mechanism(
    row_id: int, kind: str, value: str, name: str | None = None, title: str | None = None
) -> dict[str, Any]:
    """Return a contact mechanism as Tryton shows it."""
    return {"id": row_id, "active": 1, "type": kind, "value": value, "name": name, "comment": title}


def applied(rows: Sequence[Mapping[str, Any]], edits: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return rows after edits, as Tryton carries them out: what is removed first, then changed, then added."""
    gone = {each for edit in edits if edit[0] == "delete" for each in edit[1]}
    kept = [dict(row) for row in rows if row["id"] not in gone]
    for edit in edits:
        if edit[0] == "write":
            assert not gone & set(edit[1]), "Tryton refuses to change what it has just removed"
            for row in kept:
                row.update(edit[2] if row["id"] in edit[1] else {})
    added = [row for edit in edits if edit[0] == "create" for row in edit[1]]
    blank = {"active": 1, "name": None, "comment": None}
    return kept + [{**blank, "id": 100 + place, **row} for place, row in enumerate(added)]


@pytest.mark.parametrize(
    ("country", "region", "found"),
    [
        ("CA", "Québec", 11),
        ("CA", "quebec", 11),
        ("CA", "QC", 11),
        ("CA", "CA-BC", 12),
        ("CA", "British Columbia", 12),
        ("CA", "Berlin", None),
        ("IE", "Co. Cork", None),
    ],
)
def test_a_region_is_found_by_word_code_or_name(lookups: Lookups, country: str, region: str, found: int | None) -> None:
    assert lookups.subdivision(country, region, {"CA-QC": "Québec"}) == found


@pytest.mark.parametrize(
    ("subdivision", "shown"),
    [
        ({"code": "CA-QC", "name": "Quebec"}, "Québec"),
        ({"code": "CA-BC", "name": "British Columbia"}, "BC"),
        ({"code": "VE-K", "name": "Lara"}, "Lara"),
        (None, None),
    ],
)
def test_a_region_is_shown_in_our_words_else_as_on_a_letter(subdivision: Any, shown: str | None) -> None:
    row = an_address(**{"subdivision.": subdivision})

    assert addresses.shown_parts(row, SETTINGS)["region"] == shown


def test_one_address_with_both_marks_stands_for_both_roles() -> None:
    fields = addresses.shown_roles([an_address(invoice=1, delivery=1)], SETTINGS)

    assert fields["addresses[billing].city"] == fields["addresses[shipping].city"] == "Berlin"


def test_equal_roles_make_one_address(lookups: Lookups) -> None:
    parts = {"street": "s", "country": "DE"}

    rows = addresses.new_rows({"billing": parts, "shipping": dict(parts)}, lookups, SETTINGS)

    assert [(row["invoice"], row["delivery"]) for row in rows] == [(True, True)]


def test_a_shared_address_is_split_when_one_role_changes(lookups: Lookups) -> None:
    rows = [an_address(invoice=1, delivery=1)]

    edits = addresses.edits(rows, {"shipping": {"city": "Bonn"}}, lookups, SETTINGS)

    assert edits[0] == ["write", [5], {"delivery": False}]
    assert edits[1][0] == "create"
    assert (edits[1][1][0]["city"], edits[1][1][0]["street"]) == ("Bonn", "Obere Str. 57")
    assert edits[1][1][0]["delivery"] is True


def test_a_shared_address_stays_one_when_both_roles_change_alike(lookups: Lookups) -> None:
    changes = {role: {"city": "Bonn"} for role in ("billing", "shipping")}

    edits = addresses.edits([an_address(invoice=1, delivery=1)], changes, lookups, SETTINGS)

    assert edits == [["write", [5], {"city": "Bonn"}]]


def test_a_region_that_tryton_does_not_have_is_not_sent(lookups: Lookups) -> None:
    changed = addresses.stored({"country": "DE", "region": "Atlantis"}, lookups, SETTINGS, ["region"])
    abroad = addresses.stored({"country": "XX", "region": "Atlantis"}, lookups, SETTINGS, ["country", "region"])

    assert "subdivision" not in changed
    assert "country" not in abroad


def test_an_inactive_address_has_no_role() -> None:
    assert addresses.row_of([an_address(invoice=1, active=0)], "billing") is None


PERSON = [a_mechanism(7, "other", "Ana", "Ana", "Owner")]


@pytest.mark.parametrize(
    ("before", "changes", "after"),
    [
        (PERSON, {"email": "a@x.example"}, {"name": "Ana", "title": "Owner", "email": "a@x.example", "phone": None}),
        (
            PERSON,
            {"email": "a@x.example", "phone": "1"},
            {"name": "Ana", "title": "Owner", "email": "a@x.example", "phone": "1"},
        ),
        (
            [a_mechanism(7, "email", "a@x.example", "Ana"), a_mechanism(8, "phone", "1", "Ana")],
            {"email": None},
            {"name": "Ana", "title": None, "email": None, "phone": "1"},
        ),
        (
            [a_mechanism(7, "email", "a@x.example", "Ana")],
            {"email": None, "title": "CEO"},
            {"name": "Ana", "title": "CEO", "email": None, "phone": None},
        ),
        (
            [a_mechanism(7, "email", "a@x.example", "Ana"), a_mechanism(8, "email", "b@x.example", "Ana")],
            {"name": "Eva"},
            {"name": "Eva", "title": None, "email": "a@x.example", "phone": None},
        ),
        (
            [a_mechanism(7, "mobile", "3", "Ana"), a_mechanism(8, "phone", "1", "Ana")],
            {"phone": "2"},
            {"name": "Ana", "title": None, "email": None, "phone": "2"},
        ),
    ],
)
def test_a_person_who_changes_keeps_the_id(
    before: list[dict[str, Any]], changes: dict[str, Value], after: dict[str, Value]
) -> None:
    fields = {f"contacts[k].{name}": value for name, value in changes.items()}

    rows = applied(before, contacts.edits(before, fields, {"k": "7"}))

    (person,) = contacts.persons(rows)
    assert person.shown() == after
    assert person.id == "7"


def test_a_person_of_a_name_that_is_taken_is_left_out() -> None:
    """The simulation (seed 112): two persons of one name became one, and the phone of one was lost."""
    new: dict[str, Value] = {"contacts[n]": True, "contacts[n].name": "Ana", "contacts[n].phone": "2"}
    twins: dict[str, Value] = {**new, "contacts[m]": True, "contacts[m].name": "Ana", "contacts[m].phone": "3"}

    assert contacts.edits(PERSON, new, {"k": "7"}) == []
    assert [row["value"] for row in contacts.new_mechanisms(twins)] == ["2"]


def test_a_person_does_not_take_the_name_of_another() -> None:
    rows = [*PERSON, a_mechanism(8, "phone", "2", "Eva")]
    fields: dict[str, Value] = {"contacts[e].name": "Ana", "contacts[e].phone": "3"}

    left = applied(rows, contacts.edits(rows, fields, {"k": "7", "e": "8"}))

    assert [person.shown()["name"] for person in contacts.persons(left)] == ["Ana", "Eva"]
    assert contacts.persons(left)[1].shown()["phone"] == "3"


def test_the_name_of_a_person_who_goes_is_free() -> None:
    new: dict[str, Value] = {"contacts[k]": False, "contacts[n].name": "Ana", "contacts[n].phone": "2"}

    left = applied(PERSON, contacts.edits(PERSON, new, {"k": "7"}))

    assert [row["value"] for row in left] == ["2"]


def test_a_person_goes_with_all_mechanisms() -> None:
    rows = [*PERSON, a_mechanism(8, "phone", "1", "Ana"), a_mechanism(9, "phone", "2")]

    left = applied(rows, contacts.edits(rows, {"contacts[k]": False}, {"k": "7"}))

    assert [row["id"] for row in left] == [9]


def test_a_mechanism_without_a_name_is_the_companys_own() -> None:
    shown = contacts.shown_contacts([a_mechanism(7, "phone", "1", "Ana"), a_mechanism(8, "phone", "2")])

    assert (shown["phone"], shown["contacts[7].phone"]) == ("2", "1")


def test_a_custom_field_is_read_and_written_where_it_stands() -> None:
    custom = Custom(SETTINGS.custom("customer"))
    row = {"contact_mechanisms.": [a_mechanism(3, "fax", "9")]}

    assert custom.shown(row) == {"fax": "9"}
    assert custom.mechanisms(row, {"fax": "8"}) == [["write", [3], {"value": "8"}]]
    assert custom.takes == custom.carries == {"fax"}


def test_a_custom_field_of_a_record_beside_is_shown_and_not_sent() -> None:
    described = {"fields": {"days": {"path": "term.days", "type": "number"}, "vip": {"path": "vip", "type": "flag"}}}
    settings = TrytonSettings.model_validate({**SETTINGS.model_dump(), "entities": {"customer": described}})
    custom = Custom(settings.custom("customer"))

    assert custom.shown({"term.": {"days": 30}, "vip": 1}) == {"days": Decimal(30), "vip": True}
    assert custom.takes == {"vip"}
    assert custom.stored({"days": Decimal(5), "vip": False}) == {"vip": False}


def test_a_custom_field_in_a_list_is_a_mistake() -> None:
    with pytest.raises(ValidationError, match="lines"):
        TrytonSettings.model_validate(
            {**SETTINGS.model_dump(), "entities": {"order": {"fields": {"lines[].note": "lines[].note"}}}}
        )


def test_a_revision_changes_with_every_part_and_orders_by_the_latest() -> None:
    party, old, new = ({"id": 1, "_timestamp": stamp} for stamp in ("1795334687.48303", "1795334687.1", "1795334688.0"))
    before = stamps(("party.party", [party]), ("party.address", [old])).revision
    after = stamps(("party.party", [party]), ("party.address", [new])).revision
    without = stamps(("party.party", [party])).revision

    assert len({before.token, after.token, without.token}) == 3
    assert (before.order, after.order) == (1795334687483030, 1795334688000000)
    assert before.exact


def test_a_cursor_survives_being_kept() -> None:
    cursor = Cursor(NOW, NOW, 7)

    assert cursor_of(cursor.text()) == cursor
    assert cursor_of(None) == Cursor()


def test_a_poll_asks_for_the_record_and_its_parts_by_both_stamps() -> None:
    assert changed_clause(("lines",), NOW) == [
        "OR",
        ["write_date", ">=", NOW],
        ["create_date", ">=", NOW],
        ["lines.write_date", ">=", NOW],
        ["lines.create_date", ">=", NOW],
    ]
    assert changed_clause(("lines",), None) == []


MOMENT = NOW.replace(microsecond=123456)


@pytest.mark.parametrize("value", [Decimal("10.50"), date(2026, 1, 2), MOMENT, "x", None, True])
def test_values_survive_the_wire(value: object) -> None:
    assert untagged(decoded(encoded(tagged([value])))) == [value]


def test_a_line_in_another_unit_is_shown_in_the_products_own() -> None:
    line = {
        "quantity": Decimal("2.0"),
        "unit_price": Decimal(12),
        "base_price": Decimal(24),
        "unit.": {"id": 2, "factor": Decimal(12)},
        "product.": {"id": 3, "code": "TEA", "default_uom.": {"id": 1, "factor": Decimal(1)}},
    }

    assert orders.factor_of(line) == Decimal(12)
    assert orders.listed_price(line) / orders.factor_of(line) == Decimal(2)
    assert orders.discount_of(line) == Decimal("0.5")


def refusing(bad: set[int]) -> tuple[list[int], Any]:
    """Return the sizes of the calls made so far, and a call that refuses whatever holds a bad item."""
    calls: list[int] = []

    def carry_out(items: Sequence[int]) -> Ended:
        calls.append(len(items))
        if bad & set(items):
            return Failed(Trouble(Next.PERMANENT, "UserError"))
        return Done(list(items), NOW)

    return calls, carry_out


def test_a_refused_batch_is_halved_until_the_bad_one_stands_alone() -> None:
    calls, carry_out = refusing({11})

    results = in_halves(range(16), carry_out)

    assert [each for each in results if isinstance(each, int)] == [each for each in range(16) if each != 11]
    assert isinstance(results[11], Failed)
    assert len(calls) == 1 + 2 * 4


def test_a_trouble_of_the_whole_system_is_not_halved() -> None:
    calls: list[int] = []

    def carry_out(items: Sequence[int]) -> Ended:
        calls.append(len(items))
        return Failed(Trouble(Next.THROTTLED, "http-429", whole_system=True))

    assert len(in_halves(range(16), carry_out)) == 16
    assert calls == [16]


def test_the_catalog_names_every_entity_and_what_it_costs() -> None:
    offered = CAPABILITIES.entities(SETTINGS)

    assert set(offered) == {"customer", "product", "order", "shipment", "stock", "supplier", "purchase_order"}
    assert offered["purchase_order"].takes == frozenset()
    assert offered["customer"].calls["create"] == 3
    assert offered["order"].calls["create"] == 5
    assert "fax" in offered["customer"].carries
    assert offered["stock"].takes == frozenset()
