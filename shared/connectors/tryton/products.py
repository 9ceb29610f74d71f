"""Products: a variant (`product.product`) with its template, which holds name, price and whether it is sold and bought.

The SKU is the variant's code. Discontinued means, by the settings, not salable or not purchasable any more: Tryton
refuses orders for what is not salable, so a company that sells off its last stock marks what it no longer buys. The
freight service is no product of ours. The lead time is that of the product's first supplier (the variant's own before
the template's), or else what that supplier needs for anything. A change of name or price stamps only the template, one
of a lead time only the supplier, so all of them are watched and belong to the revision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from shared.connectors.tryton.answers import answer_to, answers, changed_meanwhile, gone, refusal
from shared.connectors.tryton.custom import Custom
from shared.connectors.tryton.lookups import Lookups
from shared.connectors.tryton.reading import KeyField, Reader, View, exactly, is_live
from shared.connectors.tryton.rpc import Failed, Rpc
from shared.connectors.tryton.settings import TrytonSettings
from shared.connectors.tryton.stamps import Stamps, stamps
from shared.connectors.tryton.suppliers import days_of
from shared.connectors.tryton.wire import Row, inner, inner_rows, number_of, text_of
from shared.connectors.tryton.writing import Change, in_halves, write_locked
from shared.core.commands import Archive, Create, Update
from shared.core.observations import Answer, Observation
from shared.core.values import Value

MODEL = "product.product"
TEMPLATE = "product.template"
GTIN = "ean"
SUPPLIERS = ("product_suppliers", "template.product_suppliers")
_OFFER = ("product", "lead_time", "_timestamp", "party.supplier_lead_time", "party._timestamp")
FIELDS = (
    *("code", "name", "active", "salable", "purchasable", "list_price", "list_price_used", "default_uom.symbol"),
    *("identifiers.type", "identifiers.code", "identifiers._timestamp", "template._timestamp", "_timestamp"),
    *(f"{suppliers}.{field}" for suppliers in SUPPLIERS for field in _OFFER),
)
MARKS: Mapping[str, str] = MappingProxyType({"not_salable": "salable", "not_purchasable": "purchasable"})


def view(settings: TrytonSettings, custom: Custom) -> View:
    """Return how Tryton shows products."""
    mark = MARKS[settings.discontinued]

    def observe(row: Row) -> Observation:
        held = locks(row)
        fields: dict[str, Value] = {
            "sku": text_of(row["code"]),
            "name": text_of(row["name"]),
            "gtin": _gtin(row),
            "unit": text_of(inner(row, "default_uom").get("symbol")),
            "price": number_of(row["list_price_used"]),
            "discontinued": not row[mark],
            "lead_time_days": _lead_time(row),
            **custom.shown(row),
        }
        return Observation(settings.name, "product", str(row["id"]), fields, held.revision, held.modified_at)

    return View(
        entity="product",
        model=MODEL,
        fields=(*FIELDS, *custom.fields),
        observe=observe,
        scope=["OR", ["code", "=", None], ["code", "!=", settings.freight_product]],
        parts=("template", "identifiers", *(f"{each}{part}" for each in SUPPLIERS for part in ("", ".party"))),
        keys={
            "sku": KeyField(exactly("code"), lambda row: [row["code"]]),
            "gtin": KeyField(exactly("identifiers.code"), lambda row: [_gtin(row)]),
        },
    )


def locks(row: Row) -> Stamps:
    """Return the timestamps of a variant, its template and its identifiers, and of those that supply it."""
    offers = _offers(row)
    return stamps(
        (MODEL, [row]),
        (TEMPLATE, [inner(row, "template")]),
        ("product.identifier", inner_rows(row, "identifiers")),
        ("purchase.product_supplier", offers),
        ("party.party", [inner(each, "party") for each in offers]),
    )


class ProductWriter:
    """Creates, changes and deactivates products."""

    def __init__(self, rpc: Rpc, reader: Reader, lookups: Lookups, settings: TrytonSettings, custom: Custom) -> None:
        self._rpc = rpc
        self._reader = reader
        self._lookups = lookups
        self._mark = MARKS[settings.discontinued]
        self._custom = custom

    def create(self, commands: Sequence[Create]) -> list[Answer]:
        """Make templates of one variant each; three calls: create, find the variants, read back."""
        failed = self._lookups.learn("unit", "account_category")
        if failed:
            return [answer_to(failed)] * len(commands)
        rows = [self._new(command.fields) for command in commands]
        made = in_halves(rows, lambda some: self._rpc.call(TEMPLATE, "create", list(some)))
        return answers(self._reader, self._variants(made))

    def update(self, commands: Sequence[Update]) -> list[Answer]:
        """Change products; three calls: read, write, read back."""
        return self._change(commands, self._values)

    def archive(self, commands: Sequence[Archive]) -> list[Answer]:
        """Deactivate products; three calls: read, write, read back."""
        return self._change(commands, lambda _command, row: {"products": [["write", [row["id"]], {"active": False}]]})

    def _change(self, commands: Sequence[Any], values_of: Any) -> list[Answer]:
        now = self._reader.rows([command.external_id for command in commands])
        if isinstance(now, Failed):
            return [answer_to(now)] * len(commands)
        changes: list[Change | Failed] = []
        for command in commands:
            row = now.get(command.external_id)
            if row is None or not is_live(row):
                changes.append(gone())
            elif not locks(row).same(command.precondition):
                changes.append(changed_meanwhile())
            else:
                values = values_of(command, row)
                template = str(inner(row, "template")["id"])
                changes.append(values if isinstance(values, Failed) else Change(template, values, locks(row)))
        written = write_locked(self._rpc, TEMPLATE, changes)
        ids = [
            each if isinstance(each, Failed) else command.external_id
            for each, command in zip(written, commands, strict=True)
        ]
        return answers(self._reader, ids)

    def _variants(self, templates: Sequence[Any]) -> list[str | Failed]:
        made = [each for each in templates if not isinstance(each, Failed)]
        ended = self._rpc.call(MODEL, "search_read", [["template", "in", made]], 0, None, None, ["template"])
        if isinstance(ended, Failed):
            return [each if isinstance(each, Failed) else Failed(ended.trouble, unsure=True) for each in templates]
        ids = {row["template"]: str(row["id"]) for row in ended.result}
        return [each if isinstance(each, Failed) else ids[each] for each in templates]

    def _new(self, fields: Mapping[str, Value]) -> Row:
        unit = self._lookups.id("unit", fields.get("unit") or "u")
        accounts = self._lookups.rows("account_category")
        return {
            "name": fields.get("name") or fields.get("sku"),
            "code": fields.get("sku"),
            "type": "goods",
            "default_uom": unit,
            "sale_uom": unit,
            "purchase_uom": unit,
            "list_price": fields.get("price"),
            "salable": True,
            "purchasable": True,
            "account_category": accounts[0]["id"] if accounts else None,
            "products": [["create", [{"identifiers": [["create", _gtin_rows(fields)]]}]]],
            **({self._mark: False} if fields.get("discontinued") else {}),
            **self._custom.stored(fields),
        }

    def _values(self, command: Update, row: Row) -> Mapping[str, Any] | Failed:
        fields, values = command.fields, dict(self._custom.stored(command.fields))
        if "sku" in fields and fields["sku"] != row["code"]:
            return refusal("fixed", "Tryton makes a variant's code of its template's: change it there", "sku")
        if "name" in fields:
            values["name"] = fields["name"]
        if "discontinued" in fields:
            values[self._mark] = not fields["discontinued"]
        variant: dict[str, Any] = {}
        if "price" in fields:
            (values if row["list_price"] is None else variant)["list_price"] = fields["price"]
        if "gtin" in fields:
            variant["identifiers"] = _gtin_edits(row, fields)
        return values | ({"products": [["write", [row["id"]], variant]]} if variant else {})


def _gtin(row: Row) -> str | None:
    codes = (each["code"] for each in inner_rows(row, "identifiers") if each["type"] == GTIN)
    return next((text_of(code) for code in codes), None)


def _gtin_rows(fields: Mapping[str, Value]) -> list[Row]:
    return [{"type": GTIN, "code": fields["gtin"]}] if fields.get("gtin") else []


def _gtin_edits(row: Row, fields: Mapping[str, Value]) -> list[list[Any]]:
    held = [each["id"] for each in inner_rows(row, "identifiers") if each["type"] == GTIN]
    if held and fields["gtin"]:
        return [["write", held[:1], {"code": fields["gtin"]}]]
    return [["delete", held]] if held else [["create", _gtin_rows(fields)]]


def _offers(row: Row) -> list[Row]:
    """Return who supplies a variant, first the variant's own, then those of its template that name no variant."""
    of_all = inner_rows(inner(row, "template"), "product_suppliers")
    return [*inner_rows(row, "product_suppliers"), *(each for each in of_all if each["product"] is None)]


def _lead_time(row: Row) -> Decimal | None:
    first: Row = next(iter(_offers(row)), {})
    span = first.get("lead_time")
    return days_of(inner(first, "party").get("supplier_lead_time") if span is None else span)
