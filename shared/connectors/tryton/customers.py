"""Customers: parties with their addresses, contact mechanisms and identifiers.

`code` is the customer's number and unique in Tryton. Our record id stands among the party's identifiers as
`tandem:<id>`; a party that is made without a number takes it as its code too, which makes a repeated create fail
instead of doubling. The tax number is the first identifier of a tax type. Archiving deactivates.
Writes are one call for any number of parties, addresses and persons included; each touched record is locked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.connectors.tryton import addresses, contacts
from shared.connectors.tryton.answers import answer_to, answers, changed_meanwhile, gone
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.lookups import ADDRESS_FIELDS, Lookups
from shared.connectors.tryton.reading import KeyField, Reader, View, exactly, is_live, whatever_case
from shared.connectors.tryton.rpc import Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import Stamps, stamps
from shared.connectors.tryton.wire import Row, inner, inner_rows, text_of
from shared.connectors.tryton.writing import Change, in_halves, write_locked
from shared.core.commands import Archive, Create, Update
from shared.core.keys import REFERENCE
from shared.core.observations import Answer, Observation
from shared.core.values import Value

MODEL = "party.party"
OURS = "tandem:"
"""What opens the identifier that holds our record id."""

FIELDS = (
    *("name", "code", "active", "_timestamp", "customer_currency.code", "customer_payment_term.name"),
    *("identifiers.code", "identifiers.type", "identifiers._timestamp", "tax_identifier.code"),
    *(f"addresses.{field}" for field in ADDRESS_FIELDS),
    *(f"contact_mechanisms.{field}" for field in contacts.MECHANISM_FIELDS),
)
PARTS = ("addresses", "contact_mechanisms", "identifiers")


def view(settings: TrytonSettings, custom: Custom) -> View:
    """Return how Tryton shows customers."""

    def observe(row: Row) -> Observation:
        held = locks(row)
        return Observation(
            system=settings.name,
            entity="customer",
            external_id=str(row["id"]),
            fields={**_shown(row, settings), **custom.shown(row)},
            revision=held.revision,
            modified_at=held.modified_at,
            collections=frozenset({"contacts"}),
            reference=reference_of(row),
        )

    category = settings.customer_category
    return View(
        entity="customer",
        model=MODEL,
        fields=(*FIELDS, *custom.fields),
        observe=observe,
        scope=[["categories.name", "=", category]] if category else [],
        parts=PARTS,
        keys={
            REFERENCE: KeyField(lambda ids: ["identifiers.code", "in", [OURS + each for each in ids]], _references),
            "number": KeyField(exactly("code"), lambda row: [row["code"]]),
            "tax_number": KeyField(exactly("identifiers.code"), lambda row: [_tax_number(row)]),
            "email": KeyField(whatever_case("contact_mechanisms.value"), _email),
        },
    )


def locks(row: Row) -> Stamps:
    """Return the timestamps of a party and of everything that is part of it."""
    return stamps(
        (MODEL, [row]),
        ("party.address", inner_rows(row, "addresses")),
        ("party.contact_mechanism", inner_rows(row, "contact_mechanisms")),
        ("party.identifier", inner_rows(row, "identifiers")),
    )


def reference_of(row: Row) -> str | None:
    """Return our record id as the party carries it."""
    return next(iter(_references(row)), None)


class CustomerWriter:
    """Creates, changes and deactivates customers."""

    def __init__(self, rpc: Rpc, reader: Reader, lookups: Lookups, settings: TrytonSettings, custom: Custom) -> None:
        self._rpc = rpc
        self._reader = reader
        self._lookups = lookups
        self._settings = settings
        self._custom = custom

    def create(self, commands: Sequence[Create]) -> list[Answer]:
        """Make parties; two calls: create, read back."""
        failed = self._learn([command.fields for command in commands])
        if failed:
            return [answer_to(failed)] * len(commands)
        rows = [self._new(command) for command in commands]
        made = in_halves(rows, lambda some: self._rpc.call(MODEL, "create", list(some)))
        return answers(self._reader, [each if isinstance(each, Failed) else str(each) for each in made])

    def update(self, commands: Sequence[Update]) -> list[Answer]:
        """Change parties; three calls: read, write, read back."""
        now = self._reader.rows([command.external_id for command in commands])
        if isinstance(now, Failed):
            return [answer_to(now)] * len(commands)
        failed = self._learn([command.fields for command in commands], now.values())
        if failed:
            return [answer_to(failed)] * len(commands)
        return self._write([self._change(command, now.get(command.external_id)) for command in commands])

    def archive(self, commands: Sequence[Archive]) -> list[Answer]:
        """Deactivate parties; three calls: read, write, read back."""
        now = self._reader.rows([command.external_id for command in commands])
        if isinstance(now, Failed):
            return [answer_to(now)] * len(commands)
        return self._write([_deactivation(command, now.get(command.external_id)) for command in commands])

    def _write(self, changes: Sequence[Change | Failed]) -> list[Answer]:
        return answers(self._reader, write_locked(self._rpc, MODEL, changes))

    def _learn(self, groups: Iterable[Mapping[str, Value]], rows: Iterable[Row] = ()) -> Failed | None:
        parts = [each for fields in groups for each in addresses.changed_roles(fields).values()]
        held = [addresses.shown_parts(each, self._settings) for row in rows for each in inner_rows(row, "addresses")]
        countries = addresses.countries_in([*parts, *(held if parts else ())])
        tables = ["currency", "payment_term"] + (["category"] if self._settings.customer_category else [])
        return self._lookups.learn(*tables) or (self._lookups.learn_subdivisions(countries) if countries else None)

    def _new(self, command: Create) -> Row:
        fields, category = command.fields, self._settings.customer_category
        row = {
            **self._plain(fields),
            "code": fields.get("number") or command.record_id,
            "addresses": [
                ["create", addresses.new_rows(addresses.changed_roles(fields), self._lookups, self._settings)]
            ],
            "contact_mechanisms": [["create", contacts.new_mechanisms(fields)], *self._custom.mechanisms({}, fields)],
            "identifiers": [["create", [{"code": OURS + command.record_id}, *self._tax_rows(fields)]]],
        }
        known = self._lookups.id("category", category) if category else None
        return row | ({"categories": [["add", [known]]]} if known else {}) | self._custom.stored(fields)

    def _change(self, command: Update, row: Row | None) -> Change | Failed:
        if row is None or not is_live(row):
            return gone()
        held, fields = locks(row), command.fields
        if not held.same(command.precondition):
            return changed_meanwhile()
        values: dict[str, Any] = {**self._plain(fields), **self._custom.stored(fields)}
        if fields.get("number"):
            values["code"] = fields["number"]
        roles = addresses.changed_roles(fields)
        edits = {
            "addresses": addresses.edits(inner_rows(row, "addresses"), roles, self._lookups, self._settings),
            "contact_mechanisms": [
                *contacts.edits(inner_rows(row, "contact_mechanisms"), fields, command.elements),
                *self._custom.mechanisms(row, fields),
            ],
            "identifiers": self._tax_edits(row, fields),
        }
        return Change(command.external_id, values | {name: each for name, each in edits.items() if each}, held)

    def _plain(self, fields: Mapping[str, Value]) -> dict[str, Any]:
        """Return the fields of the party itself; a currency or term that Tryton does not have is left out."""
        values: dict[str, Any] = {"name": fields["name"]} if "name" in fields else {}
        for ours, theirs, table in _LOOKED_UP:
            found = self._lookups.id(table, fields[ours]) if fields.get(ours) else None
            if ours in fields and (found or not fields[ours]):
                values[theirs] = found
        return values

    def _tax_rows(self, fields: Mapping[str, Value]) -> list[Row]:
        number = fields.get("tax_number")
        return [{"type": self._settings.tax_number_type, "code": number}] if number else []

    def _tax_edits(self, row: Row, fields: Mapping[str, Value]) -> list[list[Any]]:
        if "tax_number" not in fields:
            return []
        held = inner(row, "tax_identifier").get("id")
        if held is None:
            return [["create", self._tax_rows(fields)]] if fields["tax_number"] else []
        return [["write", [held], {"code": fields["tax_number"]}]] if fields["tax_number"] else [["delete", [held]]]


_LOOKED_UP = (
    ("currency", "customer_currency", "currency"),
    ("payment_terms", "customer_payment_term", "payment_term"),
)


def _deactivation(command: Archive, row: Row | None) -> Change | Failed:
    if row is None or not is_live(row):
        return gone()
    held = locks(row)
    return (
        Change(command.external_id, {"active": False}, held) if held.same(command.precondition) else changed_meanwhile()
    )


def _shown(row: Row, settings: TrytonSettings) -> dict[str, Value]:
    return {
        "number": None if row["code"] == reference_of(row) else text_of(row["code"]),
        "name": text_of(row["name"]),
        "tax_number": _tax_number(row),
        "currency": text_of(inner(row, "customer_currency").get("code")),
        "payment_terms": text_of(inner(row, "customer_payment_term").get("name")),
        **contacts.shown_contacts(inner_rows(row, "contact_mechanisms")),
        **addresses.shown_roles(inner_rows(row, "addresses"), settings),
    }


def _tax_number(row: Row) -> str | None:
    return text_of(inner(row, "tax_identifier").get("code"))


def _references(row: Row) -> list[str]:
    codes = (str(each["code"]) for each in inner_rows(row, "identifiers"))
    return [code.removeprefix(OURS) for code in codes if code.startswith(OURS)]


def _email(row: Row) -> list[object]:
    return [(contacts.own(inner_rows(row, "contact_mechanisms"), "email") or {}).get("value")]
